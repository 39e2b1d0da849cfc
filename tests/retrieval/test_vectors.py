"""Vector folders and the Chroma server: derived, replaceable, and never the last word."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from ingest.pipeline import ingest
from ingest.publishing import Work
from ingest.upkeep import state
from retrieval import vectors as vectors_module
from retrieval.errors import SettingError, StoreError
from retrieval.holdings import held_documents
from retrieval.locking import ingest_lock
from retrieval.marker import MARKER_NAME
from retrieval.publication import content_key
from retrieval.records import EVERYONE
from retrieval.store import Store
from retrieval.vector_server import VectorServer
from retrieval.vectors import Nearest, VectorFolders, VectorHome, nearest, vector_home
from tests.corpus import HashEmbedder, plain_parts, run_ingest, write_files


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    lines = "\n".join(f"第{number}条" for number in range(20))
    return write_files(tmp_path / "docs", a=lines, b="乙\n第1条")


@pytest.fixture
def store(tmp_path: Path, docs: Path) -> Store:
    run_ingest(tmp_path / "data", docs)
    return Store.open(tmp_path / "data", create=False)


@pytest.fixture
def folders(store: Store) -> Iterator[VectorFolders]:
    folders = VectorFolders(store)
    yield folders
    folders.close()


def look(home: VectorHome, store: Store, text: str, k: int = 50) -> Nearest:
    with store.snapshot() as snapshot:
        return nearest(home, snapshot, HashEmbedder(), text, k)


def folder_of(store: Store) -> Path:
    with store.snapshot() as snapshot:
        assert snapshot.vectors_dir
        return snapshot.vectors_dir


def test_similarity_is_one_for_the_same_text_and_falls_from_there(
    folders: VectorFolders, store: Store
) -> None:
    found = look(folders, store, "第7条", k=5)
    assert len(found.hits) == 5 and found.hits[0][0] == content_key("第7条")
    similarities = [similarity for _, similarity in found.hits]
    assert similarities[0] == pytest.approx(1.0, abs=1e-5)
    assert similarities == sorted(similarities, reverse=True) and min(similarities) >= 0.0


def test_equal_passages_share_one_vector(folders: VectorFolders, store: Store) -> None:
    assert len(look(folders, store, "x").hits) == 21


def test_the_same_passages_need_no_new_folder(store: Store, docs: Path) -> None:
    before = folder_of(store)
    (docs / "b.txt").rename(docs / "c.txt")
    run_ingest(store.data_dir, docs)
    assert folder_of(store) == before and store.current().number == 2  # type: ignore[union-attr]


def test_only_the_last_two_folders_are_kept(store: Store, docs: Path) -> None:
    seen = [folder_of(store)]
    for number in range(3):
        run_ingest(store.data_dir, write_files(docs, b=f"乙\n改{number}"))
        seen.append(folder_of(store))
    assert set(store.vectors_dir.iterdir()) == set(seen[-2:])


def test_opening_a_folder_writes_nothing_into_its_vectors(folders: VectorFolders, store: Store) -> None:
    def files() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder_of(store).rglob("*.bin")}

    before = files()
    assert look(folders, store, "第7条").hits and before["data_level0.bin"]
    assert files() == before


def test_many_deletions_begin_a_fresh_folder(folders: VectorFolders, store: Store, docs: Path) -> None:
    (docs / "a.txt").unlink()
    run_ingest(store.data_dir, docs)
    assert [key for key, _ in look(folders, store, "第1条").hits] == [content_key("第1条"), content_key("乙")]


@pytest.mark.parametrize("damage", ["vanished", "truncated", "no marker", "garbled"])
def test_a_damaged_folder_is_restored_before_answering(store: Store, damage: str) -> None:
    inflict(folder_of(store), damage)
    fresh = VectorFolders(store)
    found = look(fresh, store, "第7条")
    fresh.close()
    assert found.notice == "" and len(found.hits) == 21 and found.hits[0][0] == content_key("第7条")


@pytest.mark.parametrize("damage", ["vanished", "truncated", "no marker"])
def test_an_ingest_without_changes_restores_a_damaged_folder(store: Store, docs: Path, damage: str) -> None:
    folder = folder_of(store)
    inflict(folder, damage)
    embedder = HashEmbedder()
    report = run_ingest(store.data_dir, docs, embedder=embedder)
    assert embedder.embedded == [] and report.version.startswith("v1-")
    current = store.current()
    assert current and VectorFolders(store).damage(current) == ""


def inflict(folder: Path, damage: str) -> None:
    database = folder / "chroma.sqlite3"
    if damage == "vanished":
        shutil.rmtree(folder)
    elif damage == "truncated":
        database.write_bytes(database.read_bytes()[:5000])
    elif damage == "no marker":
        (folder / "dangwu.json").unlink()
    else:
        database.write_bytes(b"\xff" * database.stat().st_size)


def test_while_an_ingest_runs_few_damaged_vectors_are_compared_one_by_one(
    folders: VectorFolders, store: Store
) -> None:
    whole = look(folders, store, "第7条", k=5)
    shutil.rmtree(folder_of(store))
    fresh = VectorFolders(store)
    with ingest_lock(store.data_dir):
        found = look(fresh, store, "第7条", k=5)
    assert found.notice == "" and [key for key, _ in found.hits] == [key for key, _ in whole.hits]
    assert dict(found.hits) == pytest.approx(dict(whole.hits), abs=1e-5)


def test_while_an_ingest_runs_many_damaged_vectors_mean_words_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors_module, "RESTORE_AT_ONCE", 20)
    shutil.rmtree(folder_of(store))
    with ingest_lock(store.data_dir):
        found = look(VectorFolders(store), store, "第7条")
    assert found.hits == () and "只按词检索" in found.notice and "dangwu ingest" in found.notice


def test_too_many_vectors_are_not_restored_while_someone_waits(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors_module, "RESTORE_AT_ONCE", 20)
    shutil.rmtree(folder_of(store))
    assert "只按词检索" in look(VectorFolders(store), store, "第7条").notice


def test_restoring_needs_a_complete_cache(store: Store) -> None:
    with store.writing() as connection:
        connection.execute("DELETE FROM embeddings WHERE key = ?", (content_key("第7条"),))
    shutil.rmtree(folder_of(store))
    with store.snapshot() as snapshot, pytest.raises(StoreError, match="缓存不全"):
        VectorFolders(store).restore(snapshot)


def test_a_cache_with_gaps_is_filled_by_the_next_ingest(store: Store, docs: Path) -> None:
    with store.writing() as connection:
        connection.execute("DELETE FROM embeddings WHERE key = ?", (content_key("第7条"),))
    shutil.rmtree(folder_of(store))
    embedder = HashEmbedder()
    run_ingest(store.data_dir, docs, embedder=embedder)
    assert embedder.embedded == ["第7条"] and len(look(VectorFolders(store), store, "第7条").hits) == 21


def test_a_folder_with_strange_vectors_serves_only_what_the_store_knows(
    folders: VectorFolders, store: Store
) -> None:
    """The folder of another corpus under this version's name: nothing of it may come out."""
    import chromadb

    folder = folder_of(store)
    client: Any = chromadb.PersistentClient(str(folder))
    collection = client.get_collection("passages", embedding_function=None)
    collection.delete(ids=[content_key("第7条")])
    collection.add(ids=["stranger"], embeddings=[HashEmbedder().query("第7条")])
    client.close()
    marker = folder / MARKER_NAME
    marker.write_text(json.dumps({**json.loads(marker.read_text()), "files": {}}))
    found = look(folders, store, "第7条")
    assert len(found.hits) == 20 and "stranger" not in dict(found.hits)


