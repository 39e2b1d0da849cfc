"""Abbreviations and synonyms of the field, from a table that maintainers extend."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

from retrieval.normalise import search_key


def parse_groups(text: str) -> list[tuple[str, ...]]:
    """The groups of a synonym table: one a line, separated by tabs, ``#`` begins a comment."""
    lines = (line.split("#", 1)[0].strip() for line in text.splitlines())
    groups = (tuple(search_key(word.strip()) for word in line.split("\t") if word.strip()) for line in lines)
    return [group for group in groups if len(group) > 1]


@lru_cache(maxsize=1)
def _groups() -> list[tuple[str, ...]]:
    table = files("retrieval").joinpath("data/synonyms.tsv").read_text(encoding="utf-8")
    return parse_groups(table)


def expansions(content: str, groups: Iterable[tuple[str, ...]] | None = None) -> list[str]:
    """Other ways to say what stands in ``content``; a known word inside a longer known one does not count."""
    present = [
        (word, group)
        for group in (_groups() if groups is None else groups)
        for word in group
        if word in content
    ]
    found: list[str] = []
    for word, group in present:
        if any(word != other and word in other for other, _ in present):
            continue
        found += [other for other in group if other not in content]
    return list(dict.fromkeys(found))
