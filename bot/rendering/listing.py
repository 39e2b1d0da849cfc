"""The documents of the corpus as a table for the terminal, and as CSV for office programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from bot.listing import COLUMNS
from bot.rendering.legible import on_one_line

HEADINGS = ("编号", "来源", "标题", "日期", "发文机关", "效力", "范围", "格式", "段落")
# Office programs take UTF-8 for the encoding of Windows unless the file begins so.
_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
# What begins like this they carry out.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render_listing(rows: Sequence[Mapping[str, Any]]) -> RenderableType:
    """A row for each document; its number is left to the other forms."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in HEADINGS[1:]:
        table.add_column(name, overflow="fold", justify="right" if name == "段落" else "left")
    for row in rows:
        table.add_row(*(on_one_line(str(row[key])) for key in COLUMNS[1:]))
    return table if rows else ""


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows under Chinese headings; a cell that programs would carry out as a formula is put in quotes."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    writer.writerows([_harmless(row[key]) for key in COLUMNS] for row in rows)
    return _MARK + text.getvalue().rstrip("\r\n")


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
