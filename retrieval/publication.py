"""Writing to the store: staged revisions, cached embeddings, and the one transaction that publishes.

Staged rows belong to no version, so no reader sees them; a killed ingest leaves them for the next one to
take up. Whoever calls these functions holds the ingest lock.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

from retrieval.checksums import (
    VECTOR,
    damaged_among,
    is_sound_index,
    is_sound_revision,
    seal_index,
    seal_revision,
    seal_terms,
    seal_version,
)
from retrieval.lexical import TERM_TABLES
from retrieval.records import Audience, PassageKind
from retrieval.retention import VERSIONS_KEPT, prune
from retrieval.schema import IS_INTERNAL, term_table
from retrieval.snapshot import Version
from retrieval.store import Store

ASIDE = "!"
"""Behind the fingerprint of a damaged revision whose place another one has taken."""
# (text, section, title) -> the search tokens of (words, bigrams, title), separated by spaces.
IndexTerms = Callable[[str, str, str], tuple[str, str, str]]
# What else is to be true from the moment a version is current.
Amendment = Callable[[sqlite3.Connection], object]


@dataclass(frozen=True, slots=True)
class NewPassage:
    """A passage of a revision that is not stored yet: half-open code point offsets of its text."""

    start: int
    end: int
    section: str
    kind: PassageKind


@dataclass(frozen=True, slots=True)
class NewRevision:
    """One state of one document, ready to be stored.

    ``location`` is what the document id was made from, ``fingerprint`` names everything the revision
    depends on: bytes, sidecar, stated fields and the settings of cleaning and passage making. ``edits`` are
    JSON objects, ``sketch`` is what near-duplicates are told by, empty for none. ``described`` is the
    metadata without what a maintainer has stated, where that differs. ``remarks`` are those of the warnings
    that a plan shows; they are not stored apart.
    """

    document_id: str
    source: str
    location: str
    fingerprint: str
    raw: bytes
    title: str
    text: str
    metadata: Mapping[str, str]
    edits: Sequence[Mapping[str, Any]]
    warnings: Sequence[str]
    quarantine: str | None
    format: str
    encoding: str
    passages: Sequence[NewPassage]
    sketch: bytes = b""
    described: Mapping[str, str] | None = None
    remarks: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class StoredRevision:
    """A document as the current version holds it: ``passages`` their number, ``size`` the raw bytes'.

    ``is_damaged`` only where it has been looked for: what is stored of it is not what was written.
    """

    revision_id: int
    document_id: str
    source: str
    location: str
    fingerprint: str
    raw_sha256: str
    quarantine: str | None
    passages: int
    size: int
    is_damaged: bool = False


@dataclass(frozen=True, slots=True)
class Root:
    """A remembered file or folder; ``name`` is the first part of its documents' sources.

    ``follows_links``: links in it that lead out of it are followed.
    """

    location: str
    name: str
    follows_links: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What a version is to hold; the order of ``revisions`` does not matter."""

    revisions: frozenset[int]
    roots: tuple[Root, ...]
    model: str
    dimension: int
    lexical: str
    vectors: str = ""
    internal_vectors: str = ""


