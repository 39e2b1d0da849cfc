"""Abbreviations and synonyms of the field, and everyday words for its terms, from tables to be extended."""

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


def _read(name: str) -> list[tuple[str, ...]]:
    return parse_groups(files("retrieval").joinpath(f"data/{name}").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _groups() -> list[tuple[str, ...]]:
    """Words that stand for each other."""
    return _read("synonyms.tsv")


@lru_cache(maxsize=1)
def _everyday() -> list[tuple[str, ...]]:
    """Everyday words, each followed by what documents say instead; it does not work the other way."""
    return _read("colloquial.tsv")


def expansions(
    content: str,
    groups: Iterable[tuple[str, ...]] | None = None,
    everyday: Iterable[tuple[str, ...]] | None = None,
) -> list[str]:
    """Other ways to say what stands in ``content``; a known word inside a longer known one does not count."""
    present = [
        (word, group)
        for group in (_groups() if groups is None else groups)
        for word in group
        if word in content
    ]
    present += [
        (group[0], group) for group in (_everyday() if everyday is None else everyday) if group[0] in content
    ]
    found: list[str] = []
    for word, group in present:
        if any(word != other and word in other for other, _ in present):
            continue
        found += [other for other in group if other not in content]
    return list(dict.fromkeys(found))
