"""OpenDocument texts, sheets and slides: one walk over ``content.xml``, a paragraph or a table row a line.

Cells read as they are shown (``25%``, not ``0.25``), for the format stores that beside the value. Tracked
deletions, comments, hidden text and the upper half of ruby stay out; heads, feet and masters are read for
marks of secrecy.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from ingest.loaders.archive import check_office_archive
from ingest.loaders.bounds import within_bounds
from ingest.loaders.numbering import BULLET, Level, Numbering
from ingest.loaders.refusals import CHECK_REMEDY, PASSWORD_REMEDY, PICTURE_REMEDY, reading, refuse
from ingest.loaders.spreadsheet import MAX_CELLS, MAX_COLUMNS
from ingest.loaders.tables import is_layout, table_lines
from ingest.records import Margin, RawDocument

_ODF = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
OFFICE, TEXT, TABLE, STYLE = (_ODF % each for each in ("office", "text", "table", "style"))
DRAW, META, PRESENTATION = (_ODF % each for each in ("drawing", "meta", "presentation"))
DC = "{http://purl.org/dc/elements/1.1/}"

KINDS = {"text": "odt", "spreadsheet": "ods", "presentation": "odp"}
# Word's names of what OpenDocument writes as a sample of the numbers.
_NUMBER_FORMATS = {
    "一": "chineseCounting",
    "壹": "chineseLegalSimplified",
    "①": "decimalEnclosedCircle",
    "甲": "ideographTraditional",
    "子": "ideographZodiac",
    "a": "lowerLetter",
    "A": "upperLetter",
    "i": "lowerRoman",
    "I": "upperRoman",
    "": "none",
}
_SKIPPED = frozenset(
    (
        *(
            TEXT + each
            for each in ("tracked-changes", "ruby-text", "hidden-text", "sequence-decls", "page-number")
        ),
        *(OFFICE + each for each in ("annotation", "annotation-end", "forms", "event-listeners")),
        *(PRESENTATION + each for each in ("header", "footer", "date-time")),
        *(TABLE + each for each in ("shapes", "tracked-changes", "content-validations")),
    )
)
_SPACES = {TEXT + "tab": "\t", TEXT + "line-break": "\n"}
_SPACES_MAX = 100
_ROW_GROUPS = frozenset(TABLE + each for each in ("table-rows", "table-header-rows", "table-row-group"))
_CELLS = frozenset((TABLE + "table-cell", TABLE + "covered-table-cell"))
_OUTLINE = "outline"
_HIDDEN_ROWS = frozenset(("collapse", "filter"))


def load(data: bytes, name: str) -> RawDocument:
    """The text of the body; ``metadata``: title, author, keywords, creation date."""
    check_office_archive(data, name)
    with reading(name), zipfile.ZipFile(io.BytesIO(data)) as archive:
        if b"encryption-data" in _part(archive, "META-INF/manifest.xml"):
            refuse(name, "已加密，打不开", PASSWORD_REMEDY)
        content = _parsed(archive, "content.xml")
        styles = _parsed(archive, "styles.xml")
        body = content.find(f"{OFFICE}body")
        kind = next(KINDS[found] for each in body for found in KINDS if each.tag == OFFICE + found)
        lines = list(within_bounds(_Reader(content, styles, kind, name).lines(body), name))
        metadata = _properties(_parsed(archive, "meta.xml"))
        margins = tuple(_margins(styles))
    if not lines:
        has_pictures = any(content.iter(DRAW + "image"))
        refuse(name, "里没有文字", PICTURE_REMEDY if has_pictures else CHECK_REMEDY)
    return RawDocument("\n".join(lines), kind, metadata=metadata, margins=margins)


def _part(archive: zipfile.ZipFile, part: str) -> bytes:
    return archive.read(part) if part in archive.namelist() else b""


def _parsed(archive: zipfile.ZipFile, part: str) -> Any:
    """The root of a part; an empty element where it is missing."""
    from lxml import etree  # type: ignore[import-untyped]

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True)
    return etree.fromstring(_part(archive, part) or b"<none/>", parser=parser)


class _Reader:
    """Walks one document; keeps the counts of its lists and the notes that it has met."""

    def __init__(self, content: Any, styles: Any, kind: str, name: str) -> None:
        self._name = name
        self._kind = kind
        self._numbering = Numbering(_lists(content, styles), {})
        self._outline = next(iter(styles.iter(TEXT + "outline-style")), None)
        self._hidden = _hidden_styles(content)
        self._notes: list[str] = []
        self._cells = 0
        self._names_sheets = kind == "ods" and len(self._shown(content.iter(TABLE + "table"))) > 1

    def lines(self, body: Any) -> Iterator[str]:
        yield from (line for line in self._blocks(body) if line.strip())
        yield from self._notes

    def _blocks(self, parent: Any) -> Iterator[str]:
        """The lines of whatever holds paragraphs: a body, a cell, a slide, a text box, a section."""
        for child in parent:
            tag = child.tag
            if tag in _SKIPPED or not isinstance(tag, str) or self._is_hidden(child):
                continue
            if tag in (TEXT + "p", TEXT + "h"):
                yield from self._paragraph(child, self._heading_label(child))
            elif tag == TEXT + "list":
                yield from self._list(child, child.get(TEXT + "style-name", ""), 0)
            elif tag == TABLE + "table":
                rows = self._table(child)
                sheet = child.get(TABLE + "name", "")
                # The names that programs give by themselves say nothing.
                if rows and self._names_sheets and not sheet.lower().startswith("sheet"):
                    yield sheet
                yield from rows
            elif tag != STYLE + "style":
                yield from self._blocks(child)

    def _shown(self, elements: Iterable[Any]) -> list[Any]:
        return [each for each in elements if not self._is_hidden(each)]

    def _is_hidden(self, element: Any) -> bool:
        names = (element.get(TEXT + "style-name"), element.get(TABLE + "style-name"))
        return any(name in self._hidden for name in names if name)

    def _heading_label(self, element: Any) -> str:
        if element.tag != TEXT + "h" or self._outline is None:
            return ""
        level = _integer(element.get(TEXT + "outline-level"), 1) - 1
        return self._numbering.label(_OUTLINE, level)

    def _list(self, element: Any, style: str, level: int) -> Iterator[str]:
        for item in element:
            if item.tag not in (TEXT + "list-item", TEXT + "list-header"):
                continue
            label = self._numbering.label(style, level) if item.tag == TEXT + "list-item" else ""
            # On slides every line has its point, which other formats do not write out.
            label = "" if self._kind == "odp" and label.startswith(BULLET) else label
            for child in item:
                if child.tag == TEXT + "list":
                    yield from self._list(child, child.get(TEXT + "style-name", style), level + 1)
                elif child.tag in (TEXT + "p", TEXT + "h"):
                    yield from self._paragraph(child, label)
                    label = ""

    def _paragraph(self, element: Any, label: str) -> Iterator[str]:
        pieces: list[str] = []
        boxes: list[Any] = []
        self._collect(element, pieces, boxes)
        text = "".join(pieces).strip("\n")
        if text.strip():
            yield from (label + text).split("\n")
        for box in boxes:
            yield from self._blocks(box)

    def _collect(self, element: Any, pieces: list[str], boxes: list[Any]) -> None:
        pieces.append(element.text or "")
        for child in element:
            tag = child.tag
            if tag == TEXT + "s":
                pieces.append(" " * min(_integer(child.get(TEXT + "c"), 1), _SPACES_MAX))
            elif tag in _SPACES:
                pieces.append(_SPACES[tag])
            elif tag == TEXT + "note":
                pieces.append(self._note(child))
            elif isinstance(tag, str) and tag.startswith(DRAW):
                boxes.append(child)
            elif isinstance(tag, str) and tag not in _SKIPPED and not self._is_hidden(child):
                self._collect(child, pieces, boxes)
            pieces.append(child.tail or "")

    def _note(self, note: Any) -> str:
        """The mark of a foot- or endnote, which then stands behind the text."""
        body = note.find(TEXT + "note-body")
        mark = f"[{len(self._notes) + 1}]"
        at = len(self._notes)
        self._notes.append("")
        self._notes[at] = f"{mark} {' '.join(self._blocks(body)) if body is not None else ''}".strip()
        return mark

    def _table(self, table: Any) -> list[str]:
        rows = [[list(cell) for cell in row] for row in self._rows(table)]
        texts = [[" ".join(cell) for cell in row] for row in rows]
        if is_layout(texts):
            return [line for row in rows for cell in row for line in cell]
        return table_lines(texts)

    def _rows(self, parent: Any) -> Iterator[list[list[str]]]:
        for child in parent:
            if child.tag in _ROW_GROUPS:
                yield from self._rows(child)
            elif child.tag == TABLE + "table-row" and child.get(TABLE + "visibility") not in _HIDDEN_ROWS:
                cells = self._row(child)
                # Rows beyond the last filled one are written as one that is repeated a million times.
                times = _integer(child.get(TABLE + "number-rows-repeated"), 1) if any(cells) else 1
                self._count(times * len(cells))
                yield from [cells] * times

    def _row(self, row: Any) -> list[list[str]]:
        cells: list[list[str]] = []
        beside = 0
        for child in row:
            if child.tag in _CELLS:
                # What a merged cell covers is empty, so that columns stay columns; in a text, one that
                # reaches over several columns of an invisible grid is one cell.
                is_covered = child.tag == TABLE + "covered-table-cell"
                if is_covered and beside and self._kind == "odt":
                    beside -= _integer(child.get(TABLE + "number-columns-repeated"), 1)
                    continue
                beside = 0 if is_covered else _integer(child.get(TABLE + "number-columns-spanned"), 1) - 1
                lines = [] if is_covered else [line for line in self._blocks(child) if line.strip()]
                times = _integer(child.get(TABLE + "number-columns-repeated"), 1)
                cells += [lines] * min(times, max(0, MAX_COLUMNS - len(cells)))
        while cells and not cells[-1]:
            cells.pop()
        return cells

    def _count(self, cells: int) -> None:
        self._cells += cells
        if self._cells > MAX_CELLS:
            refuse(self._name, "的表格过大", "请只保留需要收录的部分后另存。")


def _lists(*roots: Any) -> dict[str, tuple[str, dict[int, Level]]]:
    """The list styles by name, as Word's numbering has them; that of the headings is ``outline``."""
    found = {}
    for root in roots:
        for tag, name in ((TEXT + "list-style", ""), (TEXT + "outline-style", _OUTLINE)):
            for style in root.iter(tag):
                key = name or style.get(STYLE + "name", "")
                found[key] = (key, {index: level for index, level in map(_level, style) if index >= 0})
    return found


