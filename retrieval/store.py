"""The truth: one SQLite database of documents, passages, versions and cached embeddings.

A reader takes a ``Snapshot`` for the length of one question: a read transaction on the version that is
current at that moment, unmoved by whatever an ingest publishes meanwhile (WAL mode). Writing lives in
``retrieval.publication``. Every sqlite3 error inside a snapshot leaves it as one of ours.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Literal

from retrieval.checksums import is_sound_version, register
from retrieval.errors import Damaged, DangwuError, EmptyCorpus, SettingError, StoreBusy, StoreError
from retrieval.leftovers import VECTORS_NAME
from retrieval.locking import describe_holder
from retrieval.records import STAFF, Audience
from retrieval.schema import APPLICATION_ID, SCHEMA_VERSION, migrate, schema_version
from retrieval.snapshot import GENERATION, VERSION_COLUMNS, RevisionCache, Snapshot, Version

DATABASE_NAME = "dangwu.sqlite3"
UPLOADS_NAME = "uploads"
"""Below the data folder, which is no source otherwise: what is sent in by other ways than the disk."""
_BUSY_TIMEOUT_S = 5.0
# SQLite's own words may quote what has rotted, and Python then cannot read them.
FAILURES = (sqlite3.Error, UnicodeDecodeError)

__all__ = ["DATABASE_NAME", "VECTORS_NAME", "Snapshot", "Store", "Version"]


class _Connection(sqlite3.Connection):
    """A connection that knows which file it opened: a restore may put another in its place.

    ``taken_as`` is the state of a file that is read as it lies there, without the log by which SQLite tells
    readers of writers; ``None`` for one that is shared.
    """

    file_id: tuple[int, int] = (0, 0)
    taken_as: tuple[int, int] | None = None


class Store:
    """The database of one data folder; safe to use from several threads."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.database = data_dir / DATABASE_NAME
        self.vectors_dir = data_dir / VECTORS_NAME
        self._idle: LifoQueue[_Connection] = LifoQueue()
        self._revisions = RevisionCache("")
        # The version that was found to be sound, with its generation.
        self._sound: tuple[str, int] | None = None
        self.sound_revisions: set[int] = set()
        """Revisions that were read whole and found to be what was stored."""
        self.sound_indexes = 0
        """The version whose term indexes were read whole and found to be what was published."""

    @classmethod
    def open(cls, data_dir: Path, *, create: bool) -> Store:
        """The store of ``data_dir``, made if ``create`` and absent, migrated to the present schema.

        SettingError when the folder cannot exist, EmptyCorpus when nothing is there and ``create`` is
        false, StoreError when the file is damaged, foreign, newer than the program or not writable.
        """
        data_dir = data_dir.expanduser().absolute()
        if create:
            make_folder(data_dir)
        else:
            _check_place(data_dir)
        database = data_dir / DATABASE_NAME
        if not database.is_file():
            if not create:
                raise EmptyCorpus(f"资料库是空的：{data_dir} 下没有 {DATABASE_NAME}。", remedy=_INGEST_FIRST)
            _create(database)
        store = cls(data_dir)
        with store.translated_errors():
            store._prepare()
        return store

    def close(self) -> None:
        """Close the idle connections; the store may be used again afterwards."""
        with suppress(Empty):
            while True:
                self._idle.get_nowait().close()

    @property
    def is_empty(self) -> bool:
        """Whether no version has been published yet."""
        with self.reading() as connection:
            return not _has_versions(connection)

    def current(self) -> Version | None:
        """The version that a question asked now would use."""
        with self.reading() as connection:
            return _current_version(connection)

    @contextmanager
    def snapshot(self, audiences: Collection[Audience] = STAFF) -> Iterator[Snapshot]:
        """The current version as these audiences may see it, held still until the block ends.

        EmptyCorpus when there is none.
        """
        with self.reading() as connection:
            version = _current_version(connection)
            if version is None and not _has_versions(connection):
                raise EmptyCorpus("资料库里还没有任何资料。", remedy=_INGEST_FIRST)
            known = self._known_revisions(connection)
            if version is None or not self._is_sound(connection, version, known.generation):
                raise Damaged("资料库当前版本的记录已经损坏。")
            yield Snapshot(connection, version, self.vectors_dir, known, frozenset(audiences))

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection inside a read transaction."""
        with self.translated_errors():
            connection = self._take()
            try:
                connection.execute("BEGIN")
                yield connection
            except FAILURES:
                connection.close()
                raise
            except BaseException:
                self._give_back(connection)
                raise
            self._give_back(connection)
            if connection.taken_as not in (None, _file_state(self.database)):
                raise StoreBusy("资料库刚刚有更新，这一次没有读完整。", remedy="再运行一次同样的命令。")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection inside a write transaction: committed at the end, rolled back on any error."""
        with self.translated_errors():
            connection = self.connect()
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            finally:
                connection.close()

    def connect(self) -> _Connection:
        """A new connection in autocommit mode; whoever takes it closes it."""
        return _connected(self.database, address(self.database, "rw"))

    @contextmanager
    def translated_errors(self) -> Iterator[None]:
        """Turn what sqlite3 raises inside the block into StoreBusy or StoreError with a remedy."""
        try:
            yield
        except FAILURES as exc:
            raise _translate(exc, self.database) from exc

    def damage(self) -> str | None:
        """What SQLite's own check finds wrong with the file, or ``None``; reads the whole file."""
        return damage_of(self.database)

    def _known_revisions(self, connection: sqlite3.Connection) -> RevisionCache:
        """The revisions read before, unless the database has been restored since."""
        row = connection.execute("SELECT value FROM meta WHERE key = ?", (GENERATION,)).fetchone()
        generation = row[0] if row else ""
        if self._revisions.generation != generation:
            self._revisions = RevisionCache(generation)
            self.sound_revisions.clear()
            self.sound_indexes = 0
        return self._revisions

    def is_sound(self) -> bool:
        """Whether the record of the current version is what was published; true where there is none."""
        with self.reading() as connection:
            version = _current_version(connection)
            if version is None:
                return not _has_versions(connection)
            return self._is_sound(connection, version, "")

    def _is_sound(self, connection: sqlite3.Connection, version: Version, generation: str) -> bool:
        """Looked at once for each version; the newest is the current one, or the pointer is wrong."""
        if self._sound != (generation, version.number):
            newest = connection.execute("SELECT max(id) FROM versions").fetchone()[0]
            if newest != version.number or not is_sound_version(connection, version.number):
                return False
            self._sound = (generation, version.number)
        return True

    def _take(self) -> _Connection:
        file_id = _file_id(self.database)
        with suppress(Empty):
            while True:
                connection = self._idle.get_nowait()
                if connection.file_id == file_id:
                    return connection
                connection.close()
        return open_to_read(self.database)

    def _give_back(self, connection: _Connection) -> None:
        connection.rollback()
        if connection.taken_as is None:
            self._idle.put(connection)
        else:
            connection.close()

    def _prepare(self) -> None:
        connection = open_to_read(self.database)
        try:
            found = schema_version(connection)
            owner = connection.execute("PRAGMA application_id").fetchone()[0]
            if self.database.stat().st_size == 0:
                raise StoreError(f"资料库文件是空的，内容已经丢失：{self.database}", remedy=RESTORE)
            if owner != APPLICATION_ID:
                raise StoreError(f"{self.database} 不是本程序的数据库。", remedy=RESTORE)
            if found > SCHEMA_VERSION:
                raise StoreError(
                    f"资料库由更新的版本写成（结构 {found}，本程序只认得 {SCHEMA_VERSION}）：{self.database}",
                    remedy="升级 dangwu（pip install -U dangwu），或用 DANGWU_DATA_DIR 换一个数据目录。",
                )
            if found < SCHEMA_VERSION:
                migrate(connection)
        finally:
            connection.close()


