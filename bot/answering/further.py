"""What a follow-up asks of an answer that was given: one item of its list, or what it left out."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from bot.answering.answer import Answer, Citation, Elapsed, Statement
from bot.answering.answerer import PASSAGES_OFFERED, Answerer
from bot.answering.changes import changes_answer
from bot.answering.citing import cited, headed
from bot.answering.composing import list_end
from bot.answering.membership import items_of, members_of
from bot.answering.sources import Piece
from bot.answering.view import DocumentView, Listing, ViewCache
from ingest.structure import Node
from prompts import render
from retrieval.records import Audience, Passage
from retrieval.retriever import Retriever, Search
from retrieval.sentences import split_sentences

_ITEMS_IN_COMMON = 2


class Further:
    """Answers about answers; safe to use from several threads."""

    def __init__(
        self, retriever: Retriever, answerer: Answerer, *, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._retriever = retriever
        self._answerer = answerer
        self._views = ViewCache()
        self._clock = clock

    def item(
        self, question: str, number: int, listed: Answer, *, audiences: Collection[Audience]
    ) -> Answer | None:
        """The item with this number of the list that ``listed`` cites, whole.

        ``None`` where those citations hold no list with such an item, or the corpus has changed since.
        """
        begun = self._clock()
        with self._retriever.searching(question, audiences=audiences) as search:
            found = self._clock()
            pieces = list(self._item(search, number, listed))[:1]
            if pieces:
                return self._answer(search, question, pieces, (begun, found))
            pieces, member = self._member(search, number, listed)
            answer = self._answer(search, question, pieces, (begun, found))
            states = [each for each in answer.statements if not each.citations]
            return replace(answer, statements=(*states, Statement(member, (1,)))) if member else None

    def more(self, question: str, given: Sequence[Citation], *, audiences: Collection[Audience]) -> Answer:
        """What answers the question beside the passages ``given`` already, or a refusal that says so."""
        begun = self._clock()
        with self._retriever.searching(question, audiences=audiences) as search:
            found = self._clock()
            changes = changes_answer(search, PASSAGES_OFFERED, given)
            if changes is not None:
                return changes
            pieces = self._answerer.pieces(search, without=lambda passage: _is_told(passage, given))
            pieces = [piece for piece in pieces if not _overlaps([piece], given)]
            return self._answer(search, question, pieces, (begun, found))

    def _answer(
        self, search: Search, question: str, pieces: Sequence[Piece], marks: tuple[float, float]
    ) -> Answer:
        quoted, citations = cited(pieces, search.snapshot.document_text)
        statements = headed(quoted, search.states([each.place for each in pieces]))
        evidence = search.evidence(PASSAGES_OFFERED)
        begun, found = marks
        done = self._clock()
        return Answer(
            question=question,
            status="answered" if statements else "refused",
            statements=statements,
            citations=citations,
            passages=evidence.passages,
            message="" if statements else render("refusal_no_more"),
            notices=(*evidence.notices, *search.cited_notices(each.passage_id for each in citations)),
            index_version=evidence.index_version,
            elapsed=Elapsed((found - begun) * 1e3, (done - found) * 1e3, (done - begun) * 1e3),
        )

    def _view(self, search: Search, document_id: str) -> DocumentView:
        return self._views.get(document_id, search.snapshot.index_version, search.snapshot.document_text)

    def _item(self, search: Search, number: int, listed: Answer) -> Iterator[Piece]:
        heads = items_of(listed)
        for document_id in dict.fromkeys(citation.document.id for citation in listed.citations):
            given = [c for c in listed.citations if c.document.id == document_id]
            passages = _passages(search, document_id)
            if not passages or not _still_stands(search, given) or number > len(heads):
                continue
            view = self._view(search, document_id)
            for listing in view.listings:
                if number > len(listing.items) or not _is_of(listing, given):
                    continue
                node = listing.items[number - 1]
                home = next((p for p in passages if p.start <= node.start < p.end), None)
                # A list inside a sentence of the answer is not the list that it gives.
                if home and heads[number - 1] in " ".join(view.text[node.start : node.end].split()):
                    yield Piece(home, node.start, _end(view, listing, node))

    def _member(self, search: Search, number: int, listed: Answer) -> tuple[list[Piece], str]:
        """The member with this number of an enumeration, and its sentence; both empty where there is none."""
        members = items_of(listed)
        if not 0 < number <= len(members):
            return [], ""
        for given in listed.citations:
            passages = _passages(search, given.document.id)
            if not passages or not _still_stands(search, [given]):
                continue
            text = search.snapshot.document_text(given.document.id)
            for start, end in split_sentences(text, given.start, given.end):
                home = next((p for p in passages if p.start <= start < p.end), None)
                if home and members_of(text[start:end]) == members:
                    return [Piece(home, start, end)], members[number - 1]
        return [], ""


def _passages(search: Search, document_id: str) -> list[Passage]:
    held = search.snapshot.passages(search.snapshot.document_passages(document_id))
    return [search.register.shown(each) for each in held.values()]


def _still_stands(search: Search, given: Sequence[Citation]) -> bool:
    """Whether the present version of the one document they cite still has these quotes where they stood."""
    text = search.snapshot.document_text(given[0].document.id)
    return all(text[c.start : c.end] == c.quote for c in given)


def _is_of(listing: Listing, given: Sequence[Citation]) -> bool:
    """Whether a list is the one that was cited: at least two of its items begin inside the quotes."""
    begun = sum(any(c.start < item.end and item.start < c.end for c in given) for item in listing.items)
    return begun >= _ITEMS_IN_COMMON


def _end(view: DocumentView, listing: Listing, node: Node) -> int:
    """The end of an item; the last one of a list may have swallowed what follows it."""
    end = list_end(view, listing) if node is listing.items[-1] else node.end
    return len(view.text[:end].rstrip()) if end > node.start else node.end


def _is_told(passage: Passage, given: Sequence[Citation]) -> bool:
    return any(
        c.document.id == passage.document.id and c.start < passage.end and c.end > passage.start
        for c in given
    )


def _overlaps(pieces: Sequence[Piece], given: Sequence[Citation]) -> bool:
    return any(
        c.document.id == piece.passage.document.id and c.start < piece.end and c.end > piece.start
        for piece in pieces
        for c in given
    )