def content_key(text: str) -> str:
    """The name of a passage's text: 32 hex digits, equal for equal texts."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def roots(store: Store) -> list[Root]:
    """The remembered roots, in the order in which they were added."""
    with store.reading() as connection:
        rows = connection.execute("SELECT location, name, follows_links FROM roots ORDER BY id")
        return [Root(location, name, bool(follows)) for location, name, follows in rows]


def manifest(store: Store) -> dict[str, StoredRevision]:
    """The documents of the current version by their id, quarantined ones included."""
    return _stored(
        store,
        "SELECT m.revision_id FROM current_version c JOIN version_revisions m ON m.version_id = c.version_id",
    )


def manifest_of(store: Store, number: int) -> dict[str, StoredRevision]:
    """The documents of a kept version by their id."""
    return _stored(store, "SELECT revision_id FROM version_revisions WHERE version_id = ?", number)


def _stored(store: Store, held: str, *values: int) -> dict[str, StoredRevision]:
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT r.id, r.document_id, r.source, r.location, r.fingerprint, r.raw_sha256, r.quarantine,"  # nosec B608 # question marks alone
            " (SELECT count(*) FROM passages p WHERE p.revision_id = r.id),"
            " (SELECT length(w.data) FROM raws w WHERE w.sha256 = r.raw_sha256)"
            f" FROM revisions r WHERE r.id IN ({held})",
            values,
        )
        return {row[1]: StoredRevision(*row) for row in rows}


def damaged_revisions(store: Store) -> dict[int, str]:
    """The revisions of the current version that are damaged in any part, with their sources.

    Each is read whole, once in the life of the store object.
    """
    held = "version_revisions m JOIN current_version c ON c.version_id = m.version_id"
    with store.reading() as connection:
        return damaged_among(connection, f"SELECT m.revision_id FROM {held}", store.sound_revisions)  # nosec B608 # our own SQL alone


def lost_revisions(store: Store) -> dict[int, str]:
    """The revisions held by former versions, or kept of removed documents, that are damaged for good."""
    held = "SELECT revision_id FROM version_revisions UNION SELECT revision_id FROM removals"
    with store.reading() as connection:
        damaged = damaged_among(connection, held, store.sound_revisions)
    current = damaged_revisions(store)
    return {
        revision_id: source
        for revision_id, source in damaged.items()
        if revision_id not in current and sound_revision(store, revision_id) is None
    }


def sound_revision(store: Store, revision_id: int) -> int | None:
    """The revision if it is sound, or else one of the same file that has taken its place since."""
    with store.reading() as connection:
        if is_sound_revision(connection, revision_id):
            return revision_id
        row = connection.execute(
            "SELECT n.id FROM revisions n JOIN revisions r USING (document_id, source) WHERE r.id = ?1"
            " AND n.fingerprint = substr(r.fingerprint, 1, instr(r.fingerprint || ?2, ?2) - 1)",
            (revision_id, ASIDE),
        ).fetchone()
        return row[0] if row and is_sound_revision(connection, row[0]) else None


def are_indexes_sound(store: Store) -> bool:
    """Whether the term indexes are what was published; reads all of them, once for a version."""
    with store.reading() as connection:
        row = connection.execute("SELECT version_id FROM current_version").fetchone()
        if row != (store.sound_indexes,) and all(
            is_sound_index(connection, table, with_terms=True) for table in TERM_TABLES.values()
        ):
            store.sound_indexes = row[0] if row else 0
        return row is None or row == (store.sound_indexes,)


def stage(store: Store, revisions: Iterable[NewRevision]) -> list[int]:
    """Store revisions and give their row ids; one that is stored already is taken as it is."""
    with store.writing() as connection:
        return [_stage_one(connection, revision) for revision in revisions]


def sketches(store: Store, revision_ids: Collection[int], tag: bytes) -> dict[int, bytes]:
    """The stored sketches of these revisions that begin with ``tag``, by revision."""
    with store.reading() as connection:
        _list_ids(connection, revision_ids)
        rows = connection.execute(
            "SELECT revision_id, sketch FROM sketches JOIN temp.wanted USING (revision_id)"
        )
        return {revision_id: sketch for revision_id, sketch in rows if sketch.startswith(tag)}


def texts(store: Store, revision_ids: Collection[int]) -> Iterator[tuple[int, str]]:
    """These revisions with their cleaned texts."""
    with store.reading() as connection:
        _list_ids(connection, revision_ids)
        yield from connection.execute(
            "SELECT id, text FROM revisions JOIN temp.wanted ON revision_id = id ORDER BY id"
        )


def revision_keys(store: Store, revision_ids: Collection[int], audience: Audience) -> set[str]:
    """The content keys of the passages of those of these revisions that are for an audience."""
    with store.reading() as connection:
        _list_ids(connection, revision_ids)
        rows = connection.execute(
            "SELECT DISTINCT p.key FROM temp.wanted w JOIN revisions r ON r.id = w.revision_id"  # nosec B608 # our own SQL alone
            f" JOIN passages p ON p.revision_id = r.id WHERE ({IS_INTERNAL}) = ?",
            (audience == "内部",),
        )
        return {row[0] for row in rows}


def unembedded(store: Store, revision_ids: Collection[int], model: str) -> list[tuple[str, str]]:
    """The (key, text) of each distinct passage that the cache does not hold for ``model``, in order."""
    with store.reading() as connection:
        _list_ids(connection, revision_ids)
        rows = connection.execute(
            "SELECT p.key, r.id, p.start, p.stop FROM temp.wanted w"
            " JOIN passages p ON p.revision_id = w.revision_id JOIN revisions r ON r.id = p.revision_id"
            " WHERE NOT EXISTS (SELECT 1 FROM embeddings e JOIN models o ON o.id = e.model_id"
            "   WHERE o.fingerprint = ? AND e.key = p.key)"
            " ORDER BY r.source, r.id, p.ordinal",
            (model,),
        ).fetchall()
        texts = _Texts(connection)
        found = {key: (revision_id, start, stop) for key, revision_id, start, stop in reversed(rows)}
        return [(key, texts[at[0]][at[1] : at[2]]) for key, at in reversed(found.items())]


def cache_embeddings(store: Store, model: str, dimension: int, vectors: Mapping[str, bytes]) -> None:
    """Keep vectors (little-endian float32) by content key, so that no text is embedded twice."""
    with store.writing() as connection:
        connection.execute(
            "INSERT OR IGNORE INTO models (fingerprint, dimension) VALUES (?, ?)", (model, dimension)
        )
        model_id = connection.execute("SELECT id FROM models WHERE fingerprint = ?", (model,)).fetchone()[0]
        connection.executemany(
            "INSERT OR REPLACE INTO embeddings (model_id, key, vector, crc) VALUES (?, ?, ?3, crc32(?3))",
            [(model_id, key, vector) for key, vector in vectors.items()],
        )


def cached_embeddings(
    store: Store, model: str, keys: Iterable[str], *, at_once: int = 1000
) -> Iterator[dict[str, bytes]]:
    """The cached vectors of ``keys`` in portions; keys that are not cached, or damaged, are left out."""
    ordered = sorted(keys)
    for at in range(0, len(ordered), at_once):
        with store.reading() as connection:
            yield read_embeddings(connection, model, ordered[at : at + at_once])


def read_embeddings(connection: sqlite3.Connection, model: str, keys: Sequence[str]) -> dict[str, bytes]:
    """The cached vectors of at most a few thousand ``keys``; those not cached, or damaged, are left out."""
    marks = ",".join("?" * len(keys))
    return dict(
        connection.execute(
            "SELECT e.key, CAST(e.vector AS BLOB) FROM embeddings e JOIN models o ON o.id = e.model_id"  # nosec B608 # our own SQL alone
            f" WHERE o.fingerprint = ? AND e.key IN ({marks}) AND {VECTOR} IS e.crc",
            (model, *keys),
        ).fetchall()
    )


def damaged_embeddings(store: Store) -> int:
    """How many cached vectors are not what was computed."""
    with store.reading() as connection:
        row = connection.execute(f"SELECT count(*) FROM embeddings e WHERE {VECTOR} IS NOT e.crc").fetchone()  # nosec B608 # our own SQL alone
        return int(row[0])


def drop_damaged_embeddings(store: Store) -> None:
    """Forget the cached vectors that are not what was computed, so that they are computed anew."""
    if damaged_embeddings(store):
        with store.writing() as connection:
            connection.execute(f"DELETE FROM embeddings AS e WHERE {VECTOR} IS NOT e.crc")  # nosec B608 # our own SQL alone


def publish(
    store: Store,
    draft: Draft,
    *,
    index_terms: IndexTerms,
    author: str,
    report: Mapping[str, Any],
    at: datetime,
    keep: int = VERSIONS_KEPT,
    amend: Amendment | None = None,
    rebuild: bool = False,
) -> Version:
    """Make ``draft`` the current version in one transaction: lexical index, rows, pointer, roots.

    ``amend`` does its part in the same transaction, once the draft is current. The newest ``keep`` versions
    are kept whole. ``rebuild`` makes the term indexes from the texts alone.
    """
    with store.writing() as connection:
        _list_ids(connection, draft.revisions)
        _update_lexical_index(connection, draft, index_terms, is_new=rebuild)
        digest = _digest(connection, draft)
        number = _insert_version(connection, draft, digest, author, report, at)
        connection.execute(
            "INSERT INTO version_revisions (version_id, revision_id, is_internal)"  # nosec B608 # our own SQL alone
            f" SELECT ?, r.id, {IS_INTERNAL} FROM temp.wanted w JOIN revisions r ON r.id = w.revision_id",
            (number,),
        )
        count_contents(connection, number)
        seal_version(connection, number)
        connection.execute("INSERT OR REPLACE INTO current_version VALUES (1, ?)", (number,))
        _replace_roots(connection, draft.roots, at)
        if amend:
            amend(connection)
        prune(connection, keep)
    store.sound_indexes = number
    version = store.current()
    assert version is not None  # nosec B101 # narrows a type; no input decides it
    return version


def remember_roots(store: Store, wanted: Sequence[Root], at: datetime) -> None:
    """Replace the remembered roots without publishing a version."""
    with store.writing() as connection:
        _replace_roots(connection, wanted, at)


def recent_vectors(store: Store, count: int = 2) -> list[str]:
    """The vectors folders of the latest versions, at most ``count`` different ones for each audience."""
    with store.reading() as connection:
        return [
            row[0]
            for column in ("vectors", "internal_vectors")
            for row in connection.execute(
                f"SELECT {column} FROM versions WHERE {column} <> ''"  # nosec B608 # names of our own columns alone
                f" GROUP BY {column} ORDER BY max(id) DESC LIMIT ?",
                (count,),
            )
        ]


def recent_keys(store: Store, model: str, audience: Audience, count: int = 2) -> set[str]:
    """The content keys for an audience in the latest ``count`` versions that hold vectors of ``model``."""
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT DISTINCT p.key FROM version_revisions m JOIN passages p ON p.revision_id = m.revision_id"
            " WHERE m.version_id IN (SELECT id FROM versions WHERE model = ? ORDER BY id DESC LIMIT ?)"
            " AND m.is_internal = ?",
            (model, count, audience == "内部"),
        )
        return {row[0] for row in rows}


def count_contents(connection: sqlite3.Connection, number: int) -> None:
    """Write down how much a version holds, counted from its members."""
    connection.execute(
        "UPDATE versions SET documents = (SELECT count(*) FROM version_revisions WHERE version_id = ?1),"
        " (passages, keys, internal_keys) = (SELECT count(*),"
        "  count(DISTINCT CASE WHEN NOT m.is_internal THEN p.key END),"
        "  count(DISTINCT CASE WHEN m.is_internal THEN p.key END)"
        "  FROM version_revisions m JOIN passages p USING (revision_id) WHERE m.version_id = ?1)"
        " WHERE id = ?1",
        (number,),
    )


def store_id(store: Store) -> str:
    """A random name that the database got when it was made; copies of the data folder share it."""
    with store.reading() as connection:
        row = connection.execute("SELECT value FROM meta WHERE key = 'store_id'").fetchone()
        return str(row[0])


class _Texts(dict[int, str]):
    """Revision texts, each read once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__()
        self._connection = connection

    def __missing__(self, revision_id: int) -> str:
        row = self._connection.execute("SELECT text FROM revisions WHERE id = ?", (revision_id,)).fetchone()
        self[revision_id] = str(row[0])
        return self[revision_id]


