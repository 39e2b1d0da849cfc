"""The bot's records while the disk takes nothing: in memory, until it takes something again."""

from __future__ import annotations

import sqlite3
from contextlib import closing

# What is under way and what has been told is taken along and put back as it stands then.
_MIRRORED = ("updates", "told", "uploads", "migrations")
# Of these only what is new is in memory.
_ADDED = ("errors", "answers", "votes", "comments")


def stand_in(schema: str, disk: sqlite3.Connection | None) -> sqlite3.Connection:
    """A database in memory that goes on from where the one on the disk is; that is only read."""
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    memory.executescript(schema)
    if disk is not None:
        for table in _MIRRORED:
            _copy(table, disk, memory)
        # No number of an answer is given out again.
        _copy("sqlite_sequence", disk, memory)
    return memory


def put_back(memory: sqlite3.Connection, disk: sqlite3.Connection) -> None:
    """Bring the disk up to what the memory knows, in one transaction; sqlite3.Error where it cannot be."""
    disk.execute("BEGIN IMMEDIATE")
    try:
        for table in _MIRRORED:
            disk.execute(f"DELETE FROM {table}")  # nosec B608 # names of our own tables
        for table in (*_MIRRORED, *_ADDED):
            _copy(table, memory, disk)
        disk.execute("COMMIT")
    except BaseException:
        disk.rollback()
        raise


def _copy(table: str, source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    with closing(source.execute(f"SELECT * FROM {table}")) as rows:  # nosec B608 # our own tables
        marks = ",".join("?" * len(rows.description))
        target.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", rows)  # nosec B608 # our own tables