def test_questions_from_many_threads_survive_the_change_of_version(
    folders: VectorFolders, store: Store, docs: Path
) -> None:
    counts: list[int] = []

    def read() -> None:
        for _ in range(30):
            found = look(folders, store, "第7条")
            assert found.notice == ""
            counts.append(len(found.hits))

    threads = [Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(3):
        run_ingest(store.data_dir, write_files(docs, b=f"乙\n改{number}"))
    for thread in threads:
        thread.join()
    assert len(counts) == 120 and set(counts) <= {21, 22}


def test_no_model_and_no_passage_mean_no_dense_search(folders: VectorFolders, store: Store) -> None:
    with store.snapshot() as snapshot:
        assert nearest(folders, snapshot, None, "第7条", 5) == Nearest()


def test_a_model_of_another_size_is_never_compared(folders: VectorFolders, store: Store) -> None:
    with store.snapshot() as snapshot:
        found = nearest(folders, snapshot, HashEmbedder(dimension=16), "第7条", 5)
    assert found.hits == () and "另一个模型" in found.notice


@pytest.fixture(scope="module")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Chroma server on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sysconfig.get_path("scripts")) / "chroma"), "run", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--path", str(tmp_path_factory.mktemp("server"))]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the Chroma server did not start")


AtServer = Callable[[Store], VectorServer]


@pytest.fixture
def at_server(server_url: str) -> Iterator[AtServer]:
    """Makes homes at the server and closes them in the end."""
    homes: list[VectorServer] = []

    def home_of(store: Store) -> VectorServer:
        homes.append(VectorServer(store, server_url))
        return homes[-1]

    yield home_of
    for home in homes:
        home.close()


def ingest_into(store: Store, docs: Path, home: VectorHome) -> HashEmbedder:
    embedder = HashEmbedder()
    ingest([docs], store, embedder, home, parts=plain_parts(docs / "none"))
    return embedder


def test_a_server_answers_and_takes_up_new_versions(tmp_path: Path, docs: Path, at_server: AtServer) -> None:
    store = Store.open(tmp_path / "served", create=True)
    home = at_server(store)
    ingest_into(store, docs, home)
    assert len(look(home, store, "第7条").hits) == 21 and list(store.vectors_dir.iterdir()) == []
    (docs / "a.txt").unlink()
    ingest_into(store, write_files(docs, c="丙"), at_server(store))
    found = look(home, store, "第7条")
    assert {key for key, _ in found.hits} == {content_key(each) for each in ("乙", "丙", "第1条")}
    assert found.notice == ""


