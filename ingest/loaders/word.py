"""Word documents: paragraphs, automatic numbers, tables, text boxes and notes in document order.

Headers, footers, comments and tracked deletions stay out; tracked insertions are in. Headers, footers,
watermarks and text boxes are read for marks of secrecy.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from ingest.loaders.archive import check_office_archive
from ingest.loaders.bounds import within_bounds
from ingest.loaders.embedded import PICTURE, read_embedded
from ingest.loaders.numbering import W, read_numbering
from ingest.loaders.ocr import refuse_pictures
from ingest.loaders.refusals import CHECK_REMEDY, reading, refuse
from ingest.loaders.tables import is_layout, table_lines
from ingest.records import Margin, RawDocument

MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"

# A deletion, the old place of a move, a field's code and the fallback twin of a drawing are not read.
_SKIPPED = frozenset((W + "del", W + "moveFrom", W + "instrText", W + "delText", MC + "Fallback"))
_LABEL_CHARS_MAX = 100
_RUNNING = {"header": "页眉", "footer": "页脚"}
_TEXTPATH = "{urn:schemas-microsoft-com:vml}textpath"
_BLIP = "{http://schemas.openxmlformats.org/drawingml/2006/main}blip"
_EMBED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed"
_BREAKS = frozenset((W + "br", W + "cr"))
_NOTE_MARKS = {W + "footnoteReference": "footnote", W + "endnoteReference": "endnote"}


def load(data: bytes, name: str) -> RawDocument:
    """The document's text, a paragraph or a table row a line; ``metadata``: title, author, dates."""
    check_office_archive(data, name)
    with reading(name):
        document = _open(data)
        reader = _Reader(document)
        lines = list(within_bounds(reader.lines(), name))
        metadata = properties(document.core_properties)
        margins = (*_margins(document.part), *property_margins(document.core_properties))
    has_text = any(line != PICTURE for line in lines)
    seen = read_embedded(data, reader.pictures, name, has_text=has_text)
    said = iter(seen.texts)
    written = [text for line in lines for text in (next(said) if line == PICTURE else (line,))]
    if not written and reader.pictures:
        refuse_pictures(name, "里只有图片，没有文字")
    if not written:
        refuse(name, "里没有文字", CHECK_REMEDY)
    return RawDocument(
        text="\n".join(written),
        format="docx",
        metadata=metadata,
        warnings=seen.warnings,
        margins=margins,
        remarks=seen.remarks,
        recognised=seen.recognised,
    )


def _margins(part: Any) -> Iterator[Margin]:
    """What stands in headers, footers and text boxes, and watermarks, which are drawn letters."""
    from docx.oxml.parser import parse_xml

    for relation in part.rels.values():
        kind = relation.reltype.rpartition("/")[2]
        if kind in _RUNNING and not relation.is_external:
            root = parse_xml(relation.target_part.blob)
            yield from _paragraphs(root, _RUNNING[kind])
            yield from _drawn(root)
    body = part.element.body
    yield from _drawn(body)
    for box in body.iter(W + "txbxContent"):
        yield from _paragraphs(box, "文本框")


def _paragraphs(root: Any, place: str) -> Iterator[Margin]:
    for paragraph in root.iter(W + "p"):
        yield Margin(place, "".join(text.text or "" for text in paragraph.iter(W + "t")))


def _drawn(root: Any) -> Iterator[Margin]:
    for drawn in root.iter(_TEXTPATH):
        yield Margin("水印", drawn.get("string", ""))


def _open(data: bytes) -> Any:
    import docx

    return docx.Document(io.BytesIO(data))


def properties(core: Any) -> dict[str, str]:
    """Title, author, keywords and creation date of an Office file, where they are filled in."""
    created = core.created
    found = {
        "title": core.title,
        "author": core.author,
        "keywords": core.keywords,
        "created": created.date().isoformat() if created else "",
    }
    return {key: " ".join(value.split()) for key, value in found.items() if value and value.strip()}


def property_margins(core: Any) -> Iterator[Margin]:
    """Properties of an Office file in which its author may have put a mark."""
    for value in (core.subject, core.category, core.keywords, core.comments):
        yield Margin("文件属性", value or "")


