"""Deleted rows leave the file, and a purge that was begun is remembered until it is done."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from retrieval.erasure import Purged, forget_purge, note_purge, pending_purge, scrub
from retrieval.errors import StoreBusy
from retrieval.store import Store

CANARY = "枇杷巷二十七号".encode()


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A database in which something was written and deleted again."""
    with closing(sqlite3.connect(tmp_path / "a.sqlite3", isolation_level=None, timeout=0.05)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("CREATE TABLE t (x BLOB)")
        connection.execute("INSERT INTO t VALUES (?), ('stays')", (CANARY * 500,))
        connection.execute("DELETE FROM t WHERE x <> 'stays'")
        yield connection


def holding(folder: Path) -> list[str]:
    return [path.name for path in sorted(folder.iterdir()) if CANARY in path.read_bytes()]


def test_deleted_bytes_leave_the_file_and_its_log(connection: sqlite3.Connection, tmp_path: Path) -> None:
    assert holding(tmp_path)
    scrub(connection)
    assert holding(tmp_path) == []
    assert connection.execute("SELECT x FROM t").fetchall() == [("stays",)]


def test_a_reader_of_old_pages_is_waited_for(connection: sqlite3.Connection, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.sqlite3", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM t").fetchall()
        with pytest.raises(StoreBusy, match="正在读"):
            scrub(connection)
        reader.execute("COMMIT")
        scrub(connection)
    assert holding(tmp_path) == []


def test_what_is_to_be_erased_is_noted_until_it_is_done(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "data", create=True)
    first, second = Purged("a", "/docs/a.txt", ("甲", "旧题")), Purged("b", "/docs/b.txt", ("乙",))
    for noted in ([first], [first, second]):
        with store.writing() as connection:
            note_purge(connection, noted)
    assert pending_purge(store) == [first, second]
    forget_purge(store)
    assert pending_purge(store) == []
    files = [path.read_bytes() for path in (tmp_path / "data").iterdir() if path.is_file()]
    assert not any("旧题".encode() in data or b"u65e7" in data for data in files)
