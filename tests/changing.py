"""The other process of the fault tests: makes ready, waits for a line, and makes one change to a corpus.

``python -m tests.changing CHANGE DATA_DIR WHAT``: ``WHAT`` is a folder, a version, a document id or a backup.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import chromadb  # noqa: F401  (before the moment that counts)

from ingest.publishing import Work
from ingest.upkeep import remove, rollback
from retrieval.backup import opened_backup, put_in_place, write_backup
from retrieval.erasure import erase_database_traces, forget_purge
from retrieval.errors import DangwuError
from retrieval.locking import ingest_lock, utc_now
from retrieval.store import Store
from retrieval.vectors import VectorFolders
from tests.corpus import HashEmbedder, give_up_rights, plain_parts, run_ingest

if TYPE_CHECKING:
    from retrieval.models.embedder import Matrix


class CachedOnly(HashEmbedder):
    """A model whose vectors are all in the cache: computing one is a failure."""

    def passages(self, texts: Sequence[str]) -> Matrix:
        raise AssertionError(f"embedded again: {texts}")


def work_on(data_dir: Path) -> Work:
    """What changes a corpus of plain texts."""
    store = Store.open(data_dir, create=False)
    return Work(store, CachedOnly(), VectorFolders(store), parts=plain_parts(data_dir / "none"))


def ingest_folder(data_dir: Path, folder: str) -> None:
    run_ingest(data_dir, Path(folder), embedder=CachedOnly())


def roll_back(data_dir: Path, version: str) -> None:
    rollback(work_on(data_dir), version)


def purge(data_dir: Path, document: str) -> None:
    work = work_on(data_dir)
    remove(work, [document], purge=True)
    with ingest_lock(data_dir):
        erase_database_traces(work.store)
        work.vectors.erase_former()
        forget_purge(work.store)


def restore(data_dir: Path, archive: str) -> None:
    with ingest_lock(data_dir), opened_backup(Path(archive), data_dir) as (_, incoming):
        put_in_place(incoming, data_dir, {})


def back_up(data_dir: Path, archive: str) -> None:
    write_backup(Store.open(data_dir, create=False), Path(archive), at=utc_now())


CHANGES: dict[str, Callable[[Path, str], None]] = {
    "ingest": ingest_folder,
    "rollback": roll_back,
    "purge": purge,
    "restore": restore,
}
COMMANDS = {**CHANGES, "backup": back_up}


def main(change: str, data_dir: str, what: str, *circumstances: str) -> None:
    if "nobody" in circumstances:
        give_up_rights()
    print("ready", flush=True)
    sys.stdin.readline()
    if "little room" in circumstances:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 15, 1 << 15))
    COMMANDS[change](Path(data_dir), what)
    print("done", flush=True)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except DangwuError as exc:
        sys.exit(f"{exc.message} {exc.remedy}")
