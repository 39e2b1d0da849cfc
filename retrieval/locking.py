"""One ingest at a time: a system lock below the data folder, and a note that says who holds it.

The lock itself is held by the operating system and ends with its process, however that ends. The note
beside it is only for people: it may outlive a killed holder, and is then overwritten by the next one.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from retrieval.errors import StoreBusy, StoreError
from retrieval.leftovers import sweep

LOCK_NAME = "ingest.lock"
HOLDER_NAME = "ingest.lock.json"


def utc_now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


@contextmanager
def ingest_lock(
    data_dir: Path, *, wait_s: float = 0.0, now: Callable[[], datetime] = utc_now
) -> Iterator[None]:
    """Hold the ingest lock of ``data_dir``; StoreBusy names the holder when ``wait_s`` runs out.

    Whoever gets it first takes away what killed holders left behind.
    """
    lock = FileLock(data_dir / LOCK_NAME)
    try:
        lock.acquire(timeout=wait_s, poll_interval=0.05)
    except Timeout as exc:
        raise StoreBusy(
            f"另一个进程正在更新资料库（{describe_holder(data_dir)}）。",
            remedy="等它完成后再运行一次；若确认没有进程在运行，直接重试即可，锁会随进程结束自动释放。",
        ) from exc
    except OSError as exc:
        raise StoreError(
            f"数据目录不可写：{data_dir}（{exc.strerror or exc}）。",
            remedy="检查目录权限和磁盘空间，或用 DANGWU_DATA_DIR 换一个可写的目录。",
        ) from exc
    try:
        _write_holder(data_dir, now())
        sweep(data_dir)
        yield
    finally:
        (data_dir / HOLDER_NAME).unlink(missing_ok=True)
        lock.release()


def describe_holder(data_dir: Path) -> str:
    """Process, host and starting time of the current or last holder, in Chinese."""
    try:
        holder = json.loads((data_dir / HOLDER_NAME).read_text(encoding="utf-8"))
        return f"进程 {holder['pid']}，主机 {holder['host']}，开始于 {holder['since']}"
    except (OSError, ValueError, KeyError):
        return "持有者未知"


def _write_holder(data_dir: Path, since: datetime) -> None:
    note = {"pid": os.getpid(), "host": socket.gethostname(), "since": since.isoformat(timespec="seconds")}
    # On a full disk the work that needs the lock says so, in a sentence that names its file.
    with suppress(OSError):
        (data_dir / HOLDER_NAME).write_text(json.dumps(note, ensure_ascii=False), encoding="utf-8")
