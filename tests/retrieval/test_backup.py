"""Backups of a data folder in use, and what they are put in the place of."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest

from retrieval.backup import Backup, opened_backup, put_in_place, write_backup
from retrieval.errors import InputError, StoreError
from retrieval.schema import SCHEMA_VERSION
from retrieval.store import DATABASE_NAME, Store
from tests.corpus import run_ingest, served, write_files
from tests.retrieval.test_schema import EARLIER, LINES, old_store

AT = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return write_files(tmp_path / "docs", a="甲\n第一条", b="乙")


@pytest.fixture
def store(tmp_path: Path, docs: Path) -> Store:
    run_ingest(tmp_path / "data", docs)
    return Store.open(tmp_path / "data", create=False)


def contents(store: Store) -> dict[str, list[str]]:
    with store.snapshot() as snapshot:
        return served(snapshot)


def restore(archive: Path, data_dir: Path) -> list[Path]:
    with opened_backup(archive, data_dir) as (_, incoming):
        return put_in_place(incoming, data_dir, {})


def test_a_backup_brings_every_version_back_into_an_empty_folder(store: Store, tmp_path: Path) -> None:
    run_ingest(store.data_dir, write_files(tmp_path / "docs", a="甲\n第二条"))
    made = write_backup(store, tmp_path / "b.zip", at=AT)
    current = store.current()
    assert current and (made.version, made.documents, made.schema) == (current.name, 2, SCHEMA_VERSION)
    other = tmp_path / "other"
    other.mkdir()
    assert restore(tmp_path / "b.zip", other) == []
    assert contents(Store.open(other, create=False)) == contents(store)
    assert Store.open(other, create=False).current() == current
    assert not [path for path in other.iterdir() if path.name.startswith(".")]


def test_an_open_reader_takes_up_what_was_restored(store: Store, tmp_path: Path) -> None:
    before = contents(store)
    write_backup(store, tmp_path / "b.zip", at=AT)
    run_ingest(store.data_dir, write_files(tmp_path / "docs", a="甲\n改过", c="丙"))
    after = contents(store)
    with store.snapshot() as snapshot:
        restore(tmp_path / "b.zip", store.data_dir)
        assert served(snapshot) == after
    assert contents(store) == before
    run_ingest(store.data_dir, tmp_path / "docs")
    assert contents(store) == after


def test_rows_of_another_store_are_not_taken_for_those_remembered(store: Store, tmp_path: Path) -> None:
    assert contents(store)["docs/b.txt"] == ["乙"]
    run_ingest(tmp_path / "foreign", write_files(tmp_path / "other", a="别的\n资料", b="不同"))
    write_backup(Store.open(tmp_path / "foreign", create=False), tmp_path / "b.zip", at=AT)
    restore(tmp_path / "b.zip", store.data_dir)
    assert contents(store) == {"other/a.txt": ["别的", "资料"], "other/b.txt": ["不同"]}


def test_version_numbers_are_not_given_out_twice(store: Store, tmp_path: Path) -> None:
    write_backup(store, tmp_path / "b.zip", at=AT)
    for text in ("二", "三"):
        run_ingest(store.data_dir, write_files(tmp_path / "docs", a=text))
    restore(tmp_path / "b.zip", store.data_dir)
    report = run_ingest(store.data_dir, write_files(tmp_path / "docs", a="四"))
    assert report.version.startswith("v4-")


def test_a_backup_is_whole_while_others_write(store: Store, tmp_path: Path) -> None:
    stop = Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            run_ingest(store.data_dir, write_files(tmp_path / "docs", a=f"甲\n{number}", b=f"乙\n{number}"))

    writer = Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            write_backup(store, tmp_path / f"{number}.zip", at=AT)
    finally:
        stop.set()
        writer.join()
    for number in range(5):
        (folder := tmp_path / f"out{number}").mkdir()
        restore(tmp_path / f"{number}.zip", folder)
        found = contents(Store.open(folder, create=False))
        assert len({texts[1] for texts in found.values() if len(texts) > 1}) <= 1


@pytest.mark.parametrize("schema", EARLIER)
def test_a_backup_of_every_earlier_schema_is_brought_up(tmp_path: Path, schema: int) -> None:
    old = old_store(tmp_path / "old", schema)
    # What a program of that schema wrote: its files as they are.
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        with closing(sqlite3.connect(old / DATABASE_NAME)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
        archive.write(old / DATABASE_NAME, DATABASE_NAME)
        digest = hashlib.sha256((old / DATABASE_NAME).read_bytes()).hexdigest()
        manifest = Backup("v2-22222222", 1, schema, AT.isoformat(), {DATABASE_NAME: digest})
        archive.writestr("dangwu-backup.json", json.dumps({"format": 1, **asdict(manifest)}))
    (tmp_path / "new").mkdir()
    restore(tmp_path / "b.zip", tmp_path / "new")
    assert contents(Store.open(tmp_path / "new", create=False)) == {"docs/a.txt": LINES}


def rewritten(archive: Path, target: Path, *, change: str) -> Path:
    """The archive with one thing wrong."""
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(target, "w") as changed:
        for name in source.namelist():
            data = source.read(name)
            if name.endswith(".json"):
                manifest = json.loads(data)
                if change == "newer":
                    manifest["schema"] = SCHEMA_VERSION + 1
                if change == "path trick":
                    manifest["files"]["../evil.sqlite3"] = "0"
                if change == "other format":
                    manifest["format"] = 2
                if change == "no corpus":
                    del manifest["files"][DATABASE_NAME]
                if change == "incomplete":
                    manifest["files"]["gone.sqlite3"] = "0"
                data = json.dumps(manifest).encode()
            elif change == "altered":
                data = data[:5000] + b"\xff" + data[5001:]
            changed.writestr(name, data)
    return target


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("newer", "更新的版本"),
        ("path trick", "不该有的文件"),
        ("incomplete", "备份"),
        ("other format", "不认得的格式"),
        ("no corpus", "不认得的格式"),
        ("altered", "与备份时的不同"),
    ],
)
def test_an_unusable_backup_is_refused_and_changes_nothing(
    store: Store, tmp_path: Path, change: str, reason: str
) -> None:
    before = contents(store)
    write_backup(store, tmp_path / "b.zip", at=AT)
    archive = rewritten(tmp_path / "b.zip", tmp_path / "wrong.zip", change=change)
    with pytest.raises(StoreError, match=reason) as caught:
        restore(archive, store.data_dir)
    assert caught.value.remedy and contents(store) == before
    assert not [path for path in store.data_dir.iterdir() if path.name.startswith(".restore")]


def test_a_truncated_backup_and_what_is_none_are_refused(store: Store, tmp_path: Path) -> None:
    write_backup(store, tmp_path / "b.zip", at=AT)
    raw = (tmp_path / "b.zip").read_bytes()
    for data in (raw[: len(raw) // 2], b"", b"not a zip" * 100):
        (tmp_path / "x.zip").write_bytes(data)
        with pytest.raises(StoreError, match="备份"):
            restore(tmp_path / "x.zip", store.data_dir)
    with pytest.raises(InputError, match="没有这个文件"):
        restore(tmp_path / "no.zip", store.data_dir)


def test_a_file_that_is_there_is_never_overwritten(store: Store, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("我的")
    with pytest.raises(InputError, match="已经存在"):
        write_backup(store, tmp_path / "mine.txt", at=AT)
    with pytest.raises(InputError, match="文件夹不存在"):
        write_backup(store, tmp_path / "no" / "b.zip", at=AT)
    assert (tmp_path / "mine.txt").read_text() == "我的"


@pytest.mark.parametrize("damage", ["truncated", "emptied", "overwritten", "garbled inside", "gone"])
def test_a_damaged_database_is_replaced(store: Store, tmp_path: Path, damage: str) -> None:
    before = contents(store)
    write_backup(store, tmp_path / "b.zip", at=AT)
    store.close()
    database = store.data_dir / DATABASE_NAME
    raw = database.read_bytes()
    broken = {
        "truncated": raw[: len(raw) // 2],
        "emptied": b"",
        "overwritten": b"not a database" * 1000,
        "garbled inside": raw[:4096] + b"\xff" * (len(raw) - 4096),
    }
    if damage == "gone":
        database.unlink()
    else:
        database.write_bytes(broken[damage])
    moved = restore(tmp_path / "b.zip", store.data_dir)
    fresh = Store.open(store.data_dir, create=False)
    assert contents(fresh) == before and fresh.damage() is None
    assert [path.read_bytes() for path in moved] in ([], [broken.get(damage)])
    with fresh.reading() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    run_ingest(store.data_dir, write_files(tmp_path / "docs", c="丙"))
    assert "docs/c.txt" in contents(fresh)


def test_an_open_reader_goes_on_after_its_truncated_file_was_restored(store: Store, tmp_path: Path) -> None:
    before = contents(store)
    write_backup(store, tmp_path / "b.zip", at=AT)
    database = store.data_dir / DATABASE_NAME
    os.truncate(database, database.stat().st_size // 2)
    with pytest.raises(StoreError, match="损坏"):
        run_ingest(store.data_dir, write_files(tmp_path / "docs", c="丙"))
    restore(tmp_path / "b.zip", store.data_dir)
    assert contents(store) == before
    run_ingest(store.data_dir, tmp_path / "docs")
    assert "docs/c.txt" in contents(store)


def test_uploaded_files_come_along(store: Store, tmp_path: Path) -> None:
    uploads = write_files(store.data_dir / "uploads", u="上传的\n第三条")
    run_ingest(store.data_dir, uploads)
    write_backup(store, tmp_path / "b.zip", at=AT)
    (uploads / "u.txt").unlink()
    write_files(uploads, later="后来的")
    restore(tmp_path / "b.zip", store.data_dir)
    assert sorted(path.name for path in uploads.iterdir()) == ["later.txt", "u.txt"]
    assert contents(store)["uploads/u.txt"] == ["上传的", "第三条"]