def _list_ids(connection: sqlite3.Connection, revision_ids: Iterable[int]) -> None:
    # A temporary table carries sets of any size into a query.
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS wanted (revision_id INTEGER PRIMARY KEY)")
    connection.execute("DELETE FROM temp.wanted")
    connection.executemany("INSERT OR IGNORE INTO temp.wanted VALUES (?)", ((each,) for each in revision_ids))


def _stage_one(connection: sqlite3.Connection, new: NewRevision) -> int:
    known = connection.execute(
        "SELECT id FROM revisions WHERE document_id = ? AND source = ? AND fingerprint = ?",
        (new.document_id, new.source, new.fingerprint),
    ).fetchone()
    if known and is_sound_revision(connection, known[0]):
        return int(known[0])
    if known:
        # Former versions keep what is left of it; its place is wanted.
        connection.execute(
            "UPDATE revisions SET fingerprint = fingerprint || ? || id WHERE id = ?", (ASIDE, known[0])
        )
    raw_sha256 = hashlib.sha256(new.raw).hexdigest()
    connection.execute(
        "INSERT INTO raws VALUES (?, ?) ON CONFLICT (sha256)"
        " DO UPDATE SET data = excluded.data WHERE data IS NOT excluded.data",
        (raw_sha256, new.raw),
    )
    cursor = connection.execute(
        "INSERT INTO revisions (document_id, source, location, fingerprint, raw_sha256, title, format,"
        " encoding, quarantine, metadata, described, warnings, text, edits)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            *(new.document_id, new.source, new.location, new.fingerprint, raw_sha256, new.title),
            *(new.format, new.encoding, new.quarantine, _json(dict(new.metadata))),
            None if new.described is None else _json(dict(new.described)),
            *(_json(list(new.warnings)), new.text, _json([dict(edit) for edit in new.edits])),
        ),
    )
    revision_id = cursor.lastrowid
    assert revision_id is not None  # nosec B101 # narrows a type; no input decides it
    connection.executemany(
        "INSERT INTO passages (revision_id, ordinal, public_id, start, stop, section, kind, key)"
        " VALUES (?,?,?,?,?,?,?,?)",
        _passage_rows(revision_id, new),
    )
    seal_revision(connection, revision_id)
    if new.sketch:
        connection.execute("INSERT INTO sketches VALUES (?, ?)", (revision_id, new.sketch))
    return revision_id


