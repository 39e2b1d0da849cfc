"""Word, Excel and PowerPoint files of 1997 to 2003, and those of WPS, which are the same containers.

Read with office-oxide, one library of Rust for all three; olefile looks into the container first. Tried
beside it: python-calamine and xlrd give cells without their formats (0.25 for 25%), antiword and catdoc are
programs to install, and others call an office suite.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ingest.loaders.bounds import check_chars, within_bounds
from ingest.loaders.refusals import (
    CHECK_REMEDY,
    PASSWORD_REMEDY,
    PICTURE_REMEDY,
    SAVE_AS,
    SPLIT_REMEDY,
    WITHOUT_PROGRAMS,
    reading,
    refuse,
)
from ingest.loaders.tables import is_layout, table_lines
from ingest.records import Margin, RawDocument

# Main stream of each format.
_STREAMS = (
    ("WordDocument", "doc"),
    ("Workbook", "xls"),
    ("Book", "xls"),
    ("PowerPoint Document", "ppt"),
)
# A cell takes 2 KB once it is read.
MAX_CELLS = 300_000
UNNUMBERED = "这种格式的自动编号读不出来，编号的段落没有号码；用 WPS 或 Word 另存为 docx 可保留"

_MACROS = frozenset({"VBA", "_VBA_PROJECT_CUR", "MACROS"})
_PACKAGED = "\x01OLE10NATIVE"
_FIB_FLAGS = struct.Struct("<10xH")
_ENCRYPTED = 0x0100
_FILEPASS = 0x2F
_RECORD = struct.Struct("<HH")
# Head and foot of a sheet, as they are printed.
_RUNNING = {0x14: "页眉", 0x15: "页脚"}
_RUNNING_CODE = re.compile(r"&(?:[LCRPNDTFAZGBIUESXY]|\"[^\"]*\"|K[0-9A-F]{6}|\d+)")
# Letters that are drawn, as watermarks are, stand among the shapes; so do the texts of masters.
_SHAPES = {"doc": ("1Table", "0Table", "Data"), "ppt": ("PowerPoint Document",)}
_CHINESE_RUN = re.compile(rb"(?:[\x00-\xff][\x4e-\x9f]){2,40}")
# A field that prints characters with their reading above; the library drops it.
_GUIDE = "EQ \\* jc".encode("utf-16-le")
UNGUIDED = "有带拼音标注（拼音指南）的字读不出来；用 WPS 或 Word 去掉标注或另存为 docx 可保留"
# What Windows calls the encodings of a file's properties.
_CODEPAGES = {936: "gb18030", 950: "big5hkscs", 1200: "utf-16-le", 65001: "utf-8"}
_Block = Mapping[str, Any]


def legacy_format(data: bytes, name: str) -> str:
    """doc, xls or ppt, by the main stream of the container; anything else in one is refused."""
    with reading(name), _container(data) as container:
        if container.exists("EncryptedPackage"):
            refuse(name, "已加密，打不开", PASSWORD_REMEDY)
        for stream, found in _STREAMS:
            if container.exists(stream):
                return found
    return refuse(name, "是旧版 Office 或 WPS 的二进制文件，里面没有可读的文档", SAVE_AS)


def load(data: bytes, name: str) -> RawDocument:
    """The document's text, a paragraph or a table row a line; hidden sheets and comments stay out."""
    kind = legacy_format(data, name)
    with reading(name):
        _check(data, kind, name)
        document = _open(data, kind)
        plain = document.plain_text()
        check_chars(len(plain), name)
        if kind == "xls" and plain.count("\t") + plain.count("\n") > MAX_CELLS:
            refuse(name, f"的单元格超过 {MAX_CELLS} 个", SPLIT_REMEDY)
        sections = document.to_ir()["sections"]
        lines = list(within_bounds(filter(str.strip, _READERS[kind](sections)), name))
        metadata, margins = _properties(data), (*_margins(sections), *_drawn(data, kind))
    if not lines:
        refuse(name, "里没有文字，可能都是图片", PICTURE_REMEDY if kind != "xls" else CHECK_REMEDY)
    remarks = ((UNNUMBERED,) if kind == "doc" and any(map(_has_numbers, sections)) else ()) + (
        (UNGUIDED,) if _GUIDE in data else ()
    )
    return RawDocument("\n".join(lines), kind, metadata=metadata, remarks=remarks, margins=margins)


def _container(data: bytes) -> Any:
    import olefile

    return olefile.OleFileIO(io.BytesIO(data))


def _open(data: bytes, kind: str) -> Any:
    from office_oxide import Document

    return Document.from_bytes(data, kind)  # type: ignore[arg-type]


def _check(data: bytes, kind: str, name: str) -> None:
    """SourceError for macros, packed files and passwords."""
    with _container(data) as container:
        parts = {part.upper() for path in container.listdir(storages=True) for part in path}
        if parts & _MACROS:
            refuse(name, "带有宏程序或控件，为安全起见不收录", WITHOUT_PROGRAMS)
        if _PACKAGED in parts:
            refuse(name, "内嵌了程序或其他文件，为安全起见不收录", WITHOUT_PROGRAMS)
        if _is_encrypted(container, kind):
            refuse(name, "已加密，打不开", PASSWORD_REMEDY)


