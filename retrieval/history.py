"""What has become of the corpus: every version with who published it, when, and what it changed."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from retrieval.snapshot import VERSION_COLUMNS, Version
from retrieval.store import Store


@dataclass(frozen=True, slots=True)
class PastVersion:
    """One version in the history.

    ``action`` is the command that published it, ``details`` what that adds, such as the version returned
    to; ``documents`` are the changed ones as ``dangwu ingest --json`` names them. Of a version that is not
    ``is_kept`` only this is left.
    """

    version: Version
    host: str
    action: str
    details: Mapping[str, Any]
    documents: tuple[Mapping[str, Any], ...]
    embedded: int
    is_kept: bool
    is_current: bool

    def counts(self) -> dict[str, int]:
        """How many documents each kind of change concerned."""
        return dict(Counter(str(each["change"]) for each in self.documents))

    def as_json(self) -> dict[str, Any]:
        """The version as ``dangwu history --json`` prints it."""
        return {
            "version": self.version.name,
            "at": self.version.created_at,
            "author": self.version.author,
            "host": self.host,
            "action": self.action,
            **self.details,
            "documents": self.version.documents,
            "passages": self.version.passages,
            "embedded": self.embedded,
            "changes": self.counts(),
            "changed": [dict(each) for each in self.documents],
            "current": self.is_current,
            "kept": self.is_kept,
        }


def past_versions(store: Store) -> list[PastVersion]:
    """Every version, newest first."""
    with store.reading() as connection:
        return list(_read(connection))


def _read(connection: sqlite3.Connection) -> Iterable[PastVersion]:
    rows = connection.execute(
        f"SELECT {VERSION_COLUMNS}, v.host, v.report, v.is_kept,"  # nosec B608 # our own SQL alone
        " EXISTS (SELECT 1 FROM current_version c WHERE c.version_id = v.id)"
        " FROM versions v ORDER BY v.id DESC"
    )
    for *version, host, report, is_kept, is_current in rows:
        details = _details(report)
        yield PastVersion(
            version=Version(*version),
            host=host,
            # The first schema knew no other command.
            action=details.pop("action", "ingest"),
            documents=tuple(details.pop("documents", ())),
            embedded=details.pop("embedded", 0),
            details=details,
            is_kept=bool(is_kept),
            is_current=bool(is_current),
        )


def _details(report: str) -> dict[str, Any]:
    """What is written of a version; nothing where it cannot be read any more."""
    try:
        return dict(json.loads(report))
    except (ValueError, TypeError):
        return {}


def internal_documents(store: Store, number: int) -> frozenset[str]:
    """The ids of the documents that a kept version held for internal use."""
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT r.document_id FROM version_revisions m JOIN revisions r ON r.id = m.revision_id"
            " WHERE m.version_id = ? AND m.is_internal",
            (number,),
        )
        return frozenset(row[0] for row in rows)


def former_revisions(store: Store, document_id: str) -> list[int]:
    """The rows of the states that kept versions hold of a document, the latest first."""
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT r.id FROM version_revisions m JOIN revisions r ON r.id = m.revision_id"
            " WHERE r.document_id = ? GROUP BY r.id ORDER BY max(m.version_id) DESC",
            (document_id,),
        )
        return [row[0] for row in rows]
