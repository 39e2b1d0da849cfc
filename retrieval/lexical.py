"""The lexical side: search terms of passages and questions, and BM25 over them inside SQLite.

Terms are words (rjieba, search mode) and bigrams of characters, a number or a Latin word counting as one
character. On scraped party documents bigrams alone beat words alone, and both together beat either.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from retrieval.checksums import TERMS, is_sound_index
from retrieval.normalise import search_key
from retrieval.records import Audience
from retrieval.scoring import BIGRAMS, PassageTerms, TermStatistics

if TYPE_CHECKING:
    from retrieval.snapshot import Snapshot

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
TERM_TABLES: Mapping[Audience, str] = {"公开": "passage_terms", "内部": "internal_terms"}
"""The term index of the passages for each audience, see ``retrieval.schema``."""


def _quoted(terms: Iterable[str]) -> str:
    return " OR ".join('"' + term.replace('"', "") + '"' for term in terms)


def find_candidates(snapshot: Snapshot, terms: Sequence[str], *, limit: int = CANDIDATES) -> list[int]:
    """Rowids of the passages that hold any of the terms, of each index best first by SQLite's own BM25.

    Of each index that the snapshot's audience may search, at most ``limit``.
    """
    if not terms:
        return []
    wanted = _quoted(dict.fromkeys(terms))
    return [
        int(row[0])
        for table in _tables(snapshot)
        for row in snapshot.connection.execute(
            f"SELECT rowid FROM {table} WHERE {table} MATCH ?"  # nosec B608 # names of our own tables alone
            f" ORDER BY bm25({table}, 1.0, 2.0, 1.0), rowid LIMIT ?",
            (wanted, limit),
        )
    ]


def read_statistics(snapshot: Snapshot, terms: Sequence[str]) -> TermStatistics:
    """How many passages of a snapshot hold each of the terms, by field."""
    frequency: Counter[tuple[int, str]] = Counter()
    for index in _counted(snapshot):
        for term in dict.fromkeys(terms):
            for field, count in index[term]:
                frequency[field, term] += count
    return TermStatistics(snapshot.passage_count, frequency)


def pair_counter(snapshot: Snapshot) -> Callable[[str], int]:
    """Tells in how many passages of a snapshot a pair of characters stands."""
    indexes = _counted(snapshot)

    def count(pair: str) -> int:
        return sum(number for index in indexes for field, number in index[pair] if field == BIGRAMS)

    return count


def count_holding(snapshot: Snapshot, expressions: Iterable[str]) -> int:
    """How many passages of a snapshot hold any of some expressions, quotation marks aside."""
    phrases = {" ".join(bigrams(search_key(each))) for each in expressions} - {""}
    if not phrases:
        return 0
    wanted = "bigrams : (" + " OR ".join(f'"{each}"' for each in phrases) + ")"
    return sum(
        snapshot.connection.execute(
            f"SELECT count(*) FROM {table} WHERE {table} MATCH ?",  # nosec B608 # names of our own tables alone
            (wanted,),
        ).fetchone()[0]
        for table in _tables(snapshot)
    )


def read_terms(snapshot: Snapshot, rowids: Sequence[int]) -> dict[int, PassageTerms]:
    """The indexed terms of passages; rowids that no index of the snapshot soundly holds are left out."""
    marks = ",".join("?" * len(rowids))
    return {
        int(row[0]): PassageTerms(row[1:])
        for table in _tables(snapshot)
        for row in snapshot.connection.execute(
            f"SELECT t.rowid, t.words, t.bigrams, t.title FROM {table} t"  # nosec B608 # our own SQL alone
            " CROSS JOIN passages p ON p.id = t.rowid"
            f" WHERE t.rowid IN ({marks}) AND {TERMS} IS p.terms",
            list(rowids),
        )
    }


def is_index_sound(snapshot: Snapshot) -> bool:
    """Whether the term indexes of a snapshot are what was published; looked at once for a version."""
    if snapshot.memory.is_index_sound is None:
        snapshot.memory.is_index_sound = all(
            is_sound_index(snapshot.connection, table) for table in _tables(snapshot)
        )
    return snapshot.memory.is_index_sound


def _tables(snapshot: Snapshot) -> list[str]:
    """The term indexes that the snapshot's audience may search and that hold anything."""
    passages: dict[Audience, int] = {"公开": snapshot.info.keys, "内部": snapshot.info.internal_keys}
    return [TERM_TABLES[each] for each, held in passages.items() if held and each in snapshot.audiences]


def _counted(snapshot: Snapshot) -> list[_Counted]:
    return [_Counted(snapshot, table) for table in _tables(snapshot)]


class _Counted:
    """The passages of one index that hold a term, by field, each counted once for a corpus version."""

    def __init__(self, snapshot: Snapshot, table: str) -> None:
        self._connection = snapshot.connection
        self._vocabulary = f"temp.{table}_counts"
        self._known = _known_counts(snapshot.info.digest, table)
        self._connection.execute(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {self._vocabulary} USING fts5vocab(main, {table}, col)"
        )

    def __getitem__(self, term: str) -> Counts:
        counts = self._known.get(term)
        if counts is None:
            # SQLite goes through all passages of the term.
            rows = self._connection.execute(
                f"SELECT col, doc FROM {self._vocabulary} WHERE term = ?",  # nosec B608 # names of our own tables alone
                (term,),
            )
            counts = self._known[term] = tuple((_COLUMNS.index(column), count) for column, count in rows)
        return counts


class _CountCache(dict[str, Counts]):
    """Counts by term; emptied when it is full, for the terms of all questions would fill the memory."""

    def __setitem__(self, term: str, counts: Counts) -> None:
        if len(self) >= _COUNTS_KEPT:
            self.clear()
        super().__setitem__(term, counts)


@lru_cache(maxsize=4)
def _known_counts(digest: str, table: str) -> _CountCache:
    """The counts already made in an index of a corpus of these contents."""
    return _CountCache()


def is_frequent(term: str, statistics: TermStatistics) -> bool:
    """Whether a term stands in so many passages of a large corpus that it only costs time."""
    count = max(statistics.frequency.get((field, term), 0) for field in range(len(_COLUMNS)))
    return count > max(_FREQUENT_FLOOR, _FREQUENT_SHARE * statistics.passages)
