"""Spreadsheets: each sheet's name as a line, then its rows."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any

from ingest.loaders.archive import check_office_archive
from ingest.loaders.bounds import check_chars
from ingest.loaders.cell_values import shown
from ingest.loaders.refusals import CHECK_REMEDY, REPEATED_REMEDY, reading, refuse
from ingest.loaders.tables import Reached, table_lines
from ingest.records import Margin, RawDocument

MAX_CELLS = 1_000_000
MAX_COLUMNS = 256
_FORMULA = re.compile(rb"<(?:\w+:)?f[ >]")
_CELLS_NAMED = 20
_LISTED_SHEET = re.compile(rb"<(?:\w+:)?sheet\s")


def load(data: bytes, name: str) -> RawDocument:
    """The rows of all visible sheets, values as shown, merged cells filled, formulas as last computed."""
    check_office_archive(data, name)
    with reading(name):
        _check_sheets(data, name)
        workbook = _open(data)
        lines = _lines(workbook, name)
        warned = _uncomputed(data, workbook, name)
        metadata = _properties(workbook.properties)
        margins = tuple(_margins(workbook))
    if not lines:
        refuse(name, "里没有文字", CHECK_REMEDY)
    return RawDocument(
        text="\n".join(lines), format="xlsx", metadata=metadata, warnings=warned, margins=margins
    )


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


def _open(data: bytes, *, data_only: bool = True) -> Any:
    from openpyxl import load_workbook  # type: ignore[import-untyped]

    # The library warns of styles and extensions that it does not keep; only values are wanted here.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return load_workbook(io.BytesIO(data), data_only=data_only)


def _lines(workbook: Any, name: str) -> list[str]:
    sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    lines: list[str] = []
    for sheet in sheets:
        rows = table_lines(_rows(sheet, name))
        # The names that programs give by themselves say nothing.
        is_named = len(sheets) > 1 and not sheet.title.lower().startswith("sheet")
        if rows and is_named and sheet.title not in rows[0]:
            lines.append(sheet.title)
        lines += rows
    return lines


def _rows(sheet: Any, name: str) -> Iterator[list[str]]:
    """The rows of a sheet as it shows them; hidden ones as well, which a filter may have hidden."""
    if sheet.max_row * min(sheet.max_column, MAX_COLUMNS) > MAX_CELLS:
        refuse(name, f"的工作表“{sheet.title}”过大", "请只保留需要收录的部分后另存。")
    merged = _merged(sheet)
    chars = 0
    for number, row in enumerate(sheet.iter_rows(max_col=min(sheet.max_column, MAX_COLUMNS)), 1):
        cells = [shown(cell.value, cell.number_format) for cell in row]
        # Cells share their texts: a small file may name a long one a million times.
        chars += sum(map(len, cells))
        check_chars(chars, name)
        for area in merged.get(number, ()):
            _fill(cells, sheet, area)
        yield cells


def _merged(sheet: Any) -> dict[int, list[Any]]:
    """The merged areas that reach into each row."""
    found: dict[int, list[Any]] = {}
    for area in sheet.merged_cells.ranges:
        for number in range(area.min_row, min(area.max_row, sheet.max_row) + 1):
            found.setdefault(number, []).append(area)
    return found


def _fill(cells: list[str], sheet: Any, area: Any) -> None:
    first = sheet.cell(area.min_row, area.min_col)
    text = shown(first.value, first.number_format)
    for column in range(area.min_col, min(area.max_col, len(cells)) + 1):
        cells[column - 1] = text if column == area.min_col else Reached(text)


def _uncomputed(data: bytes, workbook: Any, name: str) -> tuple[str, ...]:
    """A warning that names the cells whose formula has no stored result, as programs write such files."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheets = [part for part in archive.namelist() if part.startswith("xl/worksheets/")]
        if not any(_FORMULA.search(archive.read(part)) for part in sheets):
            return ()
    found = [
        f"{sheet.title}!{cell.coordinate}"
        for sheet in _open(data, data_only=False).worksheets
        if sheet.sheet_state == "visible"
        for row in sheet.iter_rows(max_col=min(sheet.max_column, MAX_COLUMNS))
        for cell in row
        if cell.data_type == "f" and workbook[sheet.title][cell.coordinate].value is None
    ]
    if not found:
        return ()
    more = f" 等 {len(found)} 处" if len(found) > _CELLS_NAMED else ""
    return (
        f"单元格 {'、'.join(found[:_CELLS_NAMED])}{more}是公式，文件里没有存下结果，没有收录；"
        "请用 Excel 或 WPS 打开后另存",
    )


def _properties(core: Any) -> dict[str, str]:
    found = {"title": core.title, "author": core.creator, "keywords": core.keywords}
    return {key: " ".join(value.split()) for key, value in found.items() if value and value.strip()}
