"""A line of shares over versions, as coordinates for an SVG. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 240
HEIGHT = 72
_MARGIN = 6


@dataclass(frozen=True, slots=True)
class Curve:
    """Dots from left to right, and the lines between neighbours as ``points`` of polylines.

    A version without a figure leaves its place free and breaks the line.
    """

    dots: tuple[tuple[float, float], ...]
    lines: tuple[str, ...]


def draw_curve(shares: Sequence[float | None]) -> Curve:
    """The curve of shares from 0 (below) to 1 (above); a single one stands in the middle."""
    runs: list[list[tuple[float, float]]] = [[]]
    for at, share in enumerate(shares):
        if share is None:
            runs.append([])
        else:
            runs[-1].append((_x(at, len(shares)), height(share)))
    lines = (" ".join(f"{x},{y}" for x, y in run) for run in runs if len(run) > 1)
    return Curve(tuple(dot for run in runs for dot in run), tuple(lines))


def height(share: float) -> float:
    """Where a share lies on the vertical axis, which SVG counts from above."""
    return round(HEIGHT - _MARGIN - share * (HEIGHT - 2 * _MARGIN), 1)


def _x(at: int, count: int) -> float:
    if count == 1:
        return WIDTH / 2
    return round(_MARGIN + at * (WIDTH - 2 * _MARGIN) / (count - 1), 1)
