"""Which format a file has, judged by its bytes; what is no readable document is refused."""

from __future__ import annotations

import io
import re
import zipfile
from typing import NoReturn

from ingest.loaders.refusals import (
    ARCHIVE_REMEDY,
    NOT_A_DOCUMENT,
    PASSWORD_REMEDY,
    PICTURE_REMEDY,
    SAVE_AS,
    reading,
    refuse,
)

# Programs of Windows, Linux and macOS, and Java classes.
PROGRAM_MAGIC = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
# Magic bytes of what people drop into a folder by mistake: (prefix, what it is).
FOREIGN_MAGIC = (
    *((magic, "可执行程序") for magic in PROGRAM_MAGIC),
    (b"#!/", "脚本程序"),
    (b"\x89PNG", "图片"),
    (b"\xff\xd8\xff", "图片"),
    (b"GIF8", "图片"),
    (b"BM", "图片"),
    (b"II*\0", "图片"),
    (b"MM\0*", "图片"),
    (b"Rar!", "压缩包"),
    (b"7z\xbc\xaf", "压缩包"),
    (b"\x1f\x8b", "压缩包"),
    (b"BZh", "压缩包"),
    (b"\xfd7zXZ", "压缩包"),
    (b"SQLite format 3", "数据库"),
    (b"ID3", "音频"),
    (b"OggS", "音频"),
    (b"RIFF", "音视频或图片"),
)

ZIP_MAGIC = b"PK\x03\x04"
EMPTY_ZIP_MAGIC = b"PK\x05\x06"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")

# Main part of each OOXML format, the sign that tells them apart inside the same zip container.
OOXML_PARTS = (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx"))

# Streams of the old binary formats; OLE keeps their names in UTF-16.
OLE_STREAMS = (
    ("EncryptedPackage", "已加密的 Office 文件"),
    ("WordDocument", "旧版 doc 或 wps 文字文档"),
    ("Workbook", "旧版 xls 表格"),
    ("PowerPoint Document", "旧版 ppt 演示文稿"),
)

_HTML_START = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|title|meta|div|table|p|h1|article|span|font|center)\b",
    re.I | re.S,
)
_XML_START = re.compile(rb"\s*<(?:\?xml|!DOCTYPE|!ENTITY)", re.I)
_ENTITY = re.compile(rb"<!ENTITY", re.I)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def recognise(data: bytes, name: str) -> str:
    """The format by content: text, html, docx, pdf, xlsx or pptx; anything else is refused.

    ``name`` only stands in the message, whatever its extension says.
    """
    # A PDF may begin with anything, so a program may say that it is one as well.
    if b"%PDF-" in data[:1024] and not is_program(data):
        return "pdf"
    if data.startswith(ZIP_MAGIC):
        return _recognise_zip(data, name)
    if data.startswith(OLE_MAGIC):
        _refuse_ole(data, name)
    if data.startswith(b"{\\rtf"):
        refuse(name, "是 RTF 文档，暂不支持", SAVE_AS)
    _refuse_foreign(data, name)
    if is_html(data):
        return "html"
    if _XML_START.match(_without_wide_nulls(data[:512])):
        refuse(name, "是 XML 数据，不是可收录的文档", SAVE_AS)
    _refuse_binary(data, name)
    return "text"


def is_html(data: bytes) -> bool:
    """Whether the bytes open like a web page, in UTF-16 too; XML that declares entities is none."""
    head = _without_wide_nulls(data[:8192])
    return bool(_HTML_START.match(head)) and not _ENTITY.search(head)


def is_program(data: bytes) -> bool:
    """Whether the bytes begin like an executable; text that begins with the same letters is none."""
    return data.startswith(PROGRAM_MAGIC) and bool(_CONTROL.search(data[:4096]))


def _without_wide_nulls(head: bytes) -> bytes:
    """ASCII markup of the first bytes, whether they are one or two bytes wide."""
    if head.startswith(BYTE_ORDER_MARKS[:2]):
        return head[2:].replace(b"\0", b"")
    return head.removeprefix(BYTE_ORDER_MARKS[2])


def _recognise_zip(data: bytes, name: str) -> str:
    parts = _part_names(data, name)
    if "[Content_Types].xml" in parts:
        for prefix, found in OOXML_PARTS:
            if any(part.startswith(prefix) for part in parts):
                return found
    if "mimetype" in parts and "content.xml" in parts:
        return refuse(name, "是 OpenDocument 文档，暂不支持", SAVE_AS)
    return refuse(name, "是压缩包，不是文档", ARCHIVE_REMEDY)


def _part_names(data: bytes, name: str) -> list[str]:
    names: list[str] = []
    with reading(name), zipfile.ZipFile(io.BytesIO(data)) as archive:
        names += archive.namelist()
    return names


def _refuse_ole(data: bytes, name: str) -> NoReturn:
    for stream, what in OLE_STREAMS:
        if stream.encode("utf-16-le") in data:
            remedy = PASSWORD_REMEDY if stream == "EncryptedPackage" else SAVE_AS
            refuse(name, f"是{what}，暂不能直接读取", remedy)
    refuse(name, "是旧版 Office 或 WPS 的二进制文件，暂不能直接读取", SAVE_AS)


def _refuse_foreign(data: bytes, name: str) -> None:
    if data.startswith(EMPTY_ZIP_MAGIC):
        refuse(name, "是空的压缩包", ARCHIVE_REMEDY)
    for magic, what in FOREIGN_MAGIC:
        # Short magics are letters that a text may begin with too; only control bytes make them binary.
        if data.startswith(magic) and (len(magic) > 3 or _CONTROL.search(data[:4096]) or magic == b"#!/"):
            remedy = {"图片": PICTURE_REMEDY, "压缩包": ARCHIVE_REMEDY}.get(what, NOT_A_DOCUMENT)
            refuse(name, f"其实是{what}，不是文档", remedy)


def _refuse_binary(data: bytes, name: str) -> None:
    """Control bytes do not occur in text of any charset without a byte order mark."""
    if data.startswith(BYTE_ORDER_MARKS):
        return
    sample = data[:65536] + data[-4096:]
    if len(_CONTROL.findall(sample)) * 100 > len(sample):
        refuse(name, "是二进制数据，不是文本", NOT_A_DOCUMENT)
