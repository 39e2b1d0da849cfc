"""OFD, the Chinese standard of fixed pages (GB/T 33190): a zip of XML that says where each text is printed.

No library was found that could be used: those on the registries are empty, draw pictures of the pages or are
under the AGPL. Namespaces are passed over, for programs write their own. Pieces of text are put together to
lines by their place, and running heads and page numbers go as those of a PDF do.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator
from typing import Any, NamedTuple

from ingest.loaders.archive import check_office_archive
from ingest.loaders.bounds import check_chars
from ingest.loaders.page_edges import Line, without_edges
from ingest.loaders.refusals import CHECK_REMEDY, PICTURE_REMEDY, SPLIT_REMEDY, reading, refuse
from ingest.records import Margin, RawDocument

MAX_PAGES = 3_000
# Pieces whose base lines are closer than this share of their height stand on one line.
_SAME_LINE = 0.5
# A gap wider than this many heights parts columns or cells.
_WIDE_GAP = 1.0
# What is turned further than this is a watermark or stands in a margin.
_SLANT_MAX = 0.1
_PROPERTIES = {"Title": "title", "Author": "author", "Keywords": "keywords", "CreationDate": "created"}


class _Piece(NamedTuple):
    """A run of text: left edge, base line from the head, right edge and height, all in millimetres."""

    x: float
    y: float
    end: float
    height: float
    text: str


def load(data: bytes, name: str) -> RawDocument:
    """The text of all pages; ``metadata``: title, author, keywords, date of creation."""
    check_office_archive(data, name)
    with reading(name), zipfile.ZipFile(io.BytesIO(data)) as archive:
        package = _Package(archive)
        root = package.parsed("OFD.xml")
        pages: list[list[Line]] = []
        chars = 0
        for page in _pages(package, root, name):
            lines = list(_lines(package, page))
            chars += sum(len(line.text) for line in lines)
            check_chars(chars, name)
            pages.append(lines)
        metadata = _properties(root)
        noted = list(_noted(package))
        has_pictures = any(part.lower().endswith((".jpg", ".jpeg", ".png", ".jb2")) for part in package.parts)
    kept = without_edges(pages)
    text = "\n".join(line.text for page in kept for line in page).strip("\n")
    if not text.strip():
        refuse(name, "里没有文字", PICTURE_REMEDY if has_pictures else CHECK_REMEDY)
    return RawDocument(text, "ofd", metadata=metadata, margins=(*noted, *_margins(pages, kept)))


class _Package:
    """The parts of one file, read by the places that other parts name."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.parts = archive.namelist()
        self._by_lower = {part.lower(): part for part in self.parts}

    def parsed(self, place: str) -> Any:
        """The root of a part."""
        from lxml import etree  # type: ignore[import-untyped]

        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True
        )
        part = self._by_lower[posixpath.normpath(place).lstrip("/").lower()]
        return etree.fromstring(self._archive.read(part), parser=parser)

    def near(self, place: str, target: str) -> str:
        """The place that ``target`` names inside of ``place``; from the root where it begins with a slash."""
        return target if target.startswith("/") else posixpath.join(posixpath.dirname(place), target)


class _Page(NamedTuple):
    root: Any
    height: float
    layers: tuple[Any, ...]


