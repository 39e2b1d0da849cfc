"""The command line from the outside: exit statuses, what goes to stdout, what is said of bad input."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.cli.console import line_report
from bot.cli.entry import COMMANDS, run
from bot.cli.questions import QUESTION_CHARS_MAX
from ingest.pipeline import ingest
from retrieval.store import DATABASE_NAME, Store
from retrieval.vectors import VectorFolders
from tests.corpus import write_files

ROOT = Path(__file__).resolve().parent.parent.parent
QUESTION = "社区党员议事会有哪五个议事程序？"
# Root reads and writes everything, unless it gives these up; then the tests of permissions hold for it too.
WITHOUT_PRIVILEGES = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
needs_permissions = pytest.mark.skipif(
    bool(WITHOUT_PRIVILEGES) and shutil.which("setpriv") is None, reason="root without setpriv"
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder; searches go by words alone, which needs no model."""
    monkeypatch.chdir(tmp_path)
    for name in [each for each in os.environ if each.upper().startswith("DANGWU_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DANGWU_EMBEDDING__MODEL", "none")
    return tmp_path


@pytest.fixture(scope="module")
def seeded() -> Iterator[Path]:
    """A data folder that holds the seeds, for tests that only read it."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder), create=True)
        ingest([], store, None, VectorFolders(store))
        store.close()
        yield Path(folder)


@pytest.fixture
def corpus(home: Path, seeded: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder with the seeds as its corpus."""
    monkeypatch.setenv("DANGWU_DATA_DIR", str(seeded))
    return home


def output(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return captured.out, captured.err


def document(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(output(capsys)[0])


def process(*args: str, prefix: Sequence[str] = (), **options: Any) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DANGWU_EMBEDDING__MODEL": "none"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment}
    return subprocess.Popen([*prefix, sys.executable, "-m", "bot", *args], **{**pipes, **options})


def unprivileged(*args: str) -> tuple[int, str, str]:
    """Status, stdout and stderr of one command for which permissions count."""
    with process(*args, prefix=WITHOUT_PRIVILEGES) as running:
        out, err = running.communicate(timeout=60)
    assert "Traceback" not in err
    return running.returncode, out, err


class TestHelp:
    def test_it_lists_every_command_in_chinese(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["--help"]) == 0
        out, err = output(capsys)
        assert err == "" and "用法：dangwu" in out
        assert all(f"  {name} " in out for name in COMMANDS)

    def test_without_arguments_it_is_shown(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run([]) == 0
        assert "命令：" in output(capsys)[0]

    @pytest.mark.parametrize("name", COMMANDS)
    def test_every_command_explains_itself(self, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert run([name, "--help"]) == 0
        out, _ = output(capsys)
        assert f"用法：dangwu {name}" in out and "显示这段说明" in out
        assert not {"Usage", "Options", "Show"} & set(out.replace(":", " ").split())

    def test_it_imports_nothing_heavy(self) -> None:
        code = (
            "import sys; from bot.cli.entry import run; run(['--help']);"
            "print({'chromadb', 'pydantic', 'numpy', 'langchain_core', 'rjieba'} & sys.modules.keys())"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert done.stdout.endswith("set()\n")


class TestUsage:
    @pytest.mark.parametrize(
        ("args", "said"),
        [
            (["aks", "问"], "没有命令 aks，是不是 ask"),
            (["ask"], "要么给一个问题"),
            (["ask", "问题", "--jsonl", "a"], "要么给一个问题"),
            (["ask", "问题", "--jason"], "没有选项 --jason，是不是 --json"),
            (["ask", "--jsonl"], "选项 --jsonl 后面缺少值"),
            (["search"], "缺少参数“问题”"),
            (["search", "问题", "-k", "0"], "选项 -k 不对：应是 1 到 100 之间的整数"),
            (["search", "问题", "-k", "五"], "选项 -k 不对：应是 1 到 100 之间的整数"),
            (["clean", "a", "b"], "多出了参数：b"),
            (["clean", "a", "--json", "--diff"], "只能选一个"),
            (["ask", ""], "问题是空的"),
            (["ask", " ？ "], "问题是空的"),
            (["search", "党" * 10_000], "问题太长：有 10000 个字，最多 1000 个"),
            (["ingest", "missing"], "路径不存在：missing"),
            (["ingest", "--plan", "missing"], "路径不存在：missing"),
            (["clean", "missing"], "路径不存在：missing"),
            (["clean", "."], "不是一个文件"),
            (["eval", "missing"], "路径不存在：missing"),
            (["ask", "--jsonl", "missing"], "读不了题目文件：missing"),
            (["ask", "--jsonl", "."], "读不了题目文件"),
        ],
    )
    def test_wrong_usage_is_said_in_chinese_with_status_2(
        self, args: list[str], said: str, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(args) == 2
        out, err = output(capsys)
        assert out == "" and said in err and "错误：" in err
        assert not (home / "data").exists()

    def test_an_unknown_setting_is_refused_by_every_command(
        self, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DANGWU_DATADIR", "x")
        (home / "a.txt").write_text("党员", encoding="utf-8")
        for args in (["ask", "问题"], ["clean", "a.txt"], ["doctor"], ["ingest"], ["chat"], ["bot"]):
            assert run(args) == 2
            out, err = output(capsys)
            assert "DANGWU_DATA_DIR" in out + err

    def test_an_unknown_setting_in_the_file_is_refused(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (home / ".env").write_text("DANGWU_LLM__MODLE=x\n", encoding="utf-8")
        assert run(["ask", "问题"]) == 2
        _, err = output(capsys)
        assert str(home / ".env") in err and "DANGWU_LLM__MODEL" in err

    def test_a_mistyped_data_folder_is_refused(
        self, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (home / "file").write_text("", encoding="utf-8")
        for folder, said in ((home / "no" / "data", "上级文件夹不存在"), (home / "file", "不是文件夹")):
            monkeypatch.setenv("DANGWU_DATA_DIR", str(folder))
            for args in (["ask", "问题"], ["search", "问题"], ["ingest"], ["chat"], ["bot"]):
                assert run(args) == 2
                out, err = output(capsys)
                assert (out, said in err, "示例资料" in err) == ("", True, False)
        assert not (home / "no").exists()

    def test_a_model_that_does_not_exist_is_refused_before_anything_is_made(
        self, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DANGWU_EMBEDDING__MODEL", "./no-such-model")
        assert run(["ask", "问题"]) == 2
        assert "no-such-model" in output(capsys)[1]
        assert not (home / "data").exists()


class TestIngest:
    def test_it_reports_what_it_did(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        write_files(home / "docs", a="党员应当按期交纳党费。\n每月一次。" * 9)
        assert run(["ingest", "docs", "--json"]) == 0
        report = document(capsys)
        assert set(report) >= {"version", "applied", "documents", "embedded"}
        assert report["applied"] is True
        assert [(each["source"], each["change"]) for each in report["documents"]] == [("docs/a.txt", "new")]

    def test_a_plan_changes_nothing(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        write_files(home / "docs", a="党员应当按期交纳党费。" * 9)
        assert run(["ingest", "docs", "--plan", "--json"]) == 0
        assert document(capsys)["applied"] is False
        assert not (home / "data").exists()

    def test_one_broken_file_among_good_ones_is_named_and_the_others_go_in(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        docs = write_files(home / "docs", good="党员应当按期交纳党费，每月一次。" * 9)
        (docs / "broken.txt").write_bytes(bytes(range(256)) * 20)
        assert run(["ingest", "docs", "--json"]) == 1
        out, err = output(capsys)
        changes = {each["source"]: each["change"] for each in json.loads(out)["documents"]}
        assert changes == {"docs/good.txt": "new", "docs/broken.txt": "broken"}
        assert "docs/broken.txt" in err
        assert run(["search", "交纳党费", "--json"]) == 0
        assert document(capsys)["passages"]

    def test_an_empty_file_is_named_with_the_reason(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (home / "empty.txt").write_bytes(b"")
        status = run(["ingest", "empty.txt", "--json"])
        out, err = output(capsys)
        (change,) = json.loads(out)["documents"]
        assert (status, change["change"]) in ((0, "quarantined"), (1, "broken"))
        assert "空" in change["reason"]
        assert status == 0 or change["reason"] in err

    @needs_permissions
    def test_an_unreadable_folder_is_named(self, home: Path) -> None:
        docs = write_files(home / "docs", a="党员应当按期交纳党费。" * 9)
        closed = write_files(docs / "closed", b="看不到")
        closed.chmod(0)
        status, out, err = unprivileged("ingest", "docs", "--json")
        closed.chmod(0o700)
        changes = {each["source"]: each["change"] for each in json.loads(out)["documents"]}
        assert (status, changes) == (1, {"docs/a.txt": "new", "docs/closed": "broken"})
        assert "docs/closed" in err

    @needs_permissions
    def test_a_data_folder_that_cannot_be_written_is_named(self, home: Path) -> None:
        (home / "data").mkdir(mode=0o500)
        for args in (["ingest"], ["ask", QUESTION]):
            status, _, err = unprivileged(*args)
            assert status == 1
            assert str(home / "data") in err and "不可写" in err

    def test_a_root_that_has_vanished_is_an_error_and_deletes_nothing(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        docs = write_files(home / "docs", a="党员应当按期交纳党费，每月一次。" * 9)
        assert run(["ingest", "docs"]) == 0
        shutil.move(docs, home / "elsewhere")
        assert run(["ingest"]) == 1
        assert "不见了" in output(capsys)[1]
        assert run(["search", "交纳党费", "--json"]) == 0
        assert document(capsys)["passages"]


class TestClean:
    def test_the_text_goes_to_stdout_and_the_rest_to_stderr(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        seed = next((ROOT / "seeds").glob("000*.txt"))
        assert run(["clean", str(seed)]) == 0
        out, err = output(capsys)
        assert "议事" not in err and len(out) > 1000
        assert "标题：" in err

    def test_the_edits_applied_to_the_raw_text_give_the_cleaned_text(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        seed = next((ROOT / "seeds").glob("000*.txt"))
        assert run(["clean", str(seed), "--json"]) == 0
        cleaned = document(capsys)
        assert list(cleaned) == ["title", "text", "metadata", "edits", "warnings", "quarantine"]
        raw = seed.read_bytes().decode("utf-8")
        for edit in reversed(cleaned["edits"]):
            assert raw[edit["start"] : edit["end"]] == edit["before"]
            raw = raw[: edit["start"]] + edit["after"] + raw[edit["end"] :]
        assert raw == cleaned["text"]

    def test_the_diff_names_the_steps(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        seed = next((ROOT / "seeds").glob("000*.txt"))
        assert run(["clean", str(seed), "--diff"]) == 0
        out, _ = output(capsys)
        assert "清洗后" in out and "[-" in out and "处改动" in out
        assert "\x1b[" not in out

    def test_a_binary_file_is_refused(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (home / "binary.txt").write_bytes(bytes(range(256)) * 20)
        assert run(["clean", "binary.txt"]) == 1
        out, err = output(capsys)
        assert out == "" and "错误：" in err


class TestAsking:
    def test_the_first_question_brings_the_seeds_in_and_says_so(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["ask", QUESTION, "--json"]) == 0
        out, err = output(capsys)
        answer = json.loads(out)
        assert (answer["id"], answer["status"]) == ("q1", "answered")
        assert "示例资料" in err and str(home / "data") in err
        assert {each["document"]["source"].partition("/")[0] for each in answer["passages"]} == {"seeds"}
        assert run(["ask", QUESTION]) == 0
        out, err = output(capsys)
        assert err == "" and "〔1〕" in out and "出处" in out

    def test_every_quote_is_what_clean_prints_at_its_offsets(
        self, corpus: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["ask", QUESTION, "--json"]) == 0
        citations = document(capsys)["citations"]
        assert citations
        for citation in citations:
            assert run(["clean", str(ROOT / citation["document"]["source"]), "--json"]) == 0
            assert document(capsys)["text"][citation["start"] : citation["end"]] == citation["quote"]

    def test_a_question_may_be_given_in_several_words(
        self, corpus: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["search", "社区党员", "议事会", "--json"]) == 0
        assert document(capsys)["question"] == "社区党员 议事会"

    def test_a_search_gives_as_many_passages_as_asked_for(
        self, corpus: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["search", QUESTION, "-k", "3", "--json"]) == 0
        found = document(capsys)
        scores = [each["score"] for each in found["passages"]]
        assert len(scores) == 3 and scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)

    def test_a_search_in_nothing_says_what_to_do(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["search", "党费"]) == 1
        assert "dangwu ingest" in output(capsys)[1]

    def test_a_question_file_is_answered_in_order_and_broken_lines_in_their_place(
        self, corpus: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lines = [
            json.dumps(
                {"id": 7, "question": QUESTION, "type": "list", "must": ["确立议程"]}, ensure_ascii=False
            ),
            "{broken",
            "",
            json.dumps({"id": "empty", "question": " ", "note": [1]}),
            json.dumps({"id": "long", "question": "党" * (QUESTION_CHARS_MAX + 1)}),
            json.dumps({"id": "last", "question": "什么是社区党建？"}),
        ]
        (corpus / "q.jsonl").write_text("\n".join(lines), encoding="utf-8-sig")
        assert run(["ask", "--jsonl", "q.jsonl"]) == 1
        out, err = output(capsys)
        answers = [json.loads(line) for line in out.splitlines()]
        assert [each["id"] for each in answers] == [7, None, "empty", "long", "last"]
        assert [each["status"] == "error" for each in answers] == [False, True, True, True, False]
        assert (answers[0]["type"], answers[0]["must"], answers[2]["note"]) == ("list", ["确立议程"], [1])
        assert "第 2 行" in answers[1]["error"] and "第 2 行" in err
        assert all(set(each) >= {"answer", "citations", "passages", "notices"} for each in answers)

    def test_bars_on_a_terminal_leave_the_results_on_stdout(self, corpus: Path) -> None:
        (corpus / "q.jsonl").write_text(json.dumps({"id": 1, "question": QUESTION}), encoding="utf-8")
        terminal, screen = os.openpty()
        with process("ask", "--jsonl", "q.jsonl", stderr=screen) as asking:
            out, _ = asking.communicate(timeout=60)
        os.close(screen)
        shown = os.read(terminal, 100_000).decode()
        os.close(terminal)
        assert json.loads(out)["id"] == 1
        assert "回答" in shown and "1/1" in shown and "citations" not in shown

    def test_a_damaged_database_is_named_with_the_remedy(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (home / "data").mkdir()
        (home / "data" / DATABASE_NAME).write_bytes(b"not a database at all" * 500)
        for args in (["ask", QUESTION], ["search", QUESTION], ["ingest"], ["chat"], ["bot"]):
            assert run(args) == 1
            _, err = output(capsys)
            assert DATABASE_NAME in err and "备份" in err

    def test_a_chat_answers_line_by_line_and_survives_a_question_that_is_none(self, corpus: Path) -> None:
        with process("chat", stdin=subprocess.PIPE) as chat:
            out, err = chat.communicate(f"？\n{QUESTION}\n退出\n{QUESTION}\n", timeout=60)
        assert chat.returncode == 0
        assert out.count("出处") == 1 and "问题是空的" in err

    def test_the_bot_refuses_an_empty_corpus(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["bot"]) == 1
        assert "是空的" in output(capsys)[1]

    def test_the_bot_says_that_it_is_yet_to_come(
        self, corpus: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["bot"]) == 1
        assert "以后的版本" in output(capsys)[1]


class TestEval:
    def test_a_question_file_gives_the_metrics_of_the_contract(
        self, corpus: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        question = {"id": "a", "type": "list", "question": QUESTION, "must": ["确立议程", "实施议程"]}
        unanswerable = {"id": "b", "type": "unanswerable", "question": "火星基地有几名党员？", "must": []}
        lines = [json.dumps(each, ensure_ascii=False) for each in (question, unanswerable)]
        (corpus / "q.jsonl").write_text("\n".join(lines), encoding="utf-8")
        assert run(["eval", "q.jsonl", "--json"]) == 0
        report = document(capsys)
        assert (report["n"], report["hit@5"], report["citation_valid"]) == (2, 1.0, 1.0)
        assert set(report["by_type"]) == {"list", "unanswerable"}
        assert set(report["latency_ms"]) == {"p50", "p95"}

    def test_a_folder_is_a_benchmark_of_its_own_and_leaves_the_corpus_alone(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = home / "bench"
        folder.mkdir()
        texts = {"p1": "党费每月交纳一次。", "p2": "预备期为一年。"}
        passages = [json.dumps({"id": key, "text": text}, ensure_ascii=False) for key, text in texts.items()]
        (folder / "passages.jsonl").write_text("\n".join(passages), encoding="utf-8")
        asked = {"question": "预备期多久？", "gold_passage_id": "p2", "answers": ["一年"]}
        (folder / "questions.jsonl").write_text(json.dumps(asked, ensure_ascii=False), encoding="utf-8")
        for _ in range(2):
            assert run(["eval", "bench", "--json"]) == 0
            report = document(capsys)
            assert (report["n"], report["hit@1"], report["misses"]) == (1, 1.0, [])
        assert run(["search", "党费"]) == 1

    def test_a_broken_line_is_named_and_the_others_count(
        self, corpus: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        question = {"id": "a", "type": "list", "question": QUESTION, "must": ["确立议程"]}
        (corpus / "q.jsonl").write_text(json.dumps(question) + "\n{broken\n", encoding="utf-8")
        assert run(["eval", "q.jsonl", "--json"]) == 1
        out, err = output(capsys)
        assert json.loads(out)["n"] == 1 and "第 2 行" in err

    def test_nothing_can_be_evaluated_on_an_empty_corpus(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (home / "q.jsonl").write_text('{"question": "党费？", "must": ["甲"]}', encoding="utf-8")
        assert run(["eval", "q.jsonl"]) == 1
        assert "是空的" in output(capsys)[1]


class TestDoctor:
    def test_nothing_is_broken_before_the_first_ingest_and_nothing_is_made(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["doctor", "--json"]) == 0
        report = document(capsys)
        assert report["ok"] is True
        assert not (home / "data").exists()

    def test_a_whole_corpus_is_sound(self, corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["doctor", "--json"]) == 0
        checks = {each["name"]: each["status"] for each in document(capsys)["checks"]}
        assert checks["资料库"] == checks["索引"] == "ok"

    def test_every_fault_comes_with_its_remedy(
        self, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (home / "data").mkdir()
        (home / "data" / DATABASE_NAME).write_bytes(b"")
        monkeypatch.setenv("DANGWU_TELEGRAM__TOKEN", "12:secret")
        assert run(["doctor", "--json"]) == 1
        out, _ = output(capsys)
        faults = [each for each in json.loads(out)["checks"] if each["status"] == "broken"]
        assert {"资料库", "令牌"} <= {each["name"] for each in faults}
        assert all(each["remedy"] for each in faults) and "secret" not in out

    def test_a_lexical_index_that_lost_passages_is_found(
        self, home: Path, seeded: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        shutil.copytree(seeded, home / "data")
        with sqlite3.connect(home / "data" / DATABASE_NAME) as connection:
            connection.execute("DELETE FROM passage_terms WHERE rowid < 10")
        connection.close()
        assert run(["doctor"]) == 1
        assert "词索引" in output(capsys)[0]

    def test_a_wrong_setting_is_shown_as_the_fault(
        self, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DANGWU_LLM__TIMEOUT_S", "-1")
        assert run(["doctor", "--json"]) == 2
        (check,) = document(capsys)["checks"]
        assert check["status"] == "broken" and "DANGWU_LLM__TIMEOUT_S" in check["message"]


class TestInterruption:
    def test_ctrl_c_ends_quietly(self, corpus: Path) -> None:
        with process("chat", stdin=subprocess.PIPE) as chat:
            assert chat.stdin and chat.stdout
            chat.stdin.write(f"{QUESTION}\n")
            chat.stdin.flush()
            # The first line of the answer: the program is up and will wait for the next question.
            assert chat.stdout.readline()
            time.sleep(0.2)
            chat.send_signal(signal.SIGINT)
            _, err = chat.communicate(timeout=60)
        assert chat.returncode == 130
        assert err == ""

    def test_a_reader_that_leaves_early_causes_no_complaint(self, corpus: Path) -> None:
        lines = [json.dumps({"id": n, "question": QUESTION}, ensure_ascii=False) for n in range(60)]
        (corpus / "q.jsonl").write_text("\n".join(lines), encoding="utf-8")
        with process("ask", "--jsonl", "q.jsonl") as asking:
            assert asking.stdout and asking.stderr
            asking.stdout.readline()
            asking.stdout.close()
            assert asking.stderr.read() == ""
        assert asking.returncode == 141


@pytest.mark.skipif(os.name != "posix", reason="closes descriptors as a shell does")
@pytest.mark.parametrize("redirection", [">&-", "2>&-", ">/dev/full"])
def test_streams_that_take_nothing_cause_no_traceback(redirection: str, corpus: Path) -> None:
    command = f"{sys.executable} -m bot ask {QUESTION} {redirection}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, shell=True, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == (1 if "full" in redirection else 0)
    assert "Traceback" not in done.stderr and "内部出错" not in done.stderr


def test_progress_in_a_log_is_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    moments = iter([0.0, 1.0, 11.0, 11.0, 12.0])
    report = line_report(now=lambda: next(moments))
    for done in range(1, 4):
        report("embed", done, 3)
    assert capsys.readouterr().err == "计算向量 2/3\n"
