"""Questions on a full disk are answered as ever; what would change the corpus says that there is no room."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.answering.resilience import DailyBudget
from tests.command import QUESTION, process
from tests.corpus import write_files
from tests.full_disk import Disk, disk

__all__ = ["disk"]
LEAVE = "党员外出请假办法\n\n党员外出六个月以内的，应当向所在党支部请假，经支部书记同意后方可离开。\n"


def run(disk: Disk, *args: str, is_full: bool = True, stdin: str = "", **more: Any) -> tuple[int, str, str]:
    """Status, stdout and stderr of one command over the data folder on the disk."""
    options = {**(disk.options if is_full else {}), **more}
    with process(*args, cwd=disk.home, stdin=subprocess.PIPE, **options) as running:
        out, err = running.communicate(stdin, timeout=120)
    assert "Traceback" not in err
    return running.returncode, out, err


def answer(disk: Disk, question: str, **more: Any) -> dict[str, Any]:
    status, out, err = run(disk, "ask", "--json", question, **more)
    assert status == 0, err
    document: dict[str, Any] = json.loads(out)
    return {key: value for key, value in document.items() if key != "elapsed_ms"}


@pytest.fixture
def home(disk: Disk, seeded: Path) -> Disk:
    """The seeds on a disk of their own."""
    shutil.copytree(seeded, disk.home / "data")
    return disk


def test_questions_are_answered_as_ever(home: Disk) -> None:
    before = answer(home, QUESTION, is_full=False)
    home.fill()
    assert answer(home, QUESTION) == before and before["status"] == "answered"
    status, out, _ = run(home, "search", "--json", QUESTION)
    assert status == 0 and json.loads(out)["passages"]
    status, out, err = run(home, "chat", stdin=f"火星基地有几名党员？\n{QUESTION}\n")
    assert status == 0 and "没有找到" in out and "确立议程" in out and "没能记下" in err


def test_a_bot_of_another_process_does_not_stand_in_the_way(home: Disk) -> None:
    """While a process holds the database open, its log and what is shared of it lie beside the file."""
    from retrieval.store import Store

    before = answer(home, QUESTION, is_full=False)
    store = Store.open(home.home / "data", create=False)
    with store.writing() as connection:
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('note', 'in the log')")
    with store.snapshot():
        home.fill()
        assert answer(home, QUESTION) == before
    store.close()


def test_vectors_are_searched_all_the_same(disk: Disk) -> None:
    docs = write_files(disk.home / "docs", leave=LEAVE, other="党费收缴办法\n\n党员应当按月交纳党费。\n")
    assert run(disk, "ingest", str(docs), is_full=False, model="bundled")[0] == 0
    before = answer(disk, "党员外出要向谁请假？", is_full=False, model="bundled")
    disk.fill()
    after = answer(disk, "党员外出要向谁请假？", model="bundled")
    assert after == before and after["status"] == "answered" and after["notices"] == []


def test_a_corpus_stays_as_it_is_and_the_lack_of_room_is_named(home: Disk) -> None:
    docs = write_files(home.home / "docs", leave=LEAVE)
    before = answer(home, QUESTION, is_full=False)
    home.fill()
    status, _, err = run(home, "ingest", str(docs))
    assert status == 1 and "磁盘空间" in err
    assert answer(home, QUESTION) == before
    home.free()
    assert run(home, "ingest", str(docs), is_full=False)[0] == 0
    assert answer(home, "党员外出要向谁请假？", is_full=False)["status"] == "answered"


def test_doctor_names_a_full_disk_and_finds_no_damage(home: Disk) -> None:
    home.fill()
    status, out, _ = run(home, "doctor", "--json")
    checks = {each["name"]: each for each in json.loads(out)["checks"]}
    assert checks["资料库"]["status"] != "broken" and "记录" not in checks
    if not home.options:
        assert status == 1 and "磁盘已满" in checks["数据目录"]["message"]


def test_calls_of_a_model_are_counted_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "calls.json").mkdir()
    for path in (tmp_path / "calls.json", tmp_path / "none" / "calls.json"):
        budget = DailyBudget(2, path=path, today=lambda: date(2026, 7, 1))
        assert [budget.take() for _ in range(3)] == [True, True, False]
