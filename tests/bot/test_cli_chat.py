"""The commands ``chat`` and ``gaps``, as a person uses them."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from bot.answering.answer import Answer
from bot.answering.conversation import Turn
from bot.answering.gaps import GAPS_NAME
from bot.cli.chat import Chat
from bot.cli.entry import run
from bot.compose import Application
from bot.rendering.terminal import render_turn
from bot.settings import Settings
from tests.command import QUESTION, WITHOUT_PRIVILEGES, document, needs_permissions, output, process


@pytest.fixture
def own_corpus(home: Path, seeded: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own with the seeds, for tests that write into it."""
    shutil.copytree(seeded, home / "data")
    return home / "data"


def chat(*lines: str) -> tuple[int, str, str]:
    """Status, stdout and stderr of a chat with these lines piped in."""
    with process("chat", stdin=subprocess.PIPE) as running:
        out, err = running.communicate("".join(f"{line}\n" for line in lines), timeout=60)
    assert "Traceback" not in err
    return running.returncode, out, err


def test_a_follow_up_is_answered_and_what_was_looked_up_is_shown(own_corpus: Path) -> None:
    status, out, err = chat(QUESTION, "", "   ", "那第三步呢？")
    assert (status, err) == (0, "")
    first, _, second = out.partition("按“社区党员议事会的五个议事程序第三步是什么？”查找")
    assert first.count("出处") == 1 and "确立议程" in first and "查找" not in first
    answer = second.strip().partition("出处")[0]
    assert answer.startswith("3、采纳议程") and "制订议程" not in answer and "评估议程" not in answer


@pytest.mark.parametrize("goodbye", ["/quit", "/exit", "退出", "QUIT"])
def test_a_goodbye_ends_the_conversation(own_corpus: Path, goodbye: str) -> None:
    status, out, _ = chat(goodbye, QUESTION)
    assert status == 0 and "出处" not in out


def test_the_end_of_the_input_ends_the_conversation(own_corpus: Path) -> None:
    status, out, _ = chat()
    assert (status, out) == (0, "")


def test_a_new_conversation_forgets_the_old_one(own_corpus: Path) -> None:
    _, out, err = chat(QUESTION, "/new", "第三步呢？")
    assert out.count("出处") == 1 and "上文" in out and "重新开始" in err


def test_a_number_without_suggestions_is_named(own_corpus: Path) -> None:
    _, out, err = chat("7", QUESTION)
    assert "编号为 7" in err and out.count("出处") == 1


def test_a_number_asks_the_suggestion_that_was_shown(
    own_corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Suggesting:
        """Refuses everything but what it suggests."""

        asked: list[str]

        def __init__(self) -> None:
            self.asked = []

        def answer(self, question: str, **_: object) -> Answer:
            self.asked.append(question)
            return Answer(question, "refused", message="没有找到。", suggestions=("什么是甲？", "什么是乙？"))

    answerer = Suggesting()
    with Application(Settings(_env_file=None, data_dir=own_corpus), announce=print) as application:
        application.__dict__["answerer"] = answerer
        conversation = Chat(application)
        for line in ("火星党费多少？", "2", "3"):
            conversation.say(line)
    assert answerer.asked == ["火星党费多少？", "什么是乙？"]
    out, err = output(capsys)
    assert "1. 什么是甲？" in out and "2. 什么是乙？" in out and "编号为 3" in err


def test_a_terminal_gets_a_prompt_and_ctrl_d_ends_it(own_corpus: Path) -> None:
    import pty

    person, screen = pty.openpty()
    with process("chat", stdin=screen, stdout=screen) as running:
        os.close(screen)
        assert "问：" in _read_until(person, "问：")
        os.write(person, f"{QUESTION}\n".encode())
        shown = _read_until(person, "出处")
        assert "确立议程" in shown
        # Ctrl-D is lost where nobody waits for a line yet.
        if "问：" not in shown.partition("出处")[2]:
            _read_until(person, "问：")
        os.write(person, b"\x04")
        _read_until(person, "")
        assert running.wait(timeout=30) == 0
    os.close(person)


def _read_until(person: int, wanted: str, timeout_s: float = 30.0) -> str:
    """What the screen showed until ``wanted``, or until the program let go of it."""
    shown, deadline = b"", time.monotonic() + timeout_s
    while time.monotonic() < deadline and not (wanted and wanted in shown.decode(errors="replace")):
        if not select.select([person], [], [], 1)[0]:
            continue
        try:
            shown += os.read(person, 10_000)
        except OSError:
            # Linux says so when the other side of a terminal is closed.
            break
    return shown.decode(errors="replace")


def test_unanswered_questions_are_listed_counted_and_cleared(
    own_corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["gaps"]) == 0
    assert "没有记录" in output(capsys)[0]
    chat("火星基地有几名党员？", "火星基地有几名党员?", "打13800138000问谁？", QUESTION, "还有吗？")
    assert run(["gaps"]) == 0
    shown = output(capsys)[0]
    assert "2 次  火星基地有几名党员？" in shown and "13800138000" not in shown
    assert run(["gaps", "--json", "--clear"]) == 0
    listed = document(capsys)
    assert (listed["gaps"][0]["question"], listed["gaps"][0]["count"]) == ("火星基地有几名党员？", 2)
    assert listed["cleared"] == len(listed["gaps"])
    assert set(listed["gaps"][0]) == {"question", "count", "first_at", "last_at", "nearest", "index_version"}
    assert run(["gaps", "--json"]) == 0
    assert document(capsys) == {"gaps": [], "cleared": 0}


def test_a_damaged_list_of_gaps_is_named_with_the_remedy(
    own_corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own_corpus / GAPS_NAME).write_bytes(b"no database" * 100)
    assert run(["gaps"]) == 1
    _, err = output(capsys)
    assert GAPS_NAME in err and "删掉" in err
    status, out, err = chat("火星基地有几名党员？")
    assert status == 0 and "没有找到" in out and "没能记下" in err


@needs_permissions
def test_a_read_only_data_folder_still_answers(own_corpus: Path) -> None:
    own_corpus.chmod(0o555)
    for each in own_corpus.iterdir():
        if each.is_file():
            each.chmod(0o444)
    try:
        with process("chat", prefix=WITHOUT_PRIVILEGES, stdin=subprocess.PIPE) as running:
            out, err = running.communicate(f"火星基地有几名党员？\n{QUESTION}\n", timeout=60)
    finally:
        own_corpus.chmod(0o755)
    assert running.returncode == 0 and "Traceback" not in err
    assert "没有找到" in out and "确立议程" in out and "没能记下" in err


def test_what_was_looked_up_is_shown_only_where_it_differs() -> None:
    answer = Answer("党小组由几人组成？", "refused", message="没有找到。")
    assert (
        "按“党小组由几人组成？”查找"
        in render_turn(Turn("党小组呢？", answer.question, answer), width=60).plain
    )
    assert "查找" not in render_turn(Turn("党小组由几人组成", answer.question, answer), width=60).plain


def test_a_question_cannot_steer_the_terminal() -> None:
    answer = Answer("x", "refused", message="没有找到。")
    turn = Turn("甲呢？", "\x1b[2J甲\u202e由几人组成？", answer)
    assert (
        "\x1b" not in render_turn(turn, width=60).plain and "\u202e" not in render_turn(turn, width=60).plain
    )


def test_gaps_are_json_in_utf8(own_corpus: Path) -> None:
    chat("火星基地有几名党员？")
    with process("gaps", "--json") as running:
        out, _ = running.communicate(timeout=60)
    assert json.loads(out)["gaps"][0]["question"] == "火星基地有几名党员？"
