"""Whether the evidence really answers the question; a similarity alone does not decide it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.answering.extractive import Draft, Source
from bot.answering.kinds import Asked, holds_kind
from bot.answering.support import ContentTerm, coverage, missing_names
from retrieval.normalise import search_key
from retrieval.question import Question

COVERAGE_MIN = 0.55


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision with its reasons: the covered share of the question, and what is missing."""

    answers: bool
    covered: float
    missing: tuple[str, ...] = ()


def judge(
    question: Question, asked: Asked, terms: Sequence[ContentTerm], draft: Draft, sources: Sequence[Source]
) -> Verdict:
    """Whether the draft covers what is asked, names what is named and holds the kind of thing wanted."""
    source = next(s for s in sources if s.passage.id == draft.pieces[0].passage.id)
    answer = "\n".join(source.view.key(piece.start, piece.end) for piece in draft.pieces)
    passage = source.view.key(source.passage.start, source.passage.end)
    context = source.context()
    covered = coverage(terms, [(answer, 1.0), (passage, 0.9), (context, 0.9)])
    document = search_key(source.passage.document.title + "\n") + source.view.key(0, len(source.view.text))
    missing = tuple(missing_names(terms, document))
    fits = holds_kind(asked.kind, answer)
    return Verdict(covered >= COVERAGE_MIN and not missing and fits, covered, missing)
