"""Vector files that rot: noticed before Chroma's native code reads them, and made anew from the cache."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from retrieval import vectors as vectors_module
from retrieval.marker import MARKER_NAME, marker_damage
from retrieval.store import Store
from retrieval.vectors import VectorFolders
from tests.corpus import HashEmbedder, ask, run_ingest, write_files
from tests.rotting import FLIPS, apart, flip_bit

FILES = (
    *("header.bin", "data_level0.bin", "length.bin", "link_lists.bin", "index_metadata.pickle"),
    *("chroma.sqlite3", MARKER_NAME),
)
EACH = -(-FLIPS // len(FILES)) or 4
# The header of an index is read without any doubt: its fields one by one.
CASES = [
    *((name, number, None) for name in FILES for number in range(EACH)),
    *(("header.bin", number, at) for number, at in enumerate(range(0, 100, 8))),
]
LINES = "\n".join(f"第{number}条" for number in range(300))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("vectors")
    run_ingest(base / "data", write_files(base / "docs", a=LINES))
    return base / "data"


@pytest.fixture
def data_dir(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "data"))


def folder_of(data_dir: Path) -> Path:
    (folder,) = (data_dir / "vectors").iterdir()
    return folder


def find(data_dir: Path, question: str) -> dict[str, Any]:
    """What a process that has just been started is given for a question."""
    store = Store.open(data_dir, create=False)
    vectors = VectorFolders(store)
    try:
        return ask(store, vectors, question)
    finally:
        vectors.close()


@pytest.mark.parametrize(("name", "number", "at"), CASES)
def test_a_flipped_bit_never_ends_the_process_and_the_answer_comes(
    data_dir: Path, name: str, number: int, at: int | None
) -> None:
    (path,) = folder_of(data_dir).rglob(name)
    flipped = flip_bit(path, random.Random(f"{name} {number} {at}"), at)
    for _ in range(2):
        status, answer = apart(find, data_dir, "第7条")
        assert status == 0 and answer, flipped
        assert answer["hits"] == 50 and answer["nearest"] == ["第7条"], flipped
        assert answer["notice"] == "", flipped


def test_a_flipped_bit_in_many_vectors_means_words_alone_until_an_ingest(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors_module, "RESTORE_AT_ONCE", 20)
    (path,) = folder_of(data_dir).rglob("header.bin")
    flip_bit(path, random.Random(1))
    found = find(data_dir, "第7条")
    assert found["hits"] == 0 and "dangwu ingest" in found["notice"]
    embedder = HashEmbedder()
    run_ingest(data_dir, embedder=embedder)
    assert embedder.embedded == [] and find(data_dir, "第7条")["hits"] == 50


def test_openings_alone_are_no_damage(data_dir: Path) -> None:
    """Chroma adds a row to its database with every opening; a page of them is full after a few hundred."""
    folder = folder_of(data_dir)
    database = folder / "chroma.sqlite3"
    before = database.read_bytes()
    for _ in range(3):
        vectors_module._client(folder).close()
    assert database.read_bytes() != before and marker_damage(folder, 300) == ""
    with sqlite3.connect(database) as connection:
        connection.executemany("INSERT INTO acquire_write (lock_status) VALUES (?)", [(1,)] * 1000)
    connection.close()
    assert database.stat().st_size > len(before) and marker_damage(folder, 300) == ""
    assert find(data_dir, "第7条")["nearest"] == ["第7条"]


def test_a_folder_without_checksums_is_made_anew_by_the_next_ingest(data_dir: Path) -> None:
    folder = folder_of(data_dir)
    marker = json.loads((folder / MARKER_NAME).read_text(encoding="utf-8"))
    former = {key: marker[key] for key in ("model", "dimension", "count")} | {"sizes": {}}
    (folder / MARKER_NAME).write_text(json.dumps(former), encoding="utf-8")
    embedder = HashEmbedder()
    run_ingest(data_dir, embedder=embedder)
    assert embedder.embedded == [] and marker_damage(folder_of(data_dir), 300) == ""
