"""Lines broken at a fixed width, as pdf and old mail are, and lines drawn with signs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ingest.cleaning.lines import Line, ends_sentence, lines_of
from ingest.cleaning.trace import Replacement
from ingest.rows import is_row

_WRAP_COLUMNS = (48, 160)
_WRAP_SLACK = 6
_WRAP_LINES_MIN = 5
_WRAP_SHARE_MIN = 0.3
_WRAP_BROKEN_MIN = 0.35
_RULE = re.compile(r"([=＝*＊~～—-])\1{7,}|(?:[★☆◆◇●○■□▲△※✦✿][ 　]?){6,}")
_HYPHENATED = re.compile("[A-Za-z]{2}-$")


def hard_wraps(text: str) -> Iterator[Replacement]:
    """The line ends of a text that was broken at a fixed width, as pdf and old mail are.

    Most lines must be of one width, wider than verse, and many of them must break inside a sentence.
    """
    lines = lines_of(text)
    rows = {line for line in lines if is_row(text, line.text_start, line.text_end)}
    width = _wrap_width([line for line in lines if line not in rows])
    if not width:
        return
    for line, following in pairwise(lines):
        if (
            line in rows
            or following in rows
            or not line.text
            or not following.text
            or _columns(line.text) < width - _WRAP_SLACK
        ):
            continue
        raw_next = text[following.start : following.end]
        if raw_next[:1] in "　\t" or raw_next.startswith("  "):
            continue
        if ends_sentence(line.text) and _opens_block(following.text):
            continue
        end = line.text_end
        start = following.text_start
        if _HYPHENATED.search(line.text) and following.text[0].islower():
            yield Replacement(end - 1, start, "")
        else:
            yield Replacement(end, start, _seam(line.text[-1], following.text[0]))


def _seam(before: str, after: str) -> str:
    return " " if before.isascii() and after.isascii() and before.isalnum() and after.isalnum() else ""


def _opens_block(line: str) -> bool:
    return (
        re.match(
            r"[（(]?[一二三四五六七八九十\d]{1,3}[、.．)）]|第[一二三四五六七八九十百\d]+[章节条]|#", line
        )
        is not None
    )


def _wrap_width(lines: Sequence[Line]) -> int:
    """The width in columns at which the lines were broken, 0 if they were not."""
    widths = [_columns(line.text) for line in lines if line.text]
    if len(widths) < _WRAP_LINES_MIN:
        return 0
    # The widest lines may stick out by a closing mark of punctuation.
    width = sorted(widths)[-max(1, len(widths) // 50)]
    if not _WRAP_COLUMNS[0] <= width <= _WRAP_COLUMNS[1] or max(widths) > width + 8:
        return 0
    full = [line.text for line in lines if _columns(line.text) >= width - _WRAP_SLACK]
    broken = sum(not ends_sentence(line) and line[-1] not in "，、：:,；;|｜" for line in full)
    if len(full) < max(_WRAP_LINES_MIN, _WRAP_SHARE_MIN * len(widths)) or broken < _WRAP_BROKEN_MIN * len(
        full
    ):
        return 0
    return width


def _columns(line: str) -> int:
    return len(line) + sum(char > "\u2e7f" for char in line) if len(line) < 500 else 10_000


def rules(text: str) -> Iterator[Replacement]:
    """Lines drawn with signs, ``==========``."""
    for line in lines_of(text):
        if len(line.text) < 400 and _RULE.fullmatch(line.text):
            yield Replacement(line.start, line.end, "")
