"""Cleaning in several processes: the same results in the same order, whatever becomes of one document."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingest import workers
from ingest.parts import IngestParts, standard_parts
from ingest.sources import SourceFile
from retrieval.publication import NewRevision
from tests.corpus import plain_parts, read_or_die

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _however_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "WORTHWHILE_BYTES", 0)


def sources(folder: Path, *texts: str) -> list[SourceFile]:
    folder.mkdir(exist_ok=True)
    files = []
    for number, text in enumerate(texts):
        path = folder / f"{number:02d}.txt"
        path.write_text(text, encoding="utf-8")
        files.append(SourceFile(str(path), f"docs/{path.name}", path))
    return files


def in_two_processes(tmp_path: Path, *texts: str) -> list[workers.Attempt]:
    parts = plain_parts(tmp_path, read_document=read_or_die, processes=2)
    return list(workers.attempts(sources(tmp_path / "docs", *texts), parts, size=1))


def outcomes(found: list[workers.Attempt]) -> list[str]:
    return [each.text if isinstance(each, NewRevision) else each.reason for each in found]


def test_real_documents_come_out_as_they_do_in_one_process_and_in_order() -> None:
    parts = standard_parts()
    files = [SourceFile(str(path), path.name, path) for path in sorted(parts.seeds.glob("*.txt"))]
    shared = workers.attempts(files, plain_parts(parts.seeds, **steps(parts), processes=2), size=1)
    alone = workers.attempts(files, plain_parts(parts.seeds, **steps(parts), processes=1), size=1)
    assert list(shared) == list(alone)


def steps(parts: IngestParts) -> dict[str, object]:
    return {"read_document": parts.read_document, "make_passages": parts.make_passages}


def test_a_document_that_kills_its_process_is_the_only_one_lost(tmp_path: Path) -> None:
    texts = [f"第{number}份" for number in range(20)]
    texts[3] = texts[17] = "kill"
    found = outcomes(in_two_processes(tmp_path, *texts))
    assert [each for each in found if "意外终止" in each] == [found[3], found[17]]
    assert [each for at, each in enumerate(found) if at not in (3, 17)] == [
        each for each in texts if each != "kill"
    ]


def test_an_error_in_a_worker_is_a_reason_with_its_traceback(tmp_path: Path) -> None:
    good, bad = in_two_processes(tmp_path, "好", "raise")
    assert isinstance(good, NewRevision) and isinstance(bad, workers.Failure)
    assert "IndexError" in bad.reason and "read_or_die" in bad.trace


def test_the_workers_of_a_killed_ingest_end(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    sources(tmp_path / "docs", *[f"wait {note}"] * 16)
    command = [sys.executable, "-m", "tests.corpus", "ingest in processes"]
    running = subprocess.Popen([*command, tmp_path / "data", tmp_path / "docs"], cwd=ROOT)
    try:
        eventually(lambda: note.exists() and len(note.read_text().splitlines()) == 2)
    finally:
        running.kill()
        running.wait(timeout=20)
    pids = [int(each) for each in note.read_text().splitlines()]
    assert running.pid not in pids
    eventually(lambda: not any(is_running(pid) for pid in pids))


def test_ctrl_c_ends_everything_without_a_traceback(tmp_path: Path) -> None:
    seed = next((ROOT / "seeds").glob("002*.txt")).read_text(encoding="utf-8")
    sources(tmp_path / "docs", *[f"{seed}{number}" for number in range(workers_are_worth(seed))])
    environment = {**os.environ, "DANGWU_EMBEDDING__MODEL": "none", "DANGWU_DATA_DIR": str(tmp_path / "data")}
    running = subprocess.Popen(
        [sys.executable, "-m", "bot", "ingest", "--plan", str(tmp_path / "docs")],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    eventually(lambda: len(members(running.pid)) >= 3)
    time.sleep(0.5)
    os.killpg(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=20)
    assert running.returncode == 130 and out == "" and "Traceback" not in err
    eventually(lambda: not members(running.pid))


def workers_are_worth(text: str) -> int:
    return 3 * 2_000_000 // len(text.encode())


def test_a_program_read_from_a_pipe_does_without_workers(tmp_path: Path) -> None:
    files = sources(tmp_path / "docs", "一", "二")
    program = (
        "from pathlib import Path\nfrom ingest import workers\nfrom ingest.sources import SourceFile\n"
        "from tests.corpus import plain_parts\nworkers.WORTHWHILE_BYTES = 0\n"
        f"files = [SourceFile(p, p, Path(p)) for p in {[each.location for each in files]}]\n"
        "made = workers.attempts(files, plain_parts(Path('.'), processes=2), size=1)\n"
        "print([each.text for each in made])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-"], input=program, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.stdout == "['一', '二']\n"


def eventually(is_so: object, within_s: float = 20.0) -> None:
    assert callable(is_so)
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def members(session: int) -> list[int]:
    """The running processes of a session."""
    pids = [int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal()]
    return [pid for pid in pids if is_running(pid) and session_of(pid) == session]


def session_of(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return 0
