"""The gate: a new version is tried on questions before it goes live."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from bot.cli.entry import run
from bot.trial import judge, read_floors
from retrieval.errors import InputError
from retrieval.evaluation import METRICS
from retrieval.figures import recorded_evaluations
from retrieval.store import DATABASE_NAME, Store
from tests.command import document, output

RULE = "党费交纳办法\n\n党员应当每月交纳党费。支部委员会每季度公布一次党费收缴情况。\n"
OTHER = "志愿服务办法\n\n社区志愿服务队每周六上午在社区广场集合。服务时间记入志愿者手册。\n"
PAYING = {
    "id": "q1",
    "type": "fact",
    "question": "支部委员会多久公布一次党费收缴情况？",
    "must": ["每季度公布一次"],
}
WHERE = {"id": "q2", "type": "fact", "question": "社区志愿服务队在哪里集合？", "must": ["社区广场"]}


@pytest.fixture
def docs(home: Path) -> Path:
    docs = home / "docs"
    docs.mkdir()
    (docs / "rule.txt").write_text(RULE, encoding="utf-8")
    (docs / "other.txt").write_text(OTHER, encoding="utf-8")
    write_questions(home / "q.jsonl", PAYING, WHERE)
    assert run(["ingest", "docs"]) == 0
    return docs


def write_questions(path: Path, *questions: dict[str, Any]) -> None:
    path.write_text("".join(json.dumps(each) + "\n" for each in questions), encoding="utf-8")


def current(home: Path) -> str:
    version = Store.open(home / "data", create=False).current()
    assert version
    return version.name


def test_a_version_that_breaks_a_question_is_withheld(
    home: Path, docs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = current(home)
    (docs / "rule.txt").write_text(RULE.replace("每季度公布一次", "适时公布"), encoding="utf-8")
    capsys.readouterr()
    assert run(["ingest", "--check", "q.jsonl"]) == 1
    out, err = output(capsys)
    assert "没有发布" in out and "q1" in out and "q2" not in out and "变差" in err
    assert current(home) == before and not (home / "data" / "trial").exists()
    with sqlite3.connect(home / "data" / DATABASE_NAME) as connection:
        assert connection.execute("SELECT count(*) FROM revisions").fetchone() == (2,)
    connection.close()
    assert run(["ask", PAYING["question"], "--json"]) == 0
    assert "每季度公布一次" in document(capsys)["answer"]


def test_the_verdict_as_json_names_metrics_and_questions(
    home: Path, docs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (docs / "other.txt").unlink()
    capsys.readouterr()
    assert run(["ingest", "--check", "q.jsonl", "--json"]) == 1
    report = document(capsys)
    assert report["applied"] is False and report["version"] == current(home)
    assert {each["change"] for each in report["documents"]} == {"unchanged", "deleted"}
    check = report["check"]
    assert check["passed"] is False and [each["id"] for each in check["broken"]] == ["q2"]
    assert check["before"]["complete"] == 1.0 and check["after"]["complete"] == 0.5
    assert {"metric": "complete", "pinned": 1.0, "now": 0.5} in check["fallen"]


@pytest.mark.parametrize("model", ["none", "bundled"])
def test_a_version_that_answers_as_well_goes_live_and_both_are_on_record(
    home: Path, docs: Path, model: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DANGWU_EMBEDDING__MODEL", model)
    before = current(home)
    (docs / "third.txt").write_text(OTHER.replace("志愿", "文艺").replace("广场", "礼堂"), encoding="utf-8")
    capsys.readouterr()
    assert run(["ingest", "--check", "q.jsonl"]) == 0
    assert "当前版本" in output(capsys)[0] and current(home) != before
    figures = recorded_evaluations(Store.open(home / "data", create=False))
    assert [each.index_version for each in figures] == [before, current(home)]
    assert run(["ingest", "--check", "q.jsonl"]) == 0
    assert "没有变化" in output(capsys)[0]


def test_the_first_version_is_held_to_written_floors(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "rule.txt").write_text(RULE, encoding="utf-8")
    write_questions(home / "q.jsonl", PAYING, WHERE)
    (home / "q.floors.toml").write_text('complete = 0.9\n"hit@5" = 0.5\n', encoding="utf-8")
    assert run(["ingest", "rule.txt", "--check", "q.jsonl", "--json"]) == 1
    report = document(capsys)
    assert report["version"] is None and report["check"]["before"] is None
    assert [each["metric"] for each in report["check"]["fallen"]] == ["complete"]
    assert [each["id"] for each in report["check"]["broken"]] == ["q2"]
    (home / "q.floors.toml").write_text("complete = 0.5\n", encoding="utf-8")
    assert run(["ingest", "rule.txt", "--check", "q.jsonl"]) == 0


@pytest.mark.parametrize(
    "arguments", [["--plan", "--check", "q.jsonl"], ["--check", "missing.jsonl"], ["--check", "empty.jsonl"]]
)
def test_wrong_usage_is_refused_before_anything_is_done(
    home: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "empty.jsonl").write_text("", encoding="utf-8")
    write_questions(home / "q.jsonl", PAYING)
    assert run(["ingest", *arguments]) == 2
    assert "错误：" in output(capsys)[1] and not (home / "data").exists()


@pytest.mark.parametrize("floors", ["complete = 'x'", "hit = 0.5", "complete = ", "complete = true"])
def test_floors_that_are_none_are_refused(tmp_path: Path, floors: str) -> None:
    (tmp_path / "q.floors.toml").write_text(floors, encoding="utf-8")
    with pytest.raises(InputError):
        read_floors(tmp_path / "q.jsonl")


def report(misses: dict[str, list[str]], **metrics: float) -> dict[str, Any]:
    filled = dict.fromkeys(METRICS) | metrics
    return {**filled, "misses": [{"id": each, "failed": failed} for each, failed in misses.items()]}


def test_a_metric_that_must_be_low_falls_by_rising() -> None:
    before = report({}, complete=0.8, false_refusal=0.1)
    verdict = judge(before, report({"q": ["false_refusal"]}, complete=0.9, false_refusal=0.2), {})
    assert [each.metric for each in verdict.fallen] == ["false_refusal"]
    assert judge(before, report({}, complete=0.8, false_refusal=0.0), {}).is_passed


def test_questions_that_were_already_broken_are_not_blamed() -> None:
    before = report({"old": ["complete"]}, complete=0.5)
    after = report({"old": ["complete"], "new": ["complete", "cited"], "other": ["cited"]}, complete=0.4)
    assert [each["id"] for each in judge(before, after, {}).broken] == ["new"]
    same = judge(before, before, {"complete": 0.9})
    assert [each["id"] for each in same.broken] == ["old"]
