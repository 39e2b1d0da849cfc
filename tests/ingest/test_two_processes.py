"""Two real processes on one data folder: reading while another ingests, dying at any moment, racing."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.pipeline import ingest
from retrieval.errors import StoreBusy
from retrieval.models.embedder import load_embedder
from retrieval.store import Store
from retrieval.vectors import VectorFolders
from tests.corpus import HashEmbedder, ask, open_way, plain_parts, run_ingest, served, write_files

HELPER = [sys.executable, "-m", "tests.corpus"]
ROOT = Path(__file__).parents[2]
OLD = {"docs/a.txt": ["甲", "第一条", "第二条"], "docs/b.txt": ["乙", "旧的一条"]}
NEW = {"docs/a.txt": ["甲", "第一条", "新的一条"], "docs/c.txt": ["丙", "又一条"]}


def run_other(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [*HELPER, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


class Reader:
    """A process that answers questions over its standard input and keeps everything open between."""

    def __init__(self, data_dir: Path, command: str = "answer") -> None:
        self._process = subprocess.Popen(
            [*HELPER, command, str(data_dir)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, question: str) -> dict[str, Any]:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(question + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(timeout=20)
        self._process.stdout.close()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def docs(tmp_path: Path, data_dir: Path) -> Path:
    """The folder of the old corpus, ingested."""
    docs = write_files(tmp_path / "docs", a="甲\n第一条\n第二条", b="乙\n旧的一条")
    run_ingest(data_dir, docs)
    return docs


@pytest.fixture
def reader(data_dir: Path, docs: Path) -> Iterator[Reader]:
    reader = Reader(data_dir)
    yield reader
    reader.close()


def edit(docs: Path) -> None:
    """Turn the old corpus on the disk into the new one."""
    write_files(docs, a="甲\n第一条\n新的一条", c="丙\n又一条")
    (docs / "b.txt").unlink()


def test_a_reader_takes_up_the_new_corpus_at_its_next_question(
    data_dir: Path, docs: Path, reader: Reader
) -> None:
    before = reader.ask("旧的一条")
    assert before["nearest"] == ["旧的一条"] and before["served"] == OLD
    edit(docs)
    assert run_other("ingest", data_dir, docs).returncode == 0
    after = reader.ask("旧的一条")
    assert after["served"] == NEW and after["hits"] == after["keys"] == 5
    assert "旧的一条" not in after["nearest"] and after["notice"] == ""
    assert reader.ask("又一条")["nearest"] == ["又一条"]


def test_a_reader_keeps_answering_through_many_versions(data_dir: Path, docs: Path, reader: Reader) -> None:
    reader.ask("第一条")
    for round_number in range(4):
        write_files(docs, a=f"甲\n第一条\n第{round_number}轮", b=f"乙\n另{round_number}轮")
        run_ingest(data_dir, docs)
        answer = reader.ask(f"第{round_number}轮")
        assert answer["nearest"] == [f"第{round_number}轮"] and answer["notice"] == ""
        assert answer["hits"] == answer["keys"] == 5
    assert len(list((data_dir / "vectors").iterdir())) == 2


def test_a_reader_that_never_pauses_sees_whole_versions_only(data_dir: Path, docs: Path) -> None:
    store, vectors = Store.open(data_dir, create=False), VectorFolders(Store.open(data_dir, create=False))
    stop, seen = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            seen.append(ask(store, vectors, "第一条"))

    thread = threading.Thread(target=read)
    thread.start()
    edit(docs)
    ran = run_other("ingest", data_dir, docs)
    stop.set()
    thread.join()
    vectors.close()
    assert ran.returncode == 0 and len(seen) > 5
    assert {each["version"] for each in seen} <= {1, 2}
    for each in seen:
        assert each["served"] == (OLD if each["version"] == 1 else NEW)
        assert each["hits"] == each["keys"] and each["notice"] == ""
    assert ask(store, VectorFolders(store), "x")["version"] == 2


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("cleaning", OLD),
        ("embedding 1", OLD),
        ("embedding 2", OLD),
        ("vectors ready", OLD),
        ("indexing 1", OLD),
        ("indexing 4", OLD),
        ("published", NEW),
    ],
)
def test_a_killed_ingest_leaves_a_whole_corpus_and_the_next_one_completes_it(
    data_dir: Path, docs: Path, moment: str, expected: dict[str, list[str]]
) -> None:
    edit(docs)
    assert run_other("die", data_dir, docs, moment).returncode == -signal.SIGKILL
    store = Store.open(data_dir, create=False)
    vectors = VectorFolders(store)
    answer = ask(store, vectors, "第一条")
    assert answer["served"] == expected
    assert answer["hits"] == answer["keys"] and answer["nearest"] == ["第一条"] and answer["notice"] == ""
    embedder = HashEmbedder()
    run_ingest(data_dir, docs, embedder=embedder)
    if moment in ("embedding 2", "vectors ready", "published"):
        assert len(embedder.embedded) == (2 if moment == "embedding 2" else 0)
    after = ask(store, vectors, "又一条")
    vectors.close()
    assert after["served"] == NEW and after["nearest"] == ["又一条"] and after["hits"] == after["keys"]
    assert not [each for each in (data_dir / "vectors").iterdir() if each.name.startswith(".")]


def test_a_first_ingest_that_is_killed_leaves_a_usable_folder(tmp_path: Path) -> None:
    docs = write_files(tmp_path / "docs", a="甲\n第一条", b="乙")
    for number, moment in enumerate(["cleaning", "embedding 2", "vectors ready", "indexing 2"]):
        data_dir = tmp_path / f"data{number}"
        assert run_other("die", data_dir, docs, moment).returncode == -signal.SIGKILL
        assert Store.open(data_dir, create=False).is_empty
        run_ingest(data_dir, docs)
        with Store.open(data_dir, create=False).snapshot() as snapshot:
            assert served(snapshot) == {"docs/a.txt": ["甲", "第一条"], "docs/b.txt": ["乙"]}


def test_of_two_ingests_the_second_waits_or_says_who_holds_the_lock(data_dir: Path, docs: Path) -> None:
    edit(docs)
    gate = docs.parent / "gate"
    first = subprocess.Popen(
        [*HELPER, "slowly", str(data_dir), str(docs), str(gate)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert first.stdout and first.stdout.readline() == "holding\n"
    with pytest.raises(StoreBusy, match=f"进程 {first.pid}"):
        run_ingest(data_dir, docs)
    store = Store.open(data_dir, create=False)
    threading.Timer(0.3, gate.touch).start()
    report = ingest(
        [docs], store, HashEmbedder(), VectorFolders(store), parts=plain_parts(docs / "none"), wait_s=30
    )
    assert first.wait(timeout=30) == 0
    first.stdout.close()
    assert {each.change for each in report.documents} == {"unchanged"} and report.version.startswith("v2-")
    with store.snapshot() as snapshot:
        assert served(snapshot) == NEW


def test_a_full_disk_leaves_the_old_corpus_and_says_so(data_dir: Path, docs: Path) -> None:
    edit(docs)
    write_files(docs, big="很长的一段\n" * 20_000)
    ran = run_other("in little room", data_dir, docs)
    assert ran.returncode == 1 and "Traceback" not in ran.stderr
    assert str(data_dir) in ran.stderr
    store = Store.open(data_dir, create=False)
    vectors = VectorFolders(store)
    answer = ask(store, vectors, "第一条")
    assert answer["served"] == OLD and answer["hits"] == answer["keys"]
    (docs / "big.txt").unlink()
    run_ingest(data_dir, docs)
    assert ask(store, vectors, "第一条")["served"] == NEW
    vectors.close()


@pytest.fixture
def read_only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder that an ordinary user can read and not write, beside its documents."""
    base = tmp_path_factory.mktemp("read-only")
    open_way(base)
    run_ingest(base / "data", write_files(base / "docs", a="甲\n第一条"))
    everything = [base / "data", *(base / "data").rglob("*")]
    for path in everything:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield base / "data"
    for path in everything:
        path.chmod(0o755)