def _passage_rows(revision_id: int, new: NewRevision) -> Iterator[tuple[Any, ...]]:
    """The passages' rows; a public id depends on the passage's text, so an edit elsewhere keeps it."""
    seen: Counter[str] = Counter()
    for ordinal, passage in enumerate(new.passages):
        key = content_key(new.text[passage.start : passage.end])
        public_id = f"{new.document_id}-{key[:8]}"
        seen[public_id] += 1
        if seen[public_id] > 1:
            public_id += f"-{seen[public_id]}"
        yield revision_id, ordinal, public_id, passage.start, passage.end, passage.section, passage.kind, key


def _update_lexical_index(
    connection: sqlite3.Connection, draft: Draft, index_terms: IndexTerms, *, is_new: bool
) -> None:
    """Take out the passages that leave, put in those that come; all of them if ``is_new``.

    So too if the tokens changed, or if the index does not hold these passages then.
    """
    row = connection.execute(
        "SELECT v.id, v.lexical FROM current_version c JOIN versions v ON v.id = c.version_id"
    ).fetchone()
    current, lexical = row or (0, draft.lexical)
    is_new = is_new or lexical != draft.lexical
    if is_new:
        current = 0
    for table in TERM_TABLES.values():
        if is_new:
            # Not emptied: what has rotted may be in the way of that.
            connection.execute(f"DROP TABLE {table}")
            connection.execute(term_table(table))
        connection.execute(
            f"DELETE FROM {table} WHERE rowid IN (SELECT p.id FROM version_revisions m"  # nosec B608 # names of our own tables alone
            " JOIN passages p ON p.revision_id = m.revision_id WHERE m.version_id = ?"
            " AND m.revision_id NOT IN (SELECT revision_id FROM temp.wanted))",
            (current,),
        )
    texts = _Texts(connection)
    for rowid, revision_id, start, stop, section, title, is_internal in connection.execute(
        f"SELECT p.id, r.id, p.start, p.stop, p.section, r.title, {IS_INTERNAL} FROM temp.wanted w"  # nosec B608 # our own SQL alone
        " JOIN passages p ON p.revision_id = w.revision_id JOIN revisions r ON r.id = p.revision_id"
        " WHERE w.revision_id NOT IN (SELECT revision_id FROM version_revisions WHERE version_id = ?)"
        " ORDER BY p.id",
        (current,),
    ).fetchall():
        terms = index_terms(texts[revision_id][start:stop], section, title)
        table = TERM_TABLES["内部" if is_internal else "公开"]
        connection.execute(
            f"INSERT INTO {table} (rowid, words, bigrams, title) VALUES (?,?,?,?)",  # nosec B608 # names of our own tables alone
            (rowid, *terms),
        )
        seal_terms(connection, rowid, terms)
    if not is_new and not _holds_as_many(connection):
        _update_lexical_index(connection, draft, index_terms, is_new=True)
        return
    for table in TERM_TABLES.values():
        seal_index(connection, table)


