"""What is reported of a cleaned document: warnings, and the reason to hold it back.

A warning says what looks wrong and where; the document is ingested all the same. A quarantine holds it
back until the maintainer says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ingest.cleaning.byteslip import UNKNOWN, unrestored
from ingest.cleaning.characters import author_slips, suspects
from ingest.cleaning.furniture import navigation_share
from ingest.cleaning.lines import ends_sentence, lines_of
from ingest.cleaning.mojibake import looks_like_wide
from ingest.cleaning.plausibility import NOT_HAN, common_share, is_han
from ingest.cleaning.tables import broken_tables
from ingest.cleaning.trace import STEP_SEPARATOR
from ingest.records import Edit

_UNKNOWN = re.compile(f"[\ue000-\uf8ff\N{REPLACEMENT CHARACTER}{UNKNOWN}]")
_CLAUSE = re.compile(r"(?m)^[# \t　]*+第\s?([零〇一二三四五六七八九十百千两\d]{1,7})\s?条(?![例件款第之])")
# What sites blot out leaves a year without digits, a number without its head, or empty quotation marks.
_BLANK = re.compile("[*＊×]年|“”|(?<=[\u4e00-\u9fff])(?<![十百千万多剩其业之有盈富结空])余(?=[家件名]|人次)")
_KIND_MAX = 20
_LETTERS_MIN = 10
_SENTENCE_LETTERS_MIN = 30
_SCRAPS_LINES_MAX = 2
_NAVIGATION_MIN = 0.2
_NAVIGATION_SENTENCE_MAX = 0.3
_NAVIGATION_GONE_MIN = 0.35
_PAGE_STEPS = frozenset({"furniture", "tail", "link-farm"})
_GARBAGE_CHARS_MIN = 40
_GARBAGE_SAMPLE_CHARS = 20_000
_GARBAGE_COMMON_MAX = 0.6
_DAMAGE_MAX = 0.15
_CONTEXT = 8
_CUT_OFF_MIN = 60
# A report may end with its reporter, a notice with its issuer and date.
_SIGNATURE = re.compile("记者|通讯员|编辑|校对|作者|来源|供稿|日$|办公室$|委员会$")
_SIGNATURE_MAX = 30


def warnings_of(text: str) -> tuple[str, ...]:
    """The warnings about a cleaned text, in Chinese, each with its place; empty if all looks well."""
    kinds = (_unrestored, _slipped, _suspects, _blanks, _clause_holes, _tables, _cut_off, _slips)
    return tuple(warning for kind in kinds for warning in _few(kind(text)))


def quarantine_reason(text: str, edits: Sequence[Edit] = ()) -> str | None:
    """One Chinese sentence why the document must be held back, or ``None``.

    ``edits`` tell how much of the page was navigation.
    """
    letters = sum(map(str.isalnum, text))
    if letters < _LETTERS_MIN:
        return "清洗后几乎没有正文，疑为空页面或只有网站信息。"
    if len(_UNKNOWN.findall(text)) > _DAMAGE_MAX * letters or looks_like_wide(text) or _is_garbage(text):
        return "文字损坏过多，无法可靠恢复。"
    lines = [line.text for line in lines_of(text) if line.text]
    sentences = sum(
        len(line) for line in lines if ends_sentence(line) or "。" in line or line.count("，") > 1
    )
    if (
        letters < _SENTENCE_LETTERS_MIN
        and not sentences
        and len(lines) <= _SCRAPS_LINES_MAX
        and "|" not in text
    ):
        return "清洗后只剩零星文字，没有完整的句子。"
    if sentences < _NAVIGATION_SENTENCE_MAX * letters and _is_navigation(lines, edits):
        return "页面只有导航和栏目名称，没有正文。"
    return None


def _is_navigation(lines: Sequence[str], edits: Sequence[Edit]) -> bool:
    """Whether a text without sentences is what remains of a menu, and not a list or a form."""
    if navigation_share(lines) >= _NAVIGATION_MIN:
        return True
    gone = sum(
        edit.before.count("\n") + 1 for edit in edits if _PAGE_STEPS & set(edit.step.split(STEP_SEPARATOR))
    )
    return gone >= _NAVIGATION_GONE_MIN * (gone + len(lines))


def _is_garbage(text: str) -> bool:
    characters = NOT_HAN.sub("", text[:_GARBAGE_SAMPLE_CHARS])
    return len(characters) >= _GARBAGE_CHARS_MIN and common_share(characters) < _GARBAGE_COMMON_MAX


def _few(warnings: Iterator[str]) -> Iterator[str]:
    """The first warnings of a kind; how many more there are stands in the last."""
    for _, warning in zip(range(_KIND_MAX), warnings, strict=False):
        yield warning
    more = sum(1 for _ in warnings)
    if more:
        yield f"同类问题另有 {more} 处。"


def _unrestored(text: str) -> Iterator[str]:
    for found in _UNKNOWN.finditer(text):
        yield f"第 {found.start()} 字处有无法恢复的字符：“{_around(text, found.start())}”"


def _slipped(text: str) -> Iterator[str]:
    for place in unrestored(text):
        yield f"第 {place} 字处起有未能修复的乱码：“{_around(text, place)}”"


def _clause_holes(text: str) -> Iterator[str]:
    found = [(match.start(), match[1]) for match in _CLAUSE.finditer(text)]
    numbers = [(place, _number(numeral), numeral) for place, numeral in found]
    for (_, before, label), (place, after, next_label) in pairwise(numbers):
        if before + 1 < after:
            yield f"第 {place} 字处条文序号不连续：第{label}条之后是第{next_label}条"


def _slips(text: str) -> Iterator[str]:
    for place, wrong, usual in author_slips(text):
        yield f"第 {place} 字处疑为作者笔误，原样保留：“{wrong}”（通常写作“{usual}”）"


def _suspects(text: str) -> Iterator[str]:
    for place, form in suspects(text):
        yield f"第 {place} 字处有可疑字符，未作改动：“{form}”（“{_around(text, place)}”）"


def _blanks(text: str) -> Iterator[str]:
    for found in _BLANK.finditer(text):
        yield f"第 {found.start()} 字处疑有文字被网站隐去：“{_around(text, found.start())}”"


def _tables(text: str) -> Iterator[str]:
    for place, widths in broken_tables(text):
        yield f"第 {place} 字处的表格各行列数不一（{widths} 列）"


def _cut_off(text: str) -> Iterator[str]:
    last = text[text.rfind("\n") + 1 :]
    whole = len(last) < _CUT_OFF_MIN or "。" not in last or ends_sentence(last) or not is_han(last[-1])
    if not whole and not _SIGNATURE.search(last[-_SIGNATURE_MAX:]):
        yield f"第 {len(text)} 字处文末句子不完整，原文可能只是预览：“{last[-2 * _CONTEXT :]}”"


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