def test_a_data_folder_that_cannot_be_written_answers_and_refuses_to_ingest(read_only: Path) -> None:
    docs = write_files(read_only.parent / "docs", a="甲\n另一条")
    ran = run_other("ingest as nobody", read_only, docs)
    assert ran.returncode == 1 and "不可写" in ran.stderr and "Traceback" not in ran.stderr
    reader = Reader(read_only, "answer as nobody")
    answer = reader.ask("第一条")
    reader.close()
    assert answer["served"] == {"docs/a.txt": ["甲", "第一条"]}
    assert answer["nearest"] == ["第一条"] and answer["notice"] == ""


def test_a_copied_data_folder_answers_with_the_bundled_model(tmp_path: Path, docs: Path) -> None:
    embedder = load_embedder("bundled")
    data_dir = tmp_path / "real"
    run_ingest(data_dir, docs, embedder=embedder)
    copy = tmp_path / "copy"
    shutil.copytree(data_dir, copy)
    shutil.rmtree(data_dir)
    store = Store.open(copy, create=False)
    vectors = VectorFolders(store)
    with store.snapshot() as snapshot:
        from retrieval.vectors import nearest

        found = nearest(vectors, snapshot, embedder, "旧的一条", 10)
        assert len(found.hits) == 5 and found.hits[0][1] > 0.85
    vectors.close()
