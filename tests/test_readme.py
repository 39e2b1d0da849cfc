"""What the README and the pages of docs/ show works as it stands there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bot.answering.answer import Answer
from bot.cli.entry import run
from bot.rendering.json import answer_json
from ingest.sidecar import KEYS, read_sidecar

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
README_BYTES_MAX = 8 * 1024


def blocks(language: str, page: str) -> list[str]:
    """The code blocks of one language on a page, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_front_door_is_short() -> None:
    assert len(README.encode()) <= README_BYTES_MAX


def test_there_are_two_commands_that_set_everything_up() -> None:
    commands = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert len(commands) == 2
    assert commands[0].endswith("dangwu ask '社区党员议事会有哪五个议事程序?'")
    assert commands[1].endswith("-m pytest") and "-c tests/constraints.txt '.[dev,models,llm]'" in commands[1]


def test_the_examples_for_langchain_and_for_a_channel_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DANGWU_EMBEDDING__MODEL", "none")
    assert run(["ingest"]) == 0
    capsys.readouterr()
    (retriever,) = blocks("python", "docs/json.md")
    channel = blocks("python", "docs/extending.md")[-1]
    for example in (retriever, channel):
        exec(compile(example, "docs", "exec"), {})
        assert "社区党建" in capsys.readouterr().out


def test_the_json_shown_has_the_keys_of_an_answer() -> None:
    (shown,) = (json.loads(block) for block in blocks("json", "docs/json.md"))
    assert list(shown) == list(answer_json(Answer("？", "answered"), answer_id="q1"))


def test_the_example_of_a_sidecar_is_read_with_every_key() -> None:
    (example,) = blocks("toml", "docs/maintenance.md")
    assert tuple(read_sidecar(example.encode(), "a.txt.meta.toml")) == KEYS


def test_the_transcript_answers_the_question_of_the_first_command() -> None:
    (transcript,) = blocks("text", "README.md")
    assert transcript.startswith("$ .venv/bin/dangwu ask '社区党员议事会有哪五个议事程序?'")
    assert all(
        step in transcript for step in ("确立议程", "制订议程", "采纳议程", "评估议程", "实施议程", "〔1〕")
    )
