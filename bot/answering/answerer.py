"""The answerer: question in, one verified answer or a refusal out, whatever channel asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence

from bot.answering.answer import Answer, Citation, Elapsed, Statement
from bot.answering.compose import compose, wanted_by
from bot.answering.extractive import PASSAGES_READ, Draft, Piece, Source
from bot.answering.refusal import refusal_message
from bot.answering.view import ViewCache
from retrieval.records import Audience
from retrieval.retriever import STAFF, Retriever, Search
from retrieval.sentences import split_lines

PASSAGES_OFFERED = 5


class Answerer:
    """Answers from one retriever; safe to use from several threads."""

    def __init__(self, retriever: Retriever, *, clock: Callable[[], float] = time.perf_counter) -> None:
        self._retriever = retriever
        self._views = ViewCache()
        self._clock = clock

    def answer(self, question: str, *, audiences: Collection[Audience] = STAFF) -> Answer:
        """The answer with its citations, or a refusal that names the nearest documents.

        EmptyCorpus when nothing has been ingested.
        """
        begun = self._clock()
        with self._retriever.searching(question, audiences=audiences) as search:
            found = self._clock()
            draft = self._draft(search)
            evidence = search.evidence(PASSAGES_OFFERED)
            statements, citations = _cited(draft, self._texts(search, draft)) if draft else ((), ())
        done = self._clock()
        return Answer(
            question=question,
            status="answered" if statements else "refused",
            statements=statements,
            citations=citations,
            passages=evidence.passages,
            message="" if statements else refusal_message(evidence),
            notices=evidence.notices,
            index_version=evidence.index_version,
            elapsed=Elapsed((found - begun) * 1e3, (done - found) * 1e3, (done - begun) * 1e3),
        )

    def _draft(self, search: Search) -> Draft | None:
        """The best draft that the judge lets pass."""
        wanted = wanted_by(search.question, search.statistics)
        sources = [self._source(search, index) for index in range(min(PASSAGES_READ, len(search.ranked)))]
        return compose(wanted, sources)

    def _source(self, search: Search, index: int) -> Source:
        ranked = search.ranked[index]
        document = ranked.passage.document
        view = self._views.get(document.id, search.snapshot.index_version, search.snapshot.document_text)
        return Source(ranked, view)

    def _texts(self, search: Search, draft: Draft) -> dict[str, str]:
        ids = {piece.passage.document.id for piece in draft.pieces}
        return {each: search.snapshot.document_text(each) for each in ids}


def _cited(draft: Draft, texts: dict[str, str]) -> tuple[tuple[Statement, ...], tuple[Citation, ...]]:
    """Statements and citations of a draft: the lines of each piece carry the number of its quote."""
    statements: list[Statement] = []
    citations: list[Citation] = []
    for n, piece in enumerate(draft.pieces, start=1):
        text = texts[piece.passage.document.id]
        citations.append(_citation(n, piece, text))
        statements += [
            Statement(" ".join(text[start:end].split()), (n,))
            for start, end in split_lines(text, piece.start, piece.end)
        ]
    return tuple(statements), tuple(citations)


def _citation(n: int, piece: Piece, text: str) -> Citation:
    passage = piece.passage
    return Citation(
        n=n,
        passage_id=passage.id,
        document=passage.document,
        section=passage.section,
        quote=text[piece.start : piece.end],
        start=piece.start,
        end=piece.end,
    )


def quotes_are_verbatim(citations: Sequence[Citation], texts: dict[str, str]) -> bool:
    """Whether every quote stands at its offsets in the text of the document it names."""
    return all(texts[c.document.id][c.start : c.end] == c.quote for c in citations)
