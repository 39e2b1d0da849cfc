"""How plausible a stretch of text is as Chinese: the measure that every repair of encodings must improve.

Two measures, both from 0 to 1: how many of the Chinese characters are common ones, and how many stand in
words of the dictionary. Wrongly decoded text scores low on both, whatever the damage.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache

import opencc
import rjieba

# What ordinary Chinese text consists of besides Chinese characters.
_PUNCTUATION = frozenset("，。、；：？！“”‘’（）《》〈〉【】〔〕「」『』—…·－～％　①②③④⑤⑥⑦⑧⑨⑩×")
_LEVEL_1 = (0xB0, 0xD8)
# What ``is_han`` says no to.
NOT_HAN = re.compile("[^\u3400-\u9fff\U00020000-\U0003ffff]+")
_ASCII = re.compile("[\x00-\x7f]+")


@lru_cache(maxsize=1)
def to_simplified() -> opencc.OpenCC:
    """The library's converter from traditional to simplified script, loaded once."""
    return opencc.OpenCC("t2s")


@lru_cache(maxsize=1)
def to_traditional() -> opencc.OpenCC:
    """The library's converter from simplified to traditional script, loaded once."""
    return opencc.OpenCC("s2t")


@lru_cache(maxsize=1)
def traditional_converters() -> tuple[opencc.OpenCC, ...]:
    """Converters to the usual forms of traditional script in general, in Taiwan and in Hong Kong."""
    return (to_traditional(), opencc.OpenCC("s2tw"), opencc.OpenCC("s2hk"))


@lru_cache(maxsize=1)
def simple_forms() -> dict[str, str]:
    """Each character of the basic block that has another simplified form, with that form."""
    block = [chr(code) for code in range(0x4E00, 0xA000)]
    # Line by line, so that no phrase table applies across two characters.
    converted = to_simplified().convert("\n".join(block)).split("\n")
    return {old: new for old, new in zip(block, converted, strict=True) if old != new}


@lru_cache(maxsize=1)
def simplified_only() -> frozenset[str]:
    """The characters that only simplified script has: 们, but not 后, which traditional script has too."""
    new_forms = set(simple_forms().values())
    return frozenset(new for new in new_forms if not new.encode("big5", errors="ignore"))


@lru_cache(maxsize=1)
def common_characters() -> frozenset[str]:
    """The 3,755 characters of GB 2312 level 1 and their traditional forms."""
    pairs = (bytes((lead, trail)) for lead in range(*_LEVEL_1) for trail in range(0xA1, 0xFF))
    # The last row of level 1 ends five places early.
    level_1 = frozenset("".join(pair.decode("gb2312", errors="ignore") for pair in pairs))
    return level_1 | {old for old, new in simple_forms().items() if new in level_1}


@lru_cache(maxsize=1)
def _usual() -> frozenset[str]:
    return common_characters() | _PUNCTUATION


def is_han(char: str) -> bool:
    """Whether ``char`` is a Chinese character, compatibility and radical forms aside."""
    return "\u3400" <= char <= "\u9fff" or "\U00020000" <= char <= "\U0003ffff"


def common_share(text: str) -> float:
    """The share of common characters among everything in ``text`` beyond ASCII; 1.0 if all is ASCII."""
    wide = _ASCII.sub("", text)
    if not wide:
        return 1.0
    return sum(map(_usual().__contains__, wide)) / len(wide)


def word_share(text: str) -> float:
    """The share of Chinese characters that stand in words of two or more characters, in either script."""
    simplified = to_simplified().convert(text)
    total = inside = 0
    for word in rjieba.cut(simplified, hmm=False):
        count = sum(map(is_han, word))
        total += count
        if count > 1:
            inside += count
    return inside / total if total else 0.0


def plausibility(text: str) -> float:
    """From 0 to 1; a wrongly decoded run stays clearly below what it was before the damage."""
    return 0.6 * common_share(text) + 0.4 * word_share(text)


# Word counts of the dictionary sum to about this; it holds no punctuation, whose counts are typical shares.
_TOTAL = 60_000_000
_PUNCTUATION_COUNT = {"，": 3_500_000, "。": 1_800_000, "、": 900_000, "“": 500_000, "”": 500_000}
_RARE_PUNCTUATION_COUNT = 100_000
_NARROW_PUNCTUATION = frozenset(",.;:?!()<>-/%\"' \n")


@lru_cache(maxsize=50_000)
def word_log_probability(word: str) -> float:
    """The natural logarithm of a simplified word's share of running text; unknown words get a tiny one."""
    if word in _PUNCTUATION or word in _NARROW_PUNCTUATION:
        count = _PUNCTUATION_COUNT.get(word, _RARE_PUNCTUATION_COUNT)
    else:
        count = rjieba.suggest_freq(word) if rjieba.has_word(word) else 1
    return math.log(max(count, 1) / _TOTAL)


def character_count(char: str) -> int:
    """How often the dictionary counts a character, in its simplified form, as a word by itself."""
    count: int = rjieba.suggest_freq(simple_forms().get(char, char))
    return count


def likelihood(left: str, middle: str, right: str) -> float:
    """The log probability of the best cut of the three together into words; only to be compared."""
    return sum(map(word_log_probability, words_of(left + middle + right)))


def words_of(text: str) -> list[str]:
    """The words of a short text, in simplified script and of the same lengths as in ``text``."""
    words: list[str] = rjieba.cut(to_simplified().convert(text), hmm=False)
    return words
