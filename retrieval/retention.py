"""How long versions are kept: the newest ones whole, of the older ones a line in the log.

What no kept version holds goes with them, except the last state of removed documents. Runs inside the
transaction that publishes.
"""

from __future__ import annotations

import json
import sqlite3

VERSIONS_KEPT = 20
"""The default of ``DANGWU_HISTORY__KEEP``."""

_HELD = (
    "SELECT revision_id FROM version_revisions"
    " UNION SELECT revision_id FROM removals WHERE revision_id IS NOT NULL"
)


def prune(connection: sqlite3.Connection, keep: int) -> None:
    """Forget the contents of all but the newest ``keep`` versions, and what killed ingests left behind."""
    connection.execute(
        "UPDATE versions SET is_kept = 0"
        " WHERE is_kept AND id NOT IN (SELECT id FROM versions ORDER BY id DESC LIMIT ?)",
        (keep,),
    )
    leaving = connection.execute(
        "DELETE FROM version_revisions WHERE version_id IN (SELECT id FROM versions WHERE NOT is_kept)"
        " RETURNING revision_id"
    ).fetchall()
    # Only the vectors of these: those of a killed ingest are taken up by the next one.
    keys = connection.execute(
        "SELECT DISTINCT key FROM passages WHERE revision_id IN (SELECT value FROM json_each(?))"  # nosec B608 # our own SQL alone
        f" AND revision_id NOT IN ({_HELD})",
        (json.dumps([row[0] for row in leaving]),),
    ).fetchall()
    drop_orphans(connection)
    drop_vectors(connection, [row[0] for row in keys])


def drop_orphans(connection: sqlite3.Connection) -> None:
    """Remove revisions and raw bytes that no version and no removed document holds."""
    connection.execute(f"DELETE FROM revisions WHERE id NOT IN ({_HELD})")  # nosec B608 # our own SQL alone
    connection.execute("DELETE FROM raws WHERE sha256 NOT IN (SELECT raw_sha256 FROM revisions)")


def drop_vectors(connection: sqlite3.Connection, keys: list[str]) -> None:
    """Remove those of the cached vectors of ``keys`` that no stored passage has any more."""
    connection.executemany(
        "DELETE FROM embeddings WHERE model_id IN (SELECT id FROM models) AND key = ?1"
        " AND NOT EXISTS (SELECT 1 FROM passages WHERE key = ?1)",
        [(key,) for key in keys],
    )
