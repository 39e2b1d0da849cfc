"""PDF files: the text layer in order, without what repeats at the edge of the pages.

Hard line breaks stay: the cleaning joins wrapped lines with its own knowledge of sentences, and its
edits then show the seam. Running heads and page numbers go here, because only here is it known where
on a page a line stands. Pages are set apart by one line break.
"""

from __future__ import annotations

import io
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ingest.loaders.bounds import check_chars
from ingest.loaders.ocr import refuse_pictures
from ingest.loaders.page_edges import Line, without_edges
from ingest.loaders.pdf_drawing import DrawnBytes
from ingest.loaders.pdf_scans import is_illegible, read_scans
from ingest.loaders.refusals import DAMAGED_REMEDY, PASSWORD_REMEDY, SPLIT_REMEDY, reading, refuse
from ingest.records import Margin, RawDocument

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

MAX_PAGES = 3_000
# Drawing programs take five seconds a megabyte, whatever they draw; books stay well below this.
MAX_PAGE_CONTENT_BYTES = 8 * 1024 * 1024
MAX_CONTENT_BYTES = 32 * 1024 * 1024
# A page with a picture and fewer characters than a stamp or a caption has is a scan.
MIN_PAGE_CHARS = 30
# The file's end is marked; some writers append a signature or padding behind the mark.
END_WINDOW_BYTES = 8192


def load(data: bytes, name: str) -> RawDocument:
    """The text of all pages; a warning names pages that are pictures, a file of such pages is refused."""
    if b"%%EOF" not in data[-END_WINDOW_BYTES:]:
        refuse(name, "不完整，文件没有结束标记", DAMAGED_REMEDY)
    with _quiet_library(), reading(name):
        reader = _open(data, name)
        _check_drawing(reader, name)
        pages, scans = _read_pages(reader, name)
        metadata = _properties(reader)
        noted = list(_noted(reader))
    scanned = read_scans(data, pages, scans, name)
    pages = scanned.pages
    kept = without_edges(pages)
    text = "\n".join(line.text for page in kept for line in page).strip("\n")
    if not text.strip():
        refuse_pictures(name, "没有可读的文字，可能是扫描件")
    margins = (*noted, *_margins(pages, kept))
    return RawDocument(
        text=text,
        format="pdf",
        metadata=metadata,
        warnings=scanned.warnings,
        margins=margins,
        remarks=scanned.remarks,
        recognised=scanned.recognised,
    )


def _margins(pages: list[list[Line]], kept: list[list[Line]]) -> Iterator[Margin]:
    """Running heads and feet, and what is printed across several pages."""
    for page, rest in zip(pages, kept, strict=True):
        for line in page:
            if line not in rest:
                place = "页眉页脚" if line.height is None else "页眉" if line.height > 0.5 else "页脚"
                yield Margin(place, line.text)
    across = Counter(text for page in kept for text in {"".join(line.text.split()) for line in page})
    yield from (Margin("水印", text) for text, count in across.items() if count > 1)


def _noted(reader: PdfReader) -> Iterator[Margin]:
    """Stamps and notes laid over the pages, and properties in which a mark may stand."""
    for page in reader.pages:
        for annotation in page.annotations or ():
            contents = annotation.get_object().get("/Contents")
            yield from (Margin("图章或批注", line) for line in str(contents or "").splitlines())
    info: Mapping[str, Any] = reader.metadata or {}
    for key in ("/Subject", "/Keywords"):
        yield Margin("文件属性", str(info.get(key) or ""))


@contextmanager
def _quiet_library() -> Iterator[None]:
    """pypdf reports every repaired flaw of a file to its logger; nobody can act on them."""
    logger = logging.getLogger("pypdf")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def _open(data: bytes, name: str) -> PdfReader:
    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    reader = PdfReader(io.BytesIO(data))
    try:
        # An owner's password alone only forbids printing; such a file opens with the empty one.
        is_open = not reader.is_encrypted or bool(reader.decrypt(""))
    except DependencyError as error:
        refuse(name, "已加密，打不开", PASSWORD_REMEDY, cause=error)
    if not is_open:
        refuse(name, "已加密，打不开", PASSWORD_REMEDY)
    count = len(reader.pages)
    if count > MAX_PAGES:
        refuse(name, f"有 {count} 页，超过 {MAX_PAGES} 页的上限", "请拆成几个文件后再导入。")
    if not count:
        refuse(name, "没有页面", DAMAGED_REMEDY)
    return reader


def _read_pages(reader: PdfReader, name: str) -> tuple[list[list[Line]], list[int]]:
    """The lines of each page, and the numbers (from 1) of pages that are pictures of text."""
    pages: list[list[Line]] = []
    scans: list[int] = []
    total = 0
    for number, page in enumerate(reader.pages, 1):
        lines = _read_page(page, number, name)
        chars = sum(len("".join(line.text.split())) for line in lines)
        total += chars
        check_chars(total, name)
        if chars < MIN_PAGE_CHARS and _has_picture(page):
            scans.append(number)
        pages.append(lines)
    if is_illegible("".join(line.text for page in pages for line in page)):
        scans = list(range(1, len(pages) + 1))
    return pages, scans


def _check_drawing(reader: PdfReader, name: str) -> None:
    """SourceError for a page, or pages together, that draw too much; nothing is carried out yet."""
    drawing, total = DrawnBytes(), 0
    for number, page in enumerate(reader.pages, 1):
        with reading(name, f"第 {number} 页已损坏，读不出文字"):
            drawn = drawing.of_page(page)
        if drawn > MAX_PAGE_CONTENT_BYTES:
            refuse(name, f"第 {number} 页的内容过大，可能是异常文件", DAMAGED_REMEDY)
        total += drawn
        if total > MAX_CONTENT_BYTES:
            refuse(name, "各页的内容合起来过大，可能是异常文件", SPLIT_REMEDY)


def _read_page(page: PageObject, number: int, name: str) -> list[Line]:
    pieces: list[tuple[str, float]] = []

    def visit(text: str, matrix: Any, text_matrix: Any, *_font: Any) -> None:
        if text:
            pieces.append((text, float(text_matrix[4] * matrix[1] + text_matrix[5] * matrix[3] + matrix[5])))

    with reading(name, f"第 {number} 页已损坏，读不出文字"):
        text = page.extract_text(visitor_text=visit)
        height = float(page.mediabox.height) or 1.0
    return _placed_lines(text, pieces, height)


def _placed_lines(text: str, pieces: list[tuple[str, float]], height: float) -> list[Line]:
    """The lines of a page with the height of their first character, 0 at the foot to 1 at the head."""
    if "".join(piece for piece, _ in pieces) != text:
        return [Line(line, None) for line in text.split("\n")]
    lines, current, at = [], "", None
    for piece, y in pieces:
        first, *others = piece.split("\n")
        at = y / height if at is None and first.strip() else at
        current += first
        for other in others:
            lines.append(Line(current, at))
            current, at = other, (y / height if other.strip() else None)
    return [*lines, Line(current, at)]


def _has_picture(page: PageObject) -> bool:
    """Whether the page draws any image, directly or inside a form."""
    return bool(page.images.keys())


def _properties(reader: PdfReader) -> dict[str, str]:
    info: Mapping[str, Any] = reader.metadata or {}
    found = {"title": info.get("/Title"), "author": info.get("/Author"), "keywords": info.get("/Keywords")}
    return {key: " ".join(str(value).split()) for key, value in found.items() if value}
