"""Search keys: one normalisation for questions and passages alike; quotes are never touched by it.

Folded are width, letter case, traditional script and numerals, so that 第２４條, 第24条 and 第二十四条
share one key. The keys are for matching only: nothing that a person reads passes through here.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from retrieval.invisible import INVISIBLE

if TYPE_CHECKING:
    from opencc import OpenCC

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "○": 0}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10_000, "亿": 100_000_000}
_NUMERAL = re.compile(
    "[零〇○一二三四五六七八九两十百千万亿]*[零〇○一二三四五六七八九两十][零〇○一二三四五六七八九两十百千万亿]*"
)
_DECIMAL = re.compile(r"(\d+)点(\d+)")
_PERCENT = re.compile(r"百分之(\d+(?:\.\d+)?)")
_FRACTION = re.compile(r"(\d+)分之(\d+)")
# Regional variants that the phrase tables of OpenCC leave alone and simplified text does not use.
_AFTER_OPENCC = str.maketrans({"著": "着", "衹": "只", "祇": "只", "甯": "宁"})


@lru_cache(maxsize=1)
def _converter() -> OpenCC:
    import opencc

    return opencc.OpenCC("t2s")


def to_simplified(text: str) -> str:
    """The text in simplified script, character by character of equal length where OpenCC keeps it so."""
    return str(_converter().convert(text)).translate(_AFTER_OPENCC)


def numeral_value(numeral: str) -> int:
    """The value of a Chinese numeral such as 二十四, 一千零五 or a digit string such as 二〇一四."""
    if not any(c in _UNITS or c in _LARGE for c in numeral):
        return int("".join(str(_DIGITS[c]) for c in numeral))
    total = section = digit = 0
    for c in numeral:
        if c in _DIGITS:
            digit = _DIGITS[c]
        elif c in _UNITS:
            section += (digit or 1) * _UNITS[c]
            digit = 0
        else:
            large = _LARGE[c]
            # 一亿三千万: the 万 multiplies what stands behind the 亿 only.
            above = total if total >= 100_000_000 > large else 0
            total = above + (total - above + section + digit or 1) * large
            section = digit = 0
    return total + section + digit


def fold_numerals(text: str) -> str:
    """The text with Chinese numerals, 百分之 and 分之 written in Arabic figures."""
    text = _NUMERAL.sub(lambda m: str(numeral_value(m[0])), text)
    text = _DECIMAL.sub(r"\1.\2", text)
    text = _PERCENT.sub(r"\1%", text)
    return _FRACTION.sub(r"\2/\1", text)


def fold_width(text: str) -> str:
    """Half-width, lower-case, compatibility-folded text (NFKC): for keys only, it flattens ，and ①.

    Without any of the characters that nobody sees, so that 葛 with a variation selector is 葛.
    """
    return unicodedata.normalize("NFKC", INVISIBLE.sub("", text)).lower()


def search_key(text: str) -> str:
    """The text as it is compared: width, case, script and numerals folded."""
    return fold_numerals(to_simplified(fold_width(text)))


_INSIGNIFICANT = re.compile(r"[^\w%+/]|_", re.UNICODE)


def match_key(text: str) -> str:
    """``search_key`` without white space and punctuation: equal for passages that say the same words."""
    return _INSIGNIFICANT.sub("", search_key(text))
