"""Stores written under every earlier schema, and what becomes of them."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from retrieval.checksums import TERMS, seal_index, seal_revision, seal_version
from retrieval.history import past_versions
from retrieval.lexical import TERM_TABLES, find_candidates, read_statistics
from retrieval.publication import content_key
from retrieval.records import EVERYONE
from retrieval.schema import APPLICATION_ID, SCHEMA_VERSION, migrate, schema_version
from retrieval.store import DATABASE_NAME, Store
from retrieval.vectors import VectorFolders, nearest
from tests.corpus import HashEmbedder, ask, run_ingest, write_files

EARLIER = range(1, SCHEMA_VERSION + 1)
WITH_ONE_INDEX = range(1, 5)
WITH_CHECKSUMS = 8
TEXT = "党章\n第一条\n第二条"
LINES = TEXT.split("\n")


def old_store(data_dir: Path, schema: int, metadata: str = "{}") -> Path:
    """A data folder as a program of that schema left it: one document in two versions, with vectors.

    Only tables and columns of the first schema are filled, which every later one has to take as they are.
    """
    data_dir.mkdir()
    connection = sqlite3.connect(data_dir / DATABASE_NAME, isolation_level=None)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("PRAGMA journal_mode = WAL")
    migrate(connection, to=schema)
    embedder = HashEmbedder()
    connection.execute("INSERT INTO models VALUES (1, ?, ?)", (embedder.fingerprint, embedder.dimension))
    for number, lines in ((1, LINES[:2]), (2, LINES)):
        text = "\n".join(lines)
        raw_sha256 = hashlib.sha256(text.encode()).hexdigest()
        connection.execute("INSERT INTO raws VALUES (?, ?)", (raw_sha256, text.encode()))
        connection.execute(
            "INSERT INTO revisions (id, document_id, source, location, fingerprint, raw_sha256, title,"
            " format, encoding, quarantine, metadata, warnings, text, edits)"
            " VALUES (?, 'd1', 'docs/a.txt', '/docs/a.txt', ?, ?, '党章',"
            " 'text', 'utf-8', NULL, ?, '[]', ?, '[]')",
            (number, f"f{number}", raw_sha256, metadata, text),
        )
        connection.execute(
            "INSERT INTO versions (id, digest, created_at, author, host, pid, model, dimension, vectors,"
            " lexical, documents, passages, keys, report)"
            " VALUES (?, ?, ?, '王', 'pc', 7, ?, ?, 'gone', '1', 1, ?, ?, '{}')",
            (
                *(number, f"{number}" * 64, f"2026-01-0{number}T08:00:00+00:00"),
                *(embedder.fingerprint, embedder.dimension, len(lines), len(lines)),
            ),
        )
        connection.execute(
            "INSERT INTO version_revisions (version_id, revision_id) VALUES (?, ?)", (number, number)
        )
        for ordinal, line in enumerate(lines):
            _insert_passage(connection, number, ordinal, text, line, is_indexed=number == 2)
    vectors = zip(LINES, embedder.passages(LINES).astype("<f4"), strict=True)
    connection.executemany(
        "INSERT INTO embeddings (model_id, key, vector) VALUES (1, ?, ?)",
        [(content_key(line), row.tobytes()) for line, row in vectors],
    )
    connection.execute("INSERT INTO current_version VALUES (1, 2)")
    if schema >= WITH_CHECKSUMS:
        _seal(connection)
    connection.close()
    return data_dir


def _seal(connection: sqlite3.Connection) -> None:
    for number in (1, 2):
        seal_revision(connection, number)
        seal_version(connection, number)
    for table in TERM_TABLES.values():
        seal_index(connection, table)
    connection.execute("UPDATE embeddings SET crc = crc32(vector)")
    connection.execute(
        f"UPDATE passages SET terms = {TERMS} FROM passage_terms t WHERE t.rowid = passages.id"
    )


def _insert_passage(
    connection: sqlite3.Connection, revision: int, ordinal: int, text: str, line: str, *, is_indexed: bool
) -> None:
    start = text.index(line)
    rowid = connection.execute(
        "INSERT INTO passages (revision_id, ordinal, public_id, start, stop, section, kind, key)"
        " VALUES (?, ?, ?, ?, ?, '', 'paragraph', ?)",
        (revision, ordinal, f"d1-{ordinal}", start, start + len(line), content_key(line)),
    ).lastrowid
    if is_indexed:
        connection.execute(
            "INSERT INTO passage_terms (rowid, words, bigrams, title) VALUES (?, ?, '', '')", (rowid, line)
        )


@pytest.mark.parametrize("schema", EARLIER)
def test_a_store_of_every_earlier_schema_is_brought_up_and_still_answers(tmp_path: Path, schema: int) -> None:
    store = Store.open(old_store(tmp_path / "data", schema), create=False)
    with store.reading() as connection:
        assert schema_version(connection) == SCHEMA_VERSION
    vectors = VectorFolders(store)
    answer = ask(store, vectors, "第二条")
    vectors.close()
    assert answer["served"] == {"docs/a.txt": LINES} and answer["version"] == 2
    assert answer["nearest"] == ["第二条"] and answer["hits"] == 3 and answer["notice"] == ""
    assert store.damage() is None


@pytest.mark.parametrize("metadata", ['{"audience": "内部"}', '{"audience": "秘密"}', "{damaged"])
@pytest.mark.parametrize("schema", WITH_ONE_INDEX)
def test_what_is_not_plainly_public_gets_an_index_of_its_own(
    tmp_path: Path, schema: int, metadata: str
) -> None:
    store = Store.open(old_store(tmp_path / "data", schema, metadata), create=False)
    with store.snapshot(EVERYONE) as public:
        assert public.is_empty and find_candidates(public, LINES) == []
        assert read_statistics(public, LINES).frequency == {}
    with store.snapshot() as snapshot:
        assert snapshot.passage_count == len(LINES) == len(find_candidates(snapshot, LINES))
    if metadata.startswith("{damaged"):
        return
    vectors = VectorFolders(store)
    answer = ask(store, vectors, "第二条")
    with store.snapshot(EVERYONE) as public:
        assert nearest(vectors, public, HashEmbedder(), "第二条", 5).hits == ()
    vectors.close()
    assert answer["nearest"] == ["第二条"] and answer["hits"] == 3 and answer["notice"] == ""


@pytest.mark.parametrize("schema", EARLIER)
def test_a_store_of_every_earlier_schema_takes_new_documents(tmp_path: Path, schema: int) -> None:
    data_dir = old_store(tmp_path / "data", schema)
    run_ingest(data_dir, write_files(tmp_path / "new", b="条例\n第三条"))
    newest, *older = past_versions(Store.open(data_dir, create=False))
    assert newest.version.number == 3 and newest.is_current
    assert [(each.version.number, each.action, each.is_kept) for each in older] == [
        (2, "ingest", True),
        (1, "ingest", True),
    ]


def test_processes_that_bring_a_store_up_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    data_dir = old_store(tmp_path / "data", 1)
    code = (
        "import sys; from pathlib import Path; from retrieval.store import Store;"
        "print(Store.open(Path(sys.argv[1]), create=False).current().number)"
    )
    command = [sys.executable, "-c", code, str(data_dir)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert [each.communicate()[0] for each in started] == ["2\n"] * 4
