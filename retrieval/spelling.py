"""Mistyped words of a question: 程续 for 程序, found by sound among the words that the corpus holds."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_HAN_RUN = re.compile(r"[\u4e00-\u9fff]{2,}")
# Sounds that input methods and dialects confuse.
# Characters that join words or ask: beside them any pair of characters is new without being wrong.
_FUNCTION_CHARACTERS = frozenset(
    "的是有么什哪用在和了要一不也就都把被给对按从到为上下里多少几个名位各这那能会可以去来做让使与及或但而吗呢啊吧我你他它们请问谁怎如何种"
)
_FOLDED_SOUNDS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ing", "in"), ("eng", "en"), ("ang", "an"))


@dataclass(frozen=True, slots=True)
class Correction:
    """A word of the question and the one of the corpus that sounds the same."""

    wrong: str
    right: str


@lru_cache(maxsize=1)
def _segmenter() -> Any:
    import rjieba

    return rjieba


def correct(text: str, count: Callable[[str], int]) -> tuple[str, list[Correction]]:
    """The text with mistyped pairs of characters mended, and what was mended.

    ``count`` tells in how many passages a pair of characters stands. A pair is mended only if the corpus
    never holds it, no dictionary does, and exchanging one character for one of the same sound gives a
    word that the corpus holds; the most frequent such word wins.
    """
    found: list[Correction] = []
    for run in _HAN_RUN.findall(text):
        at = 0
        loose = _loose(run)
        while at < len(run) - 1:
            pair = run[at : at + 2]
            better = _best(run, at, count) if _suspicious(pair, loose[at : at + 2], count) else None
            if better:
                found.append(Correction(pair, better))
                run = run[:at] + better + run[at + 2 :]
            at += 2 if better else 1
    for each in found:
        text = text.replace(each.wrong, each.right)
    return text, found


def _loose(run: str) -> list[bool]:
    """For each character, whether it is no part of a word that the dictionary knows."""
    loose = []
    for word in _segmenter().cut(run):
        loose += [len(word) < 2 or not _segmenter().has_word(word)] * len(word)
    return loose


def _suspicious(pair: str, loose: list[bool], count: Callable[[str], int]) -> bool:
    return all(loose) and not set(pair) & _FUNCTION_CHARACTERS and not count(pair)


def _best(run: str, at: int, count: Callable[[str], int]) -> str | None:
    pair = run[at : at + 2]
    candidates = [a + pair[1] for a in homophones(pair[0])] + [pair[0] + b for b in homophones(pair[1])]
    counted = [(count(c), c) for c in candidates if c != pair]
    known = _segmenter().has_word
    fitting = [(n, c) for n, c in counted if n and (known(c) or _fits_around(run, at, c, count))]
    return max(fitting, default=(0, None))[1]


def _fits_around(run: str, at: int, pair: str, count: Callable[[str], int]) -> bool:
    """Whether the mended pair also goes with the characters on both sides."""
    before = run[at - 1 : at] + pair[0] if at else ""
    behind = pair[1] + run[at + 2 : at + 3] if at + 2 < len(run) else ""
    return bool(before or behind) and all(count(p) for p in (before, behind) if p)


def homophones(character: str) -> frozenset[str]:
    """Common characters that sound the same, tones and confused sounds aside."""
    sounds, characters = _sound_table()
    return frozenset(c for sound in sounds.get(character, ()) for c in characters[sound]) - {character}


@lru_cache(maxsize=1)
def _sound_table() -> tuple[dict[str, frozenset[str]], dict[str, set[str]]]:
    """Sounds by character and characters by sound, over the 3,755 common characters of GB 2312."""
    from pypinyin import Style, pinyin  # 0.2 s, and only mistyped questions need it

    rows, cells = range(0xB0, 0xD8), range(0xA1, 0xFF)
    common = [bytes((row, cell)).decode("gb2312", "ignore") for row in rows for cell in cells]
    sounds: dict[str, frozenset[str]] = {}
    characters: dict[str, set[str]] = defaultdict(set)
    for character in filter(None, common):
        options = pinyin(character, style=Style.NORMAL, heteronym=True)[0]
        sounds[character] = frozenset(_folded(sound) for sound in options)
        for sound in sounds[character]:
            characters[sound].add(character)
    return sounds, characters


def _folded(sound: str) -> str:
    for heard, written in _FOLDED_SOUNDS:
        sound = sound.replace(heard, written)
    return sound
