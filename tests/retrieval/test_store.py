"""The store: snapshots, identities, and what it says when the file or the folder is bad."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from retrieval.errors import DangwuError, EmptyCorpus, SettingError, StoreBusy, StoreError
from retrieval.locking import ingest_lock
from retrieval.publication import content_key
from retrieval.schema import MIGRATIONS, SCHEMA_VERSION
from retrieval.store import DATABASE_NAME, Store
from tests.corpus import run_ingest, served, write_files


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return write_files(tmp_path / "docs", a="党章\n第一条\n第二条", b="条例\n第一条\n第一条")


def test_a_snapshot_serves_passages_as_slices_of_their_documents(data_dir: Path, docs: Path) -> None:
    run_ingest(data_dir, docs)
    with Store.open(data_dir, create=False).snapshot() as snapshot:
        assert served(snapshot) == {
            "docs/a.txt": ["党章", "第一条", "第二条"],
            "docs/b.txt": ["条例", "第一条", "第一条"],
        }
        assert snapshot.index_version.startswith("v1-") and not snapshot.is_empty


def test_equal_passages_share_a_key_and_differ_in_id(data_dir: Path, docs: Path) -> None:
    run_ingest(data_dir, docs)
    with Store.open(data_dir, create=False).snapshot() as snapshot:
        rowids = snapshot.rowids_for_keys([content_key("第一条"), content_key("没有这一条")])
        passages = snapshot.passages(rowids[content_key("第一条")])
        assert list(rowids) == [content_key("第一条")] and len({each.id for each in passages.values()}) == 3
        assert [each.id for each in passages.values()][2].endswith(f"{content_key('第一条')[:8]}-2")


def test_a_passages_id_survives_edits_elsewhere_in_its_document(data_dir: Path, docs: Path) -> None:
    def id_of(text: str) -> str:
        with store.snapshot() as snapshot:
            rowid = snapshot.rowids_for_keys([content_key(text)])[content_key(text)][0]
            return snapshot.passages([rowid])[rowid].id

    run_ingest(data_dir, docs)
    store = Store.open(data_dir, create=False)
    before = id_of("第二条")
    run_ingest(data_dir, write_files(docs, a="党章\n另一段话\n第一条\n第二条"))
    assert id_of("第二条") == before


def test_a_snapshot_does_not_move_while_a_new_version_is_published(data_dir: Path, docs: Path) -> None:
    run_ingest(data_dir, docs)
    store = Store.open(data_dir, create=False)
    with store.snapshot() as before:
        (docs / "b.txt").unlink()
        run_ingest(data_dir, write_files(docs, c="新的"))
        assert sorted(served(before)) == ["docs/a.txt", "docs/b.txt"] and before.version == 1
    with store.snapshot() as after:
        assert sorted(served(after)) == ["docs/a.txt", "docs/c.txt"] and after.version == 2


def test_rows_of_another_version_are_never_served(data_dir: Path, docs: Path) -> None:
    run_ingest(data_dir, docs)
    store = Store.open(data_dir, create=False)
    with store.snapshot() as before:
        gone = next(each for each in before.documents() if each.source == "docs/b.txt").id
        rowids = before.document_passages(gone)
        assert [before.document(each.id) for each in before.documents()] == before.documents()
    (docs / "b.txt").unlink()
    run_ingest(data_dir, docs)
    with store.snapshot() as after:
        assert after.passages(rowids) == {} and after.document_passages(gone) == []
        assert after.rowids_for_keys([content_key("条例")]) == {}
        with pytest.raises(KeyError):
            after.document_text(gone)
        with pytest.raises(KeyError):
            after.document(gone)


def test_snapshots_can_be_taken_from_many_threads(data_dir: Path, docs: Path) -> None:
    run_ingest(data_dir, docs)
    store = Store.open(data_dir, create=False)
    seen: list[int] = []

    def read() -> None:
        for _ in range(50):
            with store.snapshot() as snapshot:
                seen.append(len(served(snapshot)))

    threads = [Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [2] * 200


def test_search_terms_stay_whole_in_the_lexical_index(data_dir: Path, tmp_path: Path) -> None:
    def terms(text: str, section: str, title: str) -> tuple[str, str, str]:
        return text, "党员 1+3 56.8% （一） 𠀀字", ""

    run_ingest(data_dir, write_files(tmp_path / "docs", a="中央 é"), index_terms=terms)
    with Store.open(data_dir, create=False).snapshot() as snapshot:

        def found(term: str) -> int:
            match = (f'"{term}"',)
            sql = "SELECT count(*) FROM passage_terms WHERE passage_terms MATCH ?"
            return int(snapshot.connection.execute(sql, match).fetchone()[0])

        assert [found(each) for each in ("党员", "1+3", "56.8%", "（一）", "𠀀字", "é")] == [1] * 6
        assert [found(each) for each in ("员", "1", "56", "一", "e")] == [0] * 5


def test_nothing_published_is_an_empty_corpus(data_dir: Path) -> None:
    with pytest.raises(EmptyCorpus):
        Store.open(data_dir, create=False)
    data_dir.parent.mkdir(exist_ok=True)
    store = Store.open(data_dir, create=True)
    assert store.is_empty and store.current() is None
    with pytest.raises(EmptyCorpus), store.snapshot():
        pass


def test_two_processes_may_make_the_store_at_once(data_dir: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from retrieval.publication import store_id;"
        "from retrieval.store import Store; print(store_id(Store.open(Path(sys.argv[1]), create=True)))"
    )
    command = [sys.executable, "-c", code, str(data_dir)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert len({each.communicate()[0] for each in started}) == 1
    assert not [each for each in data_dir.iterdir() if each.name.startswith(".")]


def test_a_data_folder_that_cannot_exist_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for impossible in (tmp_path / "no" / "such" / "data", tmp_path / "file"):
        with pytest.raises(SettingError, match=str(impossible.parent)):
            Store.open(impossible, create=True)


def test_a_folder_that_is_not_writable_is_named_with_a_remedy() -> None:
    with pytest.raises(StoreError, match="/proc/dangwu") as caught:
        Store.open(Path("/proc/dangwu"), create=True)
    assert "DANGWU_DATA_DIR" in caught.value.remedy and caught.value.exit_status == 1


@pytest.mark.parametrize("damage", ["truncated", "emptied", "overwritten", "garbled inside"])
def test_a_damaged_database_is_named_with_a_remedy(data_dir: Path, docs: Path, damage: str) -> None:
    run_ingest(data_dir, docs)
    database = data_dir / DATABASE_NAME
    raw = database.read_bytes()
    database.write_bytes(
        {
            "truncated": raw[: len(raw) // 2],
            "emptied": b"",
            "overwritten": b"not a database" * 1000,
            "garbled inside": raw[:4096] + b"\xff" * (len(raw) - 4096),
        }[damage]
    )
    with pytest.raises(StoreError) as caught, Store.open(data_dir, create=False).snapshot() as snapshot:
        served(snapshot)
    assert str(database) in caught.value.message and "备份" in caught.value.remedy


def test_damage_inside_the_file_is_found_by_the_check(data_dir: Path, docs: Path) -> None:
    run_ingest(data_dir, docs)
    assert Store.open(data_dir, create=False).damage() is None
    database = data_dir / DATABASE_NAME
    raw = bytearray(database.read_bytes())
    raw[4096 * 3 : 4096 * 12] = b"\xff" * (4096 * 9)
    database.write_bytes(raw)
    assert Store.open(data_dir, create=False).damage()


def test_another_programs_database_is_refused(data_dir: Path) -> None:
    data_dir.mkdir()
    foreign = sqlite3.connect(data_dir / DATABASE_NAME)
    foreign.execute("CREATE TABLE t (x)")
    foreign.close()
    with pytest.raises(StoreError, match="不是本程序"):
        Store.open(data_dir, create=True)


def test_a_newer_schema_is_refused_with_advice(data_dir: Path) -> None:
    Store.open(data_dir, create=True)
    newer = sqlite3.connect(data_dir / DATABASE_NAME)
    newer.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    newer.close()
    with pytest.raises(StoreError, match="更新的版本") as caught:
        Store.open(data_dir, create=True)
    assert "升级" in caught.value.remedy


def test_every_schema_step_has_a_number() -> None:
    assert len(MIGRATIONS) == SCHEMA_VERSION


def test_the_holder_of_the_lock_is_named(data_dir: Path) -> None:
    Store.open(data_dir, create=True)
    with ingest_lock(data_dir), pytest.raises(StoreBusy, match=f"进程 {os.getpid()}"), ingest_lock(data_dir):
        pass
    with ingest_lock(data_dir):
        assert True


def _write_half(store: Store) -> None:
    with store.writing() as connection:
        connection.execute("INSERT INTO roots (location, name, added_at) VALUES ('a', 'a', '')")
        connection.execute("INSERT INTO no_such_table VALUES (1)")


def test_a_failed_write_leaves_nothing(data_dir: Path) -> None:
    store = Store.open(data_dir, create=True)
    with pytest.raises(StoreError):
        _write_half(store)
    with store.reading() as connection:
        assert connection.execute("SELECT count(*) FROM roots").fetchone()[0] == 0


def test_a_writer_that_does_not_let_go_is_reported_as_busy(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.store._BUSY_TIMEOUT_S", 0.05)
    store = Store.open(data_dir, create=True)
    with store.writing(), pytest.raises(StoreBusy), store.writing():
        pass


def test_opening_the_store_loads_neither_chroma_nor_langchain_nor_numpy() -> None:
    code = (
        "import sys, retrieval.store, retrieval.vectors;"
        "print([each for each in ('chromadb', 'langchain_core', 'numpy', 'torch') if each in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"


def test_errors_of_the_caller_pass_through_a_snapshot(data_dir: Path, docs: Path) -> None:
    run_ingest(data_dir, docs)
    store = Store.open(data_dir, create=False)
    with pytest.raises(ZeroDivisionError), store.snapshot():
        _ = 1 / 0
    with pytest.raises(DangwuError), store.snapshot() as snapshot:
        snapshot.connection.execute("SELECT * FROM no_such_table")
    with store.snapshot() as snapshot:
        assert len(served(snapshot)) == 2