_INGEST_FIRST = "先导入资料：dangwu ingest 文件或文件夹"
RESTORE = (
    "若有备份，用 dangwu restore 备份文件 恢复；没有，就把整个数据目录移到别处，再用 dangwu ingest 重新导入。"
)


def _file_id(database: Path) -> tuple[int, int]:
    try:
        status = database.stat()
    except OSError:
        return 0, 0
    return status.st_dev, status.st_ino


def open_to_read(database: Path) -> _Connection:
    """A connection that can read, even where there is no room for the log that readers share."""
    try:
        return _connected(database, address(database, "rw"))
    except sqlite3.OperationalError as exc:
        log = Path(f"{database}-wal")
        # What stands in a log belongs to the contents.
        if not is_refused_by_disk(exc) or (log.exists() and log.stat().st_size):
            raise
    state = _file_state(database)
    connection = _connected(database, f"{database.absolute().as_uri()}?immutable=1")
    connection.taken_as = state
    return connection


def _connected(database: Path, uri: str) -> _Connection:
    file_id = _file_id(database)
    connection = sqlite3.connect(
        uri,
        uri=True,
        timeout=_BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
        factory=_Connection,
    )
    connection.file_id = file_id
    try:
        # The first to read the file, and so to fail where that cannot be.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        # What a search sorts and counts must need no room on the disk.
        connection.execute("PRAGMA temp_store = MEMORY")
        # Cheap, and finds what an overwritten page would otherwise mislead SQLite to.
        connection.execute("PRAGMA cell_size_check = ON")
        # A byte that is no UTF-8 any more must not keep a query from its other rows.
        connection.text_factory = _decoded
        register(connection)
    except FAILURES:
        connection.close()
        raise
    return connection


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _file_state(database: Path) -> tuple[int, int]:
    try:
        status = database.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


