"""Vectors in Chroma, derived from the store: an immutable folder for each set of passages.

A folder is named after the model and the content keys it holds, so a version that changes no passage, or
a return to an earlier one, needs no new folder. It is built under another name as a copy of the last one
plus the difference, and renamed when it is whole; what the store does not know is dropped from every
result. Ids are content keys: equal passages share one vector. Documents and metadata are not in it.
"""

from __future__ import annotations

import hashlib
import logging
import multiprocessing
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from retrieval.errors import DangwuError, StoreBusy, StoreError
from retrieval.exact import compare_all
from retrieval.leftovers import ASIDE_PREFIX, DRAFT_PREFIX
from retrieval.locking import ingest_lock
from retrieval.marker import DATABASE_NAME, MARKER_NAME, marker_damage, write_marker
from retrieval.offspring import end_with_parent
from retrieval.publication import cached_embeddings, recent_vectors
from retrieval.records import Audience
from retrieval.snapshot import Snapshot, VectorSet, Version
from retrieval.store import Store

if TYPE_CHECKING:
    from retrieval.models.embedder import Embedder

COLLECTION = "passages"
# Rebuilding this many vectors takes about two seconds: short enough to do before answering.
RESTORE_AT_ONCE = 5_000
# Deleted vectors stay in the graph as dead nodes; past this share a fresh graph is smaller and faster.
_DELETED_SHARE_MAX = 0.3
BATCH = 1_000
# More than Chroma writes when it opens a folder.
_ROOM_BYTES = 1 << 16
# All is written out with the last batch. By default Chroma leaves up to 1,000 vectors for whoever opens the
# folder to work in, and a reader that does so writes parts of its memory into the files.
HNSW = {"space": "cosine", "ef_search": 200, "batch_size": 1, "sync_threshold": 1}

_log = logging.getLogger(__name__)

Hit = tuple[str, float]


class VectorsDamaged(StoreError):
    """The vectors of a version are missing or do not open; they can be restored from the cache."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """What a dense search found: (content key, similarity 0 to 1), best first; or why there was none."""

    hits: tuple[Hit, ...] = ()
    notice: str = ""


class VectorHome(Protocol):
    """Where vectors live: folders on this machine, or a Chroma server."""

    def prepare(self, model: str, dimension: int, keys: Collection[str], audience: Audience) -> str:
        """Make the cached vectors of ``keys`` searchable for an audience; gives the name of the set.

        They are published afterwards. An empty name where there is nothing to search.
        """

    def damage(self, version: Version) -> str:
        """What is wrong with the vectors of a published version, or an empty string."""

    def restore(self, snapshot: Snapshot) -> None:
        """Bring back from the cache the vectors that a snapshot may search."""

    def settle(self) -> None:
        """Remove what the latest two versions do not need."""

    def erase_former(self) -> None:
        """Leave no vector but those of the current version, not even deleted ones."""

    def search(self, snapshot: Snapshot, vector: Any, k: int) -> list[Hit]:
        """The ``k`` nearest content keys of a snapshot's audience; VectorsDamaged if they do not open."""

    def restore_now(self, snapshot: Snapshot) -> None:
        """Restore what is damaged before answering; a DangwuError says why that cannot be done now."""

    def close(self) -> None:
        """Let go of what is open."""


def nearest(home: VectorHome, snapshot: Snapshot, embedder: Embedder | None, text: str, k: int) -> Nearest:
    """The ``k`` passages nearest to a question, by content key; or none, with the reason in Chinese.

    Damaged vectors are restored first where that is quick; where it cannot be done now, few vectors are
    compared one by one.
    """
    if embedder is None or snapshot.is_empty:
        return Nearest()
    version = snapshot.info
    if not version.model:
        return Nearest(notice=_NO_VECTORS)
    if (version.model, version.dimension) != (embedder.fingerprint, embedder.dimension):
        return Nearest(notice=_MODEL_DIFFERS)
    vector = embedder.query(text)
    try:
        return Nearest(tuple(home.search(snapshot, vector, k)))
    except VectorsDamaged as damaged:
        _log.warning("%s", damaged.message)
    try:
        home.restore_now(snapshot)
        return Nearest(tuple(home.search(snapshot, vector, k)))
    except (StoreError, StoreBusy) as exc:
        _log.warning("vectors not restored: %s", exc.message)
    return (
        Nearest(tuple(compare_all(snapshot, vector, k)))
        if _are_few(snapshot)
        else Nearest(notice=_ONLY_WORDS)
    )


