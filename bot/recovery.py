"""Putting a backup in the place of what the data folder holds, while others go on asking."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.telegram.store import DATABASE_NAME as TELEGRAM_DATABASE
from bot.telegram.store import keep_journal
from retrieval.backup import put_in_place
from retrieval.errors import DangwuError, StoreError
from retrieval.holdings import held_documents
from retrieval.removal import removals
from retrieval.store import Store
from retrieval.vectors import vector_home

if TYPE_CHECKING:
    from bot.compose import Application


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did beside the obvious.

    ``returned`` are the sources of documents that had been removed since the backup and are back;
    ``moved_aside`` databases that were too damaged to be written, where they lie now; ``lacks_vectors``
    says that the next ingest has vectors to compute.
    """

    returned: tuple[str, ...]
    moved_aside: tuple[Path, ...]
    lacks_vectors: bool


def restore(application: Application, incoming: Store) -> Restored:
    """Put an opened backup in place; readers take it up at their next question. Hold the ingest lock."""
    returned = _returned(application, incoming)
    lacks_vectors = not _carry_vectors(application, incoming)
    application.close()
    moved = put_in_place(incoming, application.data_dir, {TELEGRAM_DATABASE: keep_journal})
    return Restored(returned, tuple(moved), lacks_vectors)


def _returned(application: Application, incoming: Store) -> tuple[str, ...]:
    try:
        removed = removals(application.open_store())
    except DangwuError:  # nothing there yet, or too damaged to tell
        return ()
    back = [each for each in held_documents(incoming) if each.document_id in removed]
    return tuple(each.source for each in back if each.state != "removed")


def _carry_vectors(application: Application, incoming: Store) -> bool:
    """Make the vectors ready before anybody needs them; false where the cache does not have them all."""
    version = incoming.current()
    if version is None or not version.model:
        return True
    root = application.data_dir / incoming.vectors_dir.name
    home = vector_home(incoming, application.settings.chroma.url, root)
    try:
        if home.damage(version):
            with incoming.snapshot() as snapshot:
                home.restore(snapshot)
    except StoreError:
        return False
    finally:
        home.close()
    return True
