"""Guards before an Office file is unpacked: bombs, encryption, programs, false names and XML entities."""

from __future__ import annotations

import io
import zipfile

from ingest.loaders.bounds import check_tags
from ingest.loaders.recognition import OLE_MAGIC, is_program
from ingest.loaders.refusals import PASSWORD_REMEDY, SPLIT_REMEDY, WITHOUT_PROGRAMS, reading, refuse

MAX_ENTRIES = 4_000
MAX_UNPACKED_BYTES = 192 * 1024 * 1024
MAX_XML_BYTES = 32 * 1024 * 1024
MAX_RATIO = 200
# Small parts compress beyond any ratio (a page of blanks); only large ones are suspicious.
RATIO_COUNTS_FROM_BYTES = 8 * 1024 * 1024

# Where macros and controls lie, those of Excel 4 included.
_PROGRAM_PARTS = ("vbaproject.bin", "/macrosheets/", "/dialogsheets/", "/activex/")
# The stream in which an Office file carries any other file along.
_PACKAGED_FILE = "\x01Ole10Native".encode("utf-16-le")
_SAVE_ANEW = "请用 WPS 或 Word 打开核对后重新另存。"


def check_office_archive(data: bytes, name: str) -> None:
    """Raises ``SourceError`` for an OOXML package that is unsafe or impossible to unpack.

    Reads the directory first, so a bomb is refused before any of it is unpacked; then checks each XML
    part for entity declarations, which no Office program writes, and each other part for programs.
    """
    with reading(name), zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        _check_directory(entries, name)
        for entry in entries:
            if entry.filename.endswith((".xml", ".rels")):
                _check_xml(archive.read(entry), entry.filename, name)
            elif _carries_program(archive, entry):
                refuse(name, "内嵌了程序或其他文件，为安全起见不收录", WITHOUT_PROGRAMS)


def _check_directory(entries: list[zipfile.ZipInfo], name: str) -> None:
    if any(entry.flag_bits & 1 for entry in entries):
        refuse(name, "已加密，打不开", PASSWORD_REMEDY)
    names = [entry.filename for entry in entries]
    if any(part in each.lower() for each in names for part in _PROGRAM_PARTS):
        refuse(name, "带有宏程序或控件，为安全起见不收录", WITHOUT_PROGRAMS)
    if len(set(names)) < len(names) or any(map(_leaves_archive, names)):
        refuse(name, "的内部结构不正常（重名或越界的路径），为安全起见不收录", _SAVE_ANEW)
    total = sum(entry.file_size for entry in entries)
    xml = sum(entry.file_size for entry in entries if entry.filename.endswith(".xml"))
    if len(entries) > MAX_ENTRIES or total > MAX_UNPACKED_BYTES or xml > MAX_XML_BYTES:
        refuse(name, "解压后过大，可能是压缩炸弹", SPLIT_REMEDY)
    if any(is_bomb(entry) for entry in entries):
        refuse(name, "压缩比异常，可能是压缩炸弹", _SAVE_ANEW)


def is_bomb(entry: zipfile.ZipInfo) -> bool:
    """Whether a large part is packed beyond what documents can be."""
    return entry.file_size > RATIO_COUNTS_FROM_BYTES and entry.file_size > MAX_RATIO * max(
        entry.compress_size, 1
    )


def _leaves_archive(part: str) -> bool:
    return part.startswith("/") or "\\" in part or ".." in part.split("/")


def _carries_program(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    with archive.open(entry) as part:
        head = part.read(4096)
        return is_program(head) or (head.startswith(OLE_MAGIC) and _PACKAGED_FILE in head + part.read())


def _check_xml(part: bytes, part_name: str, name: str) -> None:
    if part.startswith((b"\xff\xfe", b"\xfe\xff")):
        part = part.replace(b"\0", b"")
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part or b"macroEnabled" in part:
        refuse(name, "含有宏或 XML 实体声明，为安全起见不收录", "请用 WPS 或 Word 另存为普通 docx 后再导入。")
    # Sheets are read as a stream, with bounds of their own.
    if not part_name.startswith("xl/"):
        check_tags(part.count(b"<"), name)
