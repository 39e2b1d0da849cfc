"""Spreadsheets: each sheet's name as a line, then its rows."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator
from typing import Any

from ingest.loaders.archive import DAMAGED_REMEDY, check_office_archive
from ingest.loaders.recognition import refuse
from ingest.loaders.tables import table_lines
from ingest.records import RawDocument

MAX_CELLS = 1_000_000
MAX_COLUMNS = 256


def load(data: bytes, name: str) -> RawDocument:
    """The values of all visible sheets; a merged cell's value stands once, formulas as last computed."""
    check_office_archive(data, name)
    workbook = _open(data, name)
    sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    lines: list[str] = []
    for sheet in sheets:
        rows = table_lines(_rows(sheet, name))
        # The names that programs give by themselves say nothing.
        if rows and len(sheets) > 1 and not sheet.title.lower().startswith("sheet"):
            lines.append(sheet.title)
        lines += rows
    if not lines:
        refuse(name, "里没有文字", "请确认文件已保存完整，再重新放入。")
    return RawDocument(text="\n".join(lines), format="xlsx", metadata=_properties(workbook.properties))


def _open(data: bytes, name: str) -> Any:
    from openpyxl import load_workbook  # type: ignore[import-untyped]
    from openpyxl.utils.exceptions import InvalidFileException  # type: ignore[import-untyped]

    try:
        return load_workbook(io.BytesIO(data), data_only=True)
    except (
        InvalidFileException,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        OSError,
        SyntaxError,
    ) as error:
        refuse(name, "不完整或已损坏，打不开", DAMAGED_REMEDY, cause=error)


def _rows(sheet: Any, name: str) -> Iterator[list[str]]:
    if sheet.max_row * min(sheet.max_column, MAX_COLUMNS) > MAX_CELLS:
        refuse(name, f"的工作表“{sheet.title}”过大", "请只保留需要收录的部分后另存。")
    for row in sheet.iter_rows(max_col=min(sheet.max_column, MAX_COLUMNS), values_only=True):
        yield [_shown(value) for value in row]


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _properties(core: Any) -> dict[str, str]:
    found = {"title": core.title, "author": core.creator, "keywords": core.keywords}
    return {key: " ".join(value.split()) for key, value in found.items() if value and value.strip()}
