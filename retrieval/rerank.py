"""The order of the best passages by a model that reads question and passage together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retrieval.models.cross_encoder import Reranker
    from retrieval.ranking import Ranked

DEPTH = 20


def rerank(reranker: Reranker, question: str, ranked: Sequence[Ranked]) -> list[Ranked]:
    """The passages with the first twenty in the order of the reranker's marks.

    ``ranked`` is best first. What stands behind was not read and stays behind in its own order: its mark
    is its relevance as a share of the lowest mark given.
    """
    first, rest = ranked[:DEPTH], ranked[DEPTH:]
    if not first:
        return []
    marks = reranker.scores(question, [each.passage.text for each in first])
    lowest = min(marks)
    marks += [lowest * each.parts.relevance for each in rest]
    marked = [
        replace(each, parts=replace(each.parts, rerank=mark))
        for each, mark in zip(ranked, marks, strict=True)
    ]
    return sorted(marked, key=lambda r: -r.parts.score)
