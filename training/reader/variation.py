"""The same question as others would ask it, and questions that a document only seems to answer."""

from __future__ import annotations

import re
from functools import lru_cache
from random import Random

from retrieval.question import analyse

_SAME = (
    ("什么时候", "啥时候", "几时", "何时", "哪天", "什么时间"),
    ("多少", "几", "多少个"),
    ("哪些", "哪几", "什么", "啥"),
    ("怎么", "如何", "咋", "怎样", "怎么样"),
    ("谁", "什么人", "哪个", "何人"),
    ("为什么", "为何", "为啥", "什么原因"),
    ("多久", "多长时间", "多长", "几时"),
    ("什么", "啥"),
    ("是什么意思", "指什么", "指的是什么", "是啥意思", "怎么理解"),
    ("哪里", "哪儿", "什么地方", "何处"),
    ("可以", "能", "能不能", "可不可以"),
    ("需要", "要", "得"),
)
_OPENINGS = ("请问", "请问一下,", "想问一下,", "我想知道", "麻烦问下,", "你好,", "那", "老师好，", "打扰了,")
_CLOSINGS = ("呀?", "啊?", "呢?", "?", "", "？谢谢", "，谢谢", "了?")
_OWNER = re.compile(r"^.{2,7}?(?:省|市|区|县|镇|乡|街道|社区|村|学校|学院|大学|公司|集团|医院|局|厂)")
_NO_OWNER = ("关于", "中共", "中国", "在", "把", "推进", "探寻", "浅析", "党组织", "加强", "五")
_YEAR = re.compile(r"(?:19|20)\d\d(?=年)")


def asked_otherwise(question: str, random: Random) -> str:
    """The question with a synonym, politeness, another ending or a slip of the keys; often as it was."""
    if random.random() < 0.35:
        question = _synonym(question, random)
    chance = random.random()
    if chance < 0.1:
        return random.choice(_OPENINGS) + question
    if chance < 0.22:
        return question.rstrip("？?。") + random.choice(_CLOSINGS)
    if chance < 0.36:
        return _mistyped(question, random)
    if chance < 0.44:
        return question.rstrip("？?")
    return question


def keywords(question: str) -> str:
    """The question as typed into a search box: without the words that ask."""
    return " ".join(analyse(question).plain.replace("，", " ").split()) or question


def _synonym(question: str, random: Random) -> str:
    held = [(word, group) for group in _SAME for word in group if len(word) > 1 and word in question]
    if not held:
        return question
    word, group = random.choice(held)
    return question.replace(word, random.choice([each for each in group if each != word]), 1)


def _mistyped(question: str, random: Random) -> str:
    """One character mistaken for one of the same sound, left out, or swapped with the next."""
    if len(question) < 8:
        return question
    at = random.randrange(1, len(question) - 2)
    chance = random.random()
    if chance < 0.5:
        alike = same_sound().get(question[at], "")
        return question[:at] + (random.choice(alike) if alike else question[at]) + question[at + 1 :]
    if chance < 0.75:
        return question[:at] + question[at + 1 :]
    return question[:at] + question[at + 1] + question[at] + question[at + 2 :]


@lru_cache(maxsize=1)
def same_sound() -> dict[str, str]:
    """Common characters that sound like a common character, by that character."""
    from pypinyin import lazy_pinyin

    # The 3,755 common characters of GB 2312 stand in its rows 16 to 55, by sound.
    common = bytes(b for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF) for b in (row, cell))
    characters = common.decode("gb2312", "ignore")
    sounds: dict[str, str] = {}
    for character, sound in zip(characters, lazy_pinyin(list(characters)), strict=True):
        sounds[sound] = sounds.get(sound, "") + character
    return {c: group.replace(c, "") for group in sounds.values() for c in group}


def owner(title: str) -> str:
    """Whose document it is, as its title begins: 梧桐里社区; empty where it does not say."""
    found = _OWNER.match(title)
    return found.group() if found and not found.group().startswith(_NO_OWNER) else ""


def of_another(question: str, own: str, other: str) -> str | None:
    """The question about another owner's matter, ``None`` where the two cannot be told apart."""
    if not own or not other or own[:2] == other[:2]:
        return None
    for name in (own, own[:-2] if own.endswith(("社区", "街道")) else own[:-1]):
        if len(name) > 1 and name in question:
            return question.replace(name, other if name == own else other[: len(name)])
    return f"{other}的{question}" if not question.startswith(("请", "麻烦", "想", "你", "我")) else None


def of_another_year(question: str, text: str, random: Random) -> str | None:
    """The question about a year that the text does not name, ``None`` where it asks of none."""
    found = _YEAR.search(question)
    if not found:
        return None
    others = [year for year in map(str, range(2008, 2027)) if year not in text]
    return question[: found.start()] + random.choice(others) + question[found.end() :] if others else None
