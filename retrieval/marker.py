"""The marker of a vectors folder: what it holds, and checksums of its files.

Chroma's native code trusts what it reads: one flipped byte can end the whole process. So the files are
compared with the marker before they are opened. Whoever opens a folder, if only to search, adds a row to a
table of its database that serves Chroma as a lock; that page and the counters of the file's header are left
out of the checksum.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

MARKER_NAME = "dangwu.json"
DATABASE_NAME = "chroma.sqlite3"
_CHUNK_BYTES = 1 << 20
_LOCK_TABLE = "acquire_write"
# Of the database's header: change counter, size, free pages; the counter again, and who wrote last.
_COUNTERS = ((24, 40), (92, 100))

Span = Sequence[int]


def write_marker(folder: Path, model: str, dimension: int, count: int) -> None:
    """Mark a folder as finished; its files must be closed."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    skipped = {DATABASE_NAME: _settled(folder / DATABASE_NAME)}
    marker = {
        "model": model,
        "dimension": dimension,
        "count": count,
        "files": {
            name: {"size": path.stat().st_size, "skip": spans, "crc": _checksum(path, spans)}
            for path in files
            if (name := path.relative_to(folder).as_posix())
            for spans in [skipped.get(name, [])]
        },
    }
    (folder / MARKER_NAME).write_text(json.dumps(marker), encoding="utf-8")


def marker_damage(folder: Path, count: int) -> str:
    """What is wrong with a folder of ``count`` vectors, or an empty string; reads all, without Chroma."""
    try:
        marker = json.loads((folder / MARKER_NAME).read_text(encoding="utf-8"))
        held = int(marker["count"])
        for name, file in marker["files"].items():
            if _checksum(folder / name, file["skip"], file["size"]) != file["crc"]:
                return f"文件损坏：{name}"
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        return str(exc) or type(exc).__name__
    return "" if held == count else f"有 {held} 个向量，应有 {count} 个"


def _settled(database: Path) -> list[Span]:
    """Bring a database into a state in which an opening changes no page but those given, as byte spans.

    Without free pages, whatever openings add stands behind the present end of the file.
    """
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("VACUUM")
        (page_size,) = connection.execute("PRAGMA page_size").fetchone()
        row = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (_LOCK_TABLE,)
        ).fetchone()
    pages = [((row[0] - 1) * page_size, row[0] * page_size)] if row else []
    return [*_COUNTERS, *pages]


def _checksum(path: Path, skipped: Sequence[Span], size: int | None = None) -> int:
    """The CRC of the first ``size`` bytes, or all, but those skipped; ValueError for a shorter file."""
    end = path.stat().st_size if size is None else size
    crc = at = 0
    with path.open("rb") as file:
        for start, stop in [*skipped, (end, end)]:
            file.seek(at)
            while at < start:
                chunk = file.read(min(_CHUNK_BYTES, start - at))
                if not chunk:
                    raise ValueError(f"文件被截断：{path.name}")
                crc = zlib.crc32(chunk, crc)
                at += len(chunk)
            at = stop
    return crc
