"""The wording nearest to a question that is refused: no answer, so that a wrong refusal costs a glance."""

from __future__ import annotations

from bot.answering.composing import settled
from bot.answering.pointing import Pointing
from bot.answering.sources import Piece

QUOTES_MAX = 2
# Nineteen of twenty passages that answer reach this score, and of questions on other matters than the
# documents' hardly one; measured on documents and questions that nothing here was tuned on.
NEAR = 0.17


def nearest_pieces(pointing: Pointing) -> list[Piece]:
    """Up to two units of different passages, the likeliest first; none where nothing is near."""
    found: dict[str, Piece] = {}
    for each in pointing.pointed:
        passage = each.source.passage
        if each.source.score >= NEAR and each.unit.kind != "heading":
            piece = Piece(passage, each.unit.start, each.unit.end)
            found.setdefault(passage.id, settled(piece, each.source.view))
        if len(found) == QUOTES_MAX:
            break
    return list(found.values())
