"""From pieces to statements and citations: every line of a quote carries the number of that quote."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.answering.answer import Citation, Statement
from bot.answering.sources import Piece
from retrieval.sentences import split_lines


def cited(
    pieces: Sequence[Piece], text_of: Callable[[str], str]
) -> tuple[tuple[Statement, ...], tuple[Citation, ...]]:
    """Statements and citations of these pieces, numbered from 1.

    ``text_of`` gives the text of a document by its id.
    """
    statements: list[Statement] = []
    citations: list[Citation] = []
    for n, piece in enumerate(pieces, start=1):
        text = text_of(piece.passage.document.id)
        citations.append(_citation(n, piece, text))
        statements += [
            Statement(" ".join(text[start:end].split()), (n,))
            for start, end in split_lines(text, piece.start, piece.end)
        ]
    return tuple(statements), tuple(citations)


def headed(statements: Sequence[Statement], states: Sequence[str]) -> tuple[Statement, ...]:
    """The statements below a line that says what of their sources is not in force; as they are if all is."""
    return (Statement("".join(states)), *statements) if states else tuple(statements)


def _citation(n: int, piece: Piece, text: str) -> Citation:
    passage = piece.passage
    return Citation(
        n=n,
        passage_id=passage.id,
        document=passage.document,
        section=piece.section or passage.section,
        quote=text[piece.start : piece.end],
        start=piece.start,
        end=piece.end,
    )
