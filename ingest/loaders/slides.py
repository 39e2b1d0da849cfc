"""Slides: the text of each slide from top to bottom, tables as rows, notes behind the slide."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

from ingest.loaders.archive import check_office_archive
from ingest.loaders.bounds import within_bounds
from ingest.loaders.refusals import PICTURE_REMEDY, REPEATED_REMEDY, reading, refuse
from ingest.loaders.tables import Reached, table_lines
from ingest.loaders.word import properties, property_margins
from ingest.records import Margin, RawDocument


def load(data: bytes, name: str) -> RawDocument:
    """The text of all slides in order, a paragraph or a table row a line."""
    check_office_archive(data, name)
    with reading(name):
        presentation = _open(data)
        slides = list(presentation.slides)
        if len({slide.part.partname for slide in slides}) < len(slides):
            refuse(name, "把同一张幻灯片列了多次，可能是异常文件", REPEATED_REMEDY)
        found = (line for slide in slides for line in _slide_lines(slide) if line.strip())
        lines = list(within_bounds(found, name))
        metadata = properties(presentation.core_properties)
        margins = (*_margins(presentation), *property_margins(presentation.core_properties))
    if not lines:
        refuse(name, "里没有文字，可能都是图片", PICTURE_REMEDY)
    return RawDocument(text="\n".join(lines), format="pptx", metadata=metadata, margins=margins)


def _open(data: bytes) -> Any:
    from pptx import Presentation

    return Presentation(io.BytesIO(data))


def _margins(presentation: Any) -> Iterator[Margin]:
    """What stands on the masters and layouts, and in a slide's foot, which the slide shows as well."""
    for master in presentation.slide_masters:
        for page in (master, *master.slide_layouts):
            yield from (Margin("母版", line) for line in _shape_lines(page.shapes))
    for slide in presentation.slides:
        for shape in slide.placeholders:
            if shape.has_text_frame:
                yield from (Margin("幻灯片", line) for line in _frame_lines(shape.text_frame))


def _slide_lines(slide: Any) -> Iterator[str]:
    yield from _shape_lines(slide.shapes)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        yield from _frame_lines(slide.notes_slide.notes_text_frame)


def _shape_lines(shapes: Iterable[Any]) -> Iterator[str]:
    """Shapes as read: from top to bottom, then from left to right."""
    for shape in sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0)):
        if hasattr(shape, "shapes"):
            yield from _shape_lines(shape.shapes)
        elif getattr(shape, "has_table", False) and shape.has_table:
            yield from table_lines(_rows(shape.table))
        elif shape.has_text_frame:
            yield from _frame_lines(shape.text_frame)


def _frame_lines(frame: Any) -> Iterator[str]:
    for paragraph in frame.paragraphs:
        yield from paragraph.text.replace("\v", "\n").split("\n")


def _rows(table: Any) -> Iterator[list[str]]:
    for number, row in enumerate(table.rows):
        yield [_cell_text(table, number, column, cell) for column, cell in enumerate(row.cells)]


def _cell_text(table: Any, row: int, column: int, cell: Any) -> str:
    """The text of a cell; of one that a merged cell reaches, the text of that one."""
    if not cell.is_spanned:
        return str(cell.text)
    if int(cell._tc.get("vMerge", "0")):  # the library names no origin of a cell
        return _cell_text(table, row - 1, column, table.cell(row - 1, column))
    return Reached(_cell_text(table, row, column - 1, table.cell(row, column - 1)))
