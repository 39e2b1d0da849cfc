"""Changes of the corpus that are killed, run out of room or may not write: old or new, never a mix.

``KILLS=50 python -m pytest tests/ingest/test_faults.py`` kills an ingest at fifty random moments; without it
at five, always the same.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.sources import document_id
from retrieval.backup import write_backup
from retrieval.history import past_versions
from retrieval.leftovers import backup_folder, leftovers, size_of
from retrieval.locking import ingest_lock
from retrieval.publication import content_key
from retrieval.store import Store
from retrieval.vectors import VectorFolders
from tests.changing import CHANGES, ingest_folder, purge
from tests.corpus import ask, open_way, run_ingest, write_files

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("KILLS", "5"))
COUNTS = {"ingest": KILLS, **dict.fromkeys(("rollback", "purge", "restore"), max(2, KILLS // 5))}
CASES = [(change, number) for change, count in COUNTS.items() for number in range(count)]
SECRET = "只在一份资料里的一句话"
Served = Mapping[str, list[str]]


def texts(generation: int) -> dict[str, str]:
    """Forty documents of three lines; a quarter of them differs from one generation to the next."""
    old = range(40) if generation == 1 else range(10, 50)
    texts = {f"d{n:02}": f"题{n}\n第{n}条\n共有的一条" for n in old}
    changed = {f"d{n:02}": f"题{n}\n第{n}条，第{generation}次修订\n共有的一条" for n in range(10, 20)}
    return {**texts, **changed, "d30": f"题30\n{SECRET}"}


@dataclass(frozen=True)
class Scene:
    """A data folder before a change: what is served then and after it, and what the change is told."""

    data_dir: Path
    what: str
    before: Served
    after: Served
    seconds: list[float] = field(default_factory=list)


def start(change: str, data_dir: Path, what: str, *circumstances: str) -> subprocess.Popen[str]:
    """A process that is ready to make the change."""
    command = [sys.executable, "-m", "tests.changing", change, str(data_dir), what, *circumstances]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    process = subprocess.Popen(command, cwd=ROOT, text=True, **pipes)
    assert process.stdout and process.stdout.readline() == "ready\n"
    return process


def _give_the_word(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


def run(change: str, data_dir: Path, what: str, *circumstances: str) -> tuple[int, str]:
    """Status and standard error of one change."""
    with start(change, data_dir, what, *circumstances) as process:
        _, err = process.communicate("\n", timeout=120)
    return process.returncode, err


def look(data_dir: Path) -> Served:
    """What the next reader gets: whole, with vectors for all of it, in a sound file."""
    store = Store.open(data_dir, create=False)
    vectors = VectorFolders(store)
    answer = ask(store, vectors, "共有的一条")
    vectors.close()
    assert answer["hits"] == min(50, answer["keys"])
    assert answer["notice"] == "" and answer["nearest"][0] == "共有的一条"
    assert store.damage() is None
    served: Served = answer["served"]
    return served


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scene]:
    """Every change with its beginning; all vectors of both generations are in the cache."""
    base = tmp_path_factory.mktemp("faults")
    docs = write_files(base / "docs", **texts(2))
    run_ingest(base / "data", docs)
    shutil.rmtree(docs)
    run_ingest(base / "data", write_files(docs, **texts(1)))
    old = look(base / "data")
    write_backup(
        Store.open(base / "data", create=False), base / "old.zip", at=datetime(2026, 7, 1, tzinfo=UTC)
    )
    shutil.copytree(base / "data", base / "first")
    shutil.rmtree(docs)
    run_ingest(base / "data", write_files(docs, **texts(2)))
    new = look(base / "data")
    left = {source: lines for source, lines in new.items() if SECRET not in lines}
    secret = document_id(str(docs / "d30.txt"))
    return {
        "ingest": Scene(base / "first", str(docs), old, new),
        "rollback": Scene(base / "data", "v2", new, old),
        "purge": Scene(base / "data", secret, new, left),
        "restore": Scene(base / "data", str(base / "old.zip"), new, old),
    }


def seconds_of(change: str, scene: Scene, tmp_path: Path) -> float:
    """How long the change takes when nothing befalls it; measured once."""
    if not scene.seconds:
        shutil.copytree(scene.data_dir, tmp_path / "measured")
        with start(change, tmp_path / "measured", scene.what) as process:
            begun = time.perf_counter()
            _give_the_word(process)
            assert process.stdout and process.stdout.readline() == "done\n"
            scene.seconds.append(time.perf_counter() - begun)
    return scene.seconds[0]


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    return tmp_path / "data"


@pytest.mark.parametrize(("change", "number"), CASES)
def test_a_killed_change_leaves_the_old_or_the_new_and_can_be_done_again(
    scenes: dict[str, Scene], tmp_path: Path, data_dir: Path, change: str, number: int
) -> None:
    scene = scenes[change]
    moment_s = random.Random(f"{change} {number}").random() * seconds_of(change, scene, tmp_path)
    shutil.copytree(scene.data_dir, data_dir)
    with start(change, data_dir, scene.what) as process:
        _give_the_word(process)
        time.sleep(moment_s)
        process.send_signal(signal.SIGKILL)
    assert process.returncode in (0, -signal.SIGKILL)
    assert look(data_dir) in (scene.before, scene.after)
    CHANGES[change](data_dir, scene.what)
    assert look(data_dir) == scene.after
    assert_nothing_is_lost_or_doubled(data_dir, change)


def assert_nothing_is_lost_or_doubled(data_dir: Path, change: str) -> None:
    """Each version stands once, each raw text once, no draft is left; a purge leaves nothing."""
    store = Store.open(data_dir, create=False)
    numbers = [each.version.number for each in past_versions(store)]
    assert len(numbers) == len(set(numbers)) and len(numbers) <= 4
    with store.reading() as connection:
        (doubled,) = connection.execute(
            "SELECT count(*) FROM (SELECT 1 FROM revisions GROUP BY document_id, source, fingerprint"
            " HAVING count(*) > 1)"
        ).fetchone()
        (lost,) = connection.execute(
            "SELECT count(*) FROM revisions WHERE raw_sha256 NOT IN (SELECT sha256 FROM raws)"
        ).fetchone()
    store.close()
    assert (doubled, lost) == (0, 0)
    assert not [path for path in data_dir.rglob(".*") if path.is_dir()]
    if change == "purge":
        signs = (SECRET.encode(), content_key(SECRET).encode())
        files = [path for path in data_dir.rglob("*") if path.is_file()]
        assert not [path for path in files if any(sign in path.read_bytes() for sign in signs)]


@pytest.mark.parametrize("number", range(COUNTS["restore"]))
@pytest.mark.parametrize("change", ["restore", "backup"])
def test_what_a_killed_one_leaves_goes_with_the_next_change_and_a_purge_leaves_nothing(
    scenes: dict[str, Scene], tmp_path: Path, data_dir: Path, change: str, number: int
) -> None:
    scene = scenes["restore"]
    shutil.copytree(scene.data_dir, data_dir)
    (tmp_path / "archives").mkdir()
    archive = tmp_path / "archives" / "b.zip"
    what = scene.what if change == "restore" else str(archive)
    with start(change, data_dir, what) as process:
        _give_the_word(process)
        while process.poll() is None and not any(map(size_of, leftovers(data_dir))):
            time.sleep(0.0005)
        # The first is killed as soon as there is something to leave.
        if number:
            time.sleep(random.Random(f"{change} {number}").random() * 0.1)
        process.send_signal(signal.SIGKILL)
    assert process.returncode in (0, -signal.SIGKILL)
    assert number or leftovers(data_dir)
    ingest_folder(data_dir, scenes["ingest"].what)
    assert leftovers(data_dir) == [] and not list(data_dir.glob(".*"))
    assert [each for each in archive.parent.iterdir() if each != archive] == []
    purge(data_dir, scenes["purge"].what)
    assert_nothing_is_lost_or_doubled(data_dir, "purge")


def test_what_is_at_work_is_not_swept_away(data_dir: Path, tmp_path: Path) -> None:
    run_ingest(data_dir, write_files(tmp_path / "docs", a="一"))
    with backup_folder(data_dir, tmp_path) as work:
        with ingest_lock(data_dir):
            assert work.is_dir() and leftovers(data_dir) == [work]
        (work / "copy").write_text("一")
    assert leftovers(data_dir) == [] and not work.exists()


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_without_room_says_so_and_changes_nothing(
    scenes: dict[str, Scene], data_dir: Path, change: str
) -> None:
    shutil.copytree(scenes[change].data_dir, data_dir)
    status, err = run(change, data_dir, scenes[change].what, "little room")
    assert status == 1 and "Traceback" not in err and "磁盘空间" in err
    assert look(data_dir) in (scenes[change].before, scenes[change].after)
    CHANGES[change](data_dir, scenes[change].what)
    assert look(data_dir) == scenes[change].after


def test_a_backup_without_room_says_so_and_leaves_no_half_of_one(
    scenes: dict[str, Scene], tmp_path: Path
) -> None:
    status, err = run("backup", scenes["ingest"].data_dir, str(tmp_path / "b.zip"), "little room")
    assert status == 1 and "Traceback" not in err and "磁盘空间" in err
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def open_to_nobody(data_dir: Path) -> Iterator[None]:
    """The way to the data folder is open to an ordinary user, who may read there and not write."""
    yield
    for path in (data_dir, *data_dir.rglob("*")):
        path.chmod(0o755)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.usefixtures("open_to_nobody")
def test_a_change_that_may_not_write_says_so(scenes: dict[str, Scene], data_dir: Path, change: str) -> None:
    shutil.copytree(scenes[change].data_dir, data_dir)
    open_way(data_dir.parent)
    for path in (data_dir, *data_dir.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    status, err = run(change, data_dir, scenes[change].what, "nobody")
    assert status == 1 and "Traceback" not in err and "权限" in err


def test_versions_keep_their_order_when_the_clock_is_set_back(
    scenes: dict[str, Scene], data_dir: Path
) -> None:
    from ingest.pipeline import ingest
    from tests.corpus import HashEmbedder, plain_parts

    shutil.copytree(scenes["ingest"].data_dir, data_dir)
    store = Store.open(data_dir, create=False)
    folder = Path(scenes["ingest"].what)
    early = datetime(2001, 1, 1, tzinfo=UTC)
    parts = plain_parts(data_dir / "none")
    vectors = VectorFolders(store)
    report = ingest([folder], store, HashEmbedder(), vectors, parts=parts, now=lambda: early)
    vectors.close()
    newest, *_ = past_versions(store)
    assert newest.version.name == report.version and newest.is_current
    assert newest.version.created_at.startswith("2001") and look(data_dir) == scenes["ingest"].after
