"""Tables as text: a row a line, cells set apart by a comma, tab, semicolon or bar, in any encoding."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter

from ingest.decoding import decode
from ingest.loaders.bounds import within_bounds
from ingest.loaders.refusals import CHECK_REMEDY, reading, refuse
from ingest.loaders.tables import row_line
from ingest.records import RawDocument

DELIMITERS = (",", "\t", ";", "|", "，")
_SAMPLE_ROWS = 200
# Excel writes its delimiter into a first line of its own.
_STATED = re.compile(r"\s*sep=(.)\s*$", re.I)


def load(data: bytes, name: str) -> RawDocument:
    """The rows as lines ``甲 | 乙``; a text that is no table, whatever it is called, stays as it is."""
    text, encoding = decode(data)
    delimiter = delimiter_of(text)
    if delimiter is None:
        return RawDocument(text=text, format="text", encoding=encoding)
    with reading(name):
        rows = _rows(_without_statement(text), delimiter)
        lines = list(within_bounds((line for line in map(row_line, rows) if line.strip(" |")), name))
    if not lines:
        refuse(name, "里没有文字", CHECK_REMEDY)
    return RawDocument(text="\n".join(lines), format="csv", encoding=encoding)


def delimiter_of(text: str) -> str | None:
    """What sets the cells of most rows apart, in equal number; ``None`` if the text is no table."""
    first, *_ = text.lstrip("\n").split("\n", 1)
    stated = _STATED.match(first)
    if stated:
        return stated[1]
    best: tuple[float, int, str] | None = None
    for delimiter in DELIMITERS:
        widths = _widths(text, delimiter)
        if not widths:
            continue
        width, count = Counter(widths).most_common(1)[0]
        share = count / len(widths)
        if width > 1 and share >= 0.6 and (best is None or (share, width) > best[:2]):
            best = (share, width, delimiter)
    return best[2] if best else None


def _widths(text: str, delimiter: str) -> list[int]:
    """How many cells the first rows have; a title above the table and notes below it are rows of one."""
    try:
        rows = _rows(text[:200_000], delimiter)[:_SAMPLE_ROWS]
    except csv.Error:
        return []
    return [len(row) for row in rows if any(cell.strip() for cell in row)]


def _rows(text: str, delimiter: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def _without_statement(text: str) -> str:
    first, found, rest = text.lstrip("\n").partition("\n")
    return rest if found and _STATED.match(first) else text
