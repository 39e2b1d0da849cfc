"""What the bot tells machines: its health, its figures, its log."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.telegram.logs import prepare_logging
from bot.telegram.metrics import Metrics
from bot.telegram.monitor import Health
from tests.bot.telegram.fake_api import FakeApi, Fault
from tests.bot.telegram.fake_rules import TOKEN, person, private
from tests.bot.telegram.harness import bot, free_port
from tests.invisible import HOSTILE, unseen

QUESTION = "社区党员议事会有哪五个议事程序？"


def page(port: int, name: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{port}/{name}", trust_env=False)


def figures(port: int) -> dict[str, float]:
    """The figures of a running bot by name and labels."""
    families = text_string_to_metric_families(page(port, "metrics").text)
    samples = [sample for family in families for sample in family.samples]
    return {"/".join([each.name, *each.labels.values()]): each.value for each in samples}


def test_a_running_bot_tells_its_health_and_its_figures(api: FakeApi, private_copy: Path) -> None:
    port = free_port()
    with bot(private_copy, api.url, DANGWU_TELEGRAM__HEALTH_PORT=str(port)) as running:
        running.wait_for(lambda: api.polls)
        api.faults["sendMessage"].append(Fault(502, "Bad Gateway"))
        for text in (QUESTION, "火星基地的食堂几点开门？", "/help"):
            api.say(private(5), person(5), text)
        running.wait_for(lambda: len(api.sent(5)) == 3)
        health, shown = page(port, "health"), figures(port)
        assert page(port, "other").status_code == 404 and running.stop() == 0
    assert health.status_code == 200 and health.json()["status"] == "ok"
    assert health.json()["index_version"].startswith("v") and health.json()["telegram_silent_s"] < 30
    assert shown["dangwu_turns_total/answer"] == 2 and shown["dangwu_turns_total/refusal"] == 1
    assert shown["dangwu_turn_seconds_count"] == 3 and shown["dangwu_questions_waiting"] == 0
    assert shown["dangwu_deliveries_total/messages"] == 3
    assert shown["dangwu_deliveries_total/network_errors"] == 1


def test_a_port_that_is_taken_is_said_in_one_sentence(api: FakeApi, private_copy: Path) -> None:
    taken = api.url.rpartition(":")[2]
    with bot(private_copy, api.url, DANGWU_TELEGRAM__HEALTH_PORT=taken) as running:
        assert running.process.wait(20) == 2
        running.stop()
    assert f"127.0.0.1:{taken} 用不了" in running.log and "Traceback" not in running.log


@pytest.mark.parametrize(
    ("health", "status"),
    [
        (Health("v1", 0, 30.0), "ok"),
        (Health("v1", 3, None), "ok"),
        (Health("v1", 0, 91.0), "telegram unreachable"),
        (Health("", 0, 1.0), "store unreadable"),
    ],
)
def test_the_health_says_what_is_wrong(health: Health, status: str) -> None:
    assert health.status == status == health.as_json()["status"]


def test_figures_are_read_when_somebody_asks() -> None:
    metrics, waiting = Metrics(), [3.0]
    metrics.watch("dangwu_waiting", "what waits", lambda: waiting[0])
    before = metrics.exposition().decode()
    waiting[0] = 4.0
    assert "dangwu_waiting 3.0" in before and "dangwu_waiting 4.0" in metrics.exposition().decode()


class TestLog:
    @pytest.fixture(autouse=True)
    def _kept(self) -> Iterator[None]:
        root, names = logging.getLogger(), ("bot", "ingest", "retrieval", "bot.telegram")
        levels = {name: logging.getLogger(name).level for name in names}
        handlers, level = root.handlers[:], root.level
        yield
        root.handlers[:] = handlers
        root.setLevel(level)
        for name, former in levels.items():
            logging.getLogger(name).setLevel(former)

    def test_a_record_is_one_json_document_with_what_it_has_besides(self) -> None:
        stream = io.StringIO()
        prepare_logging(TOKEN, stream)
        logging.getLogger("bot.telegram.turns").info("turn: %s\n", "answer", extra={"ending": "answer"})
        (line,) = stream.getvalue().splitlines()
        document = json.loads(line)
        assert document.pop("time").startswith("20")
        assert document == {
            "level": "info",
            "logger": "bot.telegram.turns",
            "message": "turn: answer\n",
            "ending": "answer",
        }

    @pytest.mark.parametrize("is_terminal", [True, False])
    def test_a_record_is_one_line_and_steers_no_terminal(self, is_terminal: bool) -> None:
        stream = io.StringIO()
        stream.isatty = lambda: is_terminal  # type: ignore[method-assign]
        prepare_logging(TOKEN, stream)
        logging.getLogger("bot.telegram.uploads").error("file %s refused", HOSTILE, extra={"name_": HOSTILE})
        written = stream.getvalue()
        assert written.count("\n") == 1 and unseen(written) == set()
        assert is_terminal or json.loads(written)["name_"] == HOSTILE

    @pytest.mark.parametrize("is_terminal", [True, False])
    def test_neither_token_nor_numbers_nor_what_somebody_wrote_is_written(self, is_terminal: bool) -> None:
        stream = io.StringIO()
        stream.isatty = lambda: is_terminal  # type: ignore[method-assign]
        prepare_logging(TOKEN, stream)
        log = logging.getLogger("bot.telegram.turns")
        log.error("call of https://api.telegram.org/bot%s/getMe by 13912345678", TOKEN)
        asked: str = chr(0x5F20) + "三的提问"
        try:
            {}[asked]
        except KeyError as exc:
            try:
                raise RuntimeError(f"asked {exc}") from exc
            except RuntimeError:
                log.exception("failed")
        logging.getLogger("telegram.Bot").critical("Received data was %r", [{"text": asked}])
        logging.getLogger("asyncio").error(f"Task exception was never retrieved\nfuture: <{asked}>")
        logging.getLogger("httpx").info("POST bot%s", TOKEN)
        logging.getLogger("bot.answering.generation").info("question 张三的提问")
        written = stream.getvalue()
        assert TOKEN not in written and "13912345678" not in written and "张三" not in written
        assert "<token>" in written and "KeyError" in written and "RuntimeError" in written
        assert "test_monitor.py" in written and "POST" not in written
        assert "Received data was %r" in written and "never retrieved" in written

    def test_the_log_of_a_bot_is_json_where_nobody_looks_at_it(
        self, api: FakeApi, private_copy: Path
    ) -> None:
        with bot(private_copy, api.url, args=("-v", "bot")) as running:
            running.wait_for(lambda: api.polls)
            api.faults["getUpdates"].append(Fault(502, "Bad Gateway"))
            api.say(private(5), person(5, "李四"), QUESTION)
            running.wait_for(lambda: "turn: answer" in running.log)
            assert running.stop() == 0
        documents = [json.loads(line) for line in running.log.splitlines()]
        (turn,) = [each for each in documents if each.get("ending")]
        assert turn["ending"] == "answer" and turn["seconds"] < 30
        assert not any(word in running.log for word in (TOKEN, "议事程序", "李四"))
