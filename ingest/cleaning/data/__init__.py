"""The word lists of cleaning: plain text files that a maintainer extends by adding a line."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib import resources


def rows(name: str, columns: int) -> Iterator[list[str]]:
    """The rows of a tab-separated file, comments aside, each padded to ``columns`` cells."""
    for line in _lines(name):
        row = line.split("\t")
        yield row + [""] * (columns - len(row))


@lru_cache(maxsize=8)
def page_words(group: str) -> frozenset[str]:
    """One group of ``page_words.txt``; ``KeyError`` if there is none of that name."""
    groups: dict[str, set[str]] = {}
    words: set[str] = set()
    for line in _lines("page_words.txt"):
        if line.startswith("["):
            words = groups.setdefault(line.strip("[]"), set())
        else:
            words.update(line.split())
    return frozenset(groups[group])


def word_list(name: str) -> list[str]:
    """All words of a file, comments aside."""
    return [word for line in _lines(name) for word in line.split()]


def _lines(name: str) -> Iterator[str]:
    data = resources.files(__name__).joinpath(name).read_text(encoding="utf-8")
    return (line for line in data.splitlines() if line and not line.startswith("#"))
