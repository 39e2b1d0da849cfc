"""Rows of a table as lines of text, the same for every format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

CELL_SEPARATOR = " | "
# A data table has short cells; longer ones are page layout done with tables.
MAX_CELL_CHARS = 400


def is_layout(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a table only arranges paragraphs: one column, or cells too long to stand in a row."""
    return max(map(len, rows), default=0) < 2 or any(
        len(cell) > MAX_CELL_CHARS for row in rows for cell in row
    )


def row_line(cells: Sequence[str]) -> str:
    """``单元格 | 单元格``: inner white space is one space, empty cells at the end are dropped."""
    flat = [" ".join(cell.split()) for cell in cells]
    while flat and not flat[-1]:
        flat.pop()
    return CELL_SEPARATOR.join(flat)


def table_lines(rows: Iterable[Sequence[str]]) -> list[str]:
    """One line a row, rows without any text left out."""
    return [line for line in map(row_line, rows) if line.strip(" |")]
