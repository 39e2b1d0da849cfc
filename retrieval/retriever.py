"""The retriever: a question in, ranked passages of one corpus version out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from retrieval.definitions import defined_subject, defines
from retrieval.lexical import (
    bigrams,
    count_pair,
    find_candidates,
    is_frequent,
    read_statistics,
    read_terms,
    words,
)
from retrieval.normalise import search_key
from retrieval.question import Question, analyse
from retrieval.records import SECTION_SEPARATOR, Audience, Evidence, Passage, ScoredPassage
from retrieval.scoring import BIGRAMS, HEADINGS, WORDS, Parts, TermStatistics, bm25, dense_part, mean_lengths
from retrieval.spelling import correct
from retrieval.synonyms import expansions
from retrieval.vectors import nearest

if TYPE_CHECKING:
    from retrieval.embeddings import Embedder
    from retrieval.store import Snapshot, Store
    from retrieval.vectors import VectorHome

EVERYONE: frozenset[Audience] = frozenset({"公开"})
STAFF: frozenset[Audience] = frozenset({"公开", "内部"})

_DENSE_CANDIDATES = 60
_EXPANSION_WEIGHT = 0.35
_DEFINITION_LIFT = 0.25
_CLAUSE_LIFT = 0.5


@dataclass(frozen=True, slots=True)
class QueryTerms:
    """The weighted search terms of a question: 1 for its own, less for synonyms."""

    words: Mapping[str, float]
    bigrams: Mapping[str, float]

    @property
    def headings(self) -> Mapping[str, float]:
        return {**self.words, **self.bigrams}


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage with its place in the index and the parts of its score."""

    rowid: int
    passage: Passage
    parts: Parts


@dataclass(frozen=True, slots=True)
class Search:
    """All that one search found, inside the snapshot it was made in.

    ``ranked`` is in order of score, best first, ties in document order; ``statistics`` knows how rare
    each term of the question is.
    """

    question: Question
    snapshot: Snapshot
    terms: QueryTerms
    statistics: TermStatistics
    ranked: Sequence[Ranked]
    notices: tuple[str, ...]

    def evidence(self, k: int) -> Evidence:
        """The ``k`` best as records that outlive the snapshot."""
        best = tuple(ScoredPassage(r.passage, round(r.parts.score, 4)) for r in self.ranked[:k])
        return Evidence(self.question.text, best, self.snapshot.index_version, self.notices)


class Retriever:
    """Searches the current version of a store; safe to use from several threads."""

    def __init__(self, store: Store, embedder: Embedder | None, vectors: VectorHome | None) -> None:
        self._store = store
        self._embedder = embedder
        self._vectors = vectors

    def search(self, question: str, *, k: int = 5, audiences: Collection[Audience] = STAFF) -> Evidence:
        """The ``k`` passages that answer the question best, from documents these audiences may see.

        EmptyCorpus when nothing has been ingested.
        """
        with self.searching(question, audiences=audiences) as search:
            return search.evidence(k)

    @contextmanager
    def searching(self, question: str, *, audiences: Collection[Audience] = STAFF) -> Iterator[Search]:
        """The whole search, for as long as the block holds the snapshot."""
        with self._store.snapshot() as snapshot:
            yield self._search(snapshot, analyse(question), frozenset(audiences))

    def _search(self, snapshot: Snapshot, question: Question, audiences: frozenset[Audience]) -> Search:
        terms, statistics = _terms(snapshot, question)
        question, notices = _mended(snapshot, question, statistics)
        if notices:
            terms, statistics = _terms(snapshot, question)
        cosines, dense_notices = self._dense(snapshot, question)
        usable = [t for t in terms.headings if not is_frequent(t, statistics)]
        rowids = list(dict.fromkeys([*find_candidates(snapshot.connection, usable), *cosines]))
        passages = {
            rowid: passage
            for rowid, passage in snapshot.passages(rowids).items()
            if passage.document.audience in audiences
        }
        ranked = _rank(snapshot, question, terms, statistics, passages, cosines)
        return Search(question, snapshot, terms, statistics, ranked, notices + dense_notices)

    def _dense(self, snapshot: Snapshot, question: Question) -> tuple[dict[int, float], tuple[str, ...]]:
        """Cosines by rowid of the passages nearest to the question, and what must be said of it."""
        if self._embedder is None or self._vectors is None:
            return {}, ()
        found = nearest(self._vectors, snapshot, self._embedder, question.searched, _DENSE_CANDIDATES)
        rowids = snapshot.rowids_for_keys([key for key, _ in found.hits])
        cosines = {rowid: cosine for key, cosine in found.hits for rowid in rowids.get(key, ())}
        return cosines, ((found.notice,) if found.notice else ())


