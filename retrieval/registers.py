"""The register of each corpus version and day, made when first asked for and kept while it is used."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from retrieval.authority import Register, make_register, source_notices
from retrieval.edition_files import known_editions

if TYPE_CHECKING:
    from retrieval.records import Audience
    from retrieval.snapshot import Snapshot
    from retrieval.store import Store

# Two audiences, and the version before while questions that began on it are finished.
_KEPT = 4


class RegisterCache:
    """Registers by version and audience; safe to use from several threads.

    What an audience may not see must not speak through the status of what it may see: each has its own.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._held: dict[tuple[str, frozenset[Audience], str], Register] = {}
        self._lock = Lock()

    def get(self, snapshot: Snapshot, day: str) -> Register:
        """The register of the documents of a snapshot, as things stand on ``day``, ISO 8601."""
        key = (snapshot.index_version, snapshot.audiences, day)
        with self._lock:
            if key not in self._held:
                self._held[key] = make_for(snapshot, day, self._data_dir)
                while len(self._held) > _KEPT:
                    del self._held[next(iter(self._held))]
            return self._held[key]


def make_for(snapshot: Snapshot, day: str, data_dir: Path) -> Register:
    """The register of a snapshot, made anew, with what the known editions say of its documents.

    SettingError where the maintainer's register in the data folder cannot be read.
    """

    def contents(document_id: str) -> Collection[str]:
        rows = snapshot.connection.execute(
            "SELECT p.key FROM revisions r CROSS JOIN version_revisions m ON m.revision_id = r.id"
            " CROSS JOIN passages p ON p.revision_id = r.id WHERE m.version_id = ? AND r.document_id = ?",
            (snapshot.version, document_id),
        )
        return {row[0] for row in rows}

    documents = snapshot.documents()
    register = make_register(documents, contents, text_of=snapshot.document_text, day=day)
    lacking = known_editions(data_dir).missing(documents, datetime.date.fromisoformat(day))
    outdated = {each.document.id: each for each in lacking if each.document.id not in register.replaced}
    return replace(register, missing=outdated)


def standing_today(store: Store, document_id: str) -> tuple[str, tuple[str, ...]]:
    """The state of a document in the current version, and what is said of it where that is not in force.

    Empty for a document that the version does not hold.
    """
    with store.snapshot() as snapshot:
        held = [each for each in snapshot.documents() if each.id == document_id]
        register = make_for(snapshot, datetime.date.today().isoformat(), store.data_dir)
    return (register.state(held[0]) if held else ""), source_notices(held, register)
