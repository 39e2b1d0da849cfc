"""Signs at random that forums put at the ends of lines against copying: ``9 V: y* k. e7 b8 ^! t``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.cleaning.trace import Replacement

_RUN = re.compile(r"(?<![!-~])[!-~]{1,3}(?: {1,2}[!-~]{1,2}){4,}(?![!-~])")
_MARKS = re.compile(r"[^\w\s]|_")
# A letter with a figure behind it, as in no word.
_MIXED = re.compile(r"(?<![A-Za-z\d])[A-Za-z]\d(?![A-Za-z\d])")
_MARKS_MIN = 3
_RUNS_MIN = 2


def bears_jammers(text: str) -> bool:
    """Whether several lines end or begin in such signs."""
    return len(list(_jammers(text))) >= _RUNS_MIN


def remove_jammers(text: str) -> Iterator[Replacement]:
    """The signs, with the space between them and the text; formulas and options of a test stay."""
    for found in _jammers(text):
        start, end = found.span()
        while end < len(text) and text[end] in " \t":
            end += 1
        # A line of nothing else goes as a whole.
        end += text[:start].endswith("\n") and text[end : end + 1] == "\n"
        yield Replacement(start, end, "")


def _jammers(text: str) -> Iterator[re.Match[str]]:
    for found in _RUN.finditer(text):
        before, behind = text[: found.start()].rstrip(" "), text[found.end() :].lstrip(" ")
        at_edge = before.endswith("\n") or not before or behind.startswith("\n") or not behind
        marks = {*_MARKS.findall(found[0])}
        if at_edge and len(marks) >= _MARKS_MIN and "=" not in marks and _MIXED.search(found[0]):
            yield found
