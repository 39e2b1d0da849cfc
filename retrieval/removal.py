"""Documents taken out of every version at once, and remembered so that they are not taken in again.

A removed document's last state stays in the store until it is purged; a purged one leaves its id alone.
Everything here runs inside the transaction that publishes the corpus without them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from retrieval.checksums import REMOVAL, is_sound_version, seal_version
from retrieval.erasure import Purged, note_purge, signs_of
from retrieval.errors import StoreError
from retrieval.publication import count_contents
from retrieval.retention import drop_orphans, drop_vectors
from retrieval.store import RESTORE, Store


@dataclass(frozen=True, slots=True)
class Removal:
    """A document that is not to be taken in; ``removed_with`` is its id or that of its root."""

    document_id: str
    removed_with: str


def removals(store: Store) -> dict[str, Removal]:
    """The removed documents by id, purged ones included; StoreError where that is not known any more."""
    with store.reading() as connection:
        rows = connection.execute(
            f"SELECT g.document_id, g.removed_with, {REMOVAL} IS g.checksum FROM removals g"  # nosec B608 # our own SQL alone
        ).fetchall()
    if not all(is_sound for *_, is_sound in rows):
        raise StoreError("移除资料的记录已经损坏。", remedy=RESTORE)
    return {row[0]: Removal(*row[:2]) for row in rows}


def remove_documents(connection: sqlite3.Connection, removed_with: Mapping[str, str], at: datetime) -> None:
    """Take documents out of all versions, keeping the last state of each.

    ``removed_with`` gives for each document the id of what was named: its own, or that of its root.
    """
    ids = json.dumps(list(removed_with))
    connection.executemany(
        "INSERT INTO removals (document_id, removed_with, removed_at) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET removed_with = excluded.removed_with",
        [(document, named, at.isoformat(timespec="seconds")) for document, named in removed_with.items()],
    )
    connection.execute(
        f"UPDATE removals AS g SET checksum = {REMOVAL}"  # nosec B608 # our own SQL alone
        " WHERE g.document_id IN (SELECT value FROM json_each(?))",
        (ids,),
    )
    connection.execute(
        "UPDATE removals SET revision_id = coalesce("
        " (SELECT m.revision_id FROM version_revisions m JOIN revisions r ON r.id = m.revision_id"
        "  WHERE r.document_id = removals.document_id ORDER BY m.version_id DESC LIMIT 1), revision_id)"
        " WHERE document_id IN (SELECT value FROM json_each(?))",
        (ids,),
    )
    touched = connection.execute(
        "SELECT DISTINCT version_id FROM version_revisions WHERE revision_id IN"
        " (SELECT id FROM revisions WHERE document_id IN (SELECT value FROM json_each(?)))",
        (ids,),
    ).fetchall()
    # A damaged one stays so: it must not be taken for what was published.
    sound = [number for (number,) in touched if is_sound_version(connection, number)]
    connection.execute(
        "DELETE FROM version_revisions WHERE revision_id IN"
        " (SELECT id FROM revisions WHERE document_id IN (SELECT value FROM json_each(?)))",
        (ids,),
    )
    for number in sound:
        count_contents(connection, number)
        seal_version(connection, number)


def purge_documents(connection: sqlite3.Connection, documents: Collection[str]) -> None:
    """Erase what the store holds of removed documents, apart from their ids: text, bytes, vectors, mentions.

    Notes that the traces in files are still to be erased, see ``retrieval.erasure``.
    """
    ids = json.dumps(list(documents))
    of_them = "document_id IN (SELECT value FROM json_each(?))"
    note_purge(connection, [_described(connection, each) for each in documents])
    keys = connection.execute(
        f"SELECT DISTINCT key FROM passages WHERE revision_id IN (SELECT id FROM revisions WHERE {of_them})",  # nosec B608 # our own SQL alone
        (ids,),
    ).fetchall()
    connection.execute(f"UPDATE removals SET revision_id = NULL WHERE {of_them}", (ids,))  # nosec B608 # our own SQL alone
    connection.execute(f"DELETE FROM overrides WHERE {of_them}", (ids,))  # nosec B608 # our own SQL alone
    connection.execute(f"DELETE FROM revisions WHERE {of_them}", (ids,))  # nosec B608 # our own SQL alone
    drop_orphans(connection)
    drop_vectors(connection, [row[0] for row in keys])
    _erase_mentions(connection, frozenset(documents))


def take_back(connection: sqlite3.Connection, documents: Collection[str]) -> None:
    """Forget that these documents were removed."""
    connection.executemany("DELETE FROM removals WHERE document_id = ?", [(each,) for each in documents])


def _described(connection: sqlite3.Connection, document: str) -> Purged:
    """What is noted of a document of which the store may hold nothing any more."""
    rows = connection.execute(
        "SELECT location, title, raw_sha256, text FROM revisions WHERE document_id = ? ORDER BY id",
        (document,),
    ).fetchall()
    keys = connection.execute(
        "SELECT DISTINCT p.key FROM passages p JOIN revisions r ON r.id = p.revision_id"
        " WHERE r.document_id = ? ORDER BY p.id",
        (document,),
    )
    return Purged(
        document,
        rows[-1][0] if rows else "",
        tuple(dict.fromkeys(row[1] for row in rows)),
        signs_of((row[3] for row in rows), (row[0] for row in keys)),
        tuple(dict.fromkeys(row[2] for row in rows)),
    )


def _erase_mentions(connection: sqlite3.Connection, documents: frozenset[str]) -> None:
    for number, text in connection.execute("SELECT id, report FROM versions").fetchall():
        report = json.loads(text)
        kept = [each for each in report.get("documents", ()) if each["id"] not in documents]
        if len(kept) != len(report.get("documents", ())):
            report["documents"] = kept
            connection.execute(
                "UPDATE versions SET report = ? WHERE id = ?",
                (json.dumps(report, ensure_ascii=False), number),
            )
