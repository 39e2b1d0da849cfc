"""One archive of all that a data folder holds and cannot derive, and the way back.

Every SQLite file is copied as of one moment while others go on writing; uploaded files come along.
Vector folders are left out: they come back from the embeddings in the database. A restore replaces the
contents of each database in one transaction, which readers that have it open take up like any other.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import sqlite3
import tempfile
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from retrieval.errors import Damaged, InputError, StoreError
from retrieval.leftovers import RESTORE_PREFIX, backup_folder
from retrieval.publication import damaged_revisions
from retrieval.schema import SCHEMA_VERSION
from retrieval.snapshot import GENERATION
from retrieval.store import DATABASE_NAME, FAILURES, UPLOADS_NAME, Store, address, damage_of

_log = logging.getLogger(__name__)

_MANIFEST = "dangwu-backup.json"
_FORMAT = 1
_CHUNK_BYTES = 1 << 20
# Changes a database (the first path) that is about to take the place of another (the second).
Adoption = Callable[[Path, Path], None]


@dataclass(frozen=True, slots=True)
class Backup:
    """What an archive holds: corpus version and its size, schema, when it was made, digests of its files."""

    version: str
    documents: int
    schema: int
    created_at: str
    files: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        """The backup as the commands print it."""
        return {**asdict(self), "files": sorted(self.files)}


def write_backup(store: Store, archive: Path, *, at: datetime) -> Backup:
    """Write everything into a new file; InputError where there is one already or no folder for it."""
    if archive.exists():
        raise InputError(f"文件已经存在：{archive}", remedy="换一个文件名，或先把它移走。")
    if not archive.parent.is_dir():
        raise InputError(f"文件夹不存在：{archive.parent}", remedy="先建好文件夹，或换一个位置。")
    try:
        with backup_folder(store.data_dir, archive.parent) as work:
            copies = {path.name: _copied(path, work) for path in _databases(store.data_dir)}
            _require_sound(copies)
            members = {**copies, **_uploads(store.data_dir)}
            backup = _description(work / DATABASE_NAME, members, at)
            _pack(work / "draft", backup, members)
            _require_readable(work / "draft")
            (work / "draft").replace(archive)
    except (OSError, *FAILURES) as exc:
        raise StoreError(f"备份没有写成：{archive}（{exc}）。", remedy="检查磁盘空间和权限。") from exc
    return backup


@contextmanager
def opened_backup(archive: Path, data_dir: Path) -> Iterator[tuple[Backup, Store]]:
    """What an archive holds, and a store of its own with that, checked and of the present schema.

    Hold the ingest lock. The store's folder lies in the data folder and goes at the end. InputError for
    what is no backup, StoreError for a damaged one or one of a newer program.
    """
    if not archive.is_file():
        raise InputError(f"没有这个文件：{archive}", remedy="检查路径有没有写错。")
    with tempfile.TemporaryDirectory(prefix=RESTORE_PREFIX, dir=data_dir) as work:
        backup = _unpacked(archive, Path(work))
        _check(archive, backup, Path(work))
        store = Store.open(Path(work), create=False)
        try:
            yield backup, store
        finally:
            store.close()


def put_in_place(incoming: Store, data_dir: Path, adoptions: Mapping[str, Adoption]) -> list[Path]:
    """Replace what a data folder holds by an opened backup, the corpus last; hold the ingest lock.

    ``adoptions`` change databases, by name, before that. Numbers given out since the backup was made are
    not given out again. Gives the databases that were too damaged to be written, where they lie now.
    """
    incoming.close()
    if (incoming.data_dir / UPLOADS_NAME).is_dir():
        shutil.copytree(incoming.data_dir / UPLOADS_NAME, data_dir / UPLOADS_NAME, dirs_exist_ok=True)
    moved_aside = []
    for database in sorted(_databases(incoming.data_dir), key=lambda path: path.name == DATABASE_NAME):
        live = data_dir / database.name
        if database.name in adoptions:
            adoptions[database.name](database, live)
        try:
            moved_aside += _replace(database, live)
        except (OSError, *FAILURES) as exc:
            raise StoreError(f"写不了 {live}（{exc}），它保持原样。", remedy="检查磁盘空间和权限。") from exc
    return moved_aside


def other_databases(data_dir: Path) -> list[Path]:
    """The SQLite files beside the corpus: what else a backup holds."""
    return [path for path in _databases(data_dir) if path.name != DATABASE_NAME]


def _databases(data_dir: Path) -> list[Path]:
    return sorted(path for path in data_dir.glob("*.sqlite3") if not path.name.startswith("."))


def _uploads(data_dir: Path) -> dict[str, Path]:
    found = (
        path for path in (data_dir / UPLOADS_NAME).rglob("*") if path.is_file() and not path.is_symlink()
    )
    return {path.relative_to(data_dir).as_posix(): path for path in found}


def _copied(database: Path, work: Path) -> Path:
    copy = work / database.name
    with (
        closing(sqlite3.connect(address(database, "ro"), uri=True)) as source,
        closing(sqlite3.connect(copy, isolation_level=None)) as target,
    ):
        source.backup(target)
        # A single file, whole without a log beside it.
        target.execute("PRAGMA journal_mode = DELETE")
    return copy


def _require_sound(copies: Mapping[str, Path]) -> None:
    """Damaged where a copy is not what was stored: a backup that cannot bring it back is none."""
    for name, copy in copies.items():
        if damage := damage_of(copy):
            raise StoreError(
                f"没有备份：{name} 损坏（{damage}）。", remedy="运行 dangwu doctor，先照它说的处理。"
            )
    store = Store(copies[DATABASE_NAME].parent)
    damaged = damaged_revisions(store)
    is_sound = store.is_sound() and not damaged
    store.close()
    if not is_sound:
        raise Damaged(f"没有备份：{len(damaged)} 份资料或当前版本的记录已经损坏（dangwu doctor 可查）。")


def _require_readable(draft: Path) -> None:
    """OSError where the archive does not read back as it was written."""
    try:
        with zipfile.ZipFile(draft) as archive:
            spoilt = archive.testzip()
    except zipfile.BadZipFile as exc:
        raise OSError(str(exc)) from exc
    if spoilt:
        raise OSError(f"{spoilt} 写出后读不回来")


def _description(database: Path, members: Mapping[str, Path], at: datetime) -> Backup:
    with closing(sqlite3.connect(database)) as connection:
        (schema,) = connection.execute("PRAGMA user_version").fetchone()
    store = Store(database.parent)
    current = store.current()
    store.close()
    return Backup(
        version=current.name if current else "",
        documents=current.documents if current else 0,
        schema=schema,
        created_at=at.isoformat(timespec="seconds"),
        files={name: _digest(path) for name, path in sorted(members.items())},
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pack(draft: Path, backup: Backup, members: Mapping[str, Path]) -> None:
    with draft.open("wb") as file:
        # More effort makes texts hardly smaller, and vectors not at all.
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr(_MANIFEST, json.dumps({"format": _FORMAT, **asdict(backup)}, ensure_ascii=False))
            for name, path in members.items():
                archive.write(path, name)
        file.flush()
        os.fsync(file.fileno())


def _unpacked(path: Path, work: Path) -> Backup:
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = json.loads(archive.read(_MANIFEST))
            if manifest.pop("format") != _FORMAT or DATABASE_NAME not in manifest["files"]:
                raise ValueError("不认得的格式")
            backup = Backup(**manifest)
            for name, digest in backup.files.items():
                _extract(archive, name, work)
                if _digest(work / name) != digest:
                    raise ValueError(f"{name} 与备份时的不同")
    # Of what is no backup anything may be wrong.
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as exc:
        raise StoreError(
            f"不是 dangwu 的备份，或已经损坏：{path}（{exc}）。", remedy="换一份备份；资料库保持原样。"
        ) from exc
    except OSError as exc:
        raise StoreError(f"打不开备份：{path}（{exc}）。", remedy="检查磁盘空间和权限。") from exc
    return backup


def _extract(archive: zipfile.ZipFile, name: str, work: Path) -> None:
    parts = PurePosixPath(name).parts
    is_database = len(parts) == 1 and name.endswith(".sqlite3")
    if not is_database and (parts[0] != UPLOADS_NAME or ".." in parts):
        raise ValueError(f"不该有的文件：{name}")
    (work / name).parent.mkdir(parents=True, exist_ok=True)
    with archive.open(name) as source, (work / name).open("wb") as target:
        shutil.copyfileobj(source, target, _CHUNK_BYTES)


def _check(archive: Path, backup: Backup, work: Path) -> None:
    if backup.schema > SCHEMA_VERSION:
        raise StoreError(
            f"备份由更新的版本写成（结构 {backup.schema}，本程序只认得 {SCHEMA_VERSION}）：{archive}",
            remedy="升级 dangwu（pip install -U dangwu）后再恢复；资料库保持原样。",
        )
    for database in _databases(work):
        if damage_of(database):
            raise StoreError(f"备份里的 {database.name} 已经损坏：{archive}", remedy="换一份备份。")


def _replace(incoming: Path, live: Path) -> list[Path]:
    """Put the contents of one database in the place of another's; gives where that went if it was broken."""
    with closing(sqlite3.connect(incoming, isolation_level=None)) as source:
        if incoming.name == DATABASE_NAME:
            # Readers know by this that a row they remember may be another one now.
            source.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (GENERATION, uuid.uuid4().hex))
        if live.exists() and _overwrite(source, live):
            return []
        _let_readers_in(source, incoming)
    return _move_in(incoming, live)


