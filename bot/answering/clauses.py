"""A clause asked for by its number: 支部工作条例第十三条."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from bot.answering.sources import Piece, Source
from bot.answering.view import trimmed_end
from retrieval.clause_labels import CLAUSE, clause_key
from retrieval.lexical import bigrams
from retrieval.normalise import search_key
from retrieval.question import Question
from retrieval.records import SECTION_SEPARATOR, DocumentInfo, Passage

_NAMED_SHARE = 0.6
_SAME_NUMBER_MAX = 3
_NOT_THE_NAME = re.compile(r"第\s?\d+\s?[条款项](?:之\d+)?|\d+|规定|条款|内容|讲|说|写")


def clause_pieces(
    question: Question,
    sources: Sequence[Source],
    change: Callable[[Passage], DocumentInfo | None] = lambda _: None,
) -> list[Piece]:
    """The clause with the number asked for, from the document that is named; empty where there is none.

    Where none is named, those of up to three documents: the reader sees which is which. ``change`` tells
    which document has changed the clause that a passage is: its words on that clause go first.
    """
    named = set(bigrams(_NOT_THE_NAME.sub("，", question.content)))
    found: dict[str, tuple[float, Piece]] = {}
    labelled = [
        source
        for source in sources
        if _label(source) == question.clause and _share(named, source) >= _NAMED_SHARE
    ]
    timely = [source for source in labelled if not source.ranked.out_of_time]
    for source in timely or labelled:
        piece = Piece(source.passage, *_body(source))
        found.setdefault(source.passage.document.title, (_share(named, source), piece))
    best = max((share for share, _ in found.values()), default=0.0)
    pieces = [piece for share, piece in found.values() if share == best][:_SAME_NUMBER_MAX]
    changing = {new.id for piece in pieces if not timely and (new := change(piece.passage))}
    return [*_on_clause(question.clause, [s for s in sources if s.passage.document.id in changing]), *pieces]


def _on_clause(clause: str, sources: Sequence[Source]) -> list[Piece]:
    """The units that speak of a clause by its label."""
    found: dict[tuple[str, int], Piece] = {}
    for source in sources:
        for unit in source.units:
            labels = re.findall(CLAUSE, source.view.text[unit.start : unit.end])
            if clause in map(clause_key, labels):
                place = (source.passage.document.id, unit.start)
                found.setdefault(place, Piece(source.passage, unit.start, unit.end))
    return list(found.values())


def _label(source: Source) -> str:
    """The label of the clause that a passage is, such as 第13条."""
    return clause_key(source.passage.section.split(SECTION_SEPARATOR)[-1])


def _share(named: set[str], source: Source) -> float:
    """How much of what the question names the title of the document holds; all where it names nothing."""
    title = search_key(source.passage.document.title)
    return sum(pair in title for pair in named) / len(named) if named else 1.0


def _body(source: Source) -> tuple[int, int]:
    """The clause without a chapter heading that was packed in front of it."""
    passage = source.passage
    for unit in source.units:
        clause = source.view.clause_around(unit)
        if clause is not None:
            return clause.start, trimmed_end(source.view.text, clause.start, clause.end)
    return passage.start, passage.end
