"""Erasing what the files of the data folder keep of purged documents; each file's owner does its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bot.answering.gaps import Gaps
from bot.reporting.places import report_place
from bot.telegram.store import DATABASE_NAME, TelegramStore
from ingest.sources import SIDECAR_SUFFIX, is_within
from retrieval.erasure import Purged, erase_database_traces, forget_purge, pending_purge
from retrieval.errors import StoreError
from retrieval.locking import ingest_lock

if TYPE_CHECKING:
    from bot.compose import Application


def erase_traces(application: Application) -> int:
    """Erase what noted purges left in files; gives how many documents that concerned.

    The note goes last, so a run that is cut short is done again by the next. StoreBusy while another
    process changes the corpus or reads what is to go.
    """
    store = application.open_store()
    purged = pending_purge(store)
    if not purged:
        return 0
    with ingest_lock(application.data_dir):
        _erase_files(application.data_dir, purged)
        erase_database_traces(store)
        application.vectors.erase_former()
        # Late, for an answer that was under way when the document went may have been kept since.
        Gaps(application.data_dir).erase_titles({title for each in purged for title in each.titles})
        _erase_answers(application.data_dir, purged)
        forget_purge(store)
    return len(purged)


def _erase_answers(data_dir: Path, purged: list[Purged]) -> None:
    if not (data_dir / DATABASE_NAME).is_file():
        return
    store = TelegramStore(data_dir)
    try:
        store.erase_documents({each.document_id for each in purged})
    finally:
        store.close()


def _erase_files(data_dir: Path, purged: list[Purged]) -> None:
    """Reports, which repeat what documents say, and what was uploaded; never a maintainer's own files."""
    paths = [report_place(data_dir, is_public=is_public) for is_public in (False, True)]
    for each in purged:
        if is_within(each.location, data_dir.resolve().as_posix()):
            paths += [Path(each.location), Path(each.location + SIDECAR_SUFFIX)]
    try:
        for path in paths:
            path.unlink(missing_ok=True)
    except OSError as exc:
        raise StoreError(
            f"删不了文件：{exc.filename}（{exc.strerror}）。", remedy="检查权限后再运行一次。"
        ) from exc
