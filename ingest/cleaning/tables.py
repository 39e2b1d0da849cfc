"""Tables printed as text, one line a row, cells between bars."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.cleaning.lines import lines_of
from ingest.cleaning.trace import Replacement

_CELL_BREAK = re.compile(r"\s*[|｜]\s*")
_MERGED_MIN = 3
_CELL_CHARS_MIN = 4


def merged_cells(text: str) -> Iterator[Replacement]:
    """Rows whose cells are all the same, which were one cell across the table: it is printed once.

    Rows with any other cell keep their columns, and so do rows of numbers and short marks.
    """
    for line in lines_of(text):
        if "|" not in line.text and "｜" not in line.text:
            continue
        cells = [cell for cell in _CELL_BREAK.split(line.text) if cell]
        first = cells[0] if cells else ""
        same = (
            len(cells) >= _MERGED_MIN and len(first) >= _CELL_CHARS_MIN and cells.count(first) == len(cells)
        )
        if same and not first.isnumeric():
            place = line.text.index(first)
            yield Replacement(line.text_start + place + len(first), line.text_end, "")
            yield Replacement(line.text_start, line.text_start + place, "")


def broken_tables(text: str) -> Iterator[tuple[int, str]]:
    """Places of tables whose rows have different numbers of cells, with the counts as text."""
    rows: list[tuple[int, int]] = []
    for line in [*lines_of(text), None]:
        count = 0 if line is None else line.text.count("|")
        if line is not None and (count >= 2 or (count and rows)):
            rows.append((line.text_start, count - line.text.startswith("|") - line.text.endswith("|") + 1))
            continue
        widths = {width for _, width in rows}
        if len(rows) >= 2 and len(widths) > 1:
            yield rows[0][0], "、".join(str(width) for width in sorted(widths))
        rows = []
