"""Nothing that documents, names, questions or errors hold steers a terminal, in real processes."""

from __future__ import annotations

import ast
import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.answering.answer import Answer
from bot.cli.entry import COMMANDS
from bot.rendering.json import answer_json
from bot.telegram.store import TelegramStore
from ingest.sources import document_id
from tests.command import ROOT
from tests.invisible import BLINKING, FORGED, HOSTILE, OURS, TAGGED, unseen

BODY = (
    "党费的交纳\n党员应当按期交\u061c纳党费，每月\x1b交纳一次，称为“\u202e阳光党费\u2066”工作法。\n"
    f"“阳光党费”工作法是指由支部公布数额，[red]党员[/red]监督的做法。{TAGGED}\n" * 3
)
QUESTION = f"什么是\u202e阳光\u200b党费\x1b工作\ufeff法？{TAGGED}"
# The longest name that a file can have, of what a name can hold.
NAME = HOSTILE.replace("/", "")[:40] + "\n伪造：没有故障\u202e\u2066\u061c\x9b.txt"
# Runs the commands of a file one after the other in one process, as its own terminal or pipe shows them.
DRIVER = (
    "import json, sys; from bot.cli.entry import run; [run(each) for each in json.load(open(sys.argv[1]))]"
)


def hostile_files(home: Path) -> dict[str, Any]:
    """A folder of documents that mean ill, and what the commands need besides."""
    docs = home / f"docs{HOSTILE[:30]}"
    docs.mkdir()
    names = {"dues": "dues.txt", "named": NAME, "broken": f"broken{NAME}"}
    for key, name in names.items():
        (docs / name).write_text(
            "" if key == "broken" else BODY.replace("党费", f"党费{key}"), encoding="utf-8"
        )
    stated = {"title": f"党费须知{HOSTILE}", "issuer": f"某某区委{HOSTILE}"}
    sidecar = "".join(f'{key} = "{_escaped(value)}"\n' for key, value in stated.items())
    (docs / "dues.txt.meta.toml").write_text(sidecar, encoding="utf-8")
    undecodable = os.fsdecode(os.fsencode(docs) + b"/\xff\xfe\x80.txt")
    Path(undecodable).write_text(BODY, encoding="utf-8")
    questions = home / f"q{HOSTILE[:30]}.jsonl"
    line = {"id": HOSTILE, "type": HOSTILE, "doc": ["x"], "question": QUESTION, "must": [HOSTILE]}
    questions.write_text(json.dumps(line) + "\n", encoding="utf-8")
    return {
        "docs": str(docs),
        "questions": str(questions),
        "undecodable": undecodable,
        "named": str(docs / NAME),
        "ids": [document_id(str(docs / names[key])) for key in ("dues", "named")],
    }


def _escaped(text: str) -> str:
    """The text as TOML takes it, whatever it holds."""
    return "".join(f"\\U{ord(c):08X}" for c in text)


def commands(files: dict[str, Any], home: Path) -> Iterator[list[str]]:
    """Every command that shows something of what is hostile, the harmful ones too; all but raw texts."""
    backup = str(home / f"backup{NAME}")
    docs, questions, (dues, named) = files["docs"], files["questions"], files["ids"]
    yield from (["ingest", "--plan", docs], ["-v", "ingest", docs], ["ingest"])
    for shown in (dues, named):
        yield from (["show", shown], ["show", "--edits", shown], ["show", "--json", "--raw", shown])
    for path in (files["named"], files["undecodable"]):
        yield from (["clean", path], ["clean", "--diff", path], ["clean", "--json", path])
    for each in ("search", "ask", "topics"):
        yield from ([each, QUESTION], [each, QUESTION, "--json"])
    yield from (
        ["search", "--explain", QUESTION],
        ["ask", f"{BLINKING}火星基地的食堂\u202e几点开门？"],
        ["topics"],
    )
    yield from (["ask", "--jsonl", questions], ["eval", questions], ["eval", "--json", questions])
    yield from (["tag", dues, f"issuer={HOSTILE}"], ["tag", dues, f"{HOSTILE}=1"], ["tag", dues, HOSTILE])
    yield from (
        ["topics"],
        ["history"],
        ["history", "--json"],
        ["gaps"],
        ["gaps", "--json"],
        ["feedback"],
        ["doctor"],
        ["list"],
        ["list", "--json"],
        ["formats"],
        ["compare", dues, named],
        ["compare", files["named"], HOSTILE],
    )
    yield from (["feedback", "--json"], ["doctor", "--json"], ["report", "--json"], ["report"])
    yield from (["report", "-o", "-"], ["backup", backup], ["restore", backup])
    yield from (["rollback", HOSTILE], ["remove", named], ["remove", "--purge", HOSTILE], ["chat"])
    yield from ([HOSTILE], ["ask", f"--{HOSTILE}"], ["search", "-k", HOSTILE, "x"], ["show", HOSTILE])
    yield from (["ingest", HOSTILE], ["clean", HOSTILE], ["eval", HOSTILE], ["ask", "--jsonl", HOSTILE])
    yield ["-v", "ask", QUESTION]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return hostile_files(tmp_path_factory.mktemp("hostile"))


