"""The lexical side: search terms of passages and questions, and BM25 over them inside SQLite.

Terms are words (rjieba, search mode) and bigrams of characters, a number or a Latin word counting as one
character. On scraped party documents bigrams alone beat words alone, and both together beat either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from retrieval.normalise import search_key
from retrieval.scoring import BIGRAMS, PassageTerms, TermStatistics

if TYPE_CHECKING:
    import sqlite3

# Quotation marks, brackets and spaces do not part what stands beside them: “1+3”体系 is one expression.
_TRANSPARENT = re.compile(r"[\s\"'“”‘’「」『』《》〈〉()\[\]【】〔〕*#·—-]+")
_UNIT = re.compile(r"[a-z0-9]+(?:[+./][a-z0-9]+)*%?|[^\W_]")
_RUN = re.compile(r"[^\W_]+(?:[+./%]*[^\W_]+)*%?")
CANDIDATES = 60
_COUNTS_KEPT = 50_000
# In a large corpus the bigrams that stand in over 3% of the passages cost most of the time and rank
# nothing: 190 ms with them, 21 ms without, at 100,000 passages.
_FREQUENT_FLOOR = 400
_FREQUENT_SHARE = 0.03

# The passages that hold a term, by field.
Counts = tuple[tuple[int, int], ...]


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
        pairs += [a + b for a, b in pairwise(parts)]
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


_COLUMNS = ("words", "bigrams", "title")


def _quoted(terms: Iterable[str]) -> str:
    return " OR ".join('"' + term.replace('"', "") + '"' for term in terms)


def find_candidates(
    connection: sqlite3.Connection, terms: Sequence[str], *, limit: int = CANDIDATES
) -> list[int]:
    """Rowids of the passages that hold any of the terms, best first by SQLite's own BM25."""
    if not terms:
        return []
    rows = connection.execute(
        "SELECT rowid FROM passage_terms WHERE passage_terms MATCH ?"
        " ORDER BY bm25(passage_terms, 1.0, 2.0, 1.0), rowid LIMIT ?",
        (_quoted(dict.fromkeys(terms)), limit),
    )
    return [int(row[0]) for row in rows]


def read_statistics(connection: sqlite3.Connection, terms: Sequence[str], passages: int) -> TermStatistics:
    """How many passages hold each of the terms, by field, inside a read transaction of the store."""
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.term_counts USING fts5vocab(main, passage_terms, col)"
    )
    known = _known_counts(_contents(connection), passages)
    frequency: dict[tuple[int, str], int] = {}
    for term in dict.fromkeys(terms):
        counts = known.get(term)
        if counts is None:
            counts = known[term] = _count(connection, term)
        for field, count in counts:
            frequency[field, term] = count
    return TermStatistics(passages, frequency)


def _count(connection: sqlite3.Connection, term: str) -> Counts:
    rows = connection.execute("SELECT col, doc FROM temp.term_counts WHERE term = ?", (term,))
    return tuple((_COLUMNS.index(column), count) for column, count in rows)


def _contents(connection: sqlite3.Connection) -> str:
    """The digest of the current version, which is the one of this transaction; empty before the first."""
    row = connection.execute(
        "SELECT v.digest FROM current_version c JOIN versions v ON v.id = c.version_id"
    ).fetchone()
    return str(row[0]) if row else ""


class _CountCache(dict[str, Counts]):
    """Counts by term; emptied when it is full, for the terms of all questions would fill the memory."""

    def __setitem__(self, term: str, counts: Counts) -> None:
        if len(self) >= _COUNTS_KEPT:
            self.clear()
        super().__setitem__(term, counts)


@lru_cache(maxsize=2)
def _known_counts(digest: str, passages: int) -> _CountCache:
    """The counts already made in a corpus of these contents: SQLite goes through all passages of a term."""
    return _CountCache()


def read_terms(connection: sqlite3.Connection, rowids: Sequence[int]) -> dict[int, PassageTerms]:
    """The indexed terms of passages; rowids that the index does not hold are left out."""
    marks = ",".join("?" * len(rowids))
    rows = connection.execute(
        f"SELECT rowid, words, bigrams, title FROM passage_terms WHERE rowid IN ({marks})", list(rowids)
    )
    return {int(row[0]): PassageTerms(row[1:]) for row in rows}


def pair_counter(connection: sqlite3.Connection, passages: int) -> Callable[[str], int]:
    """Tells in how many passages a pair of characters stands; use it after ``read_statistics``."""
    known = _known_counts(_contents(connection), passages)

    def count(pair: str) -> int:
        counts = known.get(pair)
        if counts is None:
            counts = known[pair] = _count(connection, pair)
        return next((number for field, number in counts if field == BIGRAMS), 0)

    return count


def is_frequent(term: str, statistics: TermStatistics) -> bool:
    """Whether a term stands in so many passages of a large corpus that it only costs time."""
    count = max(statistics.frequency.get((field, term), 0) for field in range(len(_COLUMNS)))
    return count > max(_FREQUENT_FLOOR, _FREQUENT_SHARE * statistics.passages)
