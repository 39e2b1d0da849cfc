"""Questions that the corpus does not answer, kept for the maintainer: what to add next.

They lie in a file of their own, because a large publication holds the write lock of the corpus for long.
Recording never fails towards the asker: what cannot be written is a line in the log.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.answering.answer import Answer
from bot.answering.privacy import masked
from retrieval.erasure import scrub
from retrieval.errors import StoreError
from retrieval.normalise import match_key

GAPS_NAME = "gaps.sqlite3"
GAPS_MAX = 5_000
"""Of more gaps than this, those asked least and longest ago are dropped."""
QUESTION_CHARS_MAX = 200
_NEAREST = 3
_BUSY_TIMEOUT_S = 0.2
_SCHEMA = """
CREATE TABLE IF NOT EXISTS gaps (
    key TEXT PRIMARY KEY,
    question TEXT NOT NULL,
    count INTEGER NOT NULL,
    first_at TEXT NOT NULL,
    last_at TEXT NOT NULL,
    nearest TEXT NOT NULL,
    index_version TEXT NOT NULL
) STRICT
"""
_RECORD = """
INSERT INTO gaps VALUES (:key, :question, 1, :now, :now, :nearest, :version)
ON CONFLICT (key) DO UPDATE
SET count = count + 1, last_at = :now, nearest = :nearest, index_version = :version
"""
_BOUND = """
DELETE FROM gaps WHERE key IN (SELECT key FROM gaps ORDER BY count DESC, last_at DESC LIMIT -1 OFFSET ?)
"""
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gap:
    """An unanswered question: its first wording, masked, and how often and when it was asked.

    Times are UTC in ISO format; ``nearest`` are the titles that came nearest when it was asked last,
    ``index_version`` the corpus that did not answer it then.
    """

    question: str
    count: int
    first_at: str
    last_at: str
    nearest: tuple[str, ...]
    index_version: str

    def as_json(self) -> dict[str, Any]:
        """The gap as the command prints it."""
        return {
            "question": self.question,
            "count": self.count,
            "first_at": self.first_at,
            "last_at": self.last_at,
            "nearest": list(self.nearest),
            "index_version": self.index_version,
        }


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Gaps:
    """The gaps of one data folder; safe to use from several threads and processes."""

    def __init__(self, data_dir: Path, *, now: Callable[[], datetime] = _utc_now) -> None:
        self.database = data_dir / GAPS_NAME
        self._now = now

    def record(self, answer: Answer) -> bool:
        """Note a refused question, and tell whether it was noted; nothing is ever raised for it."""
        if answer.status != "refused":
            return False
        question = masked(" ".join(answer.question.split()))[:QUESTION_CHARS_MAX]
        key = match_key(question)
        if not key:
            return False
        titles = (p.passage.document.title or p.passage.document.source for p in answer.passages)
        values = {
            "key": key,
            "question": question,
            "now": self._now().isoformat(timespec="seconds"),
            "nearest": json.dumps(list(dict.fromkeys(titles))[:_NEAREST], ensure_ascii=False),
            "version": answer.index_version,
        }
        try:
            self._write(values)
        except (sqlite3.Error, OSError) as exc:
            _logger.warning("没能记下一个答不了的问题：%s", exc)
            return False
        return True

    def list(self) -> list[Gap]:
        """The gaps, most asked first, then the latest; StoreError where the file cannot be read."""
        if not self.database.is_file():
            return []
        with self._translated(), closing(self._connect("ro")) as connection:
            rows = connection.execute(
                "SELECT question, count, first_at, last_at, nearest, index_version FROM gaps"
                " ORDER BY count DESC, last_at DESC, key"
            )
            return [Gap(row[0], row[1], row[2], row[3], tuple(json.loads(row[4])), row[5]) for row in rows]

    def clear(self) -> int:
        """Forget all gaps; gives how many there were. StoreError where the file cannot be written."""
        if not self.database.is_file():
            return 0
        with self._translated(), closing(self._connect("rw")) as connection:
            return connection.execute("DELETE FROM gaps").rowcount

    def erase_titles(self, titles: Collection[str]) -> None:
        """Take these titles out of what came nearest, and their bytes out of the file.

        StoreError where the file cannot be written.
        """
        if not self.database.is_file():
            return
        with self._translated(), closing(self._connect("rw")) as connection:
            for key, nearest in connection.execute("SELECT key, nearest FROM gaps").fetchall():
                kept = [title for title in json.loads(nearest) if title not in titles]
                connection.execute(
                    "UPDATE gaps SET nearest = ? WHERE key = ?", (json.dumps(kept, ensure_ascii=False), key)
                )
            scrub(connection)

    def _write(self, values: dict[str, str]) -> None:
        with closing(self._connect("rwc")) as connection:
            connection.execute(_SCHEMA)
            connection.execute(_RECORD, values)
            connection.execute(_BOUND, (GAPS_MAX,))

    def _connect(self, mode: str) -> sqlite3.Connection:
        """A connection in autocommit mode; a lost entry after a power cut is no harm, so nothing waits."""
        connection = sqlite3.connect(
            f"{self.database.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=_BUSY_TIMEOUT_S,
            isolation_level=None,
        )
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, ValueError) as exc:
            raise StoreError(
                f"读写不了 {self.database}（{exc}）。", remedy="检查权限；文件坏了可以删掉，它会重新建立。"
            ) from exc
