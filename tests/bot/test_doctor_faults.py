"""Damage done to a data folder: the doctor names it with a remedy, and the remedy mends it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.cli.entry import run
from bot.cli.upkeep_checks import upkeep_checks
from bot.compose import Application
from bot.settings import load_settings
from bot.telegram.store import TelegramStore
from retrieval.store import DATABASE_NAME
from tests.bot.test_cli_upkeep import sources
from tests.command import document, needs_permissions, output, unprivileged
from tests.corpus import write_files

LEAVE = "请假的手续\n党员外出应当向支部请假，并说明去向和时间。\n"


@pytest.fixture
def data_dir(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A corpus with vectors, what a bot has kept, and a backup of both beside it."""
    monkeypatch.setenv("DANGWU_EMBEDDING__MODEL", "bundled")
    assert run(["ingest", str(write_files(home / "docs", leave=LEAVE))]) == 0
    bot = TelegramStore(home / "data")
    bot.keep_answer(1, 2, {"question": "问？", "status": "refused", "index_version": "v1-a"})
    bot.close()
    assert run(["backup", "b.zip"]) == 0
    output(capsys)
    return home / "data"


def faults(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """The remedies of what the doctor calls broken, by name."""
    run(["doctor", "--json"])
    checks = document(capsys)["checks"]
    assert all(each["remedy"] for each in checks if each["status"] in ("broken", "warning"))
    return {each["name"]: each["remedy"] for each in checks if each["status"] == "broken"}


def truncate(path: Path) -> None:
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])


def test_a_sound_folder_has_no_fault(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert faults(capsys) == {} and run(["doctor"]) == 0


@pytest.mark.parametrize(
    ("damage", "name", "mend"),
    [
        (lambda data: truncate(data / DATABASE_NAME), "资料库", ["restore", "b.zip", "--yes"]),
        (lambda data: (data / DATABASE_NAME).write_bytes(b""), "资料库", ["restore", "b.zip", "--yes"]),
        (lambda data: truncate(data / "telegram.sqlite3"), "记录", ["restore", "b.zip", "--yes"]),
        (lambda data: shutil.rmtree(data / "vectors"), "索引", ["ingest"]),
        (lambda data: shutil.rmtree(data.parent / "docs"), "来源", ["remove", "docs", "--yes"]),
    ],
    ids=["truncated", "emptied", "records truncated", "vectors gone", "source gone"],
)
def test_damage_is_named_and_the_remedy_mends_it(
    data_dir: Path,
    capsys: pytest.CaptureFixture[str],
    damage: Callable[[Path], object],
    name: str,
    mend: list[str],
) -> None:
    damage(data_dir)
    found = faults(capsys)
    assert f"dangwu {mend[0]}" in found[name]
    assert run(mend) == 0
    output(capsys)
    assert faults(capsys) == {}
    assert sources(capsys, "外出请假") == ([] if name == "来源" else ["docs/leave.txt"])


@needs_permissions
def test_a_folder_that_cannot_be_written_is_named(data_dir: Path) -> None:
    data_dir.chmod(0o500)
    status, out, _ = unprivileged("doctor")
    data_dir.chmod(0o700)
    assert status == 1 and "不可写" in out and "检查目录权限" in out


def test_a_clock_that_was_set_back_is_named(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    connection = sqlite3.connect(data_dir / DATABASE_NAME)
    with connection:
        connection.execute("UPDATE versions SET created_at = '2031-01-01T00:00:00+00:00'")
    connection.close()
    with Application(load_settings(), announce=print) as application:
        at = datetime(2031, 1, 1, tzinfo=UTC)
        early = [each.name for each in upkeep_checks(application, at - timedelta(days=1))]
        late = [each.name for each in upkeep_checks(application, at)]
    assert ("时钟" in early, "时钟" in late) == (True, False)
    write_files(data_dir.parent / "docs", more=LEAVE)
    assert run(["ingest"]) == 0 and run(["rollback"]) == 0
    output(capsys)
    assert sources(capsys, "外出请假") == ["docs/leave.txt"]


def test_what_killed_commands_left_is_counted_and_goes_with_the_remedy(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_files(home / "docs", a="一份资料里的一句话，写得足够长，可以收录。")
    assert run(["ingest", "docs"]) == 0
    for name in (".restore-x1", "trial", "vectors/.draft-v-7", "vectors/.old-v-7"):
        write_files(home / "data" / name, copy="一份资料里的一句话")
    output(capsys)
    assert run(["doctor", "--json"]) == 0
    (check,) = (each for each in document(capsys)["checks"] if each["name"] == "残留")
    assert check["status"] == "warning" and "4 处" in check["message"] and "dangwu ingest" in check["remedy"]
    assert run(["ingest"]) == 0
    output(capsys)
    assert run(["doctor", "--json"]) == 0
    assert not [each for each in document(capsys)["checks"] if each["name"] == "残留"]
