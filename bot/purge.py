"""Erasing what the files of the data folder keep of purged documents; each file's owner does its own."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.answering.gaps import Gaps
from bot.remains import Remains, find_remains
from bot.reporting.places import draft_place, report_place
from bot.telegram.store import DATABASE_NAME, TelegramStore
from ingest.sources import SIDECAR_SUFFIX, is_within
from retrieval.erasure import Purged, erase_database_traces, forget_purge, pending_purge
from retrieval.errors import StoreError
from retrieval.leftovers import OCR_NAME
from retrieval.locking import ingest_lock

if TYPE_CHECKING:
    from bot.compose import Application


@dataclass(frozen=True, slots=True)
class Erased:
    """How many documents were erased from the files, and what may be left of them all the same."""

    documents: int
    remains: Remains


def erase_traces(application: Application) -> Erased:
    """Erase what noted purges left in files, and look whether anything is left.

    The note goes last, so a run that is cut short is done again by the next. StoreBusy while another
    process changes the corpus or reads what is to go.
    """
    store = application.open_store()
    purged = pending_purge(store)
    if not purged:
        return Erased(0, Remains())
    with ingest_lock(application.data_dir):
        _erase_files(application.data_dir, purged)
        erase_database_traces(store)
        application.vectors.erase_former()
        # Late, for an answer that was under way when the document went may have been kept since.
        Gaps(application.data_dir).erase_titles({title for each in purged for title in each.titles})
        _erase_answers(application.data_dir, purged)
        forget_purge(store)
        # The note itself held signs of them.
        return Erased(len(purged), find_remains(store, purged))


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
    reports = [report_place(data_dir, is_public=is_public) for is_public in (False, True)]
    paths = [*reports, *map(draft_place, reports)]
    for each in purged:
        # The member of an archive has no file of its own; the archive is named afterwards.
        is_file = Path(each.location).parent.is_dir()
        if is_file and is_within(each.location, data_dir.resolve().as_posix()):
            paths += [Path(each.location), Path(each.location + SIDECAR_SUFFIX)]
    shutil.rmtree(data_dir / OCR_NAME, ignore_errors=True)
    try:
        for path in paths:
            path.unlink(missing_ok=True)
    except OSError as exc:
        raise StoreError(
            f"删不了文件：{exc.filename}（{exc.strerror}）。", remedy="检查权限后再运行一次。"
        ) from exc
