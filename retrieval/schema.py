"""The tables of the store, as numbered steps: step n turns a schema n-1 into a schema n.

Steps are only ever appended. ``PRAGMA user_version`` holds the number, ``PRAGMA application_id`` says
that the file is ours.
"""

from __future__ import annotations

import sqlite3
import uuid

from retrieval.checksums import (
    CARD,
    EDITS,
    NAMING,
    OVERRIDE,
    PASSAGE,
    REMOVAL,
    TERMS,
    TEXT,
    VECTOR,
    VERSION,
    crc_of_index,
    register,
)

APPLICATION_ID = 0x64616E67

# unicode61 with every category a token character except separators and controls: what the token
# functions separated by spaces stays whole (1+3, 56.8%, （一）, Chinese bigrams).
_TOKENIZER = "unicode61 remove_diacritics 0 categories 'L* M* N* P* S* Co Cn'"


def term_table(name: str) -> str:
    """SQL that makes a term index of this name."""
    return f'CREATE VIRTUAL TABLE {name} USING fts5 (words, bigrams, title, tokenize="{_TOKENIZER}")'


_FIRST = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE roots (
    id INTEGER PRIMARY KEY,
    location TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    added_at TEXT NOT NULL
);
CREATE TABLE raws (sha256 TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE revisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    document_id TEXT NOT NULL,
    source TEXT NOT NULL,
    location TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    raw_sha256 TEXT NOT NULL REFERENCES raws (sha256),
    title TEXT NOT NULL,
    format TEXT NOT NULL,
    encoding TEXT NOT NULL,
    quarantine TEXT,
    metadata TEXT NOT NULL,
    warnings TEXT NOT NULL,
    text TEXT NOT NULL,
    edits TEXT NOT NULL,
    UNIQUE (document_id, source, fingerprint)
);
CREATE INDEX revisions_by_raw ON revisions (raw_sha256);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    revision_id INTEGER NOT NULL REFERENCES revisions (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    public_id TEXT NOT NULL,
    start INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    section TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    UNIQUE (revision_id, ordinal)
);
CREATE INDEX passages_by_key ON passages (key);
CREATE TABLE versions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest TEXT NOT NULL,
    created_at TEXT NOT NULL,
    author TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    model TEXT NOT NULL,
    dimension INTEGER NOT NULL,
    vectors TEXT NOT NULL,
    lexical TEXT NOT NULL,
    documents INTEGER NOT NULL,
    passages INTEGER NOT NULL,
    keys INTEGER NOT NULL,
    report TEXT NOT NULL
);
CREATE TABLE version_revisions (
    version_id INTEGER NOT NULL REFERENCES versions (id) ON DELETE CASCADE,
    revision_id INTEGER NOT NULL REFERENCES revisions (id),
    PRIMARY KEY (version_id, revision_id)
) WITHOUT ROWID;
CREATE INDEX version_revisions_by_revision ON version_revisions (revision_id);
CREATE TABLE current_version (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version_id INTEGER NOT NULL REFERENCES versions (id)
);
CREATE TABLE models (
    id INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE,
    dimension INTEGER NOT NULL
);
CREATE TABLE embeddings (
    id INTEGER PRIMARY KEY,
    model_id INTEGER NOT NULL REFERENCES models (id),
    key TEXT NOT NULL,
    vector BLOB NOT NULL,
    UNIQUE (model_id, key)
);
{term_table("passage_terms")};
"""

# Figures outlive the versions they were measured on, so no key leads there.
_EVALUATIONS = """
CREATE TABLE evaluations (
    version_id INTEGER NOT NULL,
    index_version TEXT NOT NULL,
    questions TEXT NOT NULL,
    digest TEXT NOT NULL,
    n INTEGER NOT NULL,
    metrics TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (version_id, digest)
) WITHOUT ROWID;
"""

# What a maintainer says of documents and outlives their files: removals by id alone, because a purged
# document leaves nothing else; stated fields; what the file itself said before them. A version of which
# only the row is kept is a line of the log.
_UPKEEP = """
CREATE TABLE removals (
    document_id TEXT PRIMARY KEY,
    removed_with TEXT NOT NULL,
    revision_id INTEGER REFERENCES revisions (id),
    removed_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX removals_by_revision ON removals (revision_id);
CREATE TABLE overrides (
    document_id TEXT PRIMARY KEY,
    fields TEXT NOT NULL,
    changed_at TEXT NOT NULL
) WITHOUT ROWID;
ALTER TABLE revisions ADD COLUMN described TEXT;
ALTER TABLE versions ADD COLUMN is_kept INTEGER NOT NULL DEFAULT 1
"""

# What near-duplicates are told by; a revision from before has none, and its text serves instead.
_SKETCHES = """
CREATE TABLE sketches (
    revision_id INTEGER PRIMARY KEY REFERENCES revisions (id) ON DELETE CASCADE,
    sketch BLOB NOT NULL
)
"""

# What is not plainly public counts as internal, what cannot be read as well.
IS_INTERNAL = (
    "CASE WHEN json_valid(r.metadata)"
    " THEN coalesce(json_extract(r.metadata, '$.audience'), '') NOT IN ('', '公开') ELSE 1 END"
)
# Internal passages lie in a term index and in vectors of their own, so that whatever is counted, ranked
# or corrected for those who may not see them knows nothing of them. A version from before gets its vectors
# as it would if they had been damaged: from the cache.
_AUDIENCES = f"""
ALTER TABLE version_revisions ADD COLUMN is_internal INTEGER NOT NULL DEFAULT 0;
ALTER TABLE versions ADD COLUMN internal_vectors TEXT NOT NULL DEFAULT '';
ALTER TABLE versions ADD COLUMN internal_keys INTEGER NOT NULL DEFAULT 0;
{term_table("internal_terms")};
UPDATE version_revisions SET is_internal = 1
WHERE revision_id IN (SELECT r.id FROM revisions r WHERE {IS_INTERNAL});
INSERT INTO internal_terms (rowid, words, bigrams, title)
SELECT rowid, words, bigrams, title FROM passage_terms WHERE rowid IN
    (SELECT p.id FROM passages p JOIN version_revisions m USING (revision_id) WHERE m.is_internal);
DELETE FROM passage_terms WHERE rowid IN (SELECT rowid FROM internal_terms);
UPDATE versions SET
    internal_vectors = CASE WHEN vectors = '' THEN '' ELSE vectors || '-internal' END,
    keys = (SELECT count(DISTINCT p.key) FROM passages p JOIN version_revisions m USING (revision_id)
            WHERE m.version_id = versions.id AND NOT m.is_internal),
    internal_keys = (SELECT count(DISTINCT p.key) FROM passages p JOIN version_revisions m USING (revision_id)
            WHERE m.version_id = versions.id AND m.is_internal)
WHERE id IN (SELECT version_id FROM version_revisions WHERE is_internal)
"""  # nosec B608 # our own SQL alone

# What a revision names; one from before has none, and is read when the topics are wanted.
_NAMINGS = """
CREATE TABLE namings (
    revision_id INTEGER PRIMARY KEY REFERENCES revisions (id) ON DELETE CASCADE,
    made_by TEXT NOT NULL,
    found TEXT NOT NULL
)
"""

# Links that lead out of a root are followed only where that was asked for.
_LINKS = "ALTER TABLE roots ADD COLUMN follows_links INTEGER NOT NULL DEFAULT 0"

# What rot could falsify, see ``retrieval.checksums``; what an older program wrote is taken as it stands,
# unless it can be no metadata.
_CHECKSUMS = f"""
CREATE TABLE checksums (
    revision_id INTEGER PRIMARY KEY REFERENCES revisions (id) ON DELETE CASCADE,
    card BLOB NOT NULL,
    text BLOB NOT NULL,
    edits BLOB NOT NULL,
    passages INTEGER NOT NULL
);
ALTER TABLE passages ADD COLUMN checksum BLOB;
UPDATE passages AS p SET checksum = {PASSAGE};
INSERT INTO checksums SELECT r.id, CASE WHEN json_valid(r.metadata) THEN {CARD} ELSE '' END, {TEXT}, {EDITS},
    (SELECT count(*) FROM passages p WHERE p.revision_id = r.id) FROM revisions r;
ALTER TABLE namings ADD COLUMN checksum BLOB;
UPDATE namings AS n SET checksum = {NAMING};
ALTER TABLE overrides ADD COLUMN checksum BLOB;
UPDATE overrides AS o SET checksum = {OVERRIDE};
ALTER TABLE removals ADD COLUMN checksum BLOB;
UPDATE removals AS g SET checksum = {REMOVAL};
ALTER TABLE embeddings ADD COLUMN crc INTEGER;
UPDATE embeddings AS e SET crc = {VECTOR};
ALTER TABLE versions ADD COLUMN checksum BLOB;
UPDATE versions AS v SET checksum = {VERSION} WHERE v.is_kept;
CREATE TABLE index_checksums (
    name TEXT PRIMARY KEY,
    blocks INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO index_checksums VALUES
    ('passage_terms', {crc_of_index("passage_terms")}),
    ('internal_terms', {crc_of_index("internal_terms")});
ALTER TABLE passages ADD COLUMN terms INTEGER;
UPDATE passages SET terms = {TERMS} FROM passage_terms t WHERE t.rowid = passages.id;
UPDATE passages SET terms = {TERMS} FROM internal_terms t WHERE t.rowid = passages.id
"""  # nosec B608 # our own SQL alone

MIGRATIONS: tuple[str, ...] = (
    *(_FIRST, _EVALUATIONS, _UPKEEP, _SKETCHES, _AUDIENCES, _NAMINGS, _LINKS),
    _CHECKSUMS,
)
SCHEMA_VERSION = len(MIGRATIONS)


def schema_version(connection: sqlite3.Connection) -> int:
    """The number of the schema the file holds, 0 for an empty file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, to: int = SCHEMA_VERSION) -> None:
    """Bring the file up to schema ``to``, each step in a transaction of its own.

    The connection must be in autocommit mode. Does nothing when the schema is there already.
    """
    register(connection)
    for number in range(schema_version(connection) + 1, to + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Another process may have been quicker.
            if schema_version(connection) < number:
                _take_step(connection, number)
            connection.execute("COMMIT")
        except BaseException:
            connection.rollback()
            raise
    connection.execute("INSERT OR IGNORE INTO meta VALUES ('store_id', ?)", (uuid.uuid4().hex,))


def _take_step(connection: sqlite3.Connection, number: int) -> None:
    # Not executescript, which would commit at once.
    for statement in MIGRATIONS[number - 1].split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {number}")
