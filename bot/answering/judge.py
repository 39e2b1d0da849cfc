"""Whether the evidence really answers the question; a similarity alone does not decide it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.answering.extractive import Draft, Source, Wanted
from bot.answering.fitness import (
    asks_for_absent,
    explains,
    holds,
    members,
    names_a_locality,
    names_a_person,
)
from bot.answering.ownership import tells_of
from bot.answering.subject import asks
from bot.answering.support import ContentTerm, coverage, missing_names
from retrieval.normalise import search_key

EVIDENCE_MIN = 0.45
# The covered share of the question is moved by this much of the distance of the dense part from neutral.
_DENSE_SHARE = 0.4
_DENSE_NEUTRAL = 0.62
_LITERAL_TRUST = 0.8
_BARE_FACTS = frozenset({"number", "period", "date", "person", "place"})
_OWNED_FACTS = frozenset({"number", "period"})
# What is longer is a sentence in the place of a title, and speaks of many things.
_HEADING_CHARS = 50
# A noun that weighs less than this share of the heaviest may be left out.
_OWNER_SHARE = 0.3
# Predicates that any account of a way fulfils without using the word.
_ANY_WAY = frozenset(
    {"处理", "对待", "变成", "解决", "应对", "看待", "管理", "成为", "实现", "推进", "推动", "落实", "改变"}
)
# 交到, 放在, 做成: documents say it in other words.
_COLLOQUIAL_VERB = re.compile(r"[到在上下给成起出为来去过着得]$")
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
    at_home = _names_at_home(wanted.terms, source, near)
    covered = coverage(wanted.terms, [(answer, 1.0), (passage, 0.9), (context, 0.9), (at_home, 0.9)])
    literal = wanted.wording.share(f"{answer}\n{passage}")
    dense = source.ranked.parts.dense
    evidence = max(covered, _LITERAL_TRUST * literal) + (
        _DENSE_SHARE * (dense - _DENSE_NEUTRAL) if dense >= 0 else 0.0
    )
    # A bare fact is told of the place that its own sentence names; an explanation may name it nearby.
    beside = f"{answer}\n{context}" if wanted.asked.kind in _BARE_FACTS else near
    missing = tuple(missing_names(wanted.terms, f"{beside}\n{at_home}"))
    fits = _fits(wanted, draft, answer, context) and not asks_for_absent(wanted.asked, near)
    fits = fits and _holds_heaviest(wanted, f"{near}\n{at_home}") and _holds_predicate(wanted, near)
    fits = fits and (not wanted.asked.name or _names_beside(wanted, answer))
    fits = fits and (
        not wanted.asked.locality or names_a_locality(wanted.asked.locality, f"{answer}\n{context}")
    )
    above = "\n".join(line for line in context.split("\n") if len(line) <= _HEADING_CHARS)
    fits = fits and _is_of_its_owner(wanted, answer, f"{above}\n{at_home}")
    return Verdict(evidence >= EVIDENCE_MIN and not missing and fits, covered, evidence, missing, fits)


def _holds_heaviest(wanted: Wanted, near: str) -> bool:
    """Whether the word that says most of what a bare fact is asked of stands near the evidence."""
    deeds = [t for t in wanted.terms if t.is_known and t.is_verb and not _COLLOQUIAL_VERB.search(t.text)]
    heaviest = max([*_known_things(wanted.terms), *deeds], key=lambda t: t.weight, default=None)
    if heaviest is None or wanted.asked.kind not in _BARE_FACTS:
        return True
    return heaviest.credit(near) >= 0.5


def _holds_predicate(wanted: Wanted, near: str) -> bool:
    """Whether what a reason or a way is asked for happens at all: 为什么批评, 怎么补办."""
    if wanted.asked.kind == "why":
        return all(t.credit(near) >= 0.5 for t in wanted.terms if t.is_verb)
    if wanted.asked.kind == "how":
        said = wanted.asked.predicate
        verbs = [t for t in wanted.terms if t.is_verb and said.startswith(t.text) and t.text not in _ANY_WAY]
        return all(t.credit(near) >= 0.5 for t in verbs)
    way, verb = wanted.asked.toward
    done = [t for t in wanted.terms if verb and t.text == verb]
    if way == "向":
        return all(re.search(rf"向[^，。]{{1,14}}{re.escape(t.text)}", near) for t in done)
    return all(t.credit(near) >= 0.5 for t in done)


def _is_of_its_owner(wanted: Wanted, answer: str, above: str) -> bool:
    """Whether a bare fact is told of what is asked for, where its sentence speaks of several things."""
    if wanted.asked.kind not in _OWNED_FACTS:
        return True
    asking = "\n".join(part for part in re.split(r"[，,。;；?？]", wanted.key) if asks(part))
    known = [t for t in _known_things(wanted.terms) if t.text in asking]
    heaviest = max(known, key=lambda t: t.weight, default=None)
    owners = [t for t in known if t.is_name or t is heaviest]
    beside = [t for t in known if heaviest and t not in owners and t.weight >= _OWNER_SHARE * heaviest.weight]
    near = f"{answer}\n{above}"
    return tells_of(wanted.asked, owners, answer, above) and all(t.credit(near) >= 0.5 for t in beside)


def _known_things(terms: Sequence[ContentTerm]) -> list[ContentTerm]:
    """The nouns and names of a question that the corpus holds."""
    return [t for t in terms if t.is_known and (t.is_noun or t.is_name)]


def _names_beside(wanted: Wanted, answer: str) -> bool:
    """Whether a person is named in one breath with what is asked: not any name of the passage will do."""
    heaviest = max((t for t in wanted.terms if t.is_known), key=lambda t: t.weight, default=None)
    segments = re.split(r"[，。;；、\n]", answer)
    return any(names_a_person(s) and (heaviest is None or heaviest.credit(s) >= 0.5) for s in segments)


def _names_at_home(terms: Sequence[ContentTerm], source: Source, near: str) -> str:
    """Names that a text speaking of «our province» need not repeat: those its document mentions."""
    levels = {match["level"] for match in _OWN_REGION.finditer(near)}
    if not levels:
        return ""
    document = source.view.key(0, len(source.view.text))
    title = search_key(source.passage.document.title)
    absent = set(missing_names(terms, f"{title}\n{document}"))
    at_home = (t.text for t in terms if t.is_name and t.text not in absent)
    return "\n".join(name for name in at_home if _is_province(name) == ("省" in levels))


def _is_province(name: str) -> bool:
    return name.endswith("省") or name in _PROVINCES


def _fits(wanted: Wanted, draft: Draft, answer: str, context: str) -> bool:
    asked = wanted.asked
    if not holds(asked, answer):
        return False
    if asked.item and not (draft.is_list and draft.items >= asked.item):
        return False
    if asked.kind == "list" and asked.count and not asked.item:
        counts = {draft.items} if draft.is_list else set()
        if asked.count not in counts | members(answer):
            return False
    if asked.subject and asked.strict and asked.kind in {"definition", "list"}:
        return explains(answer, context, asked.subject)
    return True
