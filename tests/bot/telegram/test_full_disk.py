"""A bot whose disk is full: it answers, loses nothing, and writes down later what it could not write then."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from bot.telegram.store import DATABASE_NAME, TelegramStore
from retrieval.errors import StoreError
from tests.bot.telegram.fake_api import FakeApi, Fault
from tests.bot.telegram.fake_rules import buttons, person, private
from tests.bot.telegram.harness import BotProcess, bot, free_port
from tests.full_disk import Disk, FullFileSystem, disk

__all__ = ["disk"]
QUESTION = "社区党员议事会有哪五个议事程序？"
KEPT_IN_MEMORY = "records stay in memory"


@pytest.fixture
def data_dir(disk: Disk, seeded: Path) -> Path:
    """The seeds on a disk of their own."""
    return Path(shutil.copytree(seeded, disk.home / "data"))


@contextmanager
def running_bot(data_dir: Path, api: FakeApi, **settings: str) -> Iterator[BotProcess]:
    with bot(data_dir, api.url, **settings) as running:
        running.wait_for(lambda: api.polls or api.webhook)
        yield running


def states(data_dir: Path) -> list[str]:
    with closing(sqlite3.connect(data_dir / DATABASE_NAME)) as connection:
        return [row[0] for row in connection.execute("SELECT state FROM updates ORDER BY update_id")]


def test_a_disk_that_fills_up_stops_no_answer(api: FakeApi, disk: Disk, data_dir: Path) -> None:
    with running_bot(data_dir, api) as running:
        disk.fill(running.process.pid)
        asked = [api.say(private(who), person(who), QUESTION) for who in (5, 6, 7)]
        running.wait_for(lambda: all(api.replies(each) for each in asked))
        running.wait_for(lambda: api.unconfirmed == 0)
        api.press(api.replies(asked[0])[0], person(5), buttons(api.replies(asked[0])[0])["有用"])
        running.wait_for(lambda: api.calls_of("answerCallbackQuery"))
        forget = api.say(private(6), person(6), "/forget")
        running.wait_for(lambda: api.replies(forget))
        disk.free(running.process.pid)
        assert running.stop() == 0
    assert all("确立议程" in api.replies(each)[0]["text"] for each in asked)
    assert "现在删不了" in api.replies(forget)[0]["text"], "nobody is told what is not so"
    assert running.log.count(KEPT_IN_MEMORY) == 1 and "Traceback" not in running.log
    assert "turn: error" not in running.log
    with running_bot(data_dir, api) as running:
        again = api.say(private(5), person(5), "/help")
        running.wait_for(lambda: api.replies(again))
        assert running.stop() == 0
    assert [len(api.replies(each)) for each in asked] == [1, 1, 1], "what was answered is known as answered"
    with closing(TelegramStore(data_dir)) as store:
        (vote,) = store.votes()
    assert vote.answer.question == QUESTION and vote.user_id == 5


def test_a_bot_starts_on_a_full_disk(api: FakeApi, disk: FullFileSystem, data_dir: Path) -> None:
    if disk.options:
        pytest.skip("only a file system is full before the process is there")
    with running_bot(data_dir, api) as running:
        asked = api.say(private(5), person(5), QUESTION)
        running.wait_for(lambda: api.replies(asked))
        assert running.stop() == 0
    kept = api.replies(asked)[0]
    disk.fill()
    with running_bot(data_dir, api) as running:
        api.press(kept, person(5), buttons(kept)["有用"])
        more = api.say(private(6), person(6), QUESTION)
        running.wait_for(lambda: api.replies(more) and api.calls_of("answerCallbackQuery"))
        running.wait_for(lambda: api.unconfirmed == 0)
        disk.free()
        assert running.stop() == 0
    assert running.log.count(KEPT_IN_MEMORY) == 1 and "Traceback" not in running.log
    with closing(TelegramStore(data_dir)) as store:
        assert [vote.verdict for vote in store.votes()] == ["有用"]


def test_what_a_killed_bot_had_not_answered_comes_again(api: FakeApi, disk: Disk, data_dir: Path) -> None:
    api.faults["sendMessage"].append(Fault(drops=True, times=99))
    with running_bot(data_dir, api) as running:
        disk.fill(running.process.pid)
        asked = api.say(private(5), person(5), QUESTION)
        running.wait_for(lambda: api.calls_of("sendChatAction"))
        running.wait_for(lambda: KEPT_IN_MEMORY in running.log)
        running.kill()
    assert api.replies(asked) == [] and api.unconfirmed == 1
    api.faults["sendMessage"].clear()
    disk.free()
    with running_bot(data_dir, api) as running:
        running.wait_for(lambda: api.replies(asked))
        assert running.stop() == 0
    assert "确立议程" in api.replies(asked)[0]["text"]


def test_a_webhook_call_is_confirmed_after_the_answer(api: FakeApi, disk: Disk, data_dir: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/hook"
    with running_bot(data_dir, api, DANGWU_TELEGRAM__WEBHOOK_URL=url) as running:
        disk.fill(running.process.pid)
        message = {"message_id": 3, "date": 1, "chat": private(5), "from": person(5), "text": QUESTION}
        secret = {"X-Telegram-Bot-Api-Secret-Token": api.webhook["secret_token"]}
        for _ in range(2):
            body = {"update_id": 9, "message": message}
            reply = httpx.post(url, json=body, headers=secret, trust_env=False, timeout=20)
            assert reply.status_code == 200 and len(api.sent(5)) == 1
        disk.free(running.process.pid)
        assert running.stop() == 0


def test_a_webhook_call_that_must_wait_too_long_is_to_come_again(
    api: FakeApi, disk: Disk, data_dir: Path
) -> None:
    url = f"http://127.0.0.1:{free_port()}/hook"
    api.faults["sendMessage"].append(Fault(drops=True, times=99))
    with running_bot(data_dir, api, DANGWU_TELEGRAM__WEBHOOK_URL=url) as running:
        disk.fill(running.process.pid)
        message = {"message_id": 3, "date": 1, "chat": private(5), "from": person(5), "text": QUESTION}
        secret = {"X-Telegram-Bot-Api-Secret-Token": api.webhook["secret_token"]}
        body = {"update_id": 9, "message": message}
        reply = httpx.post(url, json=body, headers=secret, trust_env=False, timeout=40)
        assert reply.status_code == 503
        api.faults["sendMessage"].clear()
        running.wait_for(lambda: len(api.sent(5)) == 1)
        again = httpx.post(url, json=body, headers=secret, trust_env=False, timeout=40)
        assert again.status_code == 200 and len(api.sent(5)) == 1
        disk.free(running.process.pid)
        assert running.stop() == 0
    assert "Traceback" not in running.log


def test_records_return_to_the_disk(disk: Disk, tmp_path: Path) -> None:
    if disk.options:
        pytest.skip("the limit would lie on the tests themselves")
    moment = 1_000_000.0
    store = TelegramStore(disk.home, now=lambda: moment, goes_on=True)
    record = {"question": "问", "status": "answered", "index_version": "v1-a", "passages": []}
    first = store.keep_answer(5, 5, record)
    store.accept(1, {"text": "问"})
    disk.fill()
    store.settle(1, "answer")
    second = store.keep_answer(5, 5, record)
    assert store.accept(2, {"text": "问"}) and not store.accept(2, {"text": "问"})
    assert second == first + 1 and store.answer(first) and store.answer(second)
    assert store.is_settled(1) and store.unsaved == {2}
    with pytest.raises(StoreError, match="写不进去"):
        store.forget(5)
    assert states(disk.home) == ["received"], "the disk knows nothing of it"
    disk.free()
    assert store.tell_once("closed", 5) and store.unsaved == {2}, "it is not tried all the time"
    moment += 31
    store.mark_sending(2)
    assert states(disk.home) == ["settled", "sending"] and not store.unsaved
    store.close()
    with closing(TelegramStore(disk.home)) as again:
        assert again.answer(second) and again.told("closed") == {5}
        assert again.keep_answer(5, 5, record) == second + 1
