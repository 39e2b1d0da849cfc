"""Whether the evidence really answers the question; a similarity alone does not decide it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.answering.extractive import Draft, Source
from bot.answering.fitness import asks_for_absent, explains, holds, members
from bot.answering.kinds import Asked
from bot.answering.support import ContentTerm, coverage, missing_names
from retrieval.normalise import search_key

EVIDENCE_MIN = 0.5
_DENSE_SHARE = 0.6
_DENSE_NEUTRAL = 0.62
_OWN_REGION = re.compile(r"[我全本](?:省|市|区|县|镇|乡|村|街道|社区|校|院|局)|该(?:省|市|区|县|镇|乡|村)")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision with its reasons.

    ``covered`` is the covered share of the question's content, 0 to 1; ``evidence`` that share moved by
    how near the passage is in meaning; ``missing`` the names that the evidence does not mention.
    """

    answers: bool
    covered: float
    evidence: float
    missing: tuple[str, ...] = ()
    fits: bool = True


def judge(asked: Asked, terms: Sequence[ContentTerm], draft: Draft, sources: Sequence[Source]) -> Verdict:
    """Whether the draft covers what is asked, names what is named and holds the kind of thing wanted."""
    source = next(s for s in sources if s.passage.id == draft.pieces[0].passage.id)
    answer = "\n".join(source.view.key(piece.start, piece.end) for piece in draft.pieces)
    passage = source.view.key(source.passage.start, source.passage.end)
    context = source.context()
    covered = coverage(terms, [(answer, 1.0), (passage, 0.9), (context, 0.9)])
    dense = source.ranked.parts.dense
    evidence = covered + (_DENSE_SHARE * (dense - _DENSE_NEUTRAL) if dense >= 0 else 0.0)
    missing = _missing(terms, source, f"{answer}\n{passage}\n{context}")
    near = f"{answer}\n{passage}\n{context}"
    fits = _fits(asked, draft, answer, context) and not asks_for_absent(asked, near)
    return Verdict(evidence >= EVIDENCE_MIN and not missing and fits, covered, evidence, missing, fits)


def _missing(terms: Sequence[ContentTerm], source: Source, near: str) -> tuple[str, ...]:
    """Names that stand neither near the answer nor, where it speaks of «our province», in its document."""
    absent = missing_names(terms, near)
    if absent and _OWN_REGION.search(near):
        document = search_key(source.passage.document.title + "\n") + source.view.key(
            0, len(source.view.text)
        )
        absent = [name for name in absent if name in missing_names(terms, document)]
    return tuple(absent)


def _fits(asked: Asked, draft: Draft, answer: str, context: str) -> bool:
    if not holds(asked, answer):
        return False
    if asked.kind == "list" and asked.count:
        counts = {draft.items} if draft.is_list else set()
        if asked.count not in counts | members(answer):
            return False
    if asked.subject and asked.kind in {"definition", "list"}:
        return draft.is_list or explains(answer, context, asked.subject)
    return True
