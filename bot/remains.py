"""What may be left of purged documents: every file of the data folder is looked at before a claim is made.

A file counts as clean if it is one of the program's own, each of which its owner has erased, or the file of a
document that stays, and no sign of a purged document stands in it. Any other file is named.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bot.answering.adviser import BUDGET_NAME, TRUST_NAME
from bot.answering.gaps import GAPS_NAME
from bot.telegram.store import DATABASE_NAME as TELEGRAM_DATABASE
from bot.web.audit import AUDIT_NAME, FORMER_NAME
from ingest.sources import SIDECAR_SUFFIX
from retrieval.edition_files import EDITIONS_NAME
from retrieval.erasure import Purged
from retrieval.leftovers import BENCHMARKS_NAME, INCOMING_NAME, VECTORS_NAME, is_note, leftovers
from retrieval.locking import HOLDER_NAME, LOCK_NAME
from retrieval.store import DATABASE_NAME, UPLOADS_NAME, Store

_DATABASES = (DATABASE_NAME, GAPS_NAME, TELEGRAM_DATABASE)
_OURS = frozenset(
    {f"{name}{suffix}" for name in _DATABASES for suffix in ("", "-wal", "-shm", "-journal")}
    | {LOCK_NAME, HOLDER_NAME, BUDGET_NAME, f"{BUDGET_NAME}.lock", TRUST_NAME, EDITIONS_NAME}
    | {AUDIT_NAME, FORMER_NAME}
)
# The program writes UTF-8; what else lies there may come from anywhere.
_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")
_CHUNK_BYTES = 1 << 22
# Each is looked for by itself, which takes a second for a gigabyte.
_SIGNS_MAX = 64


@dataclass(frozen=True, slots=True)
class Remains:
    """Files that still hold something of purged documents, and those of which that cannot be told."""

    holding: tuple[Path, ...] = ()
    unchecked: tuple[Path, ...] = ()


def find_remains(store: Store, purged: Collection[Purged]) -> Remains:
    """What is left below the data folder; hold the ingest lock, and look after all has been erased."""
    look = _Look(store, purged)
    holding, unchecked = [], leftovers(store.data_dir)
    for path in _files(store.data_dir):
        try:
            digest = look.find(path)
        except OSError:
            unchecked.append(path)
            continue
        if digest is None:
            holding.append(path)
        elif not look.is_known(path, digest):
            unchecked.append(path)
    return Remains(tuple(holding), tuple(unchecked))


def _files(data_dir: Path) -> Iterator[Path]:
    """Everything but folders; a link to a folder is one of them, and so is a folder that does not open."""
    closed: list[Path] = []
    for folder, folders, names in os.walk(data_dir, onerror=lambda exc: closed.append(Path(exc.filename))):
        links = [name for name in folders if Path(folder, name).is_symlink()]
        yield from (Path(folder, name) for name in (*links, *names) if not is_note(name))
    yield from closed


class _Look:
    def __init__(self, store: Store, purged: Collection[Purged]) -> None:
        self._store = store
        signs = list(dict.fromkeys(sign for each in purged for sign in each.signs))
        self._signs = signs[:: -(-len(signs) // _SIGNS_MAX) or 1]
        self._digests = frozenset(digest for each in purged for digest in each.raws)
        self._stays: dict[str, bool] = {}

    def find(self, path: Path) -> str | None:
        """The SHA-256 of a file, or ``None`` where a sign of a purged document stands in it."""
        if path.is_symlink() or not path.is_file():
            raise OSError("no regular file")
        found: set[str] = set()
        sought = self._sought(path)
        longest = max((len(each) for each, _ in sought), default=1)
        digest, before = hashlib.sha256(), b""
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
                window = before + chunk
                found |= {sign for each, sign in sought if sign not in found and each in window}
                before = window[-longest + 1 :] if longest > 1 else b""
        is_copy = digest.hexdigest() in self._digests - self._raws
        return None if is_copy or any(not self._is_elsewhere(sign) for sign in found) else digest.hexdigest()

    def is_known(self, path: Path, digest: str) -> bool:
        """Whether it is a file of the program's own, or of a document that stays."""
        place = path.relative_to(self._store.data_dir)
        top, *inner = place.parts
        if top in (UPLOADS_NAME, INCOMING_NAME):
            # A sidecar goes with its document.
            is_sidecar = place.name.endswith(SIDECAR_SUFFIX)
            return digest in self._raws or (
                is_sidecar and Path(str(path).removesuffix(SIDECAR_SUFFIX)).is_file()
            )
        if top == VECTORS_NAME and inner:
            return inner[0] in self._vectors
        if top == BENCHMARKS_NAME and len(inner) > 1:
            return inner[1] in (*_OURS, VECTORS_NAME)
        # A database that was never put in its place is one without content.
        return place.as_posix() in _OURS or place.as_posix().startswith(f".{DATABASE_NAME}.")

    def _sought(self, path: Path) -> list[tuple[bytes, str]]:
        encodings = (
            _ENCODINGS[:1] if path.parent == self._store.data_dir and path.name in _OURS else _ENCODINGS
        )
        found = {each.encode(name, "replace"): each for each in self._signs for name in encodings}
        return list(found.items())

    def _is_elsewhere(self, sign: str) -> bool:
        """Whether a document that stays says the same."""
        if sign not in self._stays:
            with self._store.reading() as connection:
                self._stays[sign] = _stands_in_store(connection, sign)
        return self._stays[sign]

    @cached_property
    def _raws(self) -> frozenset[str]:
        with self._store.reading() as connection:
            return frozenset(row[0] for row in connection.execute("SELECT sha256 FROM raws"))

    @cached_property
    def _vectors(self) -> frozenset[str]:
        version = self._store.current()
        return frozenset(each.name for each in version.vector_sets()) if version else frozenset()


def _stands_in_store(connection: sqlite3.Connection, sign: str) -> bool:
    return any(
        connection.execute(f"SELECT 1 FROM {where} LIMIT 1", (sign,)).fetchone()  # nosec B608 # our own SQL alone
        for where in (
            "passages WHERE key = ?",
            "revisions WHERE instr(text, ?) > 0",
            "raws WHERE instr(data, CAST(? AS BLOB)) > 0",
        )
    )
