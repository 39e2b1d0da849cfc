"""Printed lines that were found on a picture, put in reading order and together to paragraphs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

# Lines whose middles are closer than this share of their height stand beside each other.
_SAME_LINE = 0.5
# A line that ends within so many characters of the right margin is full.
_FULL_WITHIN = 2.5
# One that begins more than this from the left margin is indented.
_INDENT_FROM = 1.0
_WIDE_GAP = 1.5
_GAP = "　"


class Printed(NamedTuple):
    """A line of print: its box in pixels, text, and how sure the engine is of it, from 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float
    text: str
    score: float

    @classmethod
    def of(cls, box: Any, text: str, score: float) -> Printed:
        """The line in a box of four corners."""
        across, down = [float(point[0]) for point in box], [float(point[1]) for point in box]
        return cls(min(across), min(down), max(across), max(down), text.strip(), score)

    @property
    def height(self) -> float:
        return max(self.bottom - self.top, 1.0)

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


def paragraphs(lines: Iterable[Printed]) -> list[str]:
    """The text in reading order: a line that is full is joined with the next, unless that is indented."""
    rows = [_merged(row) for row in _rows(sorted(lines, key=lambda each: each.middle))]
    if not rows:
        return []
    left, right = min(row.left for row in rows), max(row.right for row in rows)
    found: list[str] = []
    before: Printed | None = None
    for row in rows:
        if before and _goes_on(before, row, left, right):
            found[-1] += row.text
        else:
            found.append(row.text)
        before = row
    return found


def _rows(lines: Sequence[Printed]) -> list[list[Printed]]:
    rows: list[list[Printed]] = []
    for line in lines:
        last = rows[-1] if rows else []
        if last and line.middle - last[0].middle < _SAME_LINE * min(line.height, last[0].height):
            last.append(line)
        else:
            rows.append([line])
    return rows


def _merged(row: Sequence[Printed]) -> Printed:
    """Pieces beside each other as one line; a wide gap between two stays one."""
    ordered = sorted(row)
    text = ordered[0].text
    for piece, following in pairwise(ordered):
        text += (_GAP if following.left - piece.right > _WIDE_GAP * piece.height else "") + following.text
    return Printed(
        ordered[0].left,
        min(each.top for each in row),
        max(each.right for each in row),
        max(each.bottom for each in row),
        text,
        min(each.score for each in row),
    )


def _goes_on(before: Printed, row: Printed, left: float, right: float) -> bool:
    size = min(before.height, row.height)
    is_alike = max(before.height, row.height) < 1.6 * size
    is_near = row.top - before.bottom < 1.5 * size
    # Columns of a table reach the margin, each line for itself.
    is_running = _GAP not in before.text and _GAP not in row.text
    is_full = right - before.right < _FULL_WITHIN * before.height
    return is_running and is_alike and is_near and is_full and row.left - left < _INDENT_FROM * row.height