def test_a_server_drops_what_the_last_two_versions_do_not_need(
    tmp_path: Path, docs: Path, at_server: AtServer
) -> None:
    store = Store.open(tmp_path / "served", create=True)
    home = at_server(store)
    for number in range(4):
        ingest_into(store, write_files(docs, b=f"乙\n改{number}"), home)
    current = store.current()
    assert current and current.keys == 22
    assert home._collection(current.model, "公开").count() == 23


def test_a_server_erases_all_but_the_current_version_of_this_store(
    tmp_path: Path, docs: Path, at_server: AtServer
) -> None:
    store = Store.open(tmp_path / "s", create=True)
    other = Store.open(tmp_path / "o", create=True)
    home = at_server(store)
    ingest_into(other, docs, at_server(other))
    ingest([docs], store, HashEmbedder("former", dimension=16), home, parts=plain_parts(tmp_path / "seeds"))
    ingest_into(store, docs, home)
    (docs / "b.txt").unlink()
    ingest_into(store, docs, home)
    home.erase_former()
    names = [each.name for each in home._connected().list_collections()]
    mine = [name for name in names if name.startswith(home._prefix())]
    assert len(mine) == 1 and len(names) > 1
    held = home._connected().get_collection(mine[0], embedding_function=None).count()
    assert held == store.current().keys  # type: ignore[union-attr]
    assert len(look(at_server(other), other, "第7条", k=21).hits) == 21


@pytest.mark.parametrize("place", ["folders", "server"])
def test_internal_passages_lie_apart_and_turn_public_when_they_are_said_to_be(
    tmp_path: Path, docs: Path, at_server: AtServer, place: str
) -> None:
    """Whichever engine: a member searches none of their vectors, staff both, nearest first."""
    store = Store.open(tmp_path / "apart", create=True)
    home = at_server(store) if place == "server" else VectorFolders(store)
    ingest_into(store, docs, home)
    (internal,) = (each.document_id for each in held_documents(store) if each.source == "docs/b.txt")
    work = Work(store, HashEmbedder(), home, parts=plain_parts(docs / "none"))
    for audience, seen in (("内部", 20), ("公开", 21)):
        state(work, internal, {"audience": audience})
        everything = look(home, store, "乙").hits
        assert len(everything) == 21 and everything[0][0] == content_key("乙")
        with store.snapshot(EVERYONE) as public:
            hits = nearest(home, public, HashEmbedder(), "乙", 50).hits
        # 第1条 stands in a public document as well, 乙 in the internal one alone.
        assert len(hits) == seen and (content_key("乙") in dict(hits)) == (seen == 21)
    home.close()


def test_two_stores_share_a_server_without_meeting(tmp_path: Path, docs: Path, at_server: AtServer) -> None:
    first = Store.open(tmp_path / "first", create=True)
    second = Store.open(tmp_path / "second", create=True)
    ingest_into(first, docs, at_server(first))
    ingest_into(second, write_files(tmp_path / "other", z="别的"), at_server(second))
    assert len(look(at_server(first), first, "第7条", k=21).hits) == 21


def test_a_server_that_lost_its_vectors_gets_them_back(
    tmp_path: Path, docs: Path, at_server: AtServer
) -> None:
    store = Store.open(tmp_path / "served", create=True)
    home = at_server(store)
    ingest_into(store, docs, home)
    current = store.current()
    assert current
    home._connected().delete_collection(current.vectors)
    found = look(home, store, "第7条")
    assert len(found.hits) == 21 and found.notice == ""
    home._connected().delete_collection(current.vectors)
    assert ingest_into(store, docs, home).embedded == [] and home.damage(current) == ""


def test_folders_and_server_can_take_each_others_place(
    store: Store, docs: Path, at_server: AtServer, folders: VectorFolders
) -> None:
    home = at_server(store)
    ingest_into(store, docs, home)
    assert len(look(home, store, "第7条").hits) == len(look(folders, store, "第7条").hits) == 21


def test_an_unreachable_server_means_a_search_without_it_and_a_failed_ingest(
    tmp_path: Path, docs: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        assert len(look(VectorServer(store, url), store, "第7条").hits) == 21
        monkeypatch.setattr(vectors_module, "RESTORE_AT_ONCE", 20)
        assert "只按词检索" in look(VectorServer(store, url), store, "第7条").notice
        other = Store.open(tmp_path / "served", create=True)
        with pytest.raises(StoreError, match=url):
            ingest_into(other, docs, VectorServer(other, url))
        assert other.is_empty


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://host", "http://", "http://host:port"])
def test_what_is_no_address_is_a_wrong_setting(store: Store, url: str) -> None:
    with pytest.raises(SettingError, match="DANGWU_CHROMA__URL"):
        vector_home(store, url)