@dataclass(slots=True)
class _Handle:
    """An open folder; closed when it has been replaced and its last search has ended."""

    client: Any
    collection: Any
    count: int
    users: int = 0
    is_replaced: bool = field(default=False)
    scratch: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        self.client.close()
        if self.scratch:
            self.scratch.cleanup()


class VectorFolders:
    """Vectors in folders below ``root``; those of the last version asked are kept open."""

    def __init__(self, store: Store, root: Path | None = None) -> None:
        self._store = store
        self._root = root or store.vectors_dir
        self._open: dict[str, _Handle] = {}
        self._lock = Lock()

    def prepare(self, model: str, dimension: int, keys: Collection[str], audience: Audience) -> str:
        if not keys:
            return ""
        name = _folder_name(model, keys)
        if marker_damage(self._root / name, len(keys)):
            self._build(name, model, dimension, set(keys), self._last(model, audience))
        return name

    def damage(self, version: Version) -> str:
        return next(filter(None, map(self._damage_of, version.vector_sets())), "")

    def _damage_of(self, held: VectorSet) -> str:
        return marker_damage(self._root / held.name, held.keys)

    def restore(self, snapshot: Snapshot) -> None:
        self._build_again(snapshot, [each for each in sets_of(snapshot) if self._damage_of(each)])

    def rebuild(self, snapshot: Snapshot) -> None:
        """Build all that a snapshot may search from the cache alone, whole or not."""
        self._build_again(snapshot, sets_of(snapshot))

    def _build_again(self, snapshot: Snapshot, sets: Collection[VectorSet]) -> None:
        for each in sets:
            self._build(each.name, snapshot.info.model, snapshot.info.dimension, snapshot.keys(each.audience))

    def restore_now(self, snapshot: Snapshot) -> None:
        require_few(snapshot)
        with ingest_lock(self._store.data_dir):
            self.restore(snapshot)

    def settle(self) -> None:
        self._keep(recent_vectors(self._store))

    def erase_former(self) -> None:
        version = self._store.current()
        sets = version.vector_sets() if version else []
        if sets:
            # A folder that came of a copy holds deleted vectors in its files. Chroma also writes memory out
            # that it never filled, so the process that builds a new one must never have held what is to go.
            _rebuild_apart(self._store.data_dir)
        self._keep([each.name for each in sets])

    def _keep(self, names: Collection[str]) -> None:
        for folder in self._root.iterdir() if self._root.is_dir() else ():
            if folder.name not in names:
                _remove(folder)

    def search(self, snapshot: Snapshot, vector: Any, k: int) -> list[Hit]:
        found = [self._search_one(each, snapshot.info, vector, k) for each in sets_of(snapshot)]
        return known_hits(snapshot, found)[:k]

    def _search_one(self, held: VectorSet, version: Version, vector: Any, k: int) -> Any:
        with self._leased(held, version) as handle:
            try:
                return handle.collection.query(
                    query_embeddings=[vector], n_results=min(k, handle.count), include=["distances"]
                )
            # Chroma raises its own, sqlite's and Rust's errors for a folder that broke after opening.
            except Exception as exc:
                handle.is_replaced = True
                raise _damaged(self._root / held.name, str(exc)) from exc

    def close(self) -> None:
        with self._lock:
            for name in list(self._open):
                self._replace(name)

    @contextmanager
    def _leased(self, held: VectorSet, version: Version) -> Iterator[_Handle]:
        with self._lock:
            handle = self._open.get(held.name)
            if handle is None or handle.is_replaced:
                handle = _open_folder(self._root / held.name, held.keys)
                wanted = {each.name for each in version.vector_sets()} - {held.name}
                for name in self._open.keys() - wanted:
                    self._replace(name)
                self._open[held.name] = handle
            handle.users += 1
        try:
            yield handle
        finally:
            with self._lock:
                handle.users -= 1
                if handle.is_replaced and handle.users == 0:
                    handle.close()
                    self._forget(handle)

    def _replace(self, name: str) -> None:
        handle = self._open.pop(name)
        handle.is_replaced = True
        if handle.users == 0:
            handle.close()

    def _forget(self, handle: _Handle) -> None:
        self._open = {name: each for name, each in self._open.items() if each is not handle}

    def _build(
        self, name: str, model: str, dimension: int, keys: set[str], last: VectorSet | None = None
    ) -> None:
        """Build a folder beside its place and move it there whole; whatever stood there is replaced.

        It begins as a copy of ``last`` where that saves work.
        """
        self._root.mkdir(exist_ok=True)
        draft = self._root / f"{DRAFT_PREFIX}{name}-{os.getpid()}"
        _remove(draft)
        try:
            held = self._copy_last(draft, last, keys) if last else set()
            self._apply_difference(draft, model, keys - held, held - keys)
            write_marker(draft, model, dimension, len(keys))
            _move_into_place(draft, self._root / name)
        except DangwuError:
            raise
        # Besides OSError, Chroma raises its own and Rust's errors when it cannot write.
        except Exception as exc:
            raise StoreError(
                f"写不了向量目录：{self._root}（{exc}）。", remedy="检查权限和磁盘空间。"
            ) from exc
        finally:
            _remove(draft)

    def _last(self, model: str, audience: Audience) -> VectorSet | None:
        """What the current version holds for an audience, if that is of this model and whole."""
        version = self._store.current()
        if version is None or version.model != model:
            return None
        return next((each for each in version.vector_sets({audience}) if not self._damage_of(each)), None)

    def _copy_last(self, draft: Path, last: VectorSet, keys: set[str]) -> set[str]:
        """Copy a folder of the current version where that saves work; gives the keys the copy holds."""
        with self._store.snapshot() as snapshot:
            held = snapshot.keys(last.audience)
        if len(held - keys) > _DELETED_SHARE_MAX * len(held):
            return set()
        copy_folder(self._root / last.name, draft, left_out=(MARKER_NAME,))
        return held

    def _apply_difference(
        self, draft: Path, model: str, added: Collection[str], removed: Collection[str]
    ) -> None:
        client = _client(draft)
        try:
            collection = client.get_or_create_collection(
                COLLECTION, embedding_function=None, configuration={"hnsw": HNSW}
            )
            gone = sorted(removed)
            for at in range(0, len(gone), BATCH):
                collection.delete(ids=gone[at : at + BATCH])
            add_vectors(collection, self._store, model, added)
        finally:
            client.close()


