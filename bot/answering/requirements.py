"""What a question demands of its evidence beyond the right words: the fact itself, its owner, its doer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.answering.drafts import Draft, Wanted
from bot.answering.fitness import (
    asks_for_absent,
    explains,
    holds,
    holds_phrase,
    members,
    names_a_locality,
    names_a_person,
    shares,
)
from bot.answering.kinds import OFFICE
from bot.answering.ownership import tells_of
from bot.answering.subject import asks
from bot.answering.support import GENERAL_WORDS, ContentTerm, unquoted
from retrieval.occurrences import is_followed
from retrieval.synonyms import expansions, terms_of_art

BARE_FACTS = frozenset({"number", "period", "date", "person", "place"})
"""Kinds of question that a single word answers."""

_OWNED_FACTS = frozenset({"number", "period"})
# What is longer is a sentence in the place of a title, and speaks of many things.
_HEADING_CHARS = 50
# A noun that weighs less than this share of the heaviest may be left out.
_OWNER_SHARE = 0.3
_CREDIT_MIN = 0.5
# Predicates that any account of a way fulfils without using the word.
_ANY_WAY = frozenset(
    """
    处理 对待 变成 解决 应对 看待 管理 成为 实现 推进 推动 落实 改变
    产生 划分 安排 理解 认识 补救 改进 改善 破解 化解 克服 加强 提高 提升
    """.split()  # noqa: SIM905 - a word list reads better than so many quotation marks
)
# 交到, 放在, 做成: documents say it in other words.
_COLLOQUIAL_VERB = re.compile(r"[到在上下给成起出为来去过着得]$")
# A word of so many characters of which hardly a pair recurs is of another matter.
_LONG_WORD = 4
_TRACE_MIN = 0.2
_PLACE_OR_BODY = re.compile(r"社区|街道|[镇村乡县区市旗]|[分支]行|公司|集团|[小中大]学|学院|医院")
_OBJECT_BEFORE = re.compile(r"^[给把对为向][\u4e00-\u9fff]{2,4}(?=[\u4e00-\u9fff]{2}$)")
_BOUNDED = re.compile(r"\d+(?=\S{1,2}(?:以上|以下|以内|不到|不满))")
_HOW_MANY = re.compile(r"多少|几|多长|多久|多大|多高")
_REPORTED = re.compile(
    r"(?:指出|强调|表示|认为|说|讲|谈|提出|要求)[到道了着]?[:,，“]|介绍[到道了]?[:“]|(?:^|[。！？”\n])“"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A draft in its surroundings, as search keys.

    ``answer`` is the draft itself, ``context`` the title and headings above it, ``near`` both with the whole
    passage, ``at_home`` the names that its document need not repeat.
    """

    answer: str
    context: str
    near: str
    at_home: str


def is_met(wanted: Wanted, draft: Draft, reading: Reading) -> bool:
    """Whether a draft holds everything that the question demands."""
    return all(holds_up(wanted, draft, reading) for holds_up in _DEMANDS)


def _holds_the_fact(wanted: Wanted, draft: Draft, reading: Reading) -> bool:
    return holds(wanted.asked, reading.answer)


def _has_the_members(wanted: Wanted, draft: Draft, reading: Reading) -> bool:
    """Whether a list has its number of items and the one asked for, and is that of the names quoted."""
    asked = wanted.asked
    if asked.item and not (draft.is_list and draft.items >= asked.item):
        return False
    if draft.is_spelt_out:
        return True
    if asked.shared and not shares(reading.answer, asked.shared, asked.count):
        return False
    if asked.characters and not holds_phrase(reading.answer, asked.characters):
        return False
    if asked.kind != "list":
        return True
    counts = {draft.items} if draft.is_list else set()
    if asked.count and not asked.item and asked.count not in counts | members(reading.answer):
        return False
    said = unquoted(f"{reading.answer}\n{reading.context}")
    return all(unquoted(name) in said for name in asked.quoted)


def _explains_the_subject(wanted: Wanted, draft: Draft, reading: Reading) -> bool:
    asked = wanted.asked
    if asked.subject and asked.strict and not draft.is_spelt_out and asked.kind in {"definition", "list"}:
        return explains(reading.answer, reading.context, asked.subject)
    return True


def _mentions_what_is_counted(wanted: Wanted, draft: Draft, reading: Reading) -> bool:
    return not asks_for_absent(wanted.asked, reading.near)


def _holds_heaviest(wanted: Wanted, draft: Draft, reading: Reading) -> bool:
    """Whether the word that says most of what a bare fact is asked of stands near the evidence."""
    if wanted.asked.kind not in BARE_FACTS:
        return True
    deeds = [t for t in wanted.terms if t.is_known and t.is_verb and not _COLLOQUIAL_VERB.search(t.text)]
    return _holds_all(_heaviest([*_known_things(wanted.terms), *deeds]), f"{reading.near}\n{reading.at_home}")


def _holds_predicate(wanted: Wanted, draft: Draft, reading: Reading) -> bool:
    """Whether what a reason, a way or a doer is asked for happens at all: 为什么批评, 怎么补办, 向谁报告."""
    asked, verbs = wanted.asked, [t for t in wanted.terms if t.is_verb]
    if asked.kind == "why":
        # A word of speech that the corpus never uses is let pass beside one that it does.
        known = [t for t in verbs if t.is_known]
        return _holds_all(known or verbs, reading.near)
    if asked.kind == "how":
        predicate = _OBJECT_BEFORE.sub("", asked.predicate)
        # What follows 怎么 is a verb, whatever the tagger takes it for.
        said = [t for t in wanted.terms if predicate.startswith(t.text)]
        done = [t for t in said if t.text not in _ANY_WAY and t.text not in GENERAL_WORDS]
        return _holds_all(done, reading.near)
    way, verb = asked.toward
    done = [t for t in wanted.terms if verb and t.text == verb]
    if way == "向":
        return all(re.search(rf"向[^，。]{{1,14}}{re.escape(t.text)}", reading.near) for t in done)
    return _holds_all(done, reading.near)


