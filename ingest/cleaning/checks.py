"""What is reported of a cleaned document: warnings, and the reason to hold it back.

A warning says what looks wrong and where; the document is ingested all the same. A quarantine holds it
back until the maintainer says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from ingest.cleaning.characters import author_slips
from ingest.cleaning.furniture import navigation_share
from ingest.cleaning.lines import ends_sentence, lines_of

_UNKNOWN = re.compile("[\ue000-\uf8ff\N{REPLACEMENT CHARACTER}□]")
_CLAUSE = re.compile(r"(?m)^[# \t　]*+第\s?([零〇一二三四五六七八九十百千两\d]{1,7})\s?条(?![例件款第之])")
_SLIPS_MAX = 20
_LETTERS_MIN = 10
_SENTENCE_LETTERS_MIN = 30
_NAVIGATION_MIN = 0.2
_NAVIGATION_SENTENCE_MAX = 0.3
_DAMAGE_MAX = 0.15
_CONTEXT = 8


def warnings_of(text: str) -> tuple[str, ...]:
    """The warnings about a cleaned text, in Chinese, each with its place; empty if all looks well."""
    return (*_unrestored(text), *_clause_holes(text), *_slips(text))


def quarantine_reason(text: str) -> str | None:
    """One Chinese sentence why the document must be held back, or ``None``."""
    letters = sum(char.isalnum() for char in text)
    lines = [line.text for line in lines_of(text) if line.text]
    if letters < _LETTERS_MIN:
        return "清洗后几乎没有正文，疑为空页面或只有网站信息。"
    damaged = len(_UNKNOWN.findall(text))
    if damaged > _DAMAGE_MAX * letters:
        return "文字损坏过多，无法可靠恢复。"
    sentences = sum(len(line) for line in lines if ends_sentence(line))
    if letters < _SENTENCE_LETTERS_MIN and not sentences:
        return "清洗后只剩零星文字，没有完整的句子。"
    if sentences < _NAVIGATION_SENTENCE_MAX * letters and navigation_share(lines) >= _NAVIGATION_MIN:
        return "页面只有导航和栏目名称，没有正文。"
    return None


def _unrestored(text: str) -> Iterator[str]:
    for found in _UNKNOWN.finditer(text):
        yield f"第 {found.start()} 字处有无法恢复的字符：“{_around(text, found.start())}”"


def _clause_holes(text: str) -> Iterator[str]:
    found = [(match.start(), match[1]) for match in _CLAUSE.finditer(text)]
    numbers = [(place, _number(numeral), numeral) for place, numeral in found]
    for (_, before, label), (place, after, next_label) in pairwise(numbers):
        if before + 1 < after:
            yield f"第 {place} 字处条文序号不连续：第{label}条之后是第{next_label}条"


def _slips(text: str) -> Iterator[str]:
    for count, (place, wrong, usual) in enumerate(author_slips(text)):
        if count == _SLIPS_MAX:
            return
        yield f"第 {place} 字处疑为作者笔误，原样保留：“{wrong}”（通常写作“{usual}”）"


def _around(text: str, place: int) -> str:
    return text[max(0, place - _CONTEXT) : place + _CONTEXT + 1].replace("\n", " ")


_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}


def _number(numeral: str) -> int:
    if numeral.isdecimal():
        return int(numeral)
    total = digit = 0
    for char in numeral:
        if char in _UNITS:
            total += (digit or 1) * _UNITS[char]
            digit = 0
        else:
            digit = _DIGITS.get(char, 0)
    return total + digit
