"""How long versions are kept: the newest ones whole, of the older ones a line in the log.

What no kept version holds goes with them, except the last state of removed documents. Runs inside the
transaction that publishes.
"""

from __future__ import annotations

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
    leaving = "version_id IN (SELECT id FROM versions WHERE NOT is_kept)"
    # Only the vectors of these: those of a killed ingest are taken up by the next one.
    keys = connection.execute(
        "SELECT DISTINCT p.key FROM version_revisions m JOIN passages p USING (revision_id)"
        f" WHERE m.{leaving}"
    ).fetchall()
    connection.execute(f"DELETE FROM version_revisions WHERE {leaving}")
    drop_orphans(connection)
    drop_vectors(connection, [row[0] for row in keys])


def drop_orphans(connection: sqlite3.Connection) -> None:
    """Remove revisions and raw bytes that no version and no removed document holds."""
    connection.execute(f"DELETE FROM revisions WHERE id NOT IN ({_HELD})")
    connection.execute("DELETE FROM raws WHERE sha256 NOT IN (SELECT raw_sha256 FROM revisions)")


def drop_vectors(connection: sqlite3.Connection, keys: list[str]) -> None:
    """Remove those of the cached vectors of ``keys`` that no stored passage has any more."""
    connection.executemany(
        "DELETE FROM embeddings WHERE model_id IN (SELECT id FROM models) AND key = ?1"
        " AND NOT EXISTS (SELECT 1 FROM passages WHERE key = ?1)",
        [(key,) for key in keys],
    )