def _names_the_person(wanted: Wanted, draft: Draft, reading: Reading) -> bool:
    """Whether a person is named in one breath with what is asked: not any name of the passage will do."""
    if not wanted.asked.name:
        return True
    # What the title names already need not be said again beside the person.
    things = [t for t in _known_things(wanted.terms) if t.credit(reading.context) < _CREDIT_MIN]
    offices = [t for t in wanted.terms if OFFICE.search(t.text)]
    owners = [t for t in things if t.is_name] + _heaviest([t for t in things if t not in offices])
    segments = re.split(r"[，。;；、\n]", reading.answer)
    return any(names_a_person(segment) and _holds_all(owners + offices, segment) for segment in segments)


def _names_the_place(wanted: Wanted, draft: Draft, reading: Reading) -> bool:
    level = wanted.asked.locality
    return not level or names_a_locality(level, f"{reading.answer}\n{reading.context}")


def _is_of_its_owner(wanted: Wanted, draft: Draft, reading: Reading) -> bool:
    """Whether a bare fact is told of what is asked for, where its sentence speaks of several things."""
    if wanted.asked.kind not in _OWNED_FACTS:
        return True
    asking = "\n".join(part for part in re.split(r"[，,。;；?？]", wanted.key) if asks(part))
    known = [t for t in _known_things(wanted.terms) if t.text in asking]
    heaviest = _heaviest(known)
    # A name behind the question word is what they do something to: 多少名党员参加了城东社区的活动.
    before = _HOW_MANY.split(asking)[0]
    owners = [t for t in known if (t.is_name and t.text in before) or t in heaviest]
    least = _OWNER_SHARE * max((t.weight for t in heaviest), default=0.0)
    others = [t for t in known if t not in owners and t.weight >= least]
    headings = [line for line in reading.context.split("\n") if len(line) <= _HEADING_CHARS]
    above = "\n".join([*headings, reading.at_home])
    return tells_of(wanted.asked, owners, reading.answer, above) and _holds_all(
        others, f"{reading.answer}\n{above}"
    )


def _does_what_is_asked(wanted: Wanted, draft: Draft, reading: Reading) -> bool:
    """Whether the deed is told: 负责 of 纪检委员负责哪些工作, 成立 of 什么时候成立."""
    deed = wanted.asked.deed
    done = [t for t in wanted.terms if deed and t.text == deed and t.is_known and t.is_verb]
    return _holds_all(done, reading.answer if wanted.asked.kind == "date" else reading.near)


def _reports_what_was_said(wanted: Wanted, draft: Draft, reading: Reading) -> bool:
    """Whether words are reported, and not only that somebody spoke: 介绍了什么经验, 讲了些什么."""
    return not wanted.asked.speech or bool(_REPORTED.search(reading.answer))


def _knows_the_subject(wanted: Wanted, draft: Draft, reading: Reading) -> bool:
    """Whether the corpus holds the place asked about, and the long words that a bare fact is asked of."""
    unknown = [t for t in wanted.terms if not t.is_known and "几" not in t.text]
    foreign = [t for t in unknown if t.credit(reading.near) < _TRACE_MIN]
    if any(t.text[-1] in "旗州盟县区市镇乡村" or _is_of_a_place(t.text, wanted.key) for t in foreign):
        return False
    return wanted.asked.kind not in BARE_FACTS or not any(
        len(t.text) >= _LONG_WORD and t.text.isalpha() for t in foreign
    )


def _is_of_a_place(word: str, key: str) -> bool:
    """Whether a word of the question names a place or a body: what stands before 社区, 镇 or 分行."""
    return is_followed(word, key, _PLACE_OR_BODY)


def _has_its_bounds(wanted: Wanted, draft: Draft, reading: Reading) -> bool:
    """Whether a number is told of the very ages or sizes asked about: 80岁以上 is not any age."""
    if wanted.asked.kind not in _OWNED_FACTS:
        return True
    told = set(re.findall(r"\d+", reading.answer))
    return told.issuperset(_BOUNDED.findall(wanted.key))


def _uses_the_terms(wanted: Wanted, draft: Draft, reading: Reading) -> bool:
    """Whether the fixed terms of the question, which nobody says otherwise, stand near the evidence."""
    near = f"{reading.near}\n{reading.at_home}"
    return all(
        term in near or any(other in near for other in expansions(term)) for term in terms_of_art(wanted.key)
    )


_DEMANDS: tuple[Callable[[Wanted, Draft, Reading], bool], ...] = (
    _holds_the_fact,
    _has_the_members,
    _explains_the_subject,
    _mentions_what_is_counted,
    _holds_heaviest,
    _holds_predicate,
    _names_the_person,
    _names_the_place,
    _is_of_its_owner,
    _does_what_is_asked,
    _reports_what_was_said,
    _knows_the_subject,
    _has_its_bounds,
    _uses_the_terms,
)


def _known_things(terms: Sequence[ContentTerm]) -> list[ContentTerm]:
    """The nouns and names of a question that the corpus holds."""
    return [t for t in terms if t.is_known and (t.is_noun or t.is_name)]


def _heaviest(terms: Sequence[ContentTerm]) -> list[ContentTerm]:
    """The one term that weighs most, empty where there is none."""
    return [max(terms, key=lambda t: t.weight)] if terms else []


def _holds_all(terms: Sequence[ContentTerm], text: str) -> bool:
    return all(t.credit(text) >= _CREDIT_MIN for t in terms)
