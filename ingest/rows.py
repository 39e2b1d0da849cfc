"""Rows of tables as lines of text, written and read back: ``姓名：张敏；支部：第三党支部；月党费（元）：42``.

Every cell stands behind the header of its column, so that a row can be read, searched and quoted alone and
shows as running lines on a phone. What loaders write here is what units, passages and answers read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

BARS = " | "
"""Between the cells of a row that a text holds as bars, without a head that is known."""
_BETWEEN, _BEHIND_LABEL = "；", "："
_LABEL = r"[^：；。！？|\n]{1,30}"
_CELL = re.compile(rf"(?:^|(?<=；))(?P<label>{_LABEL})：")
# The first cell of a total stands alone: 合计；月党费（元）：504.
_ROW = re.compile(rf"(?:{_LABEL}：[^\n]*?|(?P<bare>[^：；。！？|\n]{{1,30}}))(?:；{_LABEL}：[^\n]*)+$")
_SPACED = re.compile(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")
_MARKS = str.maketrans("：；。！？|", "∶,.!?/")
_TOTAL = re.compile(r"(?:合\s*计|总\s*计|小\s*计|共\s*计|累\s*计|汇\s*总)(?:[（(].{1,10}[）)])?")


class Cell(NamedTuple):
    """A cell of a row: the header of its column and its value, which is ``text[start:end]``.

    ``label`` is empty for what stands under no header.
    """

    label: str
    value: str
    start: int
    end: int


def is_total(value: str) -> bool:
    """Whether a cell says that its row sums up those above: 合计, 小计."""
    return bool(_TOTAL.fullmatch(value.strip()))


def label_of(header: str) -> str:
    """A header as a label: 姓 名 is one word, and no mark of it may be read as the end of a label."""
    return _SPACED.sub("", header).rstrip("：:").translate(_MARKS)


def row_text(cells: Iterable[tuple[str, str]]) -> str:
    """The line of a row, of (header, value); empty cells are left out."""
    filled = ((label, value) for label, value in cells if value)
    return _BETWEEN.join(f"{label}{_BEHIND_LABEL}{value}" if label else value for label, value in filled)


def is_row(text: str, start: int, end: int) -> bool:
    """Whether a line is a row of a table: two cells or more, and no sentence that goes on behind a stop."""
    line = text[start:end]
    if BARS in line:
        return True
    if _BETWEEN not in line or _BEHIND_LABEL not in line:
        return False
    found = _ROW.match(line)
    if found is None:
        return False
    is_plain = is_total(found["bare"]) if found["bare"] else "。" not in line[:-1]
    return is_plain or _is_like_its_neighbour(text, start, end)


def cells_of(text: str, start: int, end: int) -> list[Cell]:
    """The cells of a row; of one between bars all stand under no header."""
    line = text[start:end]
    if BARS in line:
        return _barred(line, start)
    labels = list(_CELL.finditer(line))
    first = labels[0].start() if labels else len(line)
    found = [Cell("", line[: first - 1], start, start + first - 1)] if first else []
    for label, following in zip(labels, [*labels[1:], None], strict=True):
        stop = following.start() - 1 if following else len(line)
        found.append(Cell(label["label"], line[label.end() : stop], start + label.end(), start + stop))
    return found


def _barred(line: str, start: int) -> list[Cell]:
    found, at = [], 0
    for value in line.split(BARS):
        found.append(Cell("", value, start + at, start + at + len(value)))
        at += len(value) + len(BARS)
    return found


def _is_like_its_neighbour(text: str, start: int, end: int) -> bool:
    """Whether a line beside this one has the same headers, as only rows of one table have."""
    before = text.rfind("\n", 0, max(0, start - 1)) + 1
    after = text.find("\n", end + 1)
    others = (text[before : max(before, start - 1)], text[end + 1 : after if after >= 0 else len(text)])
    return any(_share_headers(text[start:end], other) for other in others)


def _share_headers(one: str, other: str) -> bool:
    first, second = _labels(one), _labels(other)
    return bool(first and second) and first[0] == second[0] and len({*first} & {*second}) > 1


def _labels(line: str) -> Sequence[str]:
    return [found["label"] for found in _CELL.finditer(line)]
