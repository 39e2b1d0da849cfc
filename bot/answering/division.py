"""Several questions asked in one breath, taken apart: each is looked up by itself.

What comes out is looked up like any question; it is shown only to say which of them had no answer.
"""

from __future__ import annotations

import re

from bot.answering.answer import Answer
from bot.answering.followup import Asked, resolve
from bot.answering.subject import about, asks, begins_with_noun, locality_in
from retrieval.normalise import to_simplified

PARTS_MAX = 4
"""A message of more questions than these is looked up as a whole."""

_SENTENCES = re.compile(r"[?？;；。！!\n]+")
_NUMERAL = "一二两三四五六七八九十"
# 各种, 各市 are many and share nothing out.
_NO_EACH = "(?!种|类|项|级|个|地|界|部|位|方|式|族|市|县|省|区|村)"
_EACH = re.compile(
    rf"(?P<owners>.+?)(?:[{_NUMERAL}\d][个种类块方级者项样](?P<of>[^，]{{0,10}}?))?，?(?:分别|各自?){_NO_EACH}(?P<rest>.+)"
)
_MEMBERS = re.compile(r"[、]|(?<=[^共总统调])(?:以及|和|与|跟)(?![谐平睦气])")
_MEMBER_CHARS = 24


def divided(question: str) -> tuple[str, ...]:
    """The questions of a message, each standing for itself; empty where there is but one."""
    text = to_simplified(question).strip().replace(",", "，")
    sentences = [each.strip() for each in _SENTENCES.split(text) if each.strip()]
    asked = [part for sentence in sentences for part in _in_one_sentence(sentence)]
    parts = _standing(asked) if len(asked) > 1 else _for_each(text)
    return tuple(parts) if 1 < len(parts) <= PARTS_MAX else ()


def _in_one_sentence(sentence: str) -> list[str]:
    """The stretches of a sentence that ask, each with what was said before it since the last one."""
    found, pending = [], ""
    for stretch in sentence.split("，"):
        pending = f"{pending}，{stretch}" if pending else stretch
        if asks(stretch):
            found.append(pending)
            pending = ""
    if pending and found:
        found[-1] += f"，{pending}"
    return found


def _standing(asked: list[str]) -> list[str]:
    """The questions with what they leave out taken from the ones before."""
    turns: list[Asked] = []
    for part in asked:
        whole = resolve(part, turns).question
        if turns and whole == part and not _has_subject(part):
            whole = about(turns[0].question).subject + part
        turns.append(Asked(whole, Answer(whole, "answered")))
    return [turn.question for turn in turns]


def _has_subject(part: str) -> bool:
    """Whether a question begins with what it is asked of: a noun, a name in quotation marks or a place."""
    return begins_with_noun(part) or part[:1] in "“《「" or part.startswith(locality_in(part) or "?")


def _for_each(text: str) -> list[str]:
    """One question for each of the things that 各 or 分别 shares a question out to."""
    shared = _EACH.fullmatch(text.rstrip("?？。 "))
    if shared is None or not asks(shared["rest"]):
        return []
    before, _, after = shared["owners"].rpartition("，")
    front, owners, common = before, _MEMBERS.split(after), ""
    if len(owners) < 2:
        front, owners, common = "", _MEMBERS.split(before), after
    if len(owners) < 2 or any(not each.strip() or len(each) > _MEMBER_CHARS for each in owners):
        return []
    rest = f"{common}{shared['of'] or ''}{shared['rest']}"
    return [f"{front}{owner}{rest}" for owner in _completed(owners)]


def _completed(owners: list[str]) -> list[str]:
    """Each owner with what it shares with the others: A的甲和乙 are A的甲 and A的乙."""
    first, last = owners[0], owners[-1]
    if "的" in first and "的" not in "".join(owners[1:]):
        head = first[: first.rindex("的") + 1]
        return [first, *(head + each for each in owners[1:])]
    if "的" in last and "的" not in "".join(owners[:-1]):
        tail = last[last.index("的") :]
        return [*(each + tail for each in owners[:-1]), last]
    return owners
