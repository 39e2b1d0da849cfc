"""The answerer: question in, one verified answer or a refusal out, whatever channel asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from bot.answering.answer import Answer, Citation, Elapsed, Statement
from bot.answering.cache import AnswerCache, cache_key
from bot.answering.citing import cited
from bot.answering.compose import compose, joined, wanted_by
from bot.answering.division import divided
from bot.answering.drafts import Draft, Source
from bot.answering.extractive import PASSAGES_READ
from bot.answering.generation import Generator, OnStatement, Task
from bot.answering.injection import is_order_alone
from bot.answering.nearest import nearest_pieces
from bot.answering.refusal import refusal_message
from bot.answering.resilience import Deadline, ModelFailure
from bot.answering.small_talk import small_talk
from bot.answering.suggestions import Suggester
from bot.answering.view import ViewCache
from retrieval.records import Audience, Evidence
from retrieval.retriever import STAFF, Retriever, Search

PASSAGES_OFFERED = 5
EXTRACTIVE = "extractive"
# What most questions share: it loads the model, the tagger and the index.
_WARM_UP = "党支部的职责有哪些？"
# Of the time for a whole answer this share is kept for what follows the model.
_RESERVE = 0.05


@dataclass(frozen=True, slots=True)
class _Found:
    """What one search led to; ``task`` is ``None`` where the corpus is silent.

    ``notices_on`` gives what must be said of passages that are quoted, by their ids; ``silences`` says which
    of several questions had no answer of its own.
    """

    evidence: Evidence
    task: Task | None
    notices_on: Callable[[Iterable[str]], tuple[str, ...]]
    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    suggestions: tuple[str, ...] = ()
    nearest: tuple[Citation, ...] = ()
    silences: tuple[str, ...] = ()


class Answerer:
    """Answers from one retriever; safe to use from several threads.

    With a ``generator`` a language model puts into words what the corpus answers; whenever it cannot, the
    extractive answer is given and a notice says why. Whether the corpus answers is decided without it.
    """

    def __init__(
        self,
        retriever: Retriever,
        *,
        generator: Generator | None = None,
        cache: AnswerCache | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._retriever = retriever
        self._generator = generator
        self._cache = cache if cache is not None else AnswerCache()
        self._version = generator.version if generator else EXTRACTIVE
        self._views = ViewCache()
        self._suggester = Suggester()
        self._clock = clock

    def answer(
        self,
        question: str,
        *,
        audiences: Collection[Audience] = STAFF,
        on_statement: OnStatement | None = None,
    ) -> Answer:
        """The answer with its citations, or a refusal that names the nearest documents.

        What asks nothing (你好, 谢谢) gets a reply of the status ``refused`` without any document.

        ``on_statement`` gets each verified statement as soon as there is one. They are what the answer
        holds, except that an extractive answer takes their place where the model's turn out too few.
        EmptyCorpus when nothing has been ingested.
        """
        begun = searched = self._clock()
        with self._retriever.snapshot(audiences) as snapshot:
            if said := small_talk(question):
                return Answer(question, "refused", message=said, index_version=snapshot.index_version)
            key = cache_key(question, snapshot.index_version, audiences, self._version)
            found: Answer | _Found | None = self._cache.get(key)
            if found is None:
                search = self._retriever.search_in(snapshot, question)
                searched = self._clock()
                found = self._found(search)
        # The model is asked after the snapshot is given back: it may take half a minute.
        if isinstance(found, Answer):
            answer = found
            _tell(answer, on_statement)
        else:
            answer, lasting = self._composed(question, found, begun, on_statement)
            if lasting:
                self._cache.put(key, answer)
        done = self._clock()
        elapsed = Elapsed((searched - begun) * 1e3, (done - searched) * 1e3, (done - begun) * 1e3)
        return replace(answer, question=question, elapsed=elapsed)

    def warm_up(self) -> None:
        """Load what the first answer needs, a language model aside; EmptyCorpus when there is no corpus."""
        with self._retriever.searching(_WARM_UP) as search:
            self._found(search)

    def _found(self, search: Search) -> _Found:
        """The evidence, and the best draft that the judge lets pass."""
        wanted, sources = wanted_by(search.question, search.statistics), self._sources(search)
        parts = [self._retriever.search_in(search.snapshot, part) for part in divided(search.question.text)]
        drafts = [self._part(part) for part in parts]
        is_order = is_order_alone(search.question.text)
        draft = None if is_order else joined(compose(wanted, sources), drafts)
        evidence = search.evidence(PASSAGES_OFFERED)
        if draft is None:
            if is_order:
                return _Found(evidence, None, search.cited_notices)
            _, nearest = cited(nearest_pieces(wanted, sources), search.snapshot.document_text)
            offered = self._suggestions(search, sources)
            return _Found(evidence, None, search.cited_notices, suggestions=offered, nearest=nearest)
        statements, citations = cited(draft.pieces, search.snapshot.document_text)
        searches = [search, *parts]
        task = Task(search.question.text, wanted, _distinct(map(self._sources, searches)), draft)
        silent = (part for part, found in zip(parts, drafts, strict=True) if found is None)
        silences = tuple(f"“{part.question.text}”这一问，没有单独找到依据。" for part in silent)
        return _Found(evidence, task, _notices_on(searches), statements, citations, silences=silences)

    def _part(self, search: Search) -> Draft | None:
        """The draft that answers one of several questions."""
        wanted = wanted_by(search.question, search.statistics)
        return compose(wanted, self._sources(search), is_part=True)

    def _suggestions(self, search: Search, sources: Sequence[Source]) -> tuple[str, ...]:
        def draft_of(question: str) -> Draft | None:
            other = self._retriever.search_in(search.snapshot, question)
            return compose(wanted_by(other.question, other.statistics), self._sources(other))

        return self._suggester.suggest(
            search.question.text,
            sources,
            draft_of,
            index_version=search.snapshot.index_version,
            audiences=search.snapshot.audiences,
        )

    def _sources(self, search: Search) -> list[Source]:
        return [self._source(search, index) for index in range(min(PASSAGES_READ, len(search.ranked)))]

    def _source(self, search: Search, index: int) -> Source:
        ranked = search.ranked[index]
        document = ranked.passage.document
        view = self._views.get(document.id, search.snapshot.index_version, search.snapshot.document_text)
        return Source(ranked, view)

    def _composed(
        self, question: str, found: _Found, begun: float, on_statement: OnStatement | None
    ) -> tuple[Answer, bool]:
        """The answer, and whether it may serve again: not when the model or the search was hampered."""
        answer, lasting = _extractive(question, found), not found.evidence.notices
        if self._generator is not None and found.task is not None and found.statements:
            try:
                return _noted(self._generated(answer, found.task, begun, on_statement), found), lasting
            except ModelFailure as failure:
                notice = f"{failure.reason}，以下摘自资料原文。"
                answer, lasting = replace(answer, notices=(*answer.notices, notice)), False
        _tell(answer, on_statement)
        return _noted(answer, found), lasting

    def _generated(
        self, answer: Answer, task: Task, begun: float, on_statement: OnStatement | None
    ) -> Answer:
        assert self._generator is not None  # nosec B101 # narrows a type; no input decides it
        spent = self._clock() - begun
        deadline = Deadline.after((1 - _RESERVE) * self._generator.timeout_s - spent)
        generated = self._generator.generate(task, deadline, on_statement)
        return replace(
            answer,
            statements=generated.statements,
            citations=generated.citations,
            answerer=self._generator.answerer,
        )


def _extractive(question: str, found: _Found) -> Answer:
    evidence = found.evidence
    return Answer(
        question=question,
        status="answered" if found.statements else "refused",
        statements=found.statements,
        citations=found.citations,
        passages=evidence.passages,
        message="" if found.statements else refusal_message(found.nearest),
        nearest=found.nearest,
        suggestions=found.suggestions,
        notices=(*evidence.notices, *found.silences),
        answerer=EXTRACTIVE,
        index_version=evidence.index_version,
    )


def _distinct(found: Iterable[Sequence[Source]]) -> list[Source]:
    """The sources of several searches, each passage once."""
    by_passage = {source.passage.id: source for sources in found for source in sources}
    return list(by_passage.values())


def _notices_on(searches: Sequence[Search]) -> Callable[[Iterable[str]], tuple[str, ...]]:
    def notices(passage_ids: Iterable[str]) -> tuple[str, ...]:
        wanted = list(passage_ids)
        return tuple(dict.fromkeys(notice for each in searches for notice in each.cited_notices(wanted)))

    return notices


def _noted(answer: Answer, found: _Found) -> Answer:
    """The answer with what must be said of the passages that it quotes."""
    about = found.notices_on(citation.passage_id for citation in answer.citations)
    return replace(answer, notices=(*answer.notices, *about))


def _tell(answer: Answer, on_statement: OnStatement | None) -> None:
    if on_statement is not None:
        for statement in answer.statements:
            on_statement(statement, [answer.citations[n - 1] for n in statement.citations])
