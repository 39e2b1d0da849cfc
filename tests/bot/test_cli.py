"""The command line as a whole: help, wrong usage, streams and interruption."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.cli.console import line_report
from bot.cli.entry import COMMANDS, run
from tests.command import QUESTION, ROOT, output, process


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


@pytest.mark.parametrize("verbose", [False, True])
def test_the_log_shows_tracebacks_only_to_those_who_ask(verbose: bool) -> None:
    code = (
        "import logging; from bot.cli.console import prepare_logging;"
        f"prepare_logging(verbose={verbose});"
        "logging.getLogger('ingest.x').error('cannot process %s', 'a.txt', exc_info=ValueError('odd'))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "cannot process a.txt" in done.stderr
    assert ("ValueError: odd" in done.stderr) == verbose


def test_progress_in_a_log_is_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    moments = iter([0.0, 1.0, 5.0, 11.0, 12.0, 41.0, 60.0])
    report = line_report(now=lambda: next(moments))
    for done in (0, 10, 20, 30, 400, 1000):
        report("embed", done, 1000)
    assert capsys.readouterr().err.splitlines() == [
        "计算向量 20/1000，剩余约 9 分钟",
        "计算向量 400/1000，剩余约 60 秒",
        "计算向量 1000/1000",
    ]
