"""Rows of a table as lines of text, the same for every format: each cell behind the header of its column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ingest.loaders.table_heads import heads_columns, is_number, is_pairs
from ingest.rows import is_total, label_of, row_text

# A data table has short cells; longer ones are page layout done with tables.
MAX_CELL_CHARS = 400
_HEAD_CHARS = 30
_REACHED_CHARS = 12
_NAMED = re.compile(r"[^：:\d]{2,8}[：:]")
_UNIT = re.compile(r"[（(]?(?:计量)?单位[：:]")


class Reached(str):
    """The text of a merged cell in the columns that it reaches to the right of its own."""

    __slots__ = ()


Row = Sequence[str]


def is_layout(rows: Sequence[Row]) -> bool:
    """Whether a table only arranges paragraphs: one column, or cells too long to stand in a row."""
    widths = (sum(type(cell) is str for cell in row) for row in rows)
    return max(widths, default=0) < 2 or any(len(cell) > MAX_CELL_CHARS for row in rows for cell in row)


def table_lines(rows: Iterable[Row], head_rows: int = 0) -> list[str]:
    """One line a row, ``列名：值；列名：值``; captions and notes as they stand, empty rows left out.

    Merged cells are filled: downward with their text, to the right with ``Reached``. ``head_rows`` is how
    many rows the format itself calls the head; without it the head is recognised. Cells that stand under no
    head stand alone; a head without rows is a line of its own.
    """
    flat = [[_flat(cell) for cell in row] for row in rows]
    filled = [(n, row) for n, row in enumerate(flat) if any(row)]
    given = sum(n < head_rows for n, _ in filled)
    return list(_lines([row for _, row in filled], given))


def _flat(cell: str) -> str:
    text = " ".join(cell.split())
    return Reached(text) if isinstance(cell, Reached) else text


def _lines(rows: Sequence[Row], given: int) -> Iterator[str]:
    """The lines of filled rows: a head holds until the next one."""
    labels: list[str] = []
    unused: list[str] = []
    at = 0
    while at < len(rows):
        row = rows[at]
        alone = _alone(row)
        if alone and (at >= given or not labels):
            yield alone if row[0] or not labels else _row_line(row, labels)
            at += 1
            # A title across the table, and rows of another width below: another table, run into this one.
            if len(row) == 1 and at < len(rows) and len(rows[at]) != len(labels):
                labels = unused = []
            continue
        size = given - at if at < given else _head_size(rows, at, labels)
        if size:
            yield from _unused_line(unused)
            labels = unused = _labels(rows[at : at + size])
            at += size
            continue
        if [*row] != labels[: len(row)] or not labels:  # the head again, on another page
            yield _row_line(row, labels)
            unused = []
        at += 1
    yield from _unused_line(unused)


def _unused_line(labels: Sequence[str]) -> Iterator[str]:
    if labels:
        yield "、".join(dict.fromkeys(filter(None, labels)))


def _alone(row: Row) -> str:
    """The only text of a row that says one thing: a caption, a group's name or a note across the table."""
    said = [cell for cell in row if cell and not isinstance(cell, Reached)]
    return said[0] if len(said) == 1 else ""


def _head_size(rows: Sequence[Row], at: int, labels: Sequence[str]) -> int:
    """How many rows from ``at`` on are a head; 0 where this row is none."""
    row = rows[at]
    if _UNIT.match(row[0]) or is_pairs(rows[at : at + 8]):
        return 0
    if not heads_columns(row, rows[at + 1 :], is_first=not labels):
        return 0
    below = rows[at + 1] if at + 1 < len(rows) else ()
    return 2 if _splits(row, below) else 1


def _splits(row: Row, below: Row) -> bool:
    """Whether the row below names the columns under a cell that spans several of them."""
    spans = [n for n, cell in enumerate(row[: len(below)]) if isinstance(cell, Reached)]
    if not spans or any(is_number(cell) or len(cell) > _HEAD_CHARS for cell in below):
        return False
    others = [n for n in range(min(len(row), len(below))) if n not in spans and n + 1 not in spans]
    return all(below[n] and below[n] != row[n] for n in spans) and all(
        below[n] in ("", row[n]) for n in others
    )


def _labels(head: Sequence[Row]) -> list[str]:
    """What each column is called; of a head of several rows from the top down: 党费·应交."""
    width = max(map(len, head))
    columns = ([row[n] if n < len(row) else "" for row in head] for n in range(width))
    return ["·".join(dict.fromkeys(label_of(cell) for cell in column if cell)) for column in columns]


def _row_line(row: Row, labels: Sequence[str]) -> str:
    if labels and all(_NAMED.match(cell) for cell in row if cell):  # 填表人：王芳 | 审核：李建国
        labels = ()
    if not labels and is_pairs([row]):
        return row_text((label_of(row[n]), row[n + 1]) for n in range(0, len(row) - 1, 2))
    if not labels:
        cells = [cell for cell in row if cell and not isinstance(cell, Reached)]
        is_pair = len(cells) == 2 and not _NAMED.match(cells[0])
        return row_text([(label_of(cells[0]), cells[1])] if is_pair else [("", cell) for cell in cells])
    first = next((n for n, cell in enumerate(row) if cell), 0)
    bare = is_total(row[first])
    return row_text(
        ("" if bare and n == first else labels[n] if n < len(labels) else "", cell)
        for n, cell in enumerate(row)
        if not isinstance(cell, Reached) or (len(cell) <= _REACHED_CHARS and not bare)
    )
