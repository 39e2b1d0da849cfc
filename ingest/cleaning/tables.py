"""Tables printed as text, one line a row, cells between bars."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, repeat, takewhile

from ingest.cleaning.lines import Line, lines_of
from ingest.cleaning.trace import Replacement
from ingest.rows import is_total, label_of

_CELL_BREAK = re.compile(r"\s*[|｜]\s*")
_BAR = re.compile(r"(?<!\\)\|")
_HEAD_RULE = re.compile(r"(?m)^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+\|?[ \t]*$")
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


def has_headed_table(text: str) -> bool:
    """Whether a text holds a table of Markdown: a rule of hyphens and bars under its head."""
    return bool(_HEAD_RULE.search(text))


def labelled_rows(text: str) -> Iterator[Replacement]:
    """Rows of a Markdown table with the header of its column before each cell, as loaders write tables.

    The head and its rule go; a head without rows stays. Bars without such a rule are left as they are.
    """
    lines = lines_of(text)
    for index, line in enumerate(lines[1:-1], 1):
        if not _HEAD_RULE.fullmatch(line.text):
            continue
        head, rows = lines[index - 1], _rows_below(lines, index)
        labels = [label_of(text[start:end]) for start, end in _cells(head)]
        if len(_cells(line)) != len(labels) or not rows:
            continue
        yield Replacement(head.start, line.end, "")
        for row in rows:
            yield from _labelled(text, row, labels)


def _rows_below(lines: Sequence[Line], rule: int) -> list[Line]:
    return list(takewhile(lambda row: "|" in row.text, lines[rule + 1 :]))


def _labelled(text: str, row: Line, labels: Sequence[str]) -> Iterator[Replacement]:
    """What stands between the cells becomes the header of the next one; empty cells go with theirs."""
    filled = [
        (cell, label)
        for cell, label in zip(_cells(row), chain(labels, repeat("")), strict=False)
        if any(cell)
    ]
    at = row.text_start
    for number, ((start, end), label) in enumerate(filled):
        bare = not label or (not number and is_total(text[start:end]))
        before = ("；" if number else "") + ("" if bare else f"{label}：")
        if at < start:
            yield Replacement(at, start, before)
        elif before:
            yield Replacement(start, start + 1, before + text[start])
        at = end
    if at < row.text_end:
        yield Replacement(at, row.text_end, "")


def _cells(row: Line) -> list[tuple[int, int]]:
    """The places of the cells between bars, without the white space around them; (0, 0) of empty ones."""
    bars = [found.start() for found in _BAR.finditer(row.text)]
    starts = [0, *[bar + 1 for bar in bars]]
    found = []
    for start, end in zip(starts, [*bars, len(row.text)], strict=True):
        cell = row.text[start:end]
        place = row.text_start + start + len(cell) - len(cell.lstrip())
        found.append((place, place + len(cell.strip())) if cell.strip() else (0, 0))
    return found[row.text.startswith("|") : len(found) - (row.text.endswith("|") and len(found) > 1)]


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
