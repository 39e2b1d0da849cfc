"""Whether the evidence really answers the question; a similarity alone does not decide it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.answering.drafts import Draft, Source, Wanted
from bot.answering.fitness import locality_in, locality_named, place_names
from bot.answering.requirements import BARE_FACTS, Reading, is_met
from bot.answering.support import ContentTerm, coverage, missing_names
from retrieval.normalise import heading_key

EVIDENCE_MIN = 0.45
# The covered share of the question is moved by this much of the distance of the dense part from neutral.
_DENSE_SHARE = 0.4
_DENSE_NEUTRAL = 0.62
_LITERAL_TRUST = 0.8
_ITS_PLACE = re.compile(r"(?:^|目前|[，。,;；])(?:[本该全我])?(?:社区|街道|村|镇)")
# How far before an answer the place it speaks of may be named.
_BACK_CHARS = 1_000
_OWN_REGION = re.compile(r"[我全本该](?P<level>省|市|区|县|镇|乡|村|街道|社区|校|院|局)")
# fmt: off
_PROVINCES = frozenset((
    "河北", "山西", "辽宁", "吉林", "黑龙江", "江苏", "浙江", "安徽", "福建", "江西", "山东", "河南", "湖北",
    "湖南", "广东", "海南", "四川", "贵州", "云南", "陕西", "甘肃", "青海", "台湾", "内蒙古", "广西", "西藏",
    "宁夏", "新疆",
))
# fmt: on


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision with its reasons.

    ``covered`` is the covered share of the question's content, 0 to 1; ``evidence`` that share moved by
    how near the passage is in meaning; ``missing`` the names that the evidence does not mention; ``fits``
    whether the kind of thing asked for is there.
    """

    answers: bool
    covered: float
    evidence: float
    missing: tuple[str, ...] = ()
    fits: bool = True


def judge(wanted: Wanted, draft: Draft, sources: Sequence[Source]) -> Verdict:
    """Whether the draft covers what is asked, names what is named and holds the kind of thing wanted."""
    source = next(s for s in sources if s.passage.id == draft.passage.id)
    answer = "\n".join(source.view.key(piece.start, piece.end) for piece in draft.pieces)
    passage = source.view.key(source.passage.start, source.passage.end)
    context = source.context()
    near = f"{answer}\n{passage}\n{context}"
    at_home = _names_at_home([t for t in wanted.terms if t.text not in answer], source, near)
    if wanted.asked.kind in BARE_FACTS:
        at_home += _place_spoken_of(wanted, source, draft, answer)
    covered = coverage(wanted.terms, [(answer, 1.0), (passage, 0.9), (context, 0.9), (at_home, 0.9)])
    literal = wanted.wording.share(f"{answer}\n{passage}")
    dense = source.ranked.parts.dense
    evidence = max(covered, _LITERAL_TRUST * literal) + (
        _DENSE_SHARE * (dense - _DENSE_NEUTRAL) if dense >= 0 else 0.0
    )
    # A bare fact is told of the place that its own sentence names; an explanation may name it nearby.
    beside = f"{answer}\n{context}" if wanted.asked.kind in BARE_FACTS else near
    missing = tuple(missing_names(wanted.terms, f"{beside}\n{at_home}"))
    fits = is_met(wanted, draft, Reading(answer, context, near, at_home))
    return Verdict(evidence >= EVIDENCE_MIN and not missing and fits, covered, evidence, missing, fits)


def _names_at_home(terms: Sequence[ContentTerm], source: Source, near: str) -> str:
    """Names that a text speaking of «our province» need not repeat: those its document mentions."""
    levels = {match["level"] for match in _OWN_REGION.finditer(near)}
    if not levels:
        return ""
    document = source.view.key(0, len(source.view.text))
    title = heading_key(source.passage.document.title)
    absent = set(missing_names(terms, f"{title}\n{document}"))
    at_home = (t.text for t in terms if t.is_name and t.text not in absent)
    return "\n".join(name for name in at_home if _is_province(name) == ("省" in levels))


def _place_spoken_of(wanted: Wanted, source: Source, draft: Draft, answer: str) -> str:
    """The words of the community or village asked about, where the title names it, or where it is the last
    place named before an answer that says only 社区 or 本村."""
    start = draft.pieces[0].start
    before = source.view.key(max(0, start - _BACK_CHARS), start)
    asked = locality_in(wanted.key) or locality_named(before, wanted.key)
    if not asked or asked in answer:
        return ""
    words = "".join(f"\n{t.text}" for t in wanted.terms if t.text in asked)
    if asked in heading_key(source.passage.document.title):
        return words
    _, named, since = before.rpartition(asked)
    is_meant = named and _ITS_PLACE.search(answer) and not place_names(f"{since}\n{answer}")
    return words if is_meant else ""


def _is_province(name: str) -> bool:
    return name.endswith("省") or name in _PROVINCES