def execute(lines: Sequence[Sequence[str]], home: Path, *, on_terminal: bool, **settings: str) -> str:
    """What these commands write on both streams, run in one process that has a terminal or pipes."""
    (home / "commands.json").write_text(json.dumps(list(lines)), encoding="utf-8")
    data = home / f"data{HOSTILE[:20]}"
    data.mkdir(exist_ok=True)
    record = answer_json(Answer(f"问{HOSTILE}", "refused", index_version=HOSTILE), answer_id=None)
    with_votes = TelegramStore(data)
    with_votes.vote(with_votes.keep_answer(5, 5, record), 5, "过时")
    with_votes.comment(5, HOSTILE)
    with_votes.close()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("DANGWU_")},
        **{"PYTHONPATH": str(ROOT), "DANGWU_EMBEDDING__MODEL": "none", "TERM": "xterm-256color"},
        **{"DANGWU_DATA_DIR": str(data), "LOGNAME": HOSTILE.replace("\0", ""), "COLUMNS": "100"},
        **settings,
    }
    command = [sys.executable, "-c", DRIVER, str(home / "commands.json")]
    mine, theirs = pty.openpty() if on_terminal else os.pipe()
    with subprocess.Popen(
        command, cwd=home, env=environment, stdin=subprocess.PIPE, stdout=theirs, stderr=theirs
    ) as running:
        os.close(theirs)
        assert running.stdin
        running.stdin.write(f"{QUESTION}\n9\n火星食堂？{HOSTILE}\n".encode())
        running.stdin.close()
        return b"".join(_read(mine)).decode("utf-8")


def _read(descriptor: int) -> Iterator[bytes]:
    try:
        while part := os.read(descriptor, 1 << 16):
            yield part
    except OSError:  # the other end of a terminal is closed
        return
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("on_terminal", [True, False], ids=["terminal", "pipe"])
def test_no_command_hands_on_what_steers_a_terminal(
    on_terminal: bool, files: dict[str, Any], tmp_path: Path
) -> None:
    lines = list(commands(files, tmp_path))
    assert {word for line in lines for word in line} >= COMMANDS.keys() - {"bot", "serve"}
    written = execute(lines, tmp_path, on_terminal=on_terminal)
    assert "Traceback" not in written and "内部出错" not in written
    for said in ("阳光党费", "党费须知", "某某区委", "broken", "没有命令", "火星基地", "⟨U+001B⟩", "[red]红"):
        assert said in written
    assert BLINKING not in written and "\x1b]" not in written
    shown = OURS.sub("", written)
    assert unseen(shown) == set()
    assert (shown != written.replace("\r\n", "\n")) == on_terminal
    # A terminal breaks lines wherever its columns are full.
    assert on_terminal or FORGED not in [line.strip() for line in shown.split("\n")]


def test_a_raw_text_reaches_a_program_as_it_is_and_a_terminal_with_its_characters_named(
    files: dict[str, Any], tmp_path: Path
) -> None:
    raw = "党费的交纳\r\n甲\t\x1b[31m乙\u202e丙\x7f\r\n" + "党员应当按期交纳党费。\n" * 9
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "a.txt").write_bytes(raw.encode())
    shown = ["show", document_id(str(tmp_path / "raw" / "a.txt"))]
    prepared = [["ingest", str(tmp_path / "raw")]]
    piped = execute([*prepared, [*shown, "--raw"], shown], tmp_path, on_terminal=False)
    assert raw in piped and "甲 [31m乙丙\n" in piped.replace(raw, "")
    written = execute([[*shown, "--raw"]], tmp_path, on_terminal=True).replace("\r\n", "\n")
    assert "甲       ⟨U+001B⟩[31m乙⟨U+202E⟩丙⟨U+007F⟩\n党员应当" in written


def test_a_question_is_answered_the_same_with_characters_that_nobody_sees(
    files: dict[str, Any], tmp_path: Path
) -> None:
    plain = "什么是阳光党费工作法？"
    asked = tmp_path / "asked.jsonl"
    asked.write_text("".join(json.dumps({"id": 1, "question": each}) + "\n" for each in (plain, QUESTION)))
    written = execute(
        [["ingest", files["docs"]], ["ask", "--jsonl", str(asked)]], tmp_path, on_terminal=False
    )
    answers = [json.loads(line) for line in written.splitlines() if line.startswith('{"id"')]
    for answer in answers:
        del answer["elapsed_ms"]
    assert answers[0] == answers[1] and answers[0]["question"] == plain and answers[0]["citations"]


def test_only_the_console_writes_to_the_terminal() -> None:
    """Whoever writes past it would have to think of all of this once more."""
    writes = {"print", "echo", "secho", "Console", "StreamHandler"}
    found = {
        (path.relative_to(ROOT).as_posix(), _called(node))
        for path in (ROOT / "bot").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and _called(node) in writes
    }
    assert {path for path, _ in found} == {
        "bot/cli/console.py",
        "bot/cli/entry.py",  # the help pages, which hold nothing from outside
        "bot/telegram/logs.py",  # the bot's log, whose formatters do the same
    }


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
