"""The commands that keep the corpus without its files: history, rollback, show, tag, remove."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bot.cli.entry import run
from bot.telegram.store import TelegramStore
from tests.command import document, output
from tests.corpus import write_files

DUES = "党费的交纳\n党员应当按期交纳党费，每月交纳一次。交纳的数额由支部公布。\n" * 3
LEAVE = "请假的手续\n党员外出应当向支部请假，并说明去向和时间。\n" * 3


@pytest.fixture
def docs(home: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder of two documents, ingested."""
    docs = write_files(home / "docs", dues=DUES, leave=LEAVE)
    assert run(["ingest", "docs"]) == 0
    output(capsys)
    return docs


def sources(capsys: pytest.CaptureFixture[str], question: str) -> list[str]:
    """The sources of what a search finds now."""
    assert run(["search", question, "--json"]) == 0
    return sorted({each["document"]["source"] for each in document(capsys)["passages"]})


def test_the_history_tells_who_changed_what(docs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (docs / "leave.txt").unlink()
    assert run(["ingest"]) == 0
    output(capsys)
    assert run(["history", "--json"]) == 0
    newest, first = document(capsys)["versions"]
    assert newest["changes"] == {"deleted": 1} and newest["current"] and newest["documents"] == 1
    assert first["changes"] == {"new": 2} and not first["current"] and first["kept"]
    assert newest["action"] == "ingest" and newest["author"] and newest["at"] >= first["at"]
    assert run(["history"]) == 0
    shown = output(capsys)[0]
    assert "移除 1（docs/leave.txt）" in shown and "当前版本" in shown and "可回退" in shown


def test_so_many_versions_are_kept_as_the_setting_says(
    docs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DANGWU_HISTORY__KEEP", "2")
    assert run(["tag", "党费", "status=现行"]) == run(["rollback"]) == 0
    write_files(docs, leave=LEAVE * 2)
    assert run(["ingest"]) == run(["remove", "请假"]) == 0
    output(capsys)
    assert run(["history", "--json"]) == 0
    versions = document(capsys)["versions"]
    assert [each["action"] for each in versions] == ["remove", "ingest", "tag", "ingest"]
    assert [each["kept"] for each in versions] == [True, True, False, False]
    assert run(["rollback", "v1"]) == 2
    assert "不再保留" in output(capsys)[1]
    monkeypatch.setenv("DANGWU_HISTORY__KEEP", "1")
    assert run(["history"]) == 2


def test_there_is_no_history_before_the_first_ingest(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["history", "--json"]) == 0
    assert document(capsys) == {"versions": []}
    assert not (home / "data").exists()


def test_a_rollback_is_answered_from_and_says_what_the_next_ingest_does(
    docs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (docs / "leave.txt").unlink()
    run(["ingest"])
    output(capsys)
    assert run(["rollback", "--json"]) == 0
    out, err = output(capsys)
    report = json.loads(out)
    assert report["to"].startswith("v1-") and report["version"].startswith("v3-")
    assert "dangwu ingest" in err
    assert sources(capsys, "外出请假") == ["docs/leave.txt"]
    assert run(["rollback", "v7"]) == 2
    assert "没有这个版本" in output(capsys)[1]


def test_a_document_is_shown_clean_raw_and_with_its_edits(
    docs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = DUES.replace("按期", "按\u200b期") + "本文来自某某网，欢迎访问。\n"
    write_files(docs, dues=raw)
    run(["ingest"])
    output(capsys)
    shutil.rmtree(docs)
    assert run(["show", "docs/dues.txt"]) == 0
    out, err = output(capsys)
    assert "按期" in out and "\u200b" not in out and "docs/dues.txt" in err
    assert run(["show", "党费", "--raw"]) == 0
    assert output(capsys)[0].rstrip("\n") == raw.rstrip("\n")
    assert run(["show", "党费", "--edits"]) == 0
    assert "处改动" in output(capsys)[0]
    assert run(["show", "党费", "--raw", "--json"]) == 0
    shown = document(capsys)
    text = shown["raw"]
    for edit in reversed(shown["edits"]):
        text = text[: edit["start"]] + edit["after"] + text[edit["end"] :]
    assert text == shown["text"] and shown["edits"] and shown["state"] == "current"


def test_a_name_that_fits_several_documents_lists_them(
    docs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["show", "docs"]) == 2
    assert "docs/dues.txt" in (err := output(capsys)[1]) and "docs/leave.txt" in err
    assert run(["show", "没有这份"]) == 2


def test_a_tagged_document_is_internal_from_the_next_question_on(
    docs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["tag", "党费", "内部", "status=现行", "--json"]) == 0
    assert [each["change"] for each in document(capsys)["documents"]] == ["changed"]
    assert run(["show", "党费", "--json"]) == 0
    shown = document(capsys)
    assert shown["metadata"]["audience"] == "内部" and shown["stated"] == {
        "audience": "内部",
        "status": "现行",
    }
    assert run(["ingest", "--json"]) == 0
    assert {each["change"] for each in document(capsys)["documents"]} == {"unchanged"}
    assert run(["tag", "党费", "audience=", "status="]) == 0
    output(capsys)
    assert run(["show", "党费", "--json"]) == 0
    assert document(capsys)["stated"] == {}


@pytest.mark.parametrize("statement", ["秘密", "audience=秘密", "colour=red", "date=不知道", "=内部"])
def test_a_wrong_tag_is_refused_and_changes_nothing(
    docs: Path, capsys: pytest.CaptureFixture[str], statement: str
) -> None:
    assert run(["tag", "党费", statement]) == 2
    assert "错误：" in output(capsys)[1]
    assert run(["history", "--json"]) == 0
    assert len(document(capsys)["versions"]) == 1


def test_a_removed_document_is_found_no_more_and_not_taken_in_again(
    docs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["remove", "请假", "--json"]) == 0
    assert [each["change"] for each in document(capsys)["documents"]] == ["deleted"]
    assert "docs/leave.txt" not in sources(capsys, "外出请假")
    assert run(["ingest", "--json"]) == 0
    changes = {each["source"]: each["change"] for each in document(capsys)["documents"]}
    assert changes == {"docs/dues.txt": "unchanged", "docs/leave.txt": "excluded"}
    assert run(["ingest", "docs/leave.txt"]) == 0
    output(capsys)
    assert sources(capsys, "外出请假") == ["docs/leave.txt"]


def test_a_root_is_removed_only_when_that_is_confirmed(
    docs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(docs)
    assert run(["ingest"]) == 1
    output(capsys)
    assert run(["remove", str(docs)]) == 2
    assert "--yes" in output(capsys)[1]
    assert run(["remove", str(docs), "--yes"]) == 0
    output(capsys)
    assert run(["history", "--json"]) == 0
    assert document(capsys)["versions"][0]["documents"] == 0


def test_a_backup_is_restored_when_that_is_confirmed(
    docs: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["backup", "b.zip", "--json"]) == 0
    made = document(capsys)
    assert made["documents"] == 2 and "dangwu.sqlite3" in made["files"]
    assert run(["backup", "b.zip"]) == 2
    assert run(["remove", "请假", "--purge"]) == 0
    output(capsys)
    assert run(["restore", "b.zip"]) == 2
    assert "--yes" in output(capsys)[1]
    assert "docs/leave.txt" not in sources(capsys, "外出请假")
    assert run(["restore", "b.zip", "--yes", "--json"]) == 0
    out, err = output(capsys)
    assert json.loads(out)["returned"] == ["docs/leave.txt"] and "docs/leave.txt" in err
    assert sources(capsys, "外出请假") == ["docs/leave.txt"]
    assert run(["doctor"]) == 0


def test_a_backup_needs_no_confirmation_where_nothing_is_there(
    docs: Path, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["backup", "b.zip"]) == 0
    monkeypatch.setenv("DANGWU_DATA_DIR", "fresh")
    assert run(["restore", "b.zip"]) == 0
    output(capsys)
    assert sources(capsys, "外出请假") == ["docs/leave.txt"]
    for wrong in ("no.zip", "docs/dues.txt"):
        assert run(["restore", wrong, "--yes"]) in (1, 2)
        assert "错误：" in output(capsys)[1]


def test_answers_are_restored_and_open_questions_stay_as_they_are(
    docs: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = {
        "question": "问？",
        "status": "refused",
        "index_version": "v1-a",
        "passages": [],
        "citations": [],
    }
    bot = TelegramStore(home / "data")
    first = bot.keep_answer(1, 2, record)
    bot.accept(10, {"text": "当时没答完"})
    assert run(["backup", "b.zip"]) == 0
    bot.settle(10, "answered")
    bot.accept(11, {"text": "现在没答完"})
    assert bot.keep_answer(1, 2, record) == first + 1
    assert run(["restore", "b.zip", "--yes"]) == 0
    assert [each.update_id for each in bot.open_updates()] == [11]
    assert bot.answer(first) and not bot.answer(first + 1)
    assert bot.keep_answer(1, 2, record) == first + 2
