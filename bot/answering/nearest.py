"""The wording nearest to a question that is refused: no answer, so that a wrong refusal costs a glance."""

from __future__ import annotations

from collections.abc import Sequence

from bot.answering.drafts import Piece, Source, Wanted
from bot.answering.extractive import sentence_drafts

QUOTES_MAX = 2
# Nineteen of twenty passages that answer reach this score, and of questions on other matters than the
# documents' hardly one; measured on documents and questions that nothing here was tuned on.
NEAR = 0.17


def nearest_pieces(wanted: Wanted, sources: Sequence[Source]) -> list[Piece]:
    """Up to two stretches of different passages, the likeliest first; none where nothing is near."""
    near = [source for source in sources if source.score >= NEAR]
    drafts = sorted(sentence_drafts(wanted, near), key=lambda draft: -draft.mark)
    return [draft.pieces[0] for draft in drafts[:QUOTES_MAX]]
