"""Cutting a long text into messages: by UTF-16 units, at line, sentence and clause ends, losing nothing."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

_OPENING = "“‘「『（《〈【〔([{"
_CLOSING = "”’」』）》〉】〕)]}"
_MARKS = r"(?:〔\d+〕)*"
# What may begin a list item: 一、 （一） 第三条 1. 2） ① - •
_ITEM = (
    r"(?:[（(]?[一二三四五六七八九十百\d]{1,4}[、.．）)]"
    r"|第[一二三四五六七八九十百零\d]+[条章节款]|[①-⑳]|[-·•*]\s)"
)

_LINES = (
    re.compile(rf"\n+(?=[ \t　]*{_ITEM})|\n[ \t　]*\n+"),
    re.compile(r"\n+"),
)
_SENTENCE = re.compile(rf"[。！？；!?;…]+[{re.escape(_CLOSING)}]*{_MARKS}\s*")
_CLAUSE = re.compile(rf"[，、：,:][{re.escape(_CLOSING)}]*{_MARKS}\s*|\t+| *\| *")
_SPACE = re.compile(r"\s+")

# Variation selectors, joiners, skin tones, keycaps and tags belong to the character before them.
_EXTENDING = "[\u0300-\u036f\u200d\u20d0-\u20ff\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
_ATOM = re.compile(
    rf"(?:〔\d+〕|[A-Za-z0-9][\w+./%-]*{_EXTENDING}*"
    rf"|(?:[\U0001f1e6-\U0001f1ff]{{2}}|.)(?:{_EXTENDING}|(?<=\u200d).)*)(?:〔\d+〕){{0,3}}",
    re.ASCII | re.DOTALL,
)
_LOOKAHEAD = 64


def utf16_length(text: str) -> int:
    """The length in UTF-16 units, which is how Telegram counts; a character beyond the BMP counts two."""
    return len(text) + sum(character > "\uffff" for character in text)


def split_text(text: str, limit: int) -> tuple[str, ...]:
    """The text in pieces of at most ``limit`` UTF-16 units (at least 2), whose concatenation is the text.

    A line is kept whole where it fits into a piece by itself, breaks before list items coming first. A
    longer line is cut after a sentence or else a clause outside quotes and brackets, behind the first third
    of the piece; then after one inside them, else at white space, behind its first half. Marks as 〔12〕 stay
    with the words before them; they, Latin words, numbers and composed characters are only cut when they
    are longer than a piece.
    """
    if limit < 2:
        raise ValueError(f"a piece needs at least 2 units, not {limit}")
    pieces = []
    start = 0
    while start < len(text):
        cut = _next_cut(text, start, limit)
        pieces.append(text[start:cut])
        start = cut
    return tuple(pieces)


def _next_cut(text: str, start: int, limit: int) -> int:
    end = _reach(text, start, limit)
    if end == len(text):
        return end
    # What stands across the end must be seen whole, or it would not be known for a mark or a list item.
    window = text[start : end + _LOOKAHEAD]
    for cut in _candidates(window, end - start, _line_fits(text, start, limit)):
        return start + cut
    return end


def _reach(text: str, start: int, limit: int) -> int:
    """The furthest offset that ``limit`` units lead to from ``start``, on a character's edge."""
    sizes = list(accumulate(1 + (character > "\uffff") for character in text[start : start + limit]))
    return start + bisect_right(sizes, limit)


def _line_fits(text: str, start: int, limit: int) -> bool:
    """Whether the line that is cut by the end of the window would fit into a piece by itself."""
    end = _reach(text, start, limit)
    head = text.rfind("\n", start, end) + 1
    if head <= start:
        return False
    tail = text.find("\n", end)
    return utf16_length(text[head : len(text) if tail < 0 else tail]) <= limit


def _candidates(window: str, size: int, line_fits: bool) -> Iterator[int]:
    """Cuts within ``window``, none beyond ``size`` nor at 0, the best first."""
    half = size // 2
    for pattern in _LINES:
        yield from _last(pattern, window, half, size)
    if line_fits:
        yield from _last(_LINES[1], window, 0, size)
    outside = _outside_quotes(window)
    for pattern in (_SENTENCE, _CLAUSE):
        yield from _last(pattern, window, size // 3, size, outside)
    for pattern in (_SENTENCE, _CLAUSE):
        yield from _last(pattern, window, half, size)
    yield from _last(_SPACE, window, half, size)
    yield from _last(_ATOM, window, 0, size)


def _last(
    pattern: re.Pattern[str], window: str, floor: int, size: int, within: frozenset[int] | None = None
) -> Iterator[int]:
    """The last place behind a match, in ``(floor, size]``, if there is one."""
    ends = [
        match.end()
        for match in pattern.finditer(window)
        if floor < match.end() <= size and (within is None or match.end() in within)
    ]
    yield from ends[-1:]


def _outside_quotes(window: str) -> frozenset[int]:
    """The offsets at which no quote or bracket is open; a line break closes those left open by mistake."""
    outside = set()
    depth = 0
    for offset, character in enumerate(window, start=1):
        if character in _OPENING:
            depth += 1
        elif character in _CLOSING:
            depth = max(depth - 1, 0)
        elif character == "\n":
            depth = 0
        if not depth:
            outside.add(offset)
    return frozenset(outside)
