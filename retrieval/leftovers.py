"""What killed commands leave behind, whole copies of the corpus among it, and how it goes.

Below the data folder all of it is made under the ingest lock, so whoever holds the lock next knows it for
dead. A backup is made without the lock and beside its archive, so it leaves a note below the data folder,
with a lock that ends with its process.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

VECTORS_NAME = "vectors"
TRIAL_NAME = "trial"
BENCHMARKS_NAME = "benchmarks"
INCOMING_NAME = "incoming"
# What was read of pictures by an ingest that was cut short; the next one goes on from it.
OCR_NAME = "ocr"
RESTORE_PREFIX = ".restore-"
DRAFT_PREFIX = ".draft-"
ASIDE_PREFIX = ".old-"
_MADE_UNDER_LOCK = (
    f"{RESTORE_PREFIX}*",
    TRIAL_NAME,
    f"{VECTORS_NAME}/{DRAFT_PREFIX}*",
    f"{VECTORS_NAME}/{ASIDE_PREFIX}*",
)
_BACKUP_PREFIX = ".dangwu-backup-"
_NOTE_SUFFIX = ".note"
_LOCK_SUFFIX = ".lock"


def leftovers(data_dir: Path) -> list[Path]:
    """The unfinished work of commands that were killed, or that are still at it.

    That of a backup is named where it was begun, be it gone or out of reach.
    """
    found = [path for pattern in _MADE_UNDER_LOCK for path in data_dir.glob(pattern)]
    return sorted(found) + [work for _, work in _noted(data_dir)]


def size_of(path: Path) -> int:
    """The bytes below a folder that may be going at this moment."""
    size = 0
    for each in path.rglob("*"):
        with suppress(OSError):
            size += each.lstat().st_size
    return size


def sweep(data_dir: Path) -> None:
    """Take away what killed commands left; hold the ingest lock. What does not go is left for the next."""
    for pattern in _MADE_UNDER_LOCK:
        for path in data_dir.glob(pattern):
            shutil.rmtree(path, ignore_errors=True)
    for note, work in _noted(data_dir):
        with suppress(Timeout, OSError), FileLock(_lock_of(note), timeout=0):
            shutil.rmtree(work, ignore_errors=True)
            # The disk on which it lay may be elsewhere today.
            if work.parent.is_dir() and not work.exists():
                _forget(note)


@contextmanager
def backup_folder(data_dir: Path, place: Path) -> Iterator[Path]:
    """A folder in ``place``, gone at the end, that ``sweep`` finds where this process is killed."""
    work = place / f"{_BACKUP_PREFIX}{uuid.uuid4().hex[:12]}"
    note = data_dir / f"{work.name}{_NOTE_SUFFIX}"
    lock = FileLock(_lock_of(note))
    # A data folder that takes nothing, on a full disk or a read-only one, can be backed up all the same.
    with suppress(OSError, NotImplementedError):
        lock.acquire()
        note.write_text(str(work.absolute()), encoding="utf-8")
    try:
        work.mkdir(mode=0o700)
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
        _forget(note)
        lock.release()


def is_note(name: str) -> bool:
    """Whether a file below the data folder only says where a backup is made."""
    return name.startswith(_BACKUP_PREFIX) and name.endswith((_NOTE_SUFFIX, _LOCK_SUFFIX))


def _noted(data_dir: Path) -> Iterator[tuple[Path, Path]]:
    """The notes of backups, each with the folder that it names."""
    for note in sorted(data_dir.glob(f"{_BACKUP_PREFIX}*{_NOTE_SUFFIX}")):
        with suppress(OSError, ValueError):
            yield note, Path(note.read_text(encoding="utf-8")).with_name(note.name.removesuffix(_NOTE_SUFFIX))


def _lock_of(note: Path) -> Path:
    return note.with_suffix(_LOCK_SUFFIX)


def _forget(note: Path) -> None:
    with suppress(OSError):
        note.unlink(missing_ok=True)
        _lock_of(note).unlink(missing_ok=True)
