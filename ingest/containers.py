"""Files that hold documents: archives with their members, mails with their attachments.

Nothing is written to the disk. A container is unpacked in memory, within bounds that count what nests in it
as well, and each member is a document of its own, named by its path inside.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

from ingest.loaders.archive import MAX_ENTRIES, is_bomb
from ingest.loaders.bounds import MAX_BYTES
from ingest.loaders.mail import attachments, is_mail
from ingest.loaders.recognition import PACKED_TAR_MAGIC, TAR_MARK, ZIP_MAGIC, recognise
from ingest.loaders.refusals import DAMAGED_REMEDY, PASSWORD_REMEDY, SPLIT_REMEDY, reading, refuse
from retrieval.errors import SourceError

# Containers in containers: in a zip a zip, and in that another one.
MAX_DEPTH = 2
MAX_MEMBERS = 2_000
MAX_UNPACKED_BYTES = 192 * 1024 * 1024
HEAD_BYTES = 65_536
_UTF8_NAME = 0x800
_UNICODE_PATH = 0x7075
_UNPACK_REMEDY = "请先解压，把里面的文档放入文件夹。"


@dataclass
class Contents:
    """What a container holds, by path inside: bytes, and for what cannot be read the reason.

    ``is_document``: the container is a document as well, as a mail is.
    """

    members: dict[str, bytes] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    is_document: bool = False
    unpacked: int = 0


class _TooMuch(SourceError):
    """All together is more than may be unpacked, so nothing of it is taken."""

    def __init__(self, name: str) -> None:
        limits = f"超过 {MAX_MEMBERS} 个文件或 {MAX_UNPACKED_BYTES >> 20} MB"
        super().__init__(
            f"“{name}”里的文件过多或解压后过大（{limits}），可能是压缩炸弹。", remedy=SPLIT_REMEDY
        )


def may_hold_documents(head: bytes) -> bool:
    """Whether a file of this beginning may be a container; Office files begin like archives."""
    return head.startswith((ZIP_MAGIC, *PACKED_TAR_MAGIC)) or head[TAR_MARK] == b"ustar" or is_mail(head)


def unpacked(data: bytes, name: str) -> Contents | None:
    """What the file holds; ``None`` where it is a document and nothing else.

    SourceError where it is damaged, too large, or locked as a whole. Contents in containers are named by
    the whole path, such as ``内层.zip/文件.docx``.
    """
    # What begins like an archive and is none is told of here: nothing below it counts as gone then.
    kind = recognise(data, name) if may_hold_documents(data[:HEAD_BYTES]) else ""
    if kind not in _OPENERS:
        return None
    contents = Contents(is_document=kind == "eml")
    _open(data, name, "", 0, contents)
    if kind != "eml" and not contents.members and len(set(contents.refused.values())) == 1:
        raise SourceError(next(iter(contents.refused.values())), remedy="")
    return contents


def _kind(data: bytes, name: str) -> str:
    """The format of a member that may be a container; empty for any other."""
    if not may_hold_documents(data[:HEAD_BYTES]):
        return ""
    # What is no document at all is told of when it is read.
    with suppress(SourceError):
        return recognise(data, name)
    return ""


def _open(data: bytes, name: str, prefix: str, depth: int, contents: Contents) -> None:
    """Add what a container holds below ``prefix``."""
    with reading(name):
        for path, content in _OPENERS[_kind(data, name)](data, name, contents):
            place = prefix + path
            if isinstance(content, str):
                contents.refused[place] = content
                continue
            contents.unpacked += len(content)
            if contents.unpacked > MAX_UNPACKED_BYTES or len(contents.members) >= MAX_MEMBERS:
                raise _TooMuch(name)
            _add(place, content, depth, contents)


def _add(place: str, content: bytes, depth: int, contents: Contents) -> None:
    kind = _kind(content, place)
    if kind not in _OPENERS:
        contents.members[place] = content
        return
    if depth >= MAX_DEPTH:
        contents.refused[place] = f"压缩包套得太深（超过 {MAX_DEPTH} 层）。{_UNPACK_REMEDY}"
        return
    if kind == "eml":
        contents.members[place] = content
    try:
        _open(content, place, f"{place}/", depth + 1, contents)
    except _TooMuch:
        raise
    except SourceError as exc:
        contents.refused[place] = exc.message + exc.remedy


_Entries = Iterator[tuple[str, bytes | str]]


def _zip_entries(data: bytes, name: str, contents: Contents) -> _Entries:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = {_path(_zip_name(entry)): entry for entry in archive.infolist() if not entry.is_dir()}
        if len(entries) > MAX_ENTRIES:
            refuse(name, f"里有 {len(entries)} 个文件，超过 {MAX_ENTRIES} 个的上限", SPLIT_REMEDY)
        for path, entry in entries.items():
            if path:
                yield path, _zip_member(archive, entry, contents)


def _zip_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, contents: Contents) -> bytes | str:
    if entry.flag_bits & 1:
        return f"压缩包里的文件已加密，打不开。{PASSWORD_REMEDY}"
    if (entry.external_attr >> 28) == 0o12:
        return "压缩包里的链接，不收录。"
    if is_bomb(entry) or entry.file_size > MAX_BYTES:
        return f"解压后过大，可能是压缩炸弹。{SPLIT_REMEDY}"
    try:
        with archive.open(entry) as member:
            return _bounded(member, entry.filename, contents)
    except NotImplementedError:
        return f"压缩的方法不认得。{_UNPACK_REMEDY}"
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError):
        return f"压缩包里的这个文件已损坏。{DAMAGED_REMEDY}"


def _bounded(member: IO[bytes], name: str, contents: Contents) -> bytes:
    """All of a stream; SourceError once that is more than may be unpacked, whatever it is said to be."""
    left = min(MAX_BYTES, MAX_UNPACKED_BYTES - contents.unpacked)
    data = member.read(left + 1)
    if len(data) > left:
        raise _TooMuch(name)
    return data


def _zip_name(entry: zipfile.ZipInfo) -> str:
    """The name of a member: in Unicode where the archive says so, else in the encoding of Chinese Windows."""
    if entry.flag_bits & _UTF8_NAME:
        return entry.filename
    stated = _unicode_path(entry.extra)
    if stated:
        return stated
    try:
        raw = entry.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.filename
    return _legible(raw)


def _unicode_path(extra: bytes) -> str:
    """The name that Info-ZIP programs put beside the old one."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = (
            int.from_bytes(extra[at : at + 2], "little"),
            int.from_bytes(extra[at + 2 : at + 4], "little"),
        )
        if kind == _UNICODE_PATH:
            return extra[at + 9 : at + 4 + size].decode("utf-8", "ignore")
        at += 4 + size
    return ""


