"""The retriever: a question in, ranked passages of one corpus version out.

Candidates are scored, copies collapse, a reranker may mark the best anew, and last the standing of the
documents decides between what matches about equally.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from retrieval.authority import Register, change_notices, first_day, is_order, scan_notices, source_notices
from retrieval.collapse import collapse, repost_notices
from retrieval.lexical import (
    find_candidates,
    is_frequent,
    is_index_sound,
    pair_counter,
    read_statistics,
    read_terms,
)
from retrieval.period import AskedTime, asked_time, without_time
from retrieval.preference import prefer
from retrieval.question import Question, analyse
from retrieval.ranking import Coverage, QueryTerms, Ranked, query_terms, score_candidates
from retrieval.records import EVERYONE, STAFF, Audience, Evidence, Passage, ScoredPassage
from retrieval.registers import RegisterCache
from retrieval.rerank import rerank
from retrieval.scoring import BIGRAMS, PassageTerms, TermStatistics
from retrieval.spelling import correct
from retrieval.titles import Naming, find_named
from retrieval.vectors import nearest

if TYPE_CHECKING:
    from retrieval.models.cross_encoder import Reranker
    from retrieval.models.embedder import Embedder
    from retrieval.store import Snapshot, Store
    from retrieval.vectors import VectorHome

__all__ = ["EVERYONE", "STAFF", "QueryTerms", "Ranked", "Retriever", "Search", "query_terms"]

_DENSE_CANDIDATES = 60
# Of documents that the question names all passages are looked at, up to so many.
_NAMED_CANDIDATES = 1000
_DAMAGED = "资料库里有内容已经损坏，损坏的没有采用；请维护者运行 dangwu doctor。"


@dataclass(frozen=True, slots=True)
class Search:
    """All that one search found, inside the snapshot it was made in.

    ``ranked`` is in order of score, best first; ``statistics`` knows how rare each term of the question
    is, ``register`` what has replaced what among the documents that the asker may see.
    """

    question: Question
    snapshot: Snapshot
    terms: QueryTerms
    statistics: TermStatistics
    ranked: Sequence[Ranked]
    notices: tuple[str, ...]
    register: Register

    def evidence(self, k: int) -> Evidence:
        """The ``k`` best as records that outlive the snapshot."""
        best = tuple(_scored(each) for each in self.ranked[:k])
        return Evidence(self.question.text, best, self.snapshot.index_version, self.notices)

    def cited_notices(self, passage_ids: Iterable[str]) -> tuple[str, ...]:
        """What must be said of the passages that an answer quotes: replaced sources, further places."""
        wanted = set(passage_ids)
        cited = [_scored(each) for each in self.ranked if each.passage.id in wanted]
        scanned = scan_notices(each.passage.document for each in cited)
        return self.states([each.passage for each in cited]) + scanned + repost_notices(cited)

    def states(self, passages: Sequence[Passage]) -> tuple[str, ...]:
        """A sentence for each of these that is not in force, or has been changed, saying so."""
        documents = [each.document for each in passages]
        return source_notices(documents, self.register) + change_notices(passages, self.register)


class Retriever:
    """Searches the current version of a store; safe to use from several threads.

    ``today`` gives the day on which questions are put.
    """

    def __init__(
        self,
        store: Store,
        embedder: Embedder | None,
        vectors: VectorHome | None,
        *,
        reranker: Reranker | None = None,
        today: Callable[[], datetime.date] = datetime.date.today,
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._vectors = vectors
        self._reranker = reranker
        self._registers = RegisterCache(store.data_dir)
        self._today = today

    def search(self, question: str, *, k: int = 5, audiences: Collection[Audience] = STAFF) -> Evidence:
        """The ``k`` passages that answer the question best, from documents these audiences may see.

        EmptyCorpus when nothing has been ingested.
        """
        with self.searching(question, audiences=audiences) as search:
            return search.evidence(k)

    @contextmanager
    def searching(self, question: str, *, audiences: Collection[Audience] = STAFF) -> Iterator[Search]:
        """The whole search, for as long as the block holds the snapshot."""
        with self.snapshot(audiences) as snapshot:
            yield self.search_in(snapshot, question)

    def snapshot(self, audiences: Collection[Audience] = STAFF) -> AbstractContextManager[Snapshot]:
        """The current version as these audiences may see it; EmptyCorpus when there is none."""
        return self._store.snapshot(audiences)

    @property
    def day(self) -> str:
        """The day on which questions are put, ISO 8601: it decides what is in force."""
        return self._today().isoformat()

    def register(self, snapshot: Snapshot) -> Register:
        """What is in force of the documents of a snapshot today."""
        return self._registers.get(snapshot, self.day)

    def search_in(self, snapshot: Snapshot, question: str) -> Search:
        """The whole search in a snapshot that is held already, so that several searches see the same."""
        asked = analyse(question)
        named = find_named(asked.searched, snapshot.documents())
        if named is None:
            return self._search(snapshot, asked, asked_time(asked.key))
        bare = replace(analyse(named.rest), text=question, is_of_document=True)
        return self._search(snapshot, bare, asked_time(asked.key), named)

    def _search(
        self, snapshot: Snapshot, question: Question, asked: AskedTime, named: Naming | None = None
    ) -> Search:
        register = self.register(snapshot)
        terms, statistics = _terms(snapshot, question)
        question, notices = _mended(snapshot, question, statistics)
        if notices:
            terms, statistics = _terms(snapshot, question)
        cosines, dense_notices = self._dense(snapshot, question)
        usable = [t for t in terms.headings if not is_frequent(t, statistics)]
        rowids = list(dict.fromkeys([*find_candidates(snapshot, usable), *cosines]))
        if named is not None:
            documents = sorted(register.with_followers(named.documents))
            own = [rowid for each in documents for rowid in snapshot.document_passages(each)]
            rowids = own[:_NAMED_CANDIDATES]
            cosines = {rowid: cosines[rowid] for rowid in rowids if rowid in cosines}
        held = snapshot.passages(rowids)
        indexed = snapshot.memory.terms.get(held, partial(read_terms, snapshot))
        passages = {rowid: register.shown(held[rowid]) for rowid in held if rowid in indexed}
        scored = score_candidates(question, terms, statistics, passages, indexed, cosines)
        is_whole = not snapshot.is_damaged and len(passages) == len(held) and is_index_sound(snapshot)
        notices += dense_notices if is_whole else (*dense_notices, _DAMAGED)
        found = Search(question, snapshot, terms, statistics, scored, notices, register)
        return _timeless(replace(found, ranked=self._ordered(found, indexed, asked)), asked)

    def _ordered(self, found: Search, indexed: Mapping[int, PassageTerms], asked: AskedTime) -> list[Ranked]:
        """The scored candidates without copies, reranked, and in the order of their authority."""
        ranked = collapse(found.ranked, indexed, found.register, asked)
        if self._reranker is not None:
            ranked = rerank(self._reranker, found.question.searched, ranked)

        coverage = Coverage(found.terms, found.statistics)
        is_of_a_clause = bool(found.question.clause)
        return prefer(ranked, found.register, asked, indexed, coverage, is_of_a_clause=is_of_a_clause)

    def _dense(self, snapshot: Snapshot, question: Question) -> tuple[dict[int, float], tuple[str, ...]]:
        """Cosines by rowid of the passages nearest to the question, and what must be said of it."""
        if self._embedder is None or self._vectors is None:
            return {}, ()
        found = nearest(self._vectors, snapshot, self._embedder, question.searched, _DENSE_CANDIDATES)
        rowids = snapshot.rowids_for_keys([key for key, _ in found.hits])
        cosines = {rowid: cosine for key, cosine in found.hits for rowid in rowids.get(key, ())}
        return cosines, ((found.notice,) if found.notice else ())


def _timeless(found: Search, asked: AskedTime) -> Search:
    """The search as it was, its question without the time where the best document is of that time.

    A rule does not say in its clauses when it was in force, so no wording can be asked for it.
    """
    if not (asked.last or asked.former) or not found.ranked:
        return found
    document = found.ranked[0].passage.document
    if not is_order(document) or not first_day(document) or found.ranked[0].out_of_time:
        return found
    bare = replace(
        analyse(without_time(found.question.key)),
        text=found.question.text,
        searched=found.question.searched,
        is_timeless=True,
    )
    _, statistics = _terms(found.snapshot, bare)
    frequency = {**found.statistics.frequency, **statistics.frequency}
    return replace(found, question=bare, statistics=replace(found.statistics, frequency=frequency))


def _scored(ranked: Ranked) -> ScoredPassage:
    return ScoredPassage(ranked.passage, round(ranked.parts.score, 4), ranked.also_in)


def _terms(snapshot: Snapshot, question: Question) -> tuple[QueryTerms, TermStatistics]:
    terms = query_terms(question)
    return terms, read_statistics(snapshot, [*terms.words, *terms.bigrams])


def _mended(
    snapshot: Snapshot, question: Question, statistics: TermStatistics
) -> tuple[Question, tuple[str, ...]]:
    """The question without mistyped words, and a notice of each that was mended."""
    if all((BIGRAMS, pair) in statistics.frequency for pair in question.bigrams):
        return question, ()
    _, corrections = correct(question.content, pair_counter(snapshot))
    if not corrections:
        return question, ()
    key = question.key
    for each in corrections:
        key = key.replace(each.wrong, each.right)
    notices = tuple(f"“{each.wrong}”按“{each.right}”查找。" for each in corrections)
    return replace(analyse(key), text=question.text, searched=key), notices
