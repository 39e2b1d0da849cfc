"""Guards before an Office file is unpacked: bombs, encryption, macros and XML entities."""

from __future__ import annotations

import io
import zipfile

from ingest.loaders.refusals import PASSWORD_REMEDY, SPLIT_REMEDY, reading, refuse

MAX_ENTRIES = 4_000
MAX_UNPACKED_BYTES = 192 * 1024 * 1024
MAX_XML_BYTES = 32 * 1024 * 1024
MAX_RATIO = 200
# Small parts compress beyond any ratio (a page of blanks); only large ones are suspicious.
RATIO_COUNTS_FROM_BYTES = 8 * 1024 * 1024


def check_office_archive(data: bytes, name: str) -> None:
    """Raises ``SourceError`` for an OOXML package that is unsafe or impossible to unpack.

    Reads the directory first, so a bomb is refused before any of it is unpacked; then checks each XML
    part for entity declarations, which no Office program writes.
    """
    with reading(name), zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        _check_directory(entries, name)
        for entry in entries:
            if entry.filename.endswith((".xml", ".rels")):
                _check_xml(archive.read(entry), name)


def _check_directory(entries: list[zipfile.ZipInfo], name: str) -> None:
    if any(entry.flag_bits & 1 for entry in entries):
        refuse(name, "已加密，打不开", PASSWORD_REMEDY)
    if any(entry.filename.endswith("vbaProject.bin") for entry in entries):
        refuse(name, "带有宏程序，为安全起见不收录", "请另存为不含宏的 docx、xlsx 或 pptx。")
    total = sum(entry.file_size for entry in entries)
    xml = sum(entry.file_size for entry in entries if entry.filename.endswith(".xml"))
    if len(entries) > MAX_ENTRIES or total > MAX_UNPACKED_BYTES or xml > MAX_XML_BYTES:
        refuse(name, "解压后过大，可能是压缩炸弹", SPLIT_REMEDY)
    if any(_is_bomb(entry) for entry in entries):
        refuse(name, "压缩比异常，可能是压缩炸弹", "请用 WPS 或 Word 打开核对后重新另存。")


def _is_bomb(entry: zipfile.ZipInfo) -> bool:
    return entry.file_size > RATIO_COUNTS_FROM_BYTES and entry.file_size > MAX_RATIO * max(
        entry.compress_size, 1
    )


def _check_xml(part: bytes, name: str) -> None:
    if part.startswith((b"\xff\xfe", b"\xfe\xff")):
        part = part.replace(b"\0", b"")
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part or b"macroEnabled" in part:
        refuse(name, "含有宏或 XML 实体声明，为安全起见不收录", "请用 WPS 或 Word 另存为普通 docx 后再导入。")
