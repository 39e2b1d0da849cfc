"""Erasing purged documents from the files themselves: a deleted row leaves its bytes behind.

The transaction that purges notes what is to be erased; a purge that is killed on the way is known by
that note, and done again from the start.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass

from retrieval.checksums import seal_index
from retrieval.errors import StoreBusy
from retrieval.lexical import TERM_TABLES
from retrieval.store import Store

_PENDING = "purge pending"
# Long enough to stand in no other document by chance, and short enough to stand on one page of a file.
_SIGN_CHARS = 24
_SIGN_CHARS_MIN = 6
_SIGNS_EACH = 8


@dataclass(frozen=True, slots=True)
class Purged:
    """A document whose traces are being erased; ``titles`` are all that it had, which others may hold.

    What is left of it is known by ``signs``, of which others may hold some as well: pieces of its texts and
    content keys of its passages; and by ``raws``, the SHA-256 of the files that it was.
    """

    document_id: str
    location: str
    titles: tuple[str, ...]
    signs: tuple[str, ...] = ()
    raws: tuple[str, ...] = ()


def note_purge(connection: sqlite3.Connection, documents: Iterable[Purged]) -> None:
    """Note documents whose traces are to be erased, in the transaction that takes them out."""
    noted = {each.document_id: each for each in (*_noted(connection), *documents)}
    rows = [astuple(each) for each in noted.values()]
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_PENDING, json.dumps(rows)))


def signs_of(texts: Iterable[str], keys: Iterable[str]) -> tuple[str, ...]:
    """What tells a document's bytes from others': pieces of some of its lines, and some of its keys."""
    lines = dict.fromkeys(line.strip() for text in texts for line in text.splitlines())
    pieces = [line[:_SIGN_CHARS] for line in lines if len(line) >= _SIGN_CHARS_MIN]
    return (*_some(pieces), *_some(list(keys)))


def _some(items: Sequence[str]) -> Sequence[str]:
    return items[:: -(-len(items) // _SIGNS_EACH) or 1]


def pending_purge(store: Store) -> list[Purged]:
    """The documents that were purged and whose traces may still be there."""
    with store.reading() as connection:
        return _noted(connection)


def erase_database_traces(store: Store) -> None:
    """Write the database anew without what was deleted; StoreBusy where a reader holds on to old pages."""
    with store.translated_errors(), closing(store.connect()) as connection:
        # Its segments keep the words of deleted passages until they are merged.
        for table in TERM_TABLES.values():
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(f"INSERT INTO {table} ({table}) VALUES ('rebuild')")  # nosec B608 # our own SQL alone
            seal_index(connection, table)
            connection.execute("COMMIT")
        scrub(connection)


def forget_purge(store: Store) -> None:
    """Forget the note of what was to be erased, for all of it is done; StoreBusy as above."""
    with store.translated_errors(), closing(store.connect()) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("DELETE FROM meta WHERE key = ?", (_PENDING,))
        _empty_log(connection)


def scrub(connection: sqlite3.Connection) -> None:
    """Leave no byte of deleted rows in the file of a connection in autocommit mode, nor in its log."""
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("VACUUM")
    _empty_log(connection)


def _empty_log(connection: sqlite3.Connection) -> None:
    is_busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if is_busy:
        raise StoreBusy(
            "别的进程正在读，删去的内容还不能从文件里抹掉。", remedy="稍等片刻，再运行一次同样的命令。"
        )


def _noted(connection: sqlite3.Connection) -> list[Purged]:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (_PENDING,)).fetchone()
    noted = json.loads(row[0]) if row else []
    return [Purged(key, location, *map(tuple, known)) for key, location, *known in noted]
