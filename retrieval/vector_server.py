"""Vectors at a Chroma server: one collection for each store, model and audience.

A server shows every change at once, so a version's vectors are added before it is published and removed
only when neither of the latest two versions needs them. What another version holds may take places in
the result; therefore more is fetched than asked for, and the store drops what the snapshot does not hold.
"""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable, Collection, Iterator
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from retrieval.errors import DangwuError, SettingError
from retrieval.locking import ingest_lock
from retrieval.publication import recent_keys, store_id
from retrieval.records import Audience
from retrieval.snapshot import Snapshot, VectorSet, Version
from retrieval.store import Store
from retrieval.vectors import (
    BATCH,
    HNSW,
    Hit,
    VectorsDamaged,
    add_vectors,
    known_hits,
    require_few,
    sets_of,
)

_EXTRA_HITS = 20
# Chroma's client waits without limit for a host that does not answer, so the door is tried first.
_CONNECT_TIMEOUT_S = 5.0
_ANSWER_TIMEOUT_S = 60.0


class VectorServer:
    """Vectors of one store at the Chroma server of ``url``; the connection is made at first use."""

    def __init__(self, store: Store, url: str) -> None:
        self._store = store
        self._url = url
        self._address = _address(url)
        self._client: Any = None
        self._lock = Lock()

    def prepare(self, model: str, dimension: int, keys: Collection[str], audience: Audience) -> str:
        if not keys:
            return ""
        self._complete(model, keys, audience)
        return self._collection_name(model, audience)

    def damage(self, version: Version) -> str:
        for each in version.vector_sets():
            try:
                held = self._reached(self._collection(version.model, each.audience).count)
            except VectorsDamaged as exc:
                return exc.message
            if held < each.keys:
                return f"服务器上有 {held} 个向量，应有 {each.keys} 个"
        return ""

    def restore(self, snapshot: Snapshot) -> None:
        for each in sets_of(snapshot):
            self._complete(snapshot.info.model, snapshot.keys(each.audience), each.audience)

    def restore_now(self, snapshot: Snapshot) -> None:
        require_few(snapshot)
        with ingest_lock(self._store.data_dir):
            self.restore(snapshot)

    def settle(self) -> None:
        self._keep_recent(versions=2)

    def erase_former(self) -> None:
        """Delete them at the server, which decides itself when their bytes leave its disk."""
        wanted = {self._collection_name(model, each.audience) for model, each in self._current_sets()}
        client = self._reached(self._connected)
        for collection in self._reached(client.list_collections):
            if collection.name.startswith(self._prefix()) and collection.name not in wanted:
                self._reached(client.delete_collection, collection.name)
        self._keep_recent(versions=1)

    def _keep_recent(self, versions: int) -> None:
        """Remove what none of the latest versions needs."""
        for model, each in self._current_sets():
            keys = recent_keys(self._store, model, each.audience, versions)
            self._keep(self._collection(model, each.audience), keys)

    def _current_sets(self) -> list[tuple[str, VectorSet]]:
        version = self._store.current()
        return [(version.model, each) for each in version.vector_sets()] if version else []

    def _keep(self, collection: Any, keys: Collection[str]) -> None:
        if self._reached(collection.count) > len(keys):
            gone = sorted(key for key in self._ids(collection) if key not in keys)
            for part in _parts(gone):
                self._reached(collection.delete, ids=part)

    def search(self, snapshot: Snapshot, vector: Any, k: int) -> list[Hit]:
        found = [self._search_one(each, snapshot.info.model, vector, k) for each in sets_of(snapshot)]
        return known_hits(snapshot, found)[:k]

    def _search_one(self, held: VectorSet, model: str, vector: Any, k: int) -> Any:
        collection = self._collection(model, held.audience)
        if self._reached(collection.count) < held.keys:
            raise VectorsDamaged("服务器上的向量不全。", remedy="运行 dangwu ingest，会从缓存恢复。")
        wanted = 2 * k + _EXTRA_HITS
        return self._reached(
            collection.query, query_embeddings=[vector], n_results=wanted, include=["distances"]
        )

    def close(self) -> None:
        with self._lock:
            if self._client is not None:
                for session in _sessions(self._client):
                    session.close()
                self._client.close()
                self._client = None

    def _complete(self, model: str, keys: Collection[str], audience: Audience) -> None:
        """Add the vectors among ``keys`` that the server lacks."""
        collection = self._collection(model, audience)
        for part in _parts(sorted(keys)):
            held = set(self._reached(collection.get, ids=part, include=[])["ids"])
            lacking = [key for key in part if key not in held]
            if lacking:
                self._reached(add_vectors, collection, self._store, model, lacking)

    def _ids(self, collection: Any) -> Iterator[str]:
        at = 0
        while ids := self._reached(collection.get, include=[], limit=BATCH, offset=at)["ids"]:
            yield from ids
            at += len(ids)

    def _collection_name(self, model: str, audience: Audience) -> str:
        suffix = "-internal" if audience == "内部" else ""
        return f"{self._prefix()}{hashlib.sha256(model.encode()).hexdigest()[:16]}{suffix}"

    def _prefix(self) -> str:
        return f"dangwu-{store_id(self._store)[:12]}-"

    def _collection(self, model: str, audience: Audience) -> Any:
        return self._reached(
            self._reached(self._connected).get_or_create_collection,
            self._collection_name(model, audience),
            embedding_function=None,
            configuration={"hnsw": HNSW},
        )

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = _client(self._address)
            return self._client

    def _reached(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return call(*args, **kwargs)
        except DangwuError:
            raise
        # The client raises its own errors, httpx's, and ValueError for a server it cannot reach.
        except Exception as exc:
            reason = str(exc).strip().partition("\n")[0]
            raise VectorsDamaged(
                f"Chroma 服务器不可用：{self._url}（{reason}）。",
                remedy="检查服务器和 DANGWU_CHROMA__URL；把它清空就改用本机的向量目录。",
            ) from exc


def _address(url: str) -> tuple[str, int, bool]:
    """Host, port and whether TLS is used; SettingError for what is no http address."""
    parts = urlsplit(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 8000)
    except ValueError:
        port = 0
    if parts.scheme not in ("http", "https") or not parts.hostname or not port:
        raise SettingError(
            f"DANGWU_CHROMA__URL 不是一个地址：{url}",
            remedy="写成 http://主机:端口；用本机的向量目录就留空。",
        )
    return parts.hostname, port, parts.scheme == "https"


def _client(address: tuple[str, int, bool]) -> Any:
    import chromadb
    from chromadb.config import Settings

    host, port, is_tls = address
    with socket.create_connection((host, port), timeout=_CONNECT_TIMEOUT_S):
        pass
    client = chromadb.HttpClient(host, port, ssl=is_tls, settings=Settings(anonymized_telemetry=False))
    for session in _sessions(client):
        session.timeout = _ANSWER_TIMEOUT_S
    return client


def _sessions(client: Any) -> tuple[Any, Any]:
    # Chroma 1.5 neither bounds the waiting of its two HTTP sessions nor closes them, and has no setting
    # for either.
    return client._server._session, client._admin_client._server._session


def _parts(items: list[str]) -> Iterator[list[str]]:
    for at in range(0, len(items), BATCH):
        yield items[at : at + BATCH]