def _level(element: Any) -> tuple[int, Level]:
    index = _integer(element.get(TEXT + "level"), 0) - 1
    sample = element.get(STYLE + "num-format", "")
    shown = _integer(element.get(TEXT + "display-levels"), 1)
    numbers = ".".join(f"%{each}" for each in range(max(1, index + 2 - shown), index + 2))
    is_bullet = element.tag == TEXT + "list-level-style-bullet"
    prefix, suffix = element.get(STYLE + "num-prefix", ""), element.get(STYLE + "num-suffix", "")
    return index, Level(
        format="bullet" if is_bullet else _NUMBER_FORMATS.get(sample[:1], "decimal"),
        pattern=f"{prefix}{numbers}{suffix}",
        start=_integer(element.get(TEXT + "start-value"), 1),
        suffix="tab",
        is_legal=False,
        style="",
    )


def _hidden_styles(content: Any) -> frozenset[str]:
    """Automatic styles under which nothing is shown: hidden text, and sheets that are not displayed."""
    hidden = set()
    for style in content.iter(STYLE + "style"):
        for properties in style:
            if properties.get(TEXT + "display") == "none" or properties.get(TABLE + "display") == "false":
                hidden.add(style.get(STYLE + "name", ""))
    return frozenset(hidden)


def _margins(styles: Any) -> Iterator[Margin]:
    for tag, place in (("header", "页眉"), ("footer", "页脚")):
        for variant in ("", "-left", "-first"):
            for part in styles.iter(f"{STYLE}{tag}{variant}"):
                yield from (Margin(place, "".join(line.itertext())) for line in part.iter(TEXT + "p"))
    for page in styles.iter(STYLE + "master-page"):
        for shape in page.iter(DRAW + "text-box", DRAW + "custom-shape"):
            yield from (Margin("母版", "".join(line.itertext())) for line in shape.iter(TEXT + "p"))


def _properties(meta: Any) -> dict[str, str]:
    found = {
        "title": meta.findtext(f".//{DC}title"),
        "author": meta.findtext(f".//{META}initial-creator") or meta.findtext(f".//{DC}creator"),
        "keywords": "；".join(each.text or "" for each in meta.iter(META + "keyword")),
        "created": (meta.findtext(f".//{META}creation-date") or "")[:10],
    }
    return {key: " ".join(value.split()) for key, value in found.items() if value and value.strip()}


def _integer(value: str | None, default: int) -> int:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 8 else default