def _holds_as_many(connection: sqlite3.Connection) -> bool:
    indexed = " + ".join(f"(SELECT count(*) FROM {table}_docsize)" for table in TERM_TABLES.values())  # nosec B608 # our own SQL alone
    row = connection.execute(
        f"SELECT {indexed} = (SELECT count(*) FROM passages JOIN temp.wanted USING (revision_id))"  # nosec B608 # our own SQL alone
    )
    return bool(row.fetchone() == (1,))


def _digest(connection: sqlite3.Connection, draft: Draft) -> str:
    digest = hashlib.sha256(f"{draft.model}\n{draft.lexical}\n".encode())
    for row in connection.execute(
        "SELECT r.document_id, r.source, r.fingerprint FROM temp.wanted w"
        " JOIN revisions r ON r.id = w.revision_id ORDER BY r.document_id"
    ):
        digest.update("\t".join(row).encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()


def _insert_version(
    connection: sqlite3.Connection,
    draft: Draft,
    digest: str,
    author: str,
    report: Mapping[str, Any],
    at: datetime,
) -> int:
    """The number of a new version, whose contents are not counted yet."""
    cursor = connection.execute(
        "INSERT INTO versions (digest, created_at, author, host, pid, model, dimension, vectors,"
        " internal_vectors, lexical, documents, passages, keys, report) VALUES (?,?,?,?,?,?,?,?,?,?,0,0,0,?)",
        (
            *(digest, at.isoformat(timespec="seconds"), author, socket.gethostname(), os.getpid()),
            *(draft.model, draft.dimension, draft.vectors, draft.internal_vectors, draft.lexical),
            _json(report),
        ),
    )
    assert cursor.lastrowid is not None  # nosec B101 # narrows a type; no input decides it
    return cursor.lastrowid


def _replace_roots(connection: sqlite3.Connection, wanted: Sequence[Root], at: datetime) -> None:
    connection.execute(
        f"DELETE FROM roots WHERE location NOT IN ({','.join('?' * len(wanted))})",  # nosec B608 # question marks alone
        [root.location for root in wanted],
    )
    connection.executemany(
        "INSERT INTO roots (location, name, follows_links, added_at) VALUES (?,?,?,?)"
        " ON CONFLICT (location) DO UPDATE SET name = excluded.name, follows_links = excluded.follows_links",
        [(*astuple(root), at.isoformat(timespec="seconds")) for root in wanted],
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
