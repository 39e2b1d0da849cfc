"""Fields that a maintainer states of a document: kept by document id, apart from all versions.

They outlive the document's file and every return to an older version.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime

from retrieval.store import Store

Fields = Mapping[str, str]


def overrides(store: Store) -> dict[str, Fields]:
    """The stated fields by document id."""
    with store.reading() as connection:
        rows = connection.execute("SELECT document_id, fields FROM overrides")
        return {document_id: json.loads(fields) for document_id, fields in rows}


def keep_override(connection: sqlite3.Connection, document_id: str, fields: Fields, at: datetime) -> None:
    """State exactly these fields of a document; none at all leaves it as its file says."""
    if not fields:
        connection.execute("DELETE FROM overrides WHERE document_id = ?", (document_id,))
        return
    connection.execute(
        "INSERT OR REPLACE INTO overrides VALUES (?, ?, ?)",
        (document_id, json.dumps(dict(fields), ensure_ascii=False), at.isoformat(timespec="seconds")),
    )
