"""Checksums of what the store holds: rot is noticed before anything of it is shown.

SQLite finds a broken structure, not a changed byte. So every row of which something is shown, counted or
decided carries a checksum of its values, which the same SQL makes anew wherever the row is read: a row that
does not match is not read at all, and counts as missing. Expressions call revisions ``r``, passages ``p``,
namings ``n``, overrides ``o``, removals ``g`` and versions ``v``. Values are cast to their bytes, because
rot may also turn one into another type.
"""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Sequence

_BYTES = 16


def _of(*columns: str, more: str = "") -> str:
    """SQL that gives the checksum of columns: of their types and their bytes, whatever these are."""
    types = " || ".join(f"typeof({each})" for each in columns)
    values = ", ".join(f"CAST({each} AS BLOB)" for each in columns)
    return f"checksum({types}, {values}{more})"


CARD = _of(
    *("r.id", "r.document_id", "r.source", "r.location", "r.fingerprint", "r.raw_sha256", "r.title"),
    *("r.format", "r.encoding", "r.quarantine", "r.metadata", "r.warnings"),
)
TEXT = _of("r.id", "r.text")
EDITS = _of("r.id", "r.edits", "r.described")
PASSAGE = _of(
    *("p.revision_id", "p.ordinal", "p.public_id", "p.start", "p.stop", "p.section", "p.kind", "p.key")
)
NAMING = _of("n.revision_id", "n.made_by", "n.found")
OVERRIDE = _of("o.document_id", "o.fields")
VECTOR = "crc32(CAST(e.vector AS BLOB))"
"""Of an embedding ``e``: its CRC."""
REMOVAL = _of("g.document_id", "g.removed_with")
_MEMBERS = (
    "SELECT group_concat(revision_id || ':' || is_internal) FROM"
    " (SELECT revision_id, is_internal FROM version_revisions WHERE version_id = v.id ORDER BY revision_id)"
)
VERSION = _of(
    *("v.id", "v.digest", "v.created_at", "v.author", "v.model", "v.dimension", "v.vectors", "v.lexical"),
    *("v.documents", "v.passages", "v.keys", "v.internal_vectors", "v.internal_keys"),
    more=f", CAST(({_MEMBERS}) AS BLOB)",
)
TERMS = "crc32(CAST(t.words || char(10) || t.bigrams || char(10) || t.title AS BLOB))"
"""Of a row ``t`` of a term table: the CRC of the terms by which its passage is ranked."""
# Of a table ``checksums`` called c, joined to r.
SOUND_CARD = f"{CARD} IS c.card"
SOUND_TEXT = f"{TEXT} IS c.text"
SOUND_EDITS = f"{EDITS} IS c.edits"
_SOUND_PASSAGES = (
    f"(SELECT count(*) FROM passages p WHERE p.revision_id = r.id AND {PASSAGE} IS p.checksum) = c.passages"  # nosec B608 # our own SQL alone
)
_SOUND_RAW = (
    "EXISTS (SELECT 1 FROM raws w WHERE w.sha256 = r.raw_sha256 AND sha256(CAST(w.data AS BLOB)) = w.sha256)"
)
_SOUND = " AND ".join((SOUND_CARD, SOUND_TEXT, SOUND_EDITS, _SOUND_PASSAGES, _SOUND_RAW))
NEW = (
    f"INSERT OR REPLACE INTO checksums SELECT r.id, {CARD}, {TEXT}, {EDITS},"  # nosec B608 # our own SQL alone
    " (SELECT count(*) FROM passages p WHERE p.revision_id = r.id) FROM revisions r"
)
"""Writes the checksums of revisions; a condition on them may follow."""


def checksum(types: str, *values: bytes | None) -> bytes:
    """16 bytes over values, each told from its neighbours."""
    digest = hashlib.sha256(types.encode())
    for value in values:
        digest.update(b"-" if value is None else b"%d:" % len(value))
        digest.update(value or b"")
    return digest.digest()[:_BYTES]


class _CrcOfRows:
    """An SQL aggregate: the CRC of all blobs it is given, in order."""

    def __init__(self) -> None:
        self._crc = 0

    def step(self, number: int | None, blob: bytes | None) -> None:
        self._crc = zlib.crc32(blob or b"", zlib.crc32(b"%d" % (number or 0), self._crc))

    def finalize(self) -> int:
        return self._crc


# SQL hands over NULL for what is missing.
def _crc32(data: bytes | None) -> int | None:
    return None if data is None else zlib.crc32(data)


def _sha256(data: bytes | None) -> str | None:
    return None if data is None else hashlib.sha256(data).hexdigest()


