"""Why passages ranked where they did: the retrieval trace as JSON and for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.text import Text

from bot.rendering.legible import on_one_line
from bot.rendering.wrapping import wrap_cells
from retrieval.ranking import Ranked
from retrieval.retriever import Search
from retrieval.scoring import BIGRAMS, HEADINGS, WORDS, Parts

Json = dict[str, Any]

_NAMES = {
    "words": "词",
    "bigrams": "双字",
    "headings": "标题",
    "dense": "向量",
    "lift": "提升",
    "authority": "效力",
    "rerank": "重排",
}
_ABSENT = -1.0


def explain_json(search: Search, k: int) -> Json:
    """The terms of the question with the passages that hold them, and the parts of each score.

    A part that was not reckoned is null. ``passages`` are in the order of the search result.
    """
    return {
        "searched": search.question.searched,
        "terms": list(_terms(search)),
        "passages": [_passage(each) for each in search.ranked[:k]],
    }


def _terms(search: Search) -> Iterator[Json]:
    """Each term once for its kind: its weight, and how many passages hold it, below headings and in text."""
    frequency = search.statistics.frequency
    for kind, field, weighted in (
        ("word", WORDS, search.terms.words),
        ("bigram", BIGRAMS, search.terms.bigrams),
    ):
        for term, weight in weighted.items():
            yield {
                "term": term,
                "kind": kind,
                "weight": weight,
                "passages": frequency.get((field, term), 0),
                "headings": frequency.get((HEADINGS, term), 0),
            }


def _passage(ranked: Ranked) -> Json:
    document = ranked.passage.document
    return {
        "id": ranked.passage.id,
        "score": round(ranked.parts.score, 4),
        "parts": _parts(ranked.parts),
        "kind": document.metadata.get("kind", ""),
        "status": document.status,
    }


def _parts(parts: Parts) -> dict[str, float | None]:
    values: dict[str, float | None] = {name: round(getattr(parts, name), 4) for name in _NAMES}
    for name in ("dense", "rerank"):
        if values[name] == _ABSENT:
            values[name] = None
    return values


def render_explanation(search: Search, k: int, *, width: int) -> Text:
    """The trace in lines: the terms first, then one line for each passage in its place."""
    lines = ["排序依据", "词语（含它的段数，标题含它的段数）："]
    lines.append("  " + "  ".join(_term_line(each) for each in _terms(search)))
    lines.append("各段得分：")
    for n, ranked in enumerate(search.ranked[:k], start=1):
        parts = [
            f"{_NAMES[name]} {value:.2f}" for name, value in _parts(ranked.parts).items() if value is not None
        ]
        lines.append(f"  {n}. {ranked.parts.score:.2f} = {'，'.join(parts)}{_standing(ranked)}")
    wrapped = [part for line in lines for part in wrap_cells(on_one_line(line), width)]
    return Text("\n" + "\n".join(wrapped), style="dim")


def _term_line(term: Json) -> str:
    weight = "" if term["weight"] >= 1 else f"×{term['weight']:g}"
    return f"{term['term']}{weight} {term['passages']},{term['headings']}"


def _standing(ranked: Ranked) -> str:
    document = ranked.passage.document
    said = "，".join(each for each in (document.metadata.get("kind", ""), document.status) if each)
    return f"（{said}）" if said else ""