def _overwrite(source: sqlite3.Connection, live: Path) -> bool:
    """Write a database over another that may be open elsewhere; false where that is too damaged for it."""
    try:
        _keep_numbers(source, live)
        with closing(sqlite3.connect(address(live, "rw"), uri=True)) as target:
            source.backup(target)
            _let_readers_in(target, live)
    except sqlite3.OperationalError:  # busy, full, without rights: the file itself may be sound
        raise
    except (sqlite3.DatabaseError, UnicodeDecodeError) as exc:
        _log.warning("%s is too damaged to be written over: %s", live.name, exc)
        return False
    return True


def _let_readers_in(connection: sqlite3.Connection, database: Path) -> None:
    # An emptied file had lost the mark that the corpus is read while it is written.
    if database.name == DATABASE_NAME:
        connection.execute("PRAGMA journal_mode = WAL")


def _keep_numbers(source: sqlite3.Connection, live: Path) -> None:
    """Let automatic numbers go on from where the live database is: old ones are known outside of it."""
    source.execute("ATTACH ? AS live", (address(live, "rw"),))
    try:
        for schema in ("main", "live"):
            if not source.execute(
                f"SELECT 1 FROM {schema}.sqlite_master WHERE name = 'sqlite_sequence'"  # nosec B608 # names of our own tables alone
            ).fetchone():
                return
        source.execute(
            "UPDATE main.sqlite_sequence SET seq = max(seq, coalesce("
            "(SELECT l.seq FROM live.sqlite_sequence l WHERE l.name = main.sqlite_sequence.name), 0))"
        )
        source.execute(
            "INSERT INTO main.sqlite_sequence (name, seq) SELECT name, seq FROM live.sqlite_sequence"
            " WHERE name NOT IN (SELECT name FROM main.sqlite_sequence)"
        )
    finally:
        source.execute("DETACH live")


def _move_in(incoming: Path, live: Path) -> list[Path]:
    """Put the file in the place of one that is missing or damaged, which stays beside it."""
    aside = live.with_name(f"{live.name}.damaged")
    # The log first: beside the new file it would be taken for that one's.
    for suffix in ("-wal", "-shm"):
        log = Path(f"{live}{suffix}")
        if log.exists():
            log.replace(f"{aside}{suffix}")
    was_there = live.exists()
    if was_there:
        shutil.copyfile(live, aside)
    incoming.replace(live)
    return [aside] if was_there else []
