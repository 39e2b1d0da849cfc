"""Rows of a table as lines of text, the same for every format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

CELL_SEPARATOR = " | "


def row_line(cells: Sequence[str]) -> str:
    """``单元格 | 单元格``: inner white space is one space, empty cells at the end are dropped."""
    flat = [" ".join(cell.split()) for cell in cells]
    while flat and not flat[-1]:
        flat.pop()
    return CELL_SEPARATOR.join(flat)


def table_lines(rows: Iterable[Sequence[str]]) -> list[str]:
    """One line a row, rows without any text left out."""
    return [line for line in map(row_line, rows) if line.strip(" |")]