def _is_encrypted(container: Any, kind: str) -> bool:
    if kind == "doc":
        head = container.openstream("WordDocument").read(_FIB_FLAGS.size)
        return len(head) == _FIB_FLAGS.size and bool(_FIB_FLAGS.unpack(head)[0] & _ENCRYPTED)
    if kind == "xls":
        return any(record == _FILEPASS for record, _ in _records(container))
    return bool(container.exists("EncryptedSummary"))


def _records(container: Any) -> Iterator[tuple[int, bytes]]:
    """The records of a workbook: number and content."""
    stream = container.openstream("Workbook" if container.exists("Workbook") else "Book").read()
    at = 0
    while at + 4 <= len(stream):
        record, length = _RECORD.unpack_from(stream, at)
        yield record, stream[at + 4 : at + 4 + length]
        at += 4 + length


def _document_lines(sections: list[_Block]) -> Iterator[str]:
    for section in sections:
        yield from _blocks(section["elements"])


def _sheet_lines(sections: list[_Block]) -> Iterator[str]:
    shown = [each for each in sections if not each.get("hidden")]
    for sheet in shown:
        # The names that programs give by themselves say nothing.
        if len(shown) > 1 and not sheet["title"].lower().startswith("sheet"):
            yield sheet["title"]
        yield from _blocks(sheet["elements"])


def _slide_lines(sections: list[_Block]) -> Iterator[str]:
    for slide in sections:
        yield from _blocks(slide["elements"])
        yield from _blocks(slide.get("speaker_notes", ()))


_READERS: dict[str, Callable[[list[_Block]], Iterator[str]]] = {
    "doc": _document_lines,
    "xls": _sheet_lines,
    "ppt": _slide_lines,
}


def _blocks(blocks: Any) -> Iterator[str]:
    """The lines of paragraphs, lists, tables, text boxes and notes, whatever they are nested in."""
    for block in blocks or ():
        if block["type"] == "table":
            yield from _table(block)
        elif block["type"] == "list":
            yield from _list(block)
        elif block["type"] in ("paragraph", "heading"):
            yield from "".join(map(_inline, block.get("content", ()))).split("\n")
        elif block.get("marker") != "comment":
            yield from _blocks(block.get("content"))


def _inline(piece: _Block) -> str:
    return "\n" if piece["type"] == "line_break" else str(piece.get("text", ""))


def _list(block: _Block) -> Iterator[str]:
    for item in block.get("items", ()):
        yield from _blocks(item["content"])
        if item.get("nested"):
            yield from _list(item["nested"])


def _table(table: _Block) -> list[str]:
    rows = [[list(_blocks(cell["content"])) for cell in row["cells"]] for row in table["rows"]]
    texts = [[" ".join(cell) for cell in row] for row in rows]
    return [line for row in rows for cell in row for line in cell] if is_layout(texts) else table_lines(texts)


def _has_numbers(section: _Block) -> bool:
    return any(block["type"] == "list" for block in section["elements"])


def _margins(sections: list[_Block]) -> Iterator[Margin]:
    for section in sections:
        for part, place in (("header", "页眉"), ("footer", "页脚")):
            for key, running in section.items():
                if part in key and isinstance(running, dict):
                    yield from (Margin(place, line) for line in _blocks(running.get("content")))


def _drawn(data: bytes, kind: str) -> Iterator[Margin]:
    """Heads and feet of sheets, and whatever Chinese letters stand among the shapes."""
    with _container(data) as container:
        if kind == "xls":
            for record, content in _records(container):
                if record in _RUNNING and len(content) > 3:
                    text = content[3:].decode("utf-16-le" if content[2] & 1 else "latin-1", "ignore")
                    yield from (Margin(_RUNNING[record], line) for line in _RUNNING_CODE.split(text))
        for stream in _SHAPES.get(kind, ()):
            if container.exists(stream):
                for run in _CHINESE_RUN.findall(container.openstream(stream).read()):
                    yield Margin("图形", run.decode("utf-16-le", "ignore"))


def _properties(data: bytes) -> dict[str, str]:
    """Title, author, keywords and creation date, in the encoding that the file states."""
    with _container(data) as container:
        meta = container.get_metadata()
    encoding = _CODEPAGES.get((meta.codepage or 0) % 65536, "gb18030")
    found = {
        "title": _decoded(meta.title, encoding),
        "author": _decoded(meta.author, encoding),
        "keywords": _decoded(meta.keywords, encoding),
        "created": meta.create_time.date().isoformat() if meta.create_time else "",
    }
    return {key: value for key, value in found.items() if value}


def _decoded(value: Any, encoding: str) -> str:
    if not isinstance(value, bytes | str):
        return ""
    text = value if isinstance(value, str) else value.decode(encoding, "ignore")
    return " ".join(text.replace("\0", "").split())