class _Reader:
    """Walks one document; keeps the count of its lists and which notes were referred to."""

    def __init__(self, document: Any) -> None:
        self._body = document.element.body
        self._part = document.part
        self._numbering = read_numbering(_related(document.part, "/numbering"))
        self._style_numbers = _style_numbers(document.styles.element)
        self._notes: list[tuple[str, str]] = []
        self._shown: set[str] = set()
        self.pictures: list[bytes] = []

    def lines(self) -> Iterator[str]:
        """The whole document: its body, then the notes that it refers to."""
        yield from (line for line in self.blocks(self._body) if line.strip())
        yield from self.note_lines()

    def blocks(self, parent: Any) -> Iterator[str]:
        """The lines of a body, cell or text box."""
        for child in parent:
            if child.tag == W + "p":
                yield from self._paragraph(child)
            elif child.tag == W + "tbl":
                yield from self._table(child)
            elif child.tag == W + "sdt" and child.find(W + "sdtContent") is not None:
                yield from self.blocks(child.find(W + "sdtContent"))
            elif child.tag not in _SKIPPED and child.tag in (W + "ins", W + "moveTo", W + "customXml"):
                yield from self.blocks(child)

    def note_lines(self) -> Iterator[str]:
        """Foot- and endnotes that the text refers to, behind it, each with its mark."""
        roots = {kind: _related(self._part, f"/{kind}s") for kind in ("footnote", "endnote")}
        for mark, (kind, note_id) in enumerate(self._notes, 1):
            note = _note(roots[kind], kind, note_id)
            lines = list(self.blocks(note)) if note is not None else []
            text = " ".join(line for line in lines if line != PICTURE).strip()
            yield from (line for line in lines if line == PICTURE)
            if text:
                yield f"[{mark}] {text}"

    def _paragraph(self, paragraph: Any) -> Iterator[str]:
        pieces: list[str] = []
        boxes: list[Any] = []
        self._collect(paragraph, pieces, boxes)
        text = "".join(pieces).strip("\n")
        if text.strip():
            yield from (self._label(paragraph) + text).split("\n")
        for box in boxes:
            yield from self._picture(box) if box.tag == _BLIP else self.blocks(box)

    def _picture(self, blip: Any) -> Iterator[str]:
        """A mark in the place of a picture, once; those that lie elsewhere are left out."""
        key = blip.get(_EMBED, "")
        part = self._part.related_parts.get(key)
        if part is not None and key not in self._shown:
            self._shown.add(key)
            self.pictures.append(part.blob)
            yield PICTURE

    def _collect(self, element: Any, pieces: list[str], boxes: list[Any]) -> None:
        for child in element:
            tag = child.tag
            if not isinstance(tag, str) or tag in _SKIPPED or _is_hidden(child):
                continue
            if tag in (W + "t", M + "t"):
                pieces.append(child.text or "")
            elif tag == W + "tab":
                pieces.append("\t")
            elif tag in _BREAKS:
                pieces.append("\n" if child.get(W + "type", "textWrapping") == "textWrapping" else "")
            elif tag == W + "noBreakHyphen":
                pieces.append("-")
            elif tag in _NOTE_MARKS:
                self._notes.append((_NOTE_MARKS[tag], child.get(W + "id", "")))
                pieces.append(f"[{len(self._notes)}]")
            elif tag in (W + "txbxContent", _BLIP):
                boxes.append(child)
            elif tag != W + "pPr" and tag != W + "rPr":
                self._collect(child, pieces, boxes)

    def _label(self, paragraph: Any) -> str:
        style = _child_value(paragraph, "pPr/pStyle")
        number_id = _child_value(paragraph, "pPr/numPr/numId")
        level = _child_value(paragraph, "pPr/numPr/ilvl")
        inherited_id, inherited_level = self._style_numbers.get(style, ("", ""))
        level = level or inherited_level or self._numbering.level_of_style(number_id or inherited_id, style)
        label = self._numbering.label(number_id or inherited_id, int(level) if level.isdigit() else 0)
        # One list gives its label to any number of paragraphs.
        return label if len(label) <= _LABEL_CHARS_MAX else ""

    def _table(self, table: Any) -> list[str]:
        """Rows of cells as lines, or the paragraphs of a table that only arranges them.

        The continuation of a vertical merge says nothing again. Cells are read once: reading counts lists.
        """
        rows = [
            [list(self.blocks(cell)) for cell in _cells(row) if not _continues(cell)]
            for row in table.iter(W + "tr")
            if next(row.iterancestors(W + "tbl")) is table
        ]
        texts = [[" ".join(line for line in cell if line != PICTURE) for cell in row] for row in rows]
        if is_layout(texts):
            return [line for row in rows for cell in row for line in cell]
        # What pictures in cells say stands behind the table.
        pictures = [PICTURE for row in rows for cell in row for line in cell if line == PICTURE]
        return [*table_lines(texts), *pictures]


def _is_hidden(run: Any) -> bool:
    if run.tag != W + "r":
        return False
    hidden = run.find(f"{W}rPr/{W}vanish")
    return hidden is not None and hidden.get(W + "val", "1") not in ("0", "false")


def _cells(row: Any) -> Iterator[Any]:
    for child in row:
        if child.tag == W + "tc":
            yield child
        elif child.tag == W + "sdt" and child.find(W + "sdtContent") is not None:
            yield from _cells(child.find(W + "sdtContent"))


def _continues(cell: Any) -> bool:
    merge = cell.find(f"{W}tcPr/{W}vMerge")
    return merge is not None and merge.get(W + "val", "continue") == "continue"


def _child_value(element: Any, path: str) -> str:
    child = element.find("/".join(W + step for step in path.split("/")))
    return "" if child is None else str(child.get(W + "val", ""))


def _style_numbers(styles: Any) -> dict[str, tuple[str, str]]:
    """style id -> (list, level), through the styles that it is based on."""
    own, parents = {}, {}
    for style in styles.findall(W + "style"):
        style_id = style.get(W + "styleId", "")
        own[style_id] = (_child_value(style, "pPr/numPr/numId"), _child_value(style, "pPr/numPr/ilvl"))
        parents[style_id] = _child_value(style, "basedOn")
    found = {}
    for style_id in own:
        current, seen = style_id, set()
        while current in own and current not in seen and not own[current][0]:
            seen.add(current)
            current = parents[current]
        if own.get(current, ("", ""))[0]:
            found[style_id] = own[current]
    return found


def _related(part: Any, suffix: str) -> Any:
    """The root of the part that a relation of this kind points to, or ``None``."""
    from docx.oxml.parser import parse_xml

    for relation in part.rels.values():
        if relation.reltype.endswith(suffix) and not relation.is_external:
            return parse_xml(relation.target_part.blob)
    return None


def _note(root: Any, kind: str, note_id: str) -> Any:
    notes = [] if root is None else root.findall(W + kind)
    return next((note for note in notes if note.get(W + "id") == note_id), None)
