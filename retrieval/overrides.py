"""Fields that a maintainer states of a document: kept by document id, apart from all versions.

They outlive the document's file and every return to an older version.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime

from retrieval.checksums import OVERRIDE
from retrieval.errors import StoreError
from retrieval.store import RESTORE, Store

Fields = Mapping[str, str]


def overrides(store: Store) -> dict[str, Fields]:
    """The stated fields by document id; StoreError where they are not what was stated.

    A mark that is lost could open a document to everybody.
    """
    with store.reading() as connection:
        rows = connection.execute(
            f"SELECT o.document_id, o.fields, {OVERRIDE} IS o.checksum FROM overrides o"  # nosec B608 # our own SQL alone
        ).fetchall()
    if not all(is_sound for *_, is_sound in rows):
        raise StoreError("标注的记录已经损坏。", remedy=RESTORE)
    return {document_id: json.loads(fields) for document_id, fields, _ in rows}


def keep_override(connection: sqlite3.Connection, document_id: str, fields: Fields, at: datetime) -> None:
    """State exactly these fields of a document; none at all leaves it as its file says."""
    if not fields:
        connection.execute("DELETE FROM overrides WHERE document_id = ?", (document_id,))
        return
    connection.execute(
        "INSERT OR REPLACE INTO overrides (document_id, fields, changed_at) VALUES (?, ?, ?)",
        (document_id, json.dumps(dict(fields), ensure_ascii=False), at.isoformat(timespec="seconds")),
    )
    connection.execute(
        f"UPDATE overrides AS o SET checksum = {OVERRIDE} WHERE o.document_id = ?",  # nosec B608 # our own SQL alone
        (document_id,),  # nosec B608 # our own SQL alone
    )