def _legible(raw: bytes) -> str:
    for encoding in ("utf-8", "gb18030", "big5hkscs"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def _path(name: str) -> str:
    """A path inside: no root, no way up, the separators of Windows turned round."""
    parts = name.replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", ".", "..") and not part.endswith(":"))


def _tar_entries(data: bytes, name: str, contents: Contents) -> _Entries:
    packer = _PACKERS.get(next((magic for magic in PACKED_TAR_MAGIC if data.startswith(magic)), b""))
    if packer is not None:
        with packer(io.BytesIO(data)) as stream:
            data = stream.read(MAX_UNPACKED_BYTES + 1)
        if len(data) > MAX_UNPACKED_BYTES:
            raise _TooMuch(name)
    # One file that is packed and nothing else goes by its own name.
    if data[TAR_MARK] != b"ustar":
        yield _path(name.rpartition("/")[2].rpartition(".")[0] or name), data
        return
    with tarfile.open(fileobj=io.BytesIO(data), encoding="utf-8", errors="surrogateescape") as archive:
        for entry in archive:
            path = _path(_legible(entry.name.encode("utf-8", "surrogateescape")))
            member = archive.extractfile(entry) if entry.isreg() else None
            if member is not None and path:
                yield path, _bounded(member, path, contents)
            elif not entry.isdir() and path:
                yield path, "压缩包里的链接或设备，不收录。"


def _mail_entries(data: bytes, name: str, contents: Contents) -> _Entries:
    seen: dict[str, int] = {}
    for number, attached in enumerate(attachments(data), 1):
        path = _path(attached.name.replace("/", "／")) or f"附件{number}"
        seen[path] = seen.get(path, 0) + 1
        yield (path if seen[path] == 1 else f"{seen[path]}-{path}"), attached.data


_PACKERS: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = dict(
    zip(PACKED_TAR_MAGIC, (gzip.open, bz2.open, lzma.open), strict=True)  # type: ignore[arg-type]
)
_OPENERS: dict[str, Callable[[bytes, str, Contents], _Entries]] = {
    "zip": _zip_entries,
    "tar": _tar_entries,
    "eml": _mail_entries,
}
