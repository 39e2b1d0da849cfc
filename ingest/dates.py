"""Dates as Chinese documents print them, read into ISO 8601."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

EARLIEST_YEAR = 1900
LATEST_YEAR = 2100

_HAN_DIGITS = {digit: str(value) for value, digit in enumerate("〇一二三四五六七八九")} | {
    "○": "0", "零": "0", "Ｏ": "0", "O": "0", "o": "0", "0": "0"}  # fmt: skip
_HAN_YEAR = r"[一二][〇○零ＯOo0一二三四五六七八九]{3}"
_HAN_SMALL = r"[一二三四五六七八九十]{1,3}"

# One printed date, to the day, the month or the year; separators must agree.
DATE = (
    r"(?:(?:19|20)\d{2}\s*年(?:\s*\d{1,2}\s*月(?:\s*\d{1,2}\s*日)?)?"
    r"|(?:19|20)\d{2}(?P<sep>[-/.])\d{1,2}(?:(?P=sep)\d{1,2})?(?!\d)"
    rf"|{_HAN_YEAR}年(?:{_HAN_SMALL}月(?:{_HAN_SMALL}日)?)?)"
)
_DATE = re.compile(rf"(?<!\d){DATE}")
_PARTS = re.compile(r"\d+")


def read_date(text: str) -> str:
    """The first date in ``text`` as ``YYYY-MM-DD``, ``YYYY-MM`` or ``YYYY``; empty if there is none."""
    return next(find_dates(text), "")


def find_dates(text: str) -> Iterator[str]:
    """Every valid date in ``text``, in order, in ISO 8601."""
    for match in _DATE.finditer(text):
        found = _iso(match[0])
        if found:
            yield found


def anonymous(pattern: str) -> str:
    """``DATE`` for use twice in one pattern: without its named group, separators need not agree."""
    return re.sub(r"\(\?P<sep>(.*?)\)(.*?)\(\?P=sep\)", r"\1\2[-/.]", pattern)


def _iso(printed: str) -> str:
    parts = [int(part) for part in _PARTS.findall(_with_digits(printed))]
    return iso_date(parts)


def iso_date(parts: list[int]) -> str:
    """Year, month and day as far as given, in ISO 8601; empty if they are no calendar date."""
    if not parts or not EARLIEST_YEAR <= parts[0] <= LATEST_YEAR:
        return ""
    year, month, day = (*parts, 1, 1)[:3]
    try:
        datetime.date(year, month, day)
    except ValueError:
        return ""
    return "-".join(f"{part:02d}" for part in parts[:3])


def _with_digits(printed: str) -> str:
    """Han numerals as digits: 二〇一四年五月二十八日 -> 2014年5月28日."""
    year, mark, rest = printed.partition("年")
    if not mark or year.strip().isascii():
        return printed
    digits = "".join(_HAN_DIGITS[char] for char in year)
    return f"{digits}年" + re.sub(_HAN_SMALL, lambda match: str(_small(match[0])), rest)


def _small(numeral: str) -> int:
    tens, mark, ones = numeral.partition("十")
    if not mark:
        return int("".join(_HAN_DIGITS[char] for char in numeral) or 0)
    return (int(_HAN_DIGITS[tens]) if tens in _HAN_DIGITS else 1) * 10 + int(_HAN_DIGITS.get(ones, "0"))
