"""Which format a file has, judged by its bytes; what is no readable document is refused."""

from __future__ import annotations

import io
import re
import zipfile

from ingest.loaders.formats import BY_NAME
from ingest.loaders.refusals import (
    ARCHIVE_REMEDY,
    NOT_A_DOCUMENT,
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
    (b"GIF8", "动图"),
    (b"Rar!", "压缩包"),
    (b"7z\xbc\xaf", "压缩包"),
    (b"SQLite format 3", "数据库"),
    (b"ID3", "音频"),
    (b"OggS", "音频"),
    (b"RIFF", "音视频或图片"),
)
PICTURE_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"BM")

ZIP_MAGIC = b"PK\x03\x04"
EMPTY_ZIP_MAGIC = b"PK\x05\x06"
PACKED_TAR_MAGIC = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
TAR_MARK = slice(257, 262)
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")

# Main part of each OOXML format, the sign that tells them apart inside the same zip container.
OOXML_PARTS = (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx"))
# The kind of an OpenDocument file stands in a part of its own, with -template behind it for a template.
ODF_KINDS = {b"text": "odt", b"spreadsheet": "ods", b"presentation": "odp"}

_HTML_START = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|title|meta|div|table|p|h1|article|span|font|center)\b",
    re.I | re.S,
)
_XML_START = re.compile(rb"\s*<(?:\?xml|!DOCTYPE|!ENTITY)", re.I)
_ENTITY = re.compile(rb"<!ENTITY", re.I)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def recognise(data: bytes, name: str) -> str:
    """The format by content, a name of ``formats.FORMATS``; what is none of them is refused.

    ``name`` stands in the message, and tells a table of delimited text from a text full of commas.
    """
    # A PDF may begin with anything, so a program may say that it is one as well.
    if b"%PDF-" in data[:1024] and not is_program(data):
        return "pdf"
    if data.startswith(ZIP_MAGIC):
        return _recognise_zip(data, name)
    if data.startswith(OLE_MAGIC):
        from ingest.loaders.legacy import legacy_format

        return legacy_format(data, name)
    if data.startswith(b"{\\rtf"):
        return "rtf"
    if data.startswith(PACKED_TAR_MAGIC) or data[TAR_MARK] == b"ustar":
        return "tar"
    if is_picture(data):
        return "image"
    _refuse_foreign(data, name)
    return _recognise_text(data, name)


def _recognise_text(data: bytes, name: str) -> str:
    from ingest.loaders.mail import is_mail, mail_format

    if is_mail(data):
        with reading(name):
            return mail_format(data)
    if is_html(data):
        return "html"
    if _XML_START.match(_without_wide_nulls(data[:512])):
        refuse(name, "是 XML 数据，不是可收录的文档", SAVE_AS)
    _refuse_binary(data, name)
    return "csv" if name.lower().endswith(BY_NAME["csv"].suffixes) else "text"


def is_picture(data: bytes) -> bool:
    """Whether the bytes begin like a picture; text that begins with the same letters is none."""
    return data.startswith(PICTURE_MAGIC) and bool(_CONTROL.search(data[:4096]))


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
    with reading(name), zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.namelist()
        if "[Content_Types].xml" in parts:
            for prefix, found in OOXML_PARTS:
                if any(part.startswith(prefix) for part in parts):
                    return found
        if "mimetype" in parts and "content.xml" in parts:
            with archive.open("mimetype") as part:
                kind = part.read(200).rpartition(b".")[2].partition(b"-")[0].strip()
            return ODF_KINDS.get(kind) or refuse(name, "是 OpenDocument 的图形或公式，不是文档", SAVE_AS)
        if "OFD.xml" in parts:
            return "ofd"
    return "zip"


def _refuse_foreign(data: bytes, name: str) -> None:
    if data.startswith(EMPTY_ZIP_MAGIC):
        refuse(name, "是空的压缩包", ARCHIVE_REMEDY)
    for magic, what in FOREIGN_MAGIC:
        # Short magics are letters that a text may begin with too; only control bytes make them binary.
        if data.startswith(magic) and (len(magic) > 3 or _CONTROL.search(data[:4096]) or magic == b"#!/"):
            remedy = {"动图": PICTURE_REMEDY, "压缩包": ARCHIVE_REMEDY}.get(what, NOT_A_DOCUMENT)
            refuse(name, f"其实是{what}，不是文档", remedy)


def _refuse_binary(data: bytes, name: str) -> None:
    """Control bytes do not occur in text of any charset without a byte order mark."""
    if data.startswith(BYTE_ORDER_MARKS):
        return
    sample = data[:65536] + data[-4096:]
    if len(_CONTROL.findall(sample)) * 100 > len(sample):
        refuse(name, "是二进制数据，不是文本", NOT_A_DOCUMENT)
