"""The answerer: question in, an answer of the corpus' own wording or a refusal out, for any channel."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Thread
from typing import TYPE_CHECKING

from bot.answering.answer import Answer, Citation, Elapsed
from bot.answering.cache import AnswerCache, cache_key
from bot.answering.changes import changes_answer
from bot.answering.citing import cited, headed
from bot.answering.clauses import clause_pieces
from bot.answering.composing import compose
from bot.answering.demands import count_asked, counts_to
from bot.answering.division import divided
from bot.answering.injection import is_order_alone
from bot.answering.nearest import QUOTES_MAX, nearest_pieces
from bot.answering.pointing import PASSAGES_READ, Pointing, point
from bot.answering.refusal import refusal_message
from bot.answering.resilience import Deadline, ModelFailure
from bot.answering.small_talk import small_talk
from bot.answering.sources import Piece, Source
from bot.answering.suggestions import Candidate, Suggester
from bot.answering.view import ViewCache
from retrieval.normalise import search_key, to_simplified
from retrieval.period import asked_time
from retrieval.reading.records import Reader
from retrieval.records import Audience, Evidence, Passage
from retrieval.retriever import STAFF, Ranked, Retriever, Search

if TYPE_CHECKING:
    from bot.answering.adviser import Adviser
    from retrieval.snapshot import Snapshot

PASSAGES_OFFERED = 5
EXTRACTIVE = "extractive"
# What most questions share: it loads the models, the tagger and the index.
_WARM_UP = "党支部的职责有哪些？"
# Of the time for a whole answer this share is kept for what follows the model.
_RESERVE = 0.05
# Politeness asks nothing, and a reader need not learn to see past it.
_POLITE_BEFORE = re.compile(
    r"^(?:[您你]好|请问|麻烦(?:问|说)?|打扰了?|(?:我?想(?:问|了解|知道))|帮我(?:查|看)|一下|老师(?=[，,：:！!])|[，,、：:！!。\s])+(?=.{3})"
)
_POLITE_BEHIND = re.compile(
    r"[，,。？?！!\s]*(?:谢谢[您你]?|多谢|麻烦了|请(?:告诉|回答)我?(?:一下)?)[！!。\s]*$"
)
# A clause is asked for by its number: it only has to be found.
_CLAUSES_READ = 20
_NOTHING = Pointing((), 0.0, False)


@dataclass(frozen=True)
class _Looked:
    """One question looked up: the search, what was read of it, and what the reader points at."""

    search: Search
    sources: Sequence[Source]
    pointing: Pointing

    def evidence(self, k: int) -> Evidence:
        """The ``k`` best passages, in the order in which the reader thinks that they hold the answer."""
        holding = self.pointing.holding
        if not holding or self.search.question.clause:
            return self.search.evidence(k)
        found = self.search.evidence(len(self.sources))
        # What was not heard, being of another edition, stands behind what was.
        lowest = min(holding.values())
        marked = [
            replace(each, score=round(holding.get(each.passage.id, min(each.score, lowest)), 4))
            for each in found.passages
        ]
        marked.sort(key=lambda each: (each.passage.id not in holding, -each.score))
        return replace(found, passages=tuple(marked[:k]))

    @cached_property
    def pieces(self) -> list[Piece]:
        """What answers; empty where nothing does."""
        if self.search.question.clause:
            return clause_pieces(self.search.question, self.sources, self.search.register.change)
        if not self.pointing.is_answered:
            return []
        found = compose(self.pointing.pointed)
        return found if self._is_of_count(found) else []

    def _is_of_count(self, pieces: Sequence[Piece]) -> bool:
        """Whether not all that is said is a list of another length than is asked for, where it is said."""
        count, first = count_asked(to_simplified(self.search.question.text)), self.pointing.pointed[0]
        lists = first.source.view.lists_around(first.unit)
        if not count or not lists or any(len(each.items) == count for each in lists):
            return True
        views = {each.source.passage.document.id: each.source.view for each in self.pointing.pointed}
        texts = (views[each.passage.document.id].text[each.start : each.end] for each in pieces)
        return any(counts_to(text, count) for text in texts)


@dataclass(frozen=True, slots=True)
class _Found:
    """All that a message led to: the whole of it looked up, and each of several questions in it."""

    whole: _Looked
    parts: tuple[_Looked, ...] = ()

    @property
    def pieces(self) -> list[Piece]:
        """What answers each question in its turn; what answers all goes first where one has no answer."""
        found = [looked.pieces for looked in self.parts]
        if not all(found) or not found:
            found.insert(0, self.whole.pieces)
        distinct: list[Piece] = []
        for piece in (piece for pieces in found for piece in pieces):
            distinct = _with(distinct, piece)
        return distinct

    @property
    def silences(self) -> tuple[str, ...]:
        """Which of several questions had no answer of its own."""
        silent = (each.search.question.text for each in self.parts if not each.pieces)
        return tuple(f"“{question}”这一问，没有单独找到依据。" for question in silent)

    def notices_on(self, passage_ids: Iterable[str]) -> tuple[str, ...]:
        """What must be said of passages that are quoted."""
        wanted = list(passage_ids)
        searches = [each.search for each in (self.whole, *self.parts)]
        return tuple(dict.fromkeys(notice for each in searches for notice in each.cited_notices(wanted)))


class Answerer:
    """Answers from one retriever; safe to use from several threads.

    The ``reader`` points at what answers; with an ``adviser`` a language model points as well, and how much
    that counts depends on how well it points. Whenever it cannot, a notice says why.
    """

    def __init__(
        self,
        retriever: Retriever,
        reader: Reader,
        *,
        adviser: Adviser | None = None,
        cache: AnswerCache | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._retriever = retriever
        self._reader = reader
        self._adviser = adviser
        self._cache = cache if cache is not None else AnswerCache()
        self._views = ViewCache()
        self._suggester = Suggester()
        self._clock = clock

    def answer(self, question: str, *, audiences: Collection[Audience] = STAFF) -> Answer:
        """The answer with its citations, or a refusal with the nearest wording.

        What asks nothing (你好, 谢谢) gets a reply of the status ``refused`` without any document.
        EmptyCorpus when nothing has been ingested.
        """
        begun = searched = self._clock()
        with self._retriever.snapshot(audiences) as snapshot:
            if said := small_talk(question):
                return Answer(question, "refused", message=said, index_version=snapshot.index_version)
            key = cache_key(question, snapshot.index_version, audiences, self._made_by)
            answer = self._cache.get(key)
            if answer is None:
                searches = self._searches(snapshot, question)
                searched = self._clock()
                answer = changes_answer(searches[0], PASSAGES_OFFERED)
                if answer is None:
                    found = self._read(searches)
                else:
                    self._cache.put(key, answer)
        if answer is None:
            # A language model is asked after the snapshot is given back: it may take half a minute.
            answer, lasting = self._answered(question, found, begun)
            if answer.status == "refused" and not is_order_alone(question):
                answer = replace(answer, suggestions=self._suggestions(found.whole, audiences))
            if lasting:
                self._cache.put(key, answer)
        done = self._clock()
        elapsed = Elapsed((searched - begun) * 1e3, (done - searched) * 1e3, (done - begun) * 1e3)
        return replace(answer, question=question, elapsed=elapsed)

    def pieces(self, search: Search, *, without: Callable[[Passage], bool]) -> list[Piece]:
        """What answers a question that was searched, from its sources but for some; empty where none does."""
        ranked = [each for each in search.ranked if not without(each.passage)]
        sources = self._sources(search, ranked[:PASSAGES_READ])
        return _Looked(search, sources, self._pointing(search, sources)).pieces

    def warm_up(self) -> None:
        """Load what the first answer needs; EmptyCorpus when there is no corpus.

        How far a language model is to be trusted is found out meanwhile, in the background.
        """
        with self._retriever.searching(_WARM_UP) as search:
            self._looked(search)
        if self._adviser is not None:
            Thread(target=self._adviser.check_quietly, name="model-check", daemon=True).start()

    @property
    def _made_by(self) -> str:
        # What is in force changes with the day.
        return f"{self._reader.name} {self._adviser.version if self._adviser else ''} {self._retriever.day}"

    def _searches(self, snapshot: Snapshot, question: str) -> list[Search]:
        """The search for the message, then one for each of several questions in it."""
        asked = (question, *divided(question))
        return [self._retriever.search_in(snapshot, each) for each in asked]

    def _read(self, searches: Sequence[Search]) -> _Found:
        whole, *parts = searches
        looked = tuple(map(self._looked, parts))
        if looked and all(each.pieces for each in looked):
            return _Found(_Looked(whole, (), _NOTHING), looked)
        return _Found(self._looked(whole), looked)

    def _looked(self, search: Search) -> _Looked:
        depth = _CLAUSES_READ if search.question.clause else PASSAGES_READ
        sources = self._sources(search, [*search.ranked[:depth], *_changing(search, depth)])
        return _Looked(search, sources, self._pointing(search, sources))

    def _pointing(self, search: Search, sources: Sequence[Source]) -> Pointing:
        time = asked_time(search_key(search.question.text))
        is_of_a_time = bool(time.last or time.former)
        return point(self._reader, _read_as(search), sources[:PASSAGES_READ], is_of_a_time=is_of_a_time)

    def _sources(self, search: Search, ranked: Sequence[Ranked]) -> list[Source]:
        snapshot = search.snapshot
        return [
            Source(
                each,
                self._views.get(each.passage.document.id, snapshot.index_version, snapshot.document_text),
            )
            for each in ranked
        ]

    def _answered(self, question: str, found: _Found, begun: float) -> tuple[Answer, bool]:
        """The answer, and whether it may serve again: not when the model or the search was hampered."""
        evidence = found.whole.evidence(PASSAGES_OFFERED)
        notices, lasting, answerer = evidence.notices, not evidence.notices, EXTRACTIVE
        if is_order_alone(question):
            return self._refused(question, found, [], notices), lasting
        if self._adviser is not None:
            try:
                advised = self._advised(found, begun)
                answerer = EXTRACTIVE if advised is found else self._adviser.answerer
                found = advised
            except ModelFailure as failure:
                notices, lasting = (*notices, f"{failure.reason}，以下没有经它看过。"), False
        if not (pieces := found.pieces):
            looked = [found.whole, *found.parts]
            near = [piece for each in looked for piece in nearest_pieces(each.pointing)][:QUOTES_MAX]
            return self._refused(question, found, near, notices), lasting
        quoted, citations = cited(pieces, _texts(found))
        statements = headed(quoted, found.whole.search.states([each.place for each in pieces]))
        about = found.notices_on(citation.passage_id for citation in citations)
        answer = Answer(
            question=question,
            status="answered",
            statements=statements,
            citations=citations,
            passages=evidence.passages,
            notices=(*notices, *found.silences, *about),
            answerer=answerer,
            index_version=evidence.index_version,
        )
        return answer, lasting

    def _refused(
        self, question: str, found: _Found, near: Sequence[Piece], notices: tuple[str, ...]
    ) -> Answer:
        evidence = found.whole.evidence(PASSAGES_OFFERED)
        nearest: tuple[Citation, ...] = cited(near, _texts(found))[1]
        return Answer(
            question=question,
            status="refused",
            passages=evidence.passages,
            message=refusal_message(nearest),
            nearest=nearest,
            notices=(*notices, *found.notices_on(citation.passage_id for citation in nearest)),
            index_version=evidence.index_version,
        )

    def _advised(self, found: _Found, begun: float) -> _Found:
        """The same with what the language model points at; ModelFailure where it cannot."""
        assert self._adviser is not None  # nosec B101 # narrows a type; no input decides it
        spent = self._clock() - begun
        deadline = Deadline.after((1 - _RESERVE) * self._adviser.timeout_s - spent)

        def advised(looked: _Looked) -> _Looked:
            asked = looked.search.question.text
            assert self._adviser is not None  # nosec B101 # narrows a type; no input decides it
            return replace(looked, pointing=self._adviser.advised(asked, looked.pointing, deadline))

        # A clause asked for by its number only has to be found.
        parts = tuple(each if each.search.question.clause else advised(each) for each in found.parts)
        is_read = bool(found.whole.pointing.pointed) and not found.whole.search.question.clause
        whole = advised(found.whole) if is_read else found.whole
        return found if whole is found.whole and parts == found.parts else _Found(whole, parts)

    def _suggestions(self, whole: _Looked, audiences: Collection[Audience]) -> tuple[str, ...]:
        """Questions near to one that is refused, each of which is answered."""
        version = whole.search.snapshot.index_version
        with self._retriever.snapshot(audiences) as snapshot:
            if snapshot.index_version != version:
                return ()

            def pieces_from(candidate: Candidate) -> list[Piece]:
                search = self._retriever.search_in(snapshot, candidate.question)
                # It must be found where any question's answer is looked for; the rest need not be read.
                near = [
                    each
                    for each in self._sources(search, search.ranked[:PASSAGES_READ])
                    if candidate.is_of(each)
                ]
                return _Looked(search, near, self._pointing(search, near[:1])).pieces

            return self._suggester.suggest(
                whole.search.question.text,
                _timely(whole.sources),
                pieces_from,
                index_version=version,
                audiences=audiences,
            )


def _changing(search: Search, depth: int) -> list[Ranked]:
    """Behind the ``depth`` best passages, those of what has changed a clause that is asked for."""
    changes = map(search.register.change, (each.passage for each in search.ranked[:depth]))
    wanted = {new.id for new in changes if new} if search.question.clause else set()
    return [each for each in search.ranked[depth:] if each.passage.document.id in wanted]


def _timely(sources: Sequence[Source]) -> Sequence[Source]:
    """The sources of the time that is asked about; all where none is."""
    return [each for each in sources if not each.ranked.out_of_time] or sources


def _read_as(search: Search) -> str:
    """The question as it is read: without politeness, and its time where retrieval has seen to that."""
    question = search.question
    asked = question.key if question.is_timeless else question.searched
    return _POLITE_BEHIND.sub("", _POLITE_BEFORE.sub("", asked)) or asked


def _texts(found: _Found) -> Callable[[str], str]:
    looked = (found.whole, *found.parts)
    views = {source.passage.document.id: source.view for each in looked for source in each.sources}
    return lambda document_id: views[document_id].text


def _with(pieces: Sequence[Piece], new: Piece) -> list[Piece]:
    """The pieces and a new one, which is made one with a piece that it overlaps."""
    for at, piece in enumerate(pieces):
        same = piece.passage.document.id == new.passage.document.id
        if same and piece.start < new.end and new.start < piece.end:
            whole = replace(piece, start=min(piece.start, new.start), end=max(piece.end, new.end))
            return _with([*pieces[:at], *pieces[at + 1 :]], whole)
    return [*pieces, new]