def _rebuild_apart(data_dir: Path) -> None:
    """Build the current version's folder anew in a process of its own."""
    child = multiprocessing.get_context("spawn").Process(target=_rebuild, args=(data_dir,))
    child.start()
    child.join()
    if child.exitcode != 0:
        raise StoreError(f"写不了向量目录：{data_dir}。", remedy="检查权限和磁盘空间，再运行一次同样的命令。")


def _rebuild(data_dir: Path) -> None:
    # Without its parent it would hold no lock, and exchange a folder that others use.
    end_with_parent()
    store = Store.open(data_dir, create=False)
    try:
        with store.snapshot() as snapshot:
            VectorFolders(store).rebuild(snapshot)
    except StoreError as exc:
        _log.warning("%s", exc.message)
        raise SystemExit(1) from exc


def add_vectors(collection: Any, store: Store, model: str, keys: Collection[str]) -> None:
    """Add the cached vectors of ``keys``; StoreError if the cache lacks any of them."""
    import numpy as np

    added = 0
    for vectors in cached_embeddings(store, model, keys, at_once=BATCH):
        if vectors:
            rows = np.frombuffer(b"".join(vectors.values()), dtype="<f4").reshape(len(vectors), -1)
            collection.upsert(ids=list(vectors), embeddings=rows)
            added += len(vectors)
    if added != len(keys):
        raise StoreError(
            f"向量缓存不全：应有 {len(keys)} 个，只有 {added} 个。", remedy="运行 dangwu ingest 重新计算。"
        )


def sets_of(snapshot: Snapshot) -> list[VectorSet]:
    """The vectors that a snapshot may search."""
    return snapshot.info.vector_sets(snapshot.audiences)


def _are_few(snapshot: Snapshot) -> bool:
    return sum(each.keys for each in sets_of(snapshot)) <= RESTORE_AT_ONCE


def require_few(snapshot: Snapshot) -> None:
    """VectorsDamaged where it would take too long to restore a snapshot's vectors before answering."""
    if not _are_few(snapshot):
        raise VectorsDamaged("向量太多，不在提问时恢复。", remedy="运行 dangwu ingest 恢复。")


def known_hits(snapshot: Snapshot, found: Sequence[Any]) -> list[Hit]:
    """What searches found that the snapshot holds, each once, with cosine distance turned into similarity."""
    similarities: dict[str, float] = {}
    for each in found:
        for key, distance in zip(each["ids"][0], each["distances"][0], strict=True):
            similarities[key] = min(1.0, max(0.0, 1.0 - distance))
    known = snapshot.rowids_for_keys(similarities)
    # Sorting keeps the order of what is equally near.
    return sorted(((key, s) for key, s in similarities.items() if key in known), key=lambda hit: -hit[1])


def _client(folder: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))


