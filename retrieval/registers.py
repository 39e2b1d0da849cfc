"""The register of each corpus version, made when the version is first searched and kept while it is used."""

from __future__ import annotations

from collections.abc import Collection
from threading import Lock
from typing import TYPE_CHECKING

from retrieval.authority import Register, make_register

if TYPE_CHECKING:
    from retrieval.records import Audience
    from retrieval.snapshot import Snapshot

# Two audiences, and the version before while questions that began on it are finished.
_KEPT = 4


class RegisterCache:
    """Registers by version and audience; safe to use from several threads.

    What an audience may not see must not speak through the status of what it may see: each has its own.
    """

    def __init__(self) -> None:
        self._held: dict[tuple[str, frozenset[Audience]], Register] = {}
        self._lock = Lock()

    def get(self, snapshot: Snapshot) -> Register:
        """The register of the documents of a snapshot."""
        key = (snapshot.index_version, snapshot.audiences)
        with self._lock:
            if key not in self._held:
                self._held[key] = _make(snapshot)
                while len(self._held) > _KEPT:
                    del self._held[next(iter(self._held))]
            return self._held[key]


def _make(snapshot: Snapshot) -> Register:
    def contents(document_id: str) -> Collection[str]:
        rows = snapshot.connection.execute(
            "SELECT p.key FROM revisions r CROSS JOIN version_revisions m ON m.revision_id = r.id"
            " CROSS JOIN passages p ON p.revision_id = r.id WHERE m.version_id = ? AND r.document_id = ?",
            (snapshot.version, document_id),
        )
        return {row[0] for row in rows}

    return make_register(snapshot.documents(), contents)
