"""The log of deeds: who signed in, who changed what; one JSON object a line, in the data folder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

AUDIT_NAME = "audit.jsonl"
FORMER_NAME = "audit.1.jsonl"
_BYTES_MAX = 5_000_000
_CHARS_MAX = 300


class Audit:
    """The log of one data folder; what cannot be written is no reason to stop, but is told to the log."""

    def __init__(
        self, data_dir: Path, *, failed: Callable[[OSError], None], now: Callable[[], datetime] | None = None
    ) -> None:
        self._path = data_dir / AUDIT_NAME
        self._former = data_dir / FORMER_NAME
        self._failed = failed
        self._now = now or (lambda: datetime.now(UTC))
        self._lock = Lock()

    def note(self, who: str, deed: str, what: str = "", *, place: str = "") -> None:
        """Write down that ``who`` did ``deed`` to ``what``, from the address ``place``."""
        entry = {
            "at": self._now().isoformat(timespec="seconds"),
            "who": who[:_CHARS_MAX],
            "deed": deed,
            "what": what[:_CHARS_MAX],
            "from": place,
        }
        line = (json.dumps(entry, ensure_ascii=False) + "\n").encode("utf-8", "replace")
        with self._lock:
            try:
                if self._path.is_file() and self._path.stat().st_size > _BYTES_MAX:
                    self._path.replace(self._former)
                descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
                with os.fdopen(descriptor, "ab") as file:
                    file.write(line)
            except OSError as exc:
                self._failed(exc)

    def last(self, count: int) -> list[dict[str, Any]]:
        """The latest deeds, newest first; lines that are none are passed over."""
        with self._lock:
            lines = self._path.read_bytes().splitlines()[-count:] if self._path.is_file() else []
        found = []
        for line in reversed(lines):
            try:
                found.append(dict(json.loads(line)))
            except ValueError:
                continue
        return found
