"""How much one file may hold: what is larger is no document that anybody reads, or is meant to do harm."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ingest.loaders.refusals import SPLIT_REMEDY, refuse

MAX_BYTES = 64 * 1024 * 1024
# Some five thousand pages; cleaning them takes about half a minute.
MAX_CHARS = 3_000_000
# A tree of this many tags takes some 300 MB; the longest regulations have a tenth of them.
MAX_TAGS = 1_000_000


def check_bytes(data: bytes, name: str) -> None:
    """SourceError for a file that is too large."""
    if len(data) > MAX_BYTES:
        refuse(name, f"有 {len(data) >> 20} MB，超过 {MAX_BYTES >> 20} MB 的上限", SPLIT_REMEDY)


def check_chars(count: int, name: str) -> None:
    """SourceError for a text that is too long."""
    if count > MAX_CHARS:
        refuse(name, f"的文字超过 {MAX_CHARS} 个字的上限", SPLIT_REMEDY)


def within_bounds(lines: Iterable[str], name: str) -> Iterator[str]:
    """The lines as they come; SourceError as soon as they are too many characters together.

    A file may name one long text in a hundred thousand places, so the sum is taken while they are read.
    """
    total = 0
    for line in lines:
        total += len(line)
        check_chars(total, name)
        yield line


def check_tags(count: int, name: str) -> None:
    """SourceError for markup whose tree would not fit into memory; ``count`` is that of its ``<``."""
    if count > MAX_TAGS:
        refuse(name, f"有 {count} 个标记，超过 {MAX_TAGS} 个的上限，可能是异常文件", SPLIT_REMEDY)
