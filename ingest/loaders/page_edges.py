"""Running heads, running feet and page numbers: found by their place and repetition over pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple


class Line(NamedTuple):
    """A printed line and its height on the page, from 0 (foot) to 1 (head); ``None`` where unknown."""

    text: str
    height: float | None


# Only so many lines at each end of a page can be a running head or foot.
EDGE_LINES = 3
# The margins, as shares of the page; a title on the first page stands below the upper one.
UPPER_MARGIN = 0.88
LOWER_MARGIN = 0.12
# A line repeated on this share of the pages, and on at least two, belongs to the pages.
REPEATED_SHARE = 0.4

# A page's number inside a running line stands first or last; figures elsewhere are the text's own.
_NUMBER_AT_END = re.compile(
    r"^[-—–第]?\d{1,4}[-—–页]?|[-—–第]?\d{1,4}(?:[-—–页]|(?:/|页?[共，,])共?\d{1,4}页?)?$"
)
_PAGE_NUMBER = re.compile(
    r"[-—–−·•~\s]*(?:第\s*)?(?:\d{1,4}|[ivxlc]{1,6})\s*页?"
    r"\s*(?:(?:[/／共，,]|of)\s*[共,，]?\s*\d{1,4}\s*页?)?[-—–−·•~\s]*",
    re.I,
)


def without_edges(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """The pages without their running heads and feet; empty lines at their ends go too."""
    trimmed = [_stripped(page) for page in pages]
    repeated = _repeated_edges(trimmed)
    return [_without(page, repeated) for page in trimmed]


def _stripped(page: Sequence[Line]) -> list[Line]:
    lines = list(page)
    while lines and not lines[0].text.strip():
        lines.pop(0)
    while lines and not lines[-1].text.strip():
        lines.pop()
    return lines


def _repeated_edges(pages: Sequence[Sequence[Line]]) -> set[str]:
    seen = Counter(key for page in pages for key in {_key(line) for line in _edge_lines(page)})
    least = max(2, REPEATED_SHARE * sum(1 for page in pages if page))
    return {key for key, count in seen.items() if count >= least}


def _edge_lines(page: Sequence[Line]) -> list[Line]:
    """Lines that stand at an end of the page and in its margin, short enough for a running head."""
    ends = list(page[:EDGE_LINES]) + list(page[EDGE_LINES:][-EDGE_LINES:])
    return [line for line in ends if line.text.strip() and len(line.text) <= 80 and _in_margin(line)]


def _in_margin(line: Line) -> bool:
    return line.height is None or not LOWER_MARGIN < line.height < UPPER_MARGIN


def _key(line: Line) -> str:
    """What stays the same from page to page: the words without numbers, and the place."""
    words = _NUMBER_AT_END.sub("#", "".join(line.text.split()))
    return words if line.height is None else f"{words}@{round(line.height, 2)}"


def _without(page: Sequence[Line], repeated: set[str]) -> list[Line]:
    """Drops running lines from both ends inward, so that nothing inside the text can be hit."""
    lines = list(page)
    for end in (0, -1):
        for _ in range(EDGE_LINES):
            if lines and _is_running(lines[end], repeated):
                lines.pop(end)
                lines = _stripped(lines)
    return lines


def _is_running(line: Line, repeated: set[str]) -> bool:
    if not _in_margin(line):
        return False
    return _key(line) in repeated or bool(_PAGE_NUMBER.fullmatch(line.text))
