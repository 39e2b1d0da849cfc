"""``dangwu serve`` as a process: where it listens, what it refuses, how it stops, the bot beside it."""

from __future__ import annotations

import concurrent.futures
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from bot.cli.entry import run
from bot.cli.serve import command
from bot.settings import ServeSettings
from bot.web.people import People
from tests.bot.telegram.fake_api import FakeApi
from tests.bot.telegram.fake_rules import person, private
from tests.bot.telegram.harness import bot, free_port
from tests.bot.web.harness import QUESTION


@pytest.fixture
def api() -> Iterator[FakeApi]:
    """A running Bot API."""
    with FakeApi().serving() as running:
        yield running


def test_it_answers_and_stops_in_order_with_what_is_under_way(seeded: Path) -> None:
    port = free_port()
    with bot(seeded, "", args=("serve", "--port", str(port)), DANGWU_TELEGRAM__BASE_URL="") as running:
        base = f"http://127.0.0.1:{port}"
        running.wait_for(lambda: "维护台" in running.log)
        with httpx.Client(base_url=base, trust_env=False, timeout=60) as client:
            assert client.get("/api/ask", params={"q": QUESTION}).json()["status"] == "answered"
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                questions = [f"第{n}问：什么是议事会？" for n in range(8)]
                asked = [pool.submit(client.get, "/api/ask", params={"q": each}) for each in questions]
                time.sleep(0.3)
                assert running.stop() == 0
                codes = {each.result().status_code for each in asked if not each.exception()}
        assert codes <= {200, 503}
    assert "Traceback" not in running.log


def test_the_bot_and_the_page_share_one_process(seeded: Path, tmp_path: Path, api: FakeApi) -> None:
    data = Path(shutil.copytree(seeded, tmp_path / "data"))
    port = free_port()
    with bot(data, api.url, args=("serve", "--bot", "--port", str(port))) as running:
        running.wait_for(lambda: "is up" in running.log)
        place = f"http://127.0.0.1:{port}/api/ask"
        page = httpx.get(place, params={"q": QUESTION}, trust_env=False, timeout=60)
        assert "实施议程" in page.json()["answer"]
        api.say(private(7), person(7), QUESTION)
        running.wait_for(lambda: any("实施议程" in each["text"] for each in api.sent(7)))
        figures = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        assert "dangwu_deliveries_total" in figures and "dangwu_page_questions_open" in figures
        assert running.stop() == 0
    assert "Traceback" not in running.log


def test_without_accounts_it_listens_on_this_machine_alone(
    corpus: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["serve", "--host", "0.0.0.0", "--port", "0"]) == 2
    capsys.readouterr()
    assert run(["serve", "--host", "0.0.0.0", "--port", "8422"]) == 2
    assert "没有账号，不能在 0.0.0.0 上监听" in capsys.readouterr().err
    monkeypatch.setenv("DANGWU_SERVE__URL", "https://dangwu.example.cn")
    assert run(["serve", "--port", "8422"]) == 2
    assert "没有账号" in capsys.readouterr().err
    monkeypatch.delenv("DANGWU_SERVE__URL")
    assert run(["serve", "--bot"]) == 2
    assert "令牌" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ACCOUNTS", "张三:管理员"),
        ("ACCOUNTS", "张三:书记:scrypt.14.a.b"),
        ("KEYS", "网站:公开:0:x"),
        ("URL", "ftp://x"),
    ],
)
def test_what_is_written_wrongly_is_said(
    corpus: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"DANGWU_SERVE__{name}", value)
    assert run(["serve", "--port", str(free_port())]) == 2
    said = capsys.readouterr().err
    assert f"DANGWU_SERVE__{name}" in said and "Traceback" not in said


def test_a_port_that_is_taken_is_said(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert run(["serve", "--port", str(taken.getsockname()[1])]) == 2
    assert "用不了" in capsys.readouterr().err


def test_accounts_and_keys_are_made_as_the_settings_take_them() -> None:
    runner = CliRunner()
    typed = "口令至少八个字符\n" * 2
    account = runner.invoke(command, ["--new-account", "张三:管理员"], input=typed, standalone_mode=False)
    line = next(each for each in account.stdout.splitlines() if each.startswith("张三:"))
    key = runner.invoke(command, ["--new-key", "网站:内部:30"], standalone_mode=False)
    people = People(ServeSettings(accounts=(line,), keys=(key.stdout.strip(),)))
    person = people.by_password("张三", "口令至少八个字符")
    assert person is not None and person.role == "admin" and "口令" not in line
    secret = key.stderr.partition("：")[2].split()[0]
    program = people.by_key(secret)
    assert program is not None and program.rate == 30 and secret not in key.stdout


def test_help_does_not_load_the_server(tmp_path: Path) -> None:
    script = "import sys; from bot.cli.entry import run; run(['--help']); run(['serve', '--help']);"
    script += "print([m for m in ('starlette', 'uvicorn', 'jinja2', 'mcp', 'telegram') if m in sys.modules])"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])}
    call = [sys.executable, "-c", script]
    done = subprocess.run(call, capture_output=True, text=True, env=environment, check=True, cwd=tmp_path)
    assert done.stdout.rstrip().endswith("[]")