def _terms(snapshot: Snapshot, question: Question) -> tuple[QueryTerms, TermStatistics]:
    terms = query_terms(question)
    wanted = [*terms.words, *terms.bigrams]
    return terms, read_statistics(snapshot.connection, wanted, snapshot.passage_count)


def _mended(
    snapshot: Snapshot, question: Question, statistics: TermStatistics
) -> tuple[Question, tuple[str, ...]]:
    """The question without mistyped words, and a notice of each that was mended."""
    if all((BIGRAMS, pair) in statistics.frequency for pair in question.bigrams):
        return question, ()
    _, corrections = correct(question.content, partial(count_pair, snapshot.connection))
    if not corrections:
        return question, ()
    key = question.key
    for each in corrections:
        key = key.replace(each.wrong, each.right)
    notices = tuple(f"“{each.wrong}”按“{each.right}”查找。" for each in corrections)
    return replace(analyse(key), text=question.text, searched=key), notices


def query_terms(question: Question) -> QueryTerms:
    """The question's own words and bigrams, and those of its synonyms at less weight."""
    own_words = dict.fromkeys(question.words, 1.0)
    own_bigrams = dict.fromkeys(question.bigrams, 1.0)
    for other in expansions(question.content):
        for word in words(other):
            own_words.setdefault(word, _EXPANSION_WEIGHT)
        for pair in bigrams(other):
            own_bigrams.setdefault(pair, _EXPANSION_WEIGHT)
    return QueryTerms(own_words, own_bigrams)


def _rank(
    snapshot: Snapshot,
    question: Question,
    terms: QueryTerms,
    statistics: TermStatistics,
    passages: Mapping[int, Passage],
    cosines: Mapping[int, float],
) -> list[Ranked]:
    indexed = read_terms(snapshot.connection, list(passages))
    lengths = mean_lengths(indexed.values())
    subject = defined_subject(question.key)
    # A passage that only the words found is at best as near as the farthest that the vectors found.
    farthest = min(cosines.values(), default=None)
    ranked = []
    for rowid, passage in passages.items():
        stored = indexed[rowid]
        parts = Parts(
            words=bm25(terms.words, stored, statistics, WORDS, lengths[WORDS]),
            bigrams=bm25(terms.bigrams, stored, statistics, BIGRAMS, lengths[BIGRAMS]),
            headings=bm25(terms.headings, stored, statistics, HEADINGS, lengths[HEADINGS]),
            dense=dense_part(cosines.get(rowid, farthest)),
            lift=_lift(question, passage, subject),
        )
        ranked.append(Ranked(rowid, passage, parts))
    return sorted(ranked, key=lambda r: (-r.parts.score, r.passage.document.source, r.passage.start))


def _lift(question: Question, passage: Passage, subject: str | None) -> float:
    """What a passage gains by defining what is asked, or by being the clause that is named."""
    if question.clause and passage.kind == "clause":
        label = re.sub(r"\s", "", search_key(passage.section.split(SECTION_SEPARATOR)[-1]))
        if label == f"第{question.clause}条":
            return _CLAUSE_LIFT
    return _DEFINITION_LIFT if subject is not None and defines(passage.text, subject) else 0.0