def _local(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _each(parent: Any, *path: str) -> Iterator[Any]:
    """The elements at a path of local names."""
    for child in parent:
        if _local(child) == path[0]:
            if len(path) == 1:
                yield child
            else:
                yield from _each(child, *path[1:])


def _pages(package: _Package, root: Any, name: str) -> Iterator[_Page]:
    """The pages of all documents in the file, those that lie behind or over them included."""
    count = 0
    for body in _each(root, "DocBody"):
        for entry in _each(body, "DocRoot"):
            place = str(entry.text or "").strip()
            document = package.parsed(place)
            default = _height(next(_each(document, "CommonData", "PageArea"), None), 297.0)
            templates = {
                each.get("ID"): package.near(place, each.get("BaseLoc", ""))
                for each in _each(document, "CommonData", "TemplatePage")
            }
            seen: set[str] = set()
            for page in _each(document, "Pages", "Page"):
                count += 1
                location = package.near(place, page.get("BaseLoc", ""))
                if count > MAX_PAGES or location in seen:
                    refuse(name, f"的页数超过 {MAX_PAGES} 页，或把同一页列了多次", SPLIT_REMEDY)
                seen.add(location)
                yield _page(package, location, templates, default)


def _page(package: _Package, location: str, templates: dict[str, str], default: float) -> _Page:
    root = package.parsed(location)
    under = [
        package.parsed(templates[each.get("TemplateID")])
        for each in _each(root, "Template")
        if each.get("TemplateID") in templates
    ]
    area = next(_each(root, "Area"), None)
    layers = tuple(layer for each in (*under, root) for layer in _each(each, "Content", "Layer"))
    return _Page(root, _height(area, default), layers)


def _height(area: Any, default: float) -> float:
    for box in () if area is None else _each(area, "PhysicalBox"):
        numbers = _numbers(box.text)
        if len(numbers) == 4 and numbers[3] > 0:
            return numbers[3]
    return default


def _lines(package: _Package, page: _Page) -> Iterator[Line]:
    """The printed lines from head to foot, each from left to right."""
    pieces = sorted(
        (piece for layer in page.layers for piece in _pieces(layer, 0, 0)), key=lambda each: each.y
    )
    line: list[_Piece] = []
    for piece in pieces:
        if line and piece.y - line[0].y > _SAME_LINE * max(piece.height, line[0].height, 1e-6):
            yield _joined(line, page.height)
            line = []
        line.append(piece)
    if line:
        yield _joined(line, page.height)


def _joined(pieces: list[_Piece], height: float) -> Line:
    text, end = "", None
    # Programs that give every piece of a line the same box write them in order.
    for piece in sorted(pieces, key=lambda each: each.x):
        if end is not None and piece.x - end > _WIDE_GAP * piece.height:
            text += "　"
        text += piece.text
        end = piece.end
    return Line(text, 1 - pieces[0].y / height)


def _pieces(parent: Any, left: float, top: float) -> Iterator[_Piece]:
    for child in parent:
        kind = _local(child)
        if kind == "TextObject":
            yield from _text(child, left, top)
        elif kind in ("PageBlock", "Layer", "Content"):
            yield from _pieces(child, left, top)


def _text(element: Any, left: float, top: float) -> Iterator[_Piece]:
    if element.get("Visible") == "false":
        return
    box = [*_numbers(element.get("Boundary")), 0.0, 0.0, 0.0, 0.0][:4]
    matrix = _numbers(element.get("CTM"))
    if len(matrix) == 6 and abs(matrix[1]) > abs(matrix[0]) * _SLANT_MAX:
        return
    scale = abs(matrix[3]) if len(matrix) == 6 and matrix[3] else 1.0
    shift = matrix[4:] if len(matrix) == 6 else [0.0, 0.0]
    height = (_number(element.get("Size") or element.get("size")) or box[3]) * scale
    x, y = 0.0, 0.0
    for code in _each(element, "TextCode"):
        x, y = _number(code.get("X"), x), _number(code.get("Y"), y)
        text = "".join(code.itertext()).strip("\r\n")
        if text.strip():
            at = left + box[0] + x * scale + shift[0]
            yield _Piece(at, top + box[1] + y * scale + shift[1], left + box[0] + box[2], height, text)


def _margins(pages: list[list[Line]], kept: list[list[Line]]) -> Iterator[Margin]:
    for page, rest in zip(pages, kept, strict=True):
        for line in page:
            if line not in rest:
                yield Margin("页眉" if (line.height or 0) > 0.5 else "页脚", line.text)


def _noted(package: _Package) -> Iterator[Margin]:
    """Stamps, notes and watermarks laid over the pages, which lie in files of their own."""
    for part in package.parts:
        if "annot" in part.lower() and part.lower().endswith(".xml"):
            for element in package.parsed(part).iter():
                if _local(element) == "TextCode":
                    yield Margin("图章或批注", "".join(element.itertext()))


def _properties(root: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for info in _each(root, "DocBody", "DocInfo"):
        for child in info:
            key = _PROPERTIES.get(_local(child))
            text = " ".join("".join(child.itertext()).split())
            if key and text:
                found.setdefault(key, text[:10] if key == "created" else text)
    return found


def _numbers(value: str | None) -> list[float]:
    return [_number(each) for each in (value or "").split()]


def _number(value: str | None, default: float = 0.0) -> float:
    try:
        return float(value) if value is not None else default
    except ValueError:
        return default
