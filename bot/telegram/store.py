"""What the Telegram channel must not forget: one SQLite file beside the corpus.

An addressed update is written down before Telegram is told that it arrived, and marked before its reply is
sent, so a restart knows which questions are open and which may have been answered. The text of an update is
erased as soon as it is settled. Safe to use from several threads.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from bot.telegram.standby import put_back, stand_in
from retrieval.erasure import scrub
from retrieval.errors import StoreError
from retrieval.store import is_refused_by_disk, open_to_read

DATABASE_NAME = "telegram.sqlite3"
# Telegram repeats an unconfirmed update for a day; far fewer than these arrive twice.
_SETTLED_KEPT = 10_000
_PRUNED_EVERY = 1_000
_ERRORS_KEPT = 200
ANSWERS_KEPT_DAYS = 30
"""How long an answer is kept for its buttons; those with a vote stay for the maintainers."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS updates (
    update_id INTEGER PRIMARY KEY, digest TEXT NOT NULL, state TEXT NOT NULL, body TEXT, outcome TEXT,
    received_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS told (topic TEXT NOT NULL, chat_id INTEGER NOT NULL, PRIMARY KEY (topic, chat_id));
CREATE TABLE IF NOT EXISTS errors (code TEXT NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS answers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, chat_id INTEGER NOT NULL, user_id INTEGER NOT NULL,
    question TEXT NOT NULL, status TEXT NOT NULL, record TEXT NOT NULL, index_version TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS answers_at ON answers (at);
CREATE TABLE IF NOT EXISTS votes (
    answer_id INTEGER NOT NULL, user_id INTEGER NOT NULL, vote TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (answer_id, user_id)
);
CREATE TABLE IF NOT EXISTS comments (user_id INTEGER NOT NULL, text TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS uploads (token TEXT PRIMARY KEY, chat_id INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS migrations (old_id INTEGER PRIMARY KEY, new_id INTEGER NOT NULL);
"""
# What is under way, and means nothing once it is done.
_JOURNAL = ("updates", "uploads")
# How often a disk that took nothing is tried again.
_RETRY_S = 30.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer as it was sent: ``record`` is its JSON document, ``at`` a POSIX time."""

    id: int
    chat_id: int
    user_id: int
    question: str
    status: str
    record: dict[str, Any]
    index_version: str
    at: float


@dataclass(frozen=True, slots=True)
class StoredVote:
    """A person's vote on an answer; ``at`` is a POSIX time."""

    answer: StoredAnswer
    user_id: int
    verdict: str
    at: float


@dataclass(frozen=True, slots=True)
class OpenUpdate:
    """An update that a former process did not settle, as JSON; ``was_sending`` if its reply may have left."""

    update_id: int
    body: str
    was_sending: bool


class TelegramStore:
    """The file ``telegram.sqlite3`` of one data folder; close it when done.

    With ``reads_only`` the file must be there, and neither it nor anything beside it is written. With
    ``goes_on``, a disk that takes nothing is no reason to stop: what is to be kept stays in memory until it
    can be written, and ``unsaved`` are the open updates that only the memory knows.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        now: Callable[[], float] = time.time,
        reads_only: bool = False,
        goes_on: bool = False,
    ) -> None:
        self._path = data_dir / DATABASE_NAME
        self._now = now
        self._lock = Lock()
        self._goes_on = goes_on
        self._retry_at = 0.0
        # The file while the memory stands in for it; there may be none yet.
        self._disk: sqlite3.Connection | None = None
        self._is_standing_in = False
        self.unsaved: set[int] = set()
        self._settled = 0
        with self._translated():
            if reads_only:
                self._connection = self._connected(self._address())
                return
            try:
                self._connection = self._opened()
            except sqlite3.OperationalError as exc:
                if not goes_on or not is_refused_by_disk(exc):
                    raise
                self._stand_in(open_to_read(self._path) if self._path.exists() else None)

    def close(self) -> None:
        """Close the file; the store is of no use afterwards."""
        self._retry_at = 0.0
        self._return_to_disk()
        self._connection.close()

    def accept(self, update_id: int, body: dict[str, Any]) -> bool:
        """Write an update down; false where the very same is known already and must not be answered again.

        A number alone does not tell: another bot, or a server that was set up anew, counts from elsewhere.
        """
        text = json.dumps(body, ensure_ascii=False, sort_keys=True)
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        is_new = self._write(
            "INSERT INTO updates VALUES (?, ?, 'received', ?, NULL, ?) ON CONFLICT (update_id) DO UPDATE"
            " SET digest = excluded.digest, state = 'received', body = excluded.body, outcome = NULL,"
            " received_at = excluded.received_at WHERE digest != excluded.digest",
            (update_id, digest, text, self._now()),
        )
        if is_new and self._is_standing_in:
            self.unsaved.add(update_id)
        return is_new

    def mark_sending(self, update_id: int) -> None:
        """Note that the reply to an update is about to leave."""
        self._write(
            "UPDATE updates SET state = 'sending' WHERE update_id = ? AND state != 'settled'", (update_id,)
        )

    def settle(self, update_id: int, outcome: str) -> None:
        """Note how an update ended, and erase its text. Now and then the oldest of those are dropped."""
        self._write(
            "UPDATE updates SET state = 'settled', body = NULL, outcome = ? WHERE update_id = ?",
            (outcome, update_id),
        )
        self.unsaved.discard(update_id)
        self._settled += 1
        if self._settled % _PRUNED_EVERY == 0:
            self.prune()

    def is_settled(self, update_id: int) -> bool:
        """Whether an update has had its reply; false for one that was never written down."""
        rows = self._read("SELECT 1 FROM updates WHERE update_id = ? AND state = 'settled'", (update_id,))
        return bool(rows)

    def open_updates(self) -> list[OpenUpdate]:
        """The updates that are not settled, in the order of their arrival."""
        rows = self._read(
            "SELECT update_id, body, state FROM updates WHERE state != 'settled' ORDER BY update_id", ()
        )
        return [OpenUpdate(row[0], row[1] or "", row[2] == "sending") for row in rows]

    def prune(self) -> None:
        """Drop the oldest settled updates, and answers kept for long enough."""
        self._drop_old_answers()
        self._write(
            "DELETE FROM updates WHERE state = 'settled' AND update_id NOT IN"
            " (SELECT update_id FROM updates ORDER BY update_id DESC LIMIT ?)",
            (_SETTLED_KEPT,),
        )

    def forget_settled(self) -> None:
        """Drop what is known of settled updates: Telegram has been told of all of them."""
        self._write("DELETE FROM updates WHERE state = 'settled'", ())

    def tell_once(self, topic: str, chat_id: int) -> bool:
        """Whether this is the first time that a chat is told of ``topic``; true only once."""
        return self._write("INSERT OR IGNORE INTO told VALUES (?, ?)", (topic, chat_id))

    def told(self, topic: str) -> set[int]:
        """The chats that have been told of ``topic``."""
        return {row[0] for row in self._read("SELECT chat_id FROM told WHERE topic = ?", (topic,))}

    def untell(self, topic: str, chat_id: int) -> None:
        """Forget that a chat was told of ``topic``."""
        self._write("DELETE FROM told WHERE topic = ? AND chat_id = ?", (topic, chat_id))

    def note_error(self, code: str, kind: str) -> None:
        """Keep the code of an error and its kind, which names no person and no text."""
        self._write("INSERT INTO errors VALUES (?, ?, ?)", (code, kind, self._now()))
        self._write(
            "DELETE FROM errors WHERE rowid NOT IN (SELECT rowid FROM errors ORDER BY rowid DESC LIMIT ?)",
            (_ERRORS_KEPT,),
        )

    def last_errors(self, count: int) -> list[tuple[str, str, float]]:
        """The latest errors, newest first, as code, kind and POSIX time."""
        rows = self._read("SELECT code, kind, at FROM errors ORDER BY rowid DESC LIMIT ?", (count,))
        return [(row[0], row[1], row[2]) for row in rows]

    def keep_answer(self, chat_id: int, user_id: int, record: dict[str, Any]) -> int:
        """Keep the JSON document of an answer for its buttons and votes; gives its number.

        What has been kept for long enough goes.
        """
        self._drop_old_answers()
        cursor = self._change(
            "INSERT INTO answers (chat_id, user_id, question, status, record, index_version, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                chat_id,
                user_id,
                record["question"],
                record["status"],
                json.dumps(record, ensure_ascii=False),
                record["index_version"],
                self._now(),
            ),
        )
        return int(cursor.lastrowid or 0)

    def answer(self, answer_id: int) -> StoredAnswer | None:
        """A kept answer, or ``None`` where it was forgotten."""
        rows = self._read("SELECT * FROM answers WHERE id = ?", (answer_id,))
        if not rows and self._disk is not None:
            with self._translated(), self._lock:
                rows = self._disk.execute("SELECT * FROM answers WHERE id = ?", (answer_id,)).fetchall()
        if not rows:
            return None
        row = rows[0]
        return StoredAnswer(row[0], row[1], row[2], row[3], row[4], json.loads(row[5]), row[6], row[7])

    def vote(self, answer_id: int, user_id: int, vote: str) -> None:
        """Count a person's vote on an answer; a later vote replaces the former one."""
        self._write(
            "INSERT INTO votes VALUES (?, ?, ?, ?) ON CONFLICT (answer_id, user_id)"
            " DO UPDATE SET vote = excluded.vote, at = excluded.at",
            (answer_id, user_id, vote, self._now()),
        )

    def votes(self, *, since: float = 0.0) -> list[StoredVote]:
        """The votes given at ``since`` (a POSIX time) or later, oldest answer first."""
        rows = self._read(
            "SELECT answer_id, user_id, vote, at FROM votes WHERE at >= ? ORDER BY answer_id, at", (since,)
        )
        answers = {row[0]: self.answer(row[0]) for row in rows}
        return [StoredVote(answer, *row[1:]) for row in rows if (answer := answers[row[0]]) is not None]

    def comment(self, user_id: int, text: str) -> None:
        """Keep what a person wrote to the maintainers."""
        self._write("INSERT INTO comments VALUES (?, ?, ?)", (user_id, text, self._now()))

    def comments(self, *, since: float = 0.0) -> list[tuple[int, str, float]]:
        """What people wrote at ``since`` or later, oldest first: user id, text, POSIX time."""
        rows = self._read("SELECT user_id, text, at FROM comments WHERE at >= ? ORDER BY rowid", (since,))
        return [(row[0], row[1], row[2]) for row in rows]

    def open_upload(self, token: str, chat_id: int) -> None:
        """Write down that files have come whose sender is to be told what became of them."""
        self._write("INSERT INTO uploads VALUES (?, ?)", (token, chat_id))

    def close_upload(self, token: str) -> None:
        """Note that the sender has been told."""
        self._write("DELETE FROM uploads WHERE token = ?", (token,))

    def open_uploads(self) -> list[tuple[str, int]]:
        """The uploads whose end has not been told, as token and chat."""
        return [(row[0], row[1]) for row in self._read("SELECT token, chat_id FROM uploads", ())]

    def forget(self, user_id: int) -> int:
        """Erase a person's kept questions, votes and comments; gives how many records that were.

        StoreError where the file cannot be written.
        """
        with self._translated(), self._lock:
            self._return_to_disk()
            if self._is_standing_in:
                raise self._unusable("磁盘暂时写不进去")
            count = 0
            for table in ("votes", "comments", "answers"):
                count += self._connection.execute(
                    f"DELETE FROM {table} WHERE user_id = ?",  # nosec B608 # names of our own tables alone
                    (user_id,),
                ).rowcount
            self._connection.execute("DELETE FROM votes WHERE answer_id NOT IN (SELECT id FROM answers)")
            return count

    def erase_documents(self, documents: Collection[str]) -> int:
        """Erase every kept answer that holds a passage of these documents, with the votes on it.

        Their bytes leave the file. Gives how many answers that were; StoreBusy while another process reads.
        """
        with self._translated(), self._lock:
            rows = self._connection.execute("SELECT id, record FROM answers").fetchall()
            held = [(row[0],) for row in rows if _documents_of(json.loads(row[1])) & set(documents)]
            self._connection.executemany("DELETE FROM votes WHERE answer_id = ?", held)
            self._connection.executemany("DELETE FROM answers WHERE id = ?", held)
            scrub(self._connection)
            return len(held)

    def note_migration(self, old_id: int, new_id: int) -> None:
        """Remember that a group became a supergroup with a new number."""
        self._write("INSERT OR REPLACE INTO migrations VALUES (?, ?)", (old_id, new_id))
        self._write(
            "INSERT OR IGNORE INTO told SELECT topic, ? FROM told WHERE chat_id = ?", (new_id, old_id)
        )

    def migrations(self) -> dict[int, int]:
        """The new numbers of groups by their old ones."""
        return dict(self._read("SELECT old_id, new_id FROM migrations", ()))

    def _opened(self) -> sqlite3.Connection:
        connection = self._connected(self._path.absolute().as_uri())
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            # Survives a killed process; only a power failure may lose the last moment.
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA secure_delete = ON")
            connection.executescript(_SCHEMA)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _connected(self, address: str) -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)

    def _address(self) -> str:
        """The address of a file that is only read."""
        # Without a log there is no writer, and opening the file as one that others share would make a log.
        has_log = self._path.with_name(f"{DATABASE_NAME}-wal").exists()
        return f"{self._path.absolute().as_uri()}?mode=ro{'' if has_log else '&immutable=1'}"

    def _stand_in(self, disk: sqlite3.Connection | None) -> None:
        self._connection, self._disk = stand_in(_SCHEMA, disk), disk
        self._is_standing_in = True
        self._retry_at = self._now() + _RETRY_S
        _log.error("the disk takes nothing: records stay in memory until it does (%s)", self._path)

    def _return_to_disk(self) -> None:
        """Write what the memory holds, where it stands in, and the disk takes it again."""
        if not self._is_standing_in or self._now() < self._retry_at:
            return
        self._retry_at = self._now() + _RETRY_S
        try:
            disk = self._opened()
            try:
                put_back(self._connection, disk)
            except sqlite3.Error:
                disk.close()
                raise
        except sqlite3.Error as exc:
            _log.info("records stay in memory: %s", exc)
            return
        self._connection.close()
        if self._disk is not None:
            self._disk.close()
        self._connection, self._disk, self._is_standing_in = disk, None, False
        self.unsaved.clear()
        _log.info("records are on the disk again")

    def _drop_old_answers(self) -> None:
        self._write(
            "DELETE FROM answers WHERE at < ? AND id NOT IN (SELECT answer_id FROM votes)",
            (self._now() - ANSWERS_KEPT_DAYS * 86_400,),
        )

    def _write(self, sql: str, values: Sequence[Any]) -> bool:
        return self._change(sql, values).rowcount > 0

    def _change(self, sql: str, values: Sequence[Any]) -> sqlite3.Cursor:
        with self._translated(), self._lock:
            self._return_to_disk()
            try:
                return self._connection.execute(sql, values)
            except sqlite3.OperationalError as exc:
                if not self._goes_on or self._is_standing_in or not is_refused_by_disk(exc):
                    raise
            self._stand_in(self._connection)
            return self._connection.execute(sql, values)

    def _read(self, sql: str, values: Sequence[Any]) -> list[Any]:
        with self._translated(), self._lock:
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as exc:
            raise self._unusable(str(exc)) from exc

    def _unusable(self, reason: str) -> StoreError:
        return StoreError(
            f"机器人的记录读写不了：{self._path}（{reason}）。",
            remedy="检查磁盘空间和权限；文件损坏时把它移走，机器人会新建一个。",
        )


def _documents_of(record: Mapping[str, Any]) -> set[str]:
    """The ids of the documents that an answer quotes or offers."""
    held = ("citations", "passages", "nearest")
    return {each["document"]["id"] for key in held for each in record.get(key, ())}


def keep_journal(incoming: Path, live: Path) -> None:
    """Give a file that takes the place of ``live`` what is open in the latter: not what was open then.

    Whatever was open when it was made has been answered or given up long ago.
    """
    with closing(sqlite3.connect(incoming, isolation_level=None)) as connection:
        connection.executescript(_SCHEMA)
        for table in _JOURNAL:
            connection.execute(f"DELETE FROM {table}")  # nosec B608 # names of our own tables alone
        if not live.is_file():
            return
        # A damaged file has no journal to keep.
        with suppress(sqlite3.DatabaseError):
            connection.execute("ATTACH ? AS live", (str(live),))
            for table in _JOURNAL:
                connection.execute(f"INSERT INTO {table} SELECT * FROM live.{table}")  # nosec B608 # names of our own tables alone
