"""Spreadsheets: each sheet's name as a line, then its rows."""

from __future__ import annotations

import datetime
import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any

from ingest.loaders.archive import check_office_archive
from ingest.loaders.bounds import check_chars
from ingest.loaders.refusals import CHECK_REMEDY, REPEATED_REMEDY, reading, refuse
from ingest.loaders.tables import table_lines
from ingest.records import Margin, RawDocument

MAX_CELLS = 1_000_000
MAX_COLUMNS = 256
_LISTED_SHEET = re.compile(rb"<(?:\w+:)?sheet\s")


def load(data: bytes, name: str) -> RawDocument:
    """The values of all visible sheets; a merged cell's value stands once, formulas as last computed."""
    check_office_archive(data, name)
    with reading(name):
        _check_sheets(data, name)
        workbook = _open(data)
        lines = _lines(workbook, name)
        metadata = _properties(workbook.properties)
        margins = tuple(_margins(workbook))
    if not lines:
        refuse(name, "里没有文字", CHECK_REMEDY)
    return RawDocument(text="\n".join(lines), format="xlsx", metadata=metadata, margins=margins)


def _margins(workbook: Any) -> Iterator[Margin]:
    """What is printed at the head and foot of sheets, their names, and the properties of the file."""
    for sheet in workbook.worksheets:
        yield Margin("工作表名", sheet.title)
        for kind in ("oddHeader", "evenHeader", "firstHeader", "oddFooter", "evenFooter", "firstFooter"):
            part = getattr(sheet, kind)
            place = "页眉" if kind.endswith("Header") else "页脚"
            for item in (part.left, part.center, part.right):
                yield from (Margin(place, line) for line in (item.text or "").split("\n"))
    core = workbook.properties
    for value in (core.subject, core.category, core.keywords, core.description):
        yield Margin("文件属性", value or "")


def _check_sheets(data: bytes, name: str) -> None:
    """SourceError for a workbook that lists more sheets than it has: each would be read anew."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        listed = len(_LISTED_SHEET.findall(archive.read("xl/workbook.xml")))
        held = sum(part.startswith("xl/") and "sheets/" in part for part in archive.namelist())
    if listed > held:
        refuse(name, "把同一张工作表列了多次，可能是异常文件", REPEATED_REMEDY)


def _open(data: bytes) -> Any:
    from openpyxl import load_workbook  # type: ignore[import-untyped]

    # The library warns of styles and extensions that it does not keep; only values are wanted here.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return load_workbook(io.BytesIO(data), data_only=True)


def _lines(workbook: Any, name: str) -> list[str]:
    sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    lines: list[str] = []
    for sheet in sheets:
        rows = table_lines(_rows(sheet, name))
        # The names that programs give by themselves say nothing.
        if rows and len(sheets) > 1 and not sheet.title.lower().startswith("sheet"):
            lines.append(sheet.title)
        lines += rows
    return lines


def _rows(sheet: Any, name: str) -> Iterator[list[str]]:
    if sheet.max_row * min(sheet.max_column, MAX_COLUMNS) > MAX_CELLS:
        refuse(name, f"的工作表“{sheet.title}”过大", "请只保留需要收录的部分后另存。")
    chars = 0
    for row in sheet.iter_rows(max_col=min(sheet.max_column, MAX_COLUMNS), values_only=True):
        cells = [_shown(value) for value in row]
        # Cells share their texts: a small file may name a long one a million times.
        chars += sum(map(len, cells))
        check_chars(chars, name)
        yield cells


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
