"""What is computed over tables as part of an answer: one sentence, then the rows that it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.answering.answer import Citation, Statement
from bot.answering.arithmetic import AGGREGATES, Computed, computed, form_of
from bot.answering.pointing import Pointing
from bot.answering.sources import Piece, Source
from bot.answering.tables import Record, row_shift, unsaid_of
from ingest.rows import cells_of, is_total
from retrieval.question import analyse


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A computed sentence and the rows that it was computed from."""

    sentence: str
    pieces: tuple[Piece, ...]


def reckon(question: str, sources: Sequence[Source], pointing: Pointing) -> Reckoned | None:
    """What a question over the columns of a table comes to; None where it is none or is in doubt."""
    form = form_of(question)
    if form is None or (form.name not in AGGREGATES and not _is_of_rows(pointing)):
        return None
    content = analyse(question).content
    found: dict[str, tuple[tuple[int, bool], Source, Computed]] = {}
    for source in sources:
        if source.ranked.out_of_time:
            continue
        for table in source.view.tables:
            done = computed(question, table, source.passage.document.title)
            if done is not None:
                left = unsaid_of(content, source.passage.document.title, table)
                found.setdefault(done.sentence, ((left, done.counts), source, done))
    # Of two tables that would each answer, the one whose heads say more of the question is meant.
    least = min((left for left, _, _ in found.values()), default=None)
    meant = [(source, done) for left, source, done in found.values() if left == least]
    if len(meant) != 1:
        return None
    source, done = meant[0]
    return Reckoned(done.sentence, tuple(_pieces(source, done, sources)))


def needs_all_rows(question: str, pointing: Pointing) -> bool:
    """Whether a question asks over a column, and what is pointed at is a single row of it, and no total."""
    form = form_of(question)
    if form is None or not pointing.pointed or pointing.pointed[0].unit.kind != "row":
        return False
    first = pointing.pointed[0]
    text, unit, title = first.source.view.text, first.unit, first.source.passage.document.title
    if form.pattern.search(text[unit.start : unit.end]):
        return False
    if form.name not in AGGREGATES:
        return form.name == "count" and row_shift(question, title, first.source.view.tables, unit) <= 0
    return not is_total(cells_of(text, unit.start, unit.end)[0].value)


def told(reckoned: Iterable[Reckoned], citations: Sequence[Citation]) -> Iterator[Statement]:
    """The computed sentences, each with the numbers of the quotes that hold its rows."""
    for each in reckoned:
        numbers = (c.n for c in citations if any(_holds(c, piece) for piece in each.pieces))
        yield Statement(each.sentence, tuple(numbers))


def _is_of_rows(pointing: Pointing) -> bool:
    return not pointing.is_answered or pointing.pointed[0].unit.kind == "row"


def _holds(citation: Citation, piece: Piece) -> bool:
    same = citation.document.id == piece.passage.document.id
    return same and citation.start <= piece.start and piece.end <= citation.end


def _pieces(source: Source, done: Computed, sources: Sequence[Source]) -> Iterator[Piece]:
    """The rows that are named, then all others that were used; neighbours are one piece."""
    for group in ([*done.named], [record for record in done.used if record not in done.named]):
        run: list[Record] = []
        for record in group:
            between = source.view.text[run[-1].unit.end : record.unit.start] if run else ""
            if run and between.strip():
                yield _piece(source, run, sources)
                run = []
            run.append(record)
        if run:
            yield _piece(source, run, sources)


def _piece(source: Source, run: Sequence[Record], sources: Sequence[Source]) -> Piece:
    start, end = run[0].unit.start, run[-1].unit.end
    same = [each for each in sources if each.passage.document.id == source.passage.document.id]
    nearest = next((each for each in same if each.passage.start <= start < each.passage.end), source)
    return Piece(nearest.passage, start, end, source.view.section_at(start))