def is_refused_by_disk(exc: sqlite3.Error) -> bool:
    """Whether an error comes from a disk that takes nothing: full, failing, or not to be written."""
    return (getattr(exc, "sqlite_errorcode", 0) & 0xFF) in (
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
    )


def damage_of(database: Path) -> str | None:
    """What SQLite's own check finds wrong with a file, or ``None``; reads the whole file."""
    try:
        with closing(open_to_read(database)) as connection:
            found = [row[0] for row in connection.execute("PRAGMA quick_check(3)")]
    except FAILURES as exc:
        return str(exc)
    return None if found == ["ok"] else "；".join(found)


def _has_versions(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM versions LIMIT 1").fetchone() is not None


def _current_version(connection: sqlite3.Connection) -> Version | None:
    row = connection.execute(
        f"SELECT {VERSION_COLUMNS} FROM current_version c JOIN versions v ON v.id = c.version_id"  # nosec B608 # our own SQL alone
    ).fetchone()
    return Version(*row) if row else None


def _check_place(data_dir: Path) -> None:
    """SettingError where a mistyped setting makes the data folder impossible."""
    if data_dir.exists() and not data_dir.is_dir():
        raise SettingError(f"DANGWU_DATA_DIR 指向的不是文件夹：{data_dir}", remedy="改成一个文件夹的路径。")
    if not data_dir.exists() and not data_dir.parent.is_dir():
        raise SettingError(
            f"数据目录的上级文件夹不存在：{data_dir.parent}",
            remedy="检查 DANGWU_DATA_DIR 有没有写错；确实要用它，请先建好上级文件夹。",
        )


def make_folder(data_dir: Path) -> None:
    """Make the data folder where it is not there; SettingError or StoreError where that cannot be."""
    _check_place(data_dir)
    try:
        data_dir.mkdir(exist_ok=True)
        (data_dir / VECTORS_NAME).mkdir(exist_ok=True)
    except OSError as exc:
        raise _not_writable(data_dir, exc) from exc


def _create(database: Path) -> None:
    """Make the file beside its place and link it in whole, so that an empty file is always damage."""
    draft = database.with_name(f".{database.name}.{os.getpid()}")
    try:
        _remove_database(draft)
        connection = sqlite3.connect(draft, isolation_level=None)
        try:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute("PRAGMA journal_mode = WAL")
            migrate(connection)
        finally:
            connection.close()
        _move_unless_there(draft, database)
    except (OSError, sqlite3.Error) as exc:
        raise _not_writable(database.parent, exc) from exc
    finally:
        with suppress(OSError):
            _remove_database(draft)


def _move_unless_there(draft: Path, database: Path) -> None:
    """Another process may have been quicker, and its database must not be replaced."""
    try:
        os.link(draft, database)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        if not database.exists():
            draft.rename(database)


def _remove_database(database: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{database}{suffix}").unlink(missing_ok=True)


def address(database: Path, mode: Literal["ro", "rw"]) -> str:
    """The URI by which SQLite opens a database that is there."""
    # A WAL database can only be shared where its -shm file can be made. On a read-only medium nobody
    # else can be writing, so SQLite may take the file as it is.
    is_alone = not os.access(database.parent, os.W_OK) and not Path(f"{database}-wal").exists()
    return f"{database.absolute().as_uri()}?{'immutable=1' if is_alone else f'mode={mode}'}"


def _not_writable(data_dir: Path, exc: Exception) -> StoreError:
    return StoreError(
        f"数据目录不可写：{data_dir}（{exc}）。",
        remedy="检查目录权限和磁盘空间，或用 DANGWU_DATA_DIR 换一个可写的目录。",
    )


def _translate(exc: Exception, database: Path) -> DangwuError:
    reason = str(exc)
    if "locked" in reason or "busy" in reason:
        return StoreBusy(
            f"资料库正被占用（{describe_holder(database.parent)}）。", remedy="稍等片刻再运行一次。"
        )
    if "readonly" in reason or "unable to open" in reason:
        return _not_writable(database.parent, exc)
    if "full" in reason or "disk I/O" in reason:
        return StoreError(f"写不进资料库：{database}（{reason}）。", remedy="腾出磁盘空间后再运行一次。")
    return StoreError(f"资料库损坏或读不出来：{database}（{reason}）。", remedy=RESTORE)