def _open_folder(folder: Path, keys: int) -> _Handle:
    is_writable = _takes_writes(folder)
    if not is_writable and not _has_room_for_copy(folder):
        raise VectorsDamaged(f"向量目录不可写，也没有地方放副本：{folder}。", remedy="检查权限和磁盘空间。")
    problem = marker_damage(folder, keys)
    if problem:
        raise _damaged(folder, problem)
    return _open_client(folder, keys) if is_writable else _open_copy(folder, keys)


def _takes_writes(folder: Path) -> bool:
    """Whether something can be written there; rights, a read-only medium or a full disk may forbid it."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(_ROOM_BYTES))
    except OSError:
        return False
    return True


def _has_room_for_copy(folder: Path) -> bool:
    try:
        size = sum(path.stat().st_size for path in folder.rglob("*"))
        return shutil.disk_usage(tempfile.gettempdir()).free > size + _ROOM_BYTES
    except OSError:
        return False


def _open_client(folder: Path, keys: int) -> _Handle:
    try:
        _require_database(folder / DATABASE_NAME)
        client = _client(folder)
    # Chroma raises its own, sqlite's and Rust's errors, some of them plain Exception.
    except Exception as exc:
        raise _damaged(folder, str(exc)) from exc
    try:
        collection = client.get_collection(COLLECTION, embedding_function=None)
        count = collection.count()
    except Exception as exc:
        client.close()
        raise _damaged(folder, str(exc)) from exc
    if count != keys:
        client.close()
        raise _damaged(folder, f"有 {count} 个向量，应有 {keys} 个")
    return _Handle(client, collection, count)


def _open_copy(folder: Path, keys: int) -> _Handle:
    """A folder opened elsewhere: Chroma writes to a folder even when it only reads."""
    scratch = tempfile.TemporaryDirectory(prefix="dangwu-vectors-")
    try:
        copy_folder(folder, Path(scratch.name))
        handle = _open_client(Path(scratch.name), keys)
    except (OSError, VectorsDamaged) as exc:
        scratch.cleanup()
        raise VectorsDamaged(
            f"打不开向量目录的副本：{folder}（{exc}）。", remedy="检查权限和磁盘空间。"
        ) from exc
    handle.scratch = scratch
    return handle


def copy_folder(folder: Path, target: Path, *, left_out: Collection[str] = ()) -> None:
    """Copy a folder for its owner alone, whatever others may do with the original."""
    ignore = shutil.ignore_patterns(*left_out)
    shutil.copytree(folder, target, ignore=ignore, copy_function=shutil.copyfile, dirs_exist_ok=True)
    for each in (target, *target.rglob("*")):
        each.chmod(0o700 if each.is_dir() else 0o600)


def _require_database(path: Path) -> None:
    # Chroma remembers a folder that failed to open, and fails for it ever after in this process.
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        connection.execute("SELECT count(*) FROM collections").fetchone()
    finally:
        connection.close()


def _damaged(folder: Path, reason: str) -> VectorsDamaged:
    # Without its marker the folder counts as damaged for everyone, and the next ingest rebuilds it.
    with suppress(OSError):
        (folder / MARKER_NAME).unlink()
    first_line = reason.strip().partition("\n")[0]
    return VectorsDamaged(
        f"向量目录缺失或损坏：{folder}（{first_line}）。", remedy="运行 dangwu ingest，会从缓存恢复。"
    )


def _folder_name(model: str, keys: Collection[str]) -> str:
    digest = hashlib.sha256(model.encode())
    for key in sorted(keys):
        digest.update(key.encode())
    return digest.hexdigest()[:16]


def _move_into_place(draft: Path, place: Path) -> None:
    aside = place.with_name(f"{ASIDE_PREFIX}{place.name}-{os.getpid()}")
    if place.exists():
        place.rename(aside)
    draft.rename(place)
    _remove(aside)


def _remove(folder: Path) -> None:
    # A reader on a network file system may hold files; what stays is removed by a later ingest.
    shutil.rmtree(folder, ignore_errors=True)


_NO_VECTORS = "资料库建立时没有用向量模型，这次只按词检索；运行 dangwu ingest 建立向量。"
_MODEL_DIFFERS = "向量是用另一个模型建立的，这次只按词检索；运行 dangwu ingest 用现在的模型重新建立。"
_ONLY_WORDS = "向量目录缺失或损坏，这次只按词检索；运行 dangwu ingest 会从缓存恢复。"


def vector_home(store: Store, chroma_url: str = "", root: Path | None = None) -> VectorHome:
    """The vectors of a store: in folders, those of its own data folder or below ``root``, or at a server."""
    if not chroma_url:
        return VectorFolders(store, root)
    from retrieval.vector_server import VectorServer

    return VectorServer(store, chroma_url)
