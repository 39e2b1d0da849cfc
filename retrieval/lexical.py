"""The lexical side: search terms of passages and questions, and BM25 over them inside SQLite.

Terms are words (rjieba, search mode) and bigrams of characters, a number or a Latin word counting as one
character. On scraped party documents bigrams alone beat words alone, and both together beat either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from retrieval.normalise import search_key

if TYPE_CHECKING:
    import sqlite3

# Quotation marks, brackets and spaces do not part what stands beside them: “1+3”体系 is one expression.
_TRANSPARENT = re.compile(r"[\s\"'“”‘’「」『』《》〈〉()\[\]【】〔〕*#·—-]+")
_UNIT = re.compile(r"[a-z0-9]+(?:[+./][a-z0-9]+)*%?|[^\W_]")
_RUN = re.compile(r"[^\W_]+(?:[+./%]*[^\W_]+)*%?")
# FTS5 reads a query term as a string between double quotes; ours hold no quote.
_CANDIDATES_MAX = 200


@lru_cache(maxsize=1)
def _segmenter() -> Any:
    import rjieba

    return rjieba


def units(run: str) -> list[str]:
    """The characters of a run without punctuation; a number or a Latin word is one unit."""
    return _UNIT.findall(run)


def runs(key: str) -> list[str]:
    """Stretches of a search key between punctuation marks; quotation marks do not end one."""
    return _RUN.findall(_TRANSPARENT.sub("", key))


def bigrams(key: str) -> list[str]:
    """Overlapping pairs of units, in order; a run of one unit yields the unit itself."""
    pairs: list[str] = []
    for run in runs(key):
        parts = units(run)
        if len(parts) == 1:
            pairs.append(parts[0])
        pairs += [a + b for a, b in zip(parts, parts[1:], strict=False)]
    return pairs


def words(key: str) -> list[str]:
    """Words of two characters and more, and numbers, in order; compounds also in their parts."""
    cut = _segmenter().cut_for_search
    return [w for run in runs(key) for w in cut(run) if len(w) > 1 or w.isdigit()]


def index_terms(text: str, section: str, title: str) -> tuple[str, str, str]:
    """Space-separated terms of a passage for the index: words, bigrams, and those of its headings."""
    key = search_key(text)
    head = search_key(f"{title}\n{section}")
    return (
        " ".join(words(key)),
        " ".join(bigrams(key)),
        " ".join(dict.fromkeys([*words(head), *bigrams(head)])),
    )


def _quoted(terms: Iterable[str]) -> str:
    return " OR ".join('"' + term.replace('"', "") + '"' for term in terms)


def search_terms_table(
    connection: sqlite3.Connection, terms: Sequence[str], *, limit: int = _CANDIDATES_MAX
) -> list[tuple[int, float]]:
    """Rows of the term index that hold any of the terms: (rowid, BM25 score, higher is better), best first."""
    if not terms:
        return []
    rows = connection.execute(
        "SELECT rowid, -bm25(passage_terms, 1.0, 2.0, 1.0) AS score FROM passage_terms"
        " WHERE passage_terms MATCH ? ORDER BY score DESC, rowid LIMIT ?",
        (_quoted(dict.fromkeys(terms)), limit),
    )
    return [(int(rowid), float(score)) for rowid, score in rows]