def register(connection: sqlite3.Connection) -> None:
    """Teach a connection what the expressions call."""
    connection.create_function("checksum", -1, checksum, deterministic=True)
    connection.create_function("crc32", 1, _crc32, deterministic=True)
    connection.create_function("sha256", 1, _sha256, deterministic=True)
    connection.create_aggregate("crc_of_rows", 2, _CrcOfRows)  # type: ignore[arg-type]


def seal_terms(connection: sqlite3.Connection, passage: int, terms: Sequence[str]) -> None:
    """Write the checksum of the terms that a term table holds of a passage, column by column."""
    crc = zlib.crc32("\n".join(terms).encode())
    connection.execute("UPDATE passages SET terms = ? WHERE id = ?", (crc, passage))


def seal_revision(connection: sqlite3.Connection, revision_id: int) -> None:
    """Write the checksums of a revision and its passages as they stand."""
    connection.execute(
        f"UPDATE passages AS p SET checksum = {PASSAGE} WHERE p.revision_id = ?",  # nosec B608 # our own SQL alone
        (revision_id,),  # nosec B608 # our own SQL alone
    )
    connection.execute(f"{NEW} WHERE r.id = ?", (revision_id,))


def seal_version(connection: sqlite3.Connection, number: int) -> None:
    """Write the checksum of a version and its members as they stand."""
    connection.execute(f"UPDATE versions AS v SET checksum = {VERSION} WHERE v.id = ?", (number,))  # nosec B608 # our own SQL alone


def is_sound_version(connection: sqlite3.Connection, number: int) -> bool:
    """Whether a version and its members are what was published."""
    row = connection.execute(f"SELECT {VERSION} IS v.checksum FROM versions v WHERE v.id = ?", (number,))  # nosec B608 # our own SQL alone
    return bool(row.fetchone() == (1,))


def crc_of_index(table: str) -> str:
    """SQL that gives the CRC of the inverted index of a term table."""
    blocks = f"SELECT id, CAST(block AS BLOB) AS block FROM {table}_data ORDER BY id"  # nosec B608 # our own SQL alone
    return f"(SELECT coalesce(crc_of_rows(id, block), 0) FROM ({blocks}))"  # nosec B608 # our own SQL alone


def seal_index(connection: sqlite3.Connection, table: str) -> None:
    """Write the checksum of a term table's inverted index as it stands."""
    # FTS5 keeps what is new in memory until the transaction ends or a savepoint begins.
    connection.execute("SAVEPOINT written")
    connection.execute("RELEASE written")
    connection.execute(f"INSERT OR REPLACE INTO index_checksums VALUES (?, {crc_of_index(table)})", (table,))


def is_sound_index(connection: sqlite3.Connection, table: str, *, with_terms: bool = False) -> bool:
    """Whether a term table is what was published; ``with_terms``, which takes longer, all of it."""
    spoilt = f"SELECT 1 FROM {table} t LEFT JOIN passages p ON p.id = t.rowid WHERE {TERMS} IS NOT p.terms"  # nosec B608 # our own SQL alone
    terms = f" AND NOT EXISTS ({spoilt})" if with_terms else ""
    sql = f"SELECT blocks IS {crc_of_index(table)}{terms} FROM index_checksums WHERE name = ?"  # nosec B608 # our own SQL alone
    try:
        return bool(connection.execute(sql, (table,)).fetchone() == (1,))
    except sqlite3.DatabaseError as exc:
        if not is_corruption(exc):
            raise
        return False


def is_corruption(exc: sqlite3.Error) -> bool:
    """Whether SQLite found that what it read cannot be what was written."""
    return (getattr(exc, "sqlite_errorcode", 0) & 0xFF) == sqlite3.SQLITE_CORRUPT


def damaged_among(connection: sqlite3.Connection, held: str, sound: set[int]) -> dict[int, str]:
    """Those of the revisions that SQL names that are damaged in any part, with what their sources seem to be.

    Those that are known to be ``sound`` are not looked at; the others that are so are added to them.
    """
    named = connection.execute(
        f"SELECT w.revision_id, coalesce(r.source, '') FROM ({held}) w"  # nosec B608 # our own SQL alone
        " LEFT JOIN revisions r ON r.id = w.revision_id WHERE w.revision_id IS NOT NULL"
    ).fetchall()
    for revision_id, _ in named:
        if revision_id not in sound and is_sound_revision(connection, revision_id):
            sound.add(revision_id)
    return {revision_id: source for revision_id, source in named if revision_id not in sound}


def is_sound_revision(connection: sqlite3.Connection, revision_id: int) -> bool:
    """Whether a revision is what was stored, in all its parts."""
    row = connection.execute(
        f"SELECT 1 FROM revisions r JOIN checksums c ON c.revision_id = r.id WHERE r.id = ? AND {_SOUND}",  # nosec B608 # our own SQL alone
        (revision_id,),
    )
    return row.fetchone() is not None
