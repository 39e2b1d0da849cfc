"""What comes in through the two doors, polls and webhook calls, however it looks: passed over or answered.

``DOORS=full python -m pytest tests/bot/telegram/test_doors.py`` sends a thousand broken updates to a running
bot and reads five thousand; without it, fewer.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.telegram.addressing import Identity, addressing
from bot.telegram.journal import UpdateJournal
from bot.telegram.polling import PollFailed, PollingBot, PollRequest
from bot.telegram.store import DATABASE_NAME, TelegramStore
from bot.telegram.updates import Unreadable, read_update
from tests.bot.telegram.fake_api import FakeApi, Fault
from tests.bot.telegram.fake_rules import BOT_ID, BOT_NAME, TOKEN, Json, person, private
from tests.bot.telegram.harness import BotProcess, bot, free_port
from tests.bot.telegram.hostile import HOSTILE, QUESTION, Text, broken_updates, message
from tests.bot.telegram.referee import Referee

IS_FULL = os.environ.get("DOORS") == "full"
ME = Identity(BOT_ID, BOT_NAME)


def codes(running: BotProcess) -> int:
    """How many errors the log has given a code."""
    return running.log.count('"code"')


def ask(api: FakeApi, user_id: int) -> Json:
    return api.say(private(user_id), person(user_id), QUESTION)


def is_answered(api: FakeApi, asked: list[Json]) -> bool:
    return all(any("确立议程" in each["text"] for each in api.replies(one)) for one in asked)


class TestPolls:
    def test_what_cannot_be_read_or_stored_is_passed_over_and_those_beside_it_are_answered(
        self, api: FakeApi, private_copy: Path
    ) -> None:
        asked = [ask(api, 100)]
        for number, text in enumerate(HOSTILE.values()):
            api.push_text(text)
            if number % 5 == 0:
                asked.append(ask(api, 101 + number))
        with bot(private_copy, api.url) as running:
            running.wait_for(lambda: is_answered(api, asked) and not api.unconfirmed, 60)
            running.wait_for(lambda: codes(running) >= len(HOSTILE))
            assert running.stop() == 0
        assert "Traceback" not in running.log and QUESTION not in running.log
        with bot(private_copy, api.url) as running:
            again = ask(api, 99)
            running.wait_for(lambda: is_answered(api, [again]))
            assert running.stop() == 0
        assert codes(running) == 0, "nothing of it comes back"
        assert [len(api.replies(each)) for each in asked] == [1] * len(asked)
        assert api.sent(666) == api.sent(-666) == []

    def test_an_update_without_a_number_holds_up_none_behind_it(
        self, api: FakeApi, private_copy: Path
    ) -> None:
        for text in ("{}", "7", '{"update_id":"x"}', '{"update_id":true}', f'{{"update_id":{2**70}}}', "[]"):
            api.push_text(lambda number, text=text: text)  # type: ignore[misc]
        with bot(private_copy, api.url) as running:
            running.wait_for(lambda: codes(running) == 6)
            asked = ask(api, 5)
            running.wait_for(lambda: is_answered(api, [asked]) and not api.unconfirmed)
            assert running.stop() == 0

    def test_an_answer_that_is_none_is_asked_for_again(self, api: FakeApi, private_copy: Path) -> None:
        # Without a whole batch the first of it is asked for alone, so each poll is two calls.
        api.faults["getUpdates"] += [Fault(body="<html>", times=2), Fault(404, "Not Found")]
        with bot(private_copy, api.url) as running:
            running.wait_for(lambda: running.log.count("poll failed") == 2)
            asked = ask(api, 5)
            running.wait_for(lambda: is_answered(api, [asked]) and not api.unconfirmed)
            assert running.stop() == 0
        assert "Traceback" not in running.log

    @pytest.mark.parametrize(
        "body",
        [" ", "null", "[]", "5", '{"ok":true}', '{"ok":true,"result":null}', '{"ok":false}', "[" * 100_000],
    )
    async def test_no_answer_ends_the_polls(self, api: FakeApi, body: str) -> None:
        told: list[Exception] = []
        seconds = 0.0
        polls = PollRequest(told.append, lambda: seconds)
        bot = PollingBot(TOKEN, polls, told.append, base_url=f"{api.url}/bot", base_file_url="")
        async with polls:
            api.faults["getUpdates"] += [Fault(body=body, times=2)]
            seconds = 40.0
            with pytest.raises(PollFailed):
                await bot.get_updates(timeout=0)
            assert polls.silent_s == 40.0, "the health page calls that silence"
            api.faults["getUpdates"].clear()
            ask(api, 5)
            assert [each.effective_user.id for each in await bot.get_updates(timeout=0)] == [5]  # type: ignore[union-attr]
            assert polls.silent_s == 0.0
        assert [type(each).__name__ for each in told] == (["KeyError"] if body == '{"ok":false}' else [])

    def test_others_emulator_agrees(self, private_copy: Path) -> None:
        passed_over = {
            "message": [{**message(), "text": "\ud800"}, message(private(2**70)), {"message_id": 1}],
            "callback_query": [{"id": "1", "data": "t:0"}, {"id": 5, "from": person(2**70)}],
        }
        with Referee().serving() as api, bot(private_copy, api.url) as running:
            running.wait_for(lambda: any(name == "getUpdates" for name, _ in api.sent))
            for kind, bodies in passed_over.items():
                for body in bodies:
                    api.push({kind: body})
            api.push({"message": message(private(5), **{"from": person(5)})})
            running.wait_for(lambda: api.texts() and codes(running) == 5)
            assert running.stop() == 0
        assert "确立议程" in api.texts()[0] and len(api.texts()) == 1


@dataclass
class Door:
    """Where a running bot takes calls, what opens it, and the bot."""

    url: str
    secret: str
    api: FakeApi
    running: BotProcess

    @property
    def port(self) -> int:
        return int(httpx.URL(self.url).port or 0)

    def call(self, body: bytes, *, secret: str | None = None) -> int:
        """The status that a whole call gets."""
        headers = {SECRET: self.secret if secret is None else secret, "Content-Type": "application/json"}
        return httpx.post(self.url, content=body, headers=headers, trust_env=False).status_code

    def ask(self, user_id: int) -> None:
        """A question that must be taken on and answered."""
        asked = message(private(user_id), **{"from": person(user_id)})
        assert self.call(json.dumps({"update_id": user_id, "message": asked}).encode()) == 200
        self.running.wait_for(lambda: any("确立议程" in each["text"] for each in self.api.sent(user_id)))

    def begin(
        self, *headers: str, path: str = "/hook", method: str = "POST", body: bytes = b""
    ) -> socket.socket:
        """The socket of a call that is begun and not ended; as much of the body goes out as is taken."""
        opened = socket.create_connection(("127.0.0.1", self.port), timeout=1.0)
        head = "\r\n".join(
            [f"{method} {path} HTTP/1.1", "Host: x", "Content-Type: application/json", *headers, "", ""]
        )
        with contextlib.suppress(OSError):
            opened.sendall(head.encode() + body)
        opened.settimeout(20.0)
        return opened


SECRET = "X-Telegram-Bot-Api-Secret-Token"


def status(opened: socket.socket) -> int:
    """The status that a call got, 0 where the connection was closed without a word or still waits."""
    with contextlib.suppress(OSError):
        return int(opened.recv(64).split()[1])
    return 0


def is_closed(opened: socket.socket) -> bool:
    """Whether the other side has ended the connection."""
    opened.setblocking(False)
    try:
        while opened.recv(65_536):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


@pytest.fixture
def door(api: FakeApi, private_copy: Path) -> Iterator[Door]:
    """A bot that has answered once by its webhook."""
    url = f"http://127.0.0.1:{free_port()}/hook"
    with bot(private_copy, api.url, DANGWU_TELEGRAM__WEBHOOK_URL=url) as running:
        running.wait_for(lambda: api.webhook.get("url") == url and "is up" in running.log)
        door = Door(url, api.webhook["secret_token"], api, running)
        door.ask(1)
        yield door
        assert running.stop() == 0
    assert "Traceback" not in running.log


class TestCalls:
    def test_what_cannot_be_read_or_stored_is_passed_over_and_not_sent_again(self, door: Door) -> None:
        hostile = {**HOSTILE, "no number": lambda number: "{}", "no text": lambda number: "\x00"}
        # A larger one does not get in; see below.
        del hostile["a text without end"]
        for number, text in enumerate(hostile.values(), start=100):
            assert door.call(text(number).encode()) == 200
        assert door.call(b"\xff\xfe{}") == 200
        door.ask(2)
        sent = door.api.sent()
        assert {each["chat"]["id"] for each in sent} == {1, 2}
        assert codes(door.running) == len(hostile) + 1

    def test_who_does_not_know_the_secret_is_refused_before_anything_is_read(self, door: Door) -> None:
        for wrong in ("", "x", door.secret[:-1], f"{door.secret}x", "\u00e9"):
            with door.begin(f"{SECRET}: {wrong}", "Content-Length: 900000") as waiting:
                assert status(waiting) == 403
        with door.begin("Content-Length: 900000") as waiting:
            assert status(waiting) == 403

    @pytest.mark.parametrize(
        ("path", "method", "length", "expected"),
        [
            ("/hook", "GET", "0", 405),
            ("/hook", "BREW", "900000", 405),
            ("/", "POST", "900000", 404),
            ("/hook/../etc", "POST", "900000", 404),
            ("/hook", "POST", "62914560", 413),
            ("/hook", "POST", str(2**70), 413),
            ("/hook", "POST", "many", 400),
        ],
    )
    def test_what_is_no_call_of_telegrams_is_refused_at_once(
        self, door: Door, path: str, method: str, length: str, expected: int
    ) -> None:
        headers = (f"{SECRET}: {door.secret}", f"Content-Length: {length}")
        with door.begin(*headers, path=path, method=method) as waiting:
            assert status(waiting) == expected

    def test_half_sent_calls_cost_little_and_end_soon(self, door: Door) -> None:
        secret, large = f"{SECRET}: {door.secret}", 60 * 1024 * 1024
        before = memory_mb(door.running.process.pid, "VmRSS")
        half = b"x" * (large // 2)
        chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        begun = [
            *(door.begin(f"Content-Length: {large}", body=half) for _ in range(8)),
            *(door.begin(secret, f"Content-Length: {large}", body=half) for _ in range(8)),
            *(door.begin(secret, "Transfer-Encoding: chunked", body=chunk * 30) for _ in range(8)),
            *(door.begin(secret, "Content-Length: 1000", body=b"x" * 500) for _ in range(8)),
            *(door.begin("X-Long: " + "x" * large) for _ in range(2)),
        ]
        door.ask(2)
        assert memory_mb(door.running.process.pid, "VmHWM") - before < 20
        begun += [socket.create_connection(("127.0.0.1", door.port)) for _ in range(200)]
        door.running.wait_for(lambda: sum(map(is_closed, begun)) >= 100)
        door.running.wait_for(lambda: all(map(is_closed, begun)))
        door.ask(3)
        for each in begun:
            each.close()


def memory_mb(pid: int, name: str) -> float:
    """The memory of a process, now (``VmRSS``) or at most since this was asked for now (``VmHWM``)."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    found = next(int(line.split()[1]) for line in lines if line.startswith(name))
    if name == "VmRSS":
        Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
    return found / 1024


async def test_what_was_written_down_and_cannot_be_read_any_more_stops_no_start(tmp_path: Path) -> None:
    store = TelegramStore(tmp_path)
    for number, text in ((1, QUESTION), (2, "第三步呢？"), (3, QUESTION)):
        store.accept(number, {"update_id": number, "message": message(text=text)})
    with sqlite3.connect(tmp_path / DATABASE_NAME) as beside:
        beside.execute("UPDATE updates SET body = substr(body, 1, 40) WHERE update_id = 1")
        beside.execute("UPDATE updates SET body = NULL WHERE update_id = 3")
    beside.close()
    journal = UpdateJournal(store, lambda update: True)
    bot: Any = None
    assert await journal.restore(bot) == set()
    assert journal.qsize() == 1 and [each.update_id for each in store.open_updates()] == [2]
    assert [kind for _, kind, _ in store.last_errors(9)] == ["JSONDecodeError"] * 2
    store.close()


@settings(
    max_examples=5_000 if IS_FULL else 300,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    phases=[Phase.generate, Phase.shrink],
)
@given(data=broken_updates() | st.recursive(st.none() | st.integers() | st.text(), st.lists))
def test_whatever_is_read_can_be_addressed_and_written_down(tmp_path: Path, data: object) -> None:
    try:
        update = read_update(data, None)
    except Unreadable:
        return
    if update.message is not None:
        addressing(update.message, ME)
    with stored(tmp_path) as store:
        assert store.accept(update.update_id, update.to_dict())
        # The library leaves out what is null, so not all of it can be read once more.
        asyncio.run(UpdateJournal(store, lambda update: True).restore(None))  # type: ignore[arg-type]


@contextmanager
def stored(folder: Path) -> Iterator[TelegramStore]:
    """A store that forgets at the end what was written down."""
    store = TelegramStore(folder)
    try:
        yield store
    finally:
        for each in store.open_updates():
            store.settle(each.update_id, "notice")
        store.forget_settled()
        store.close()


def test_no_flood_of_broken_updates_ends_a_running_bot(api: FakeApi, private_copy: Path) -> None:
    texts: list[Text] = list(HOSTILE.values())
    chosen = random.Random(12)
    seen: list[Json] = []

    @settings(max_examples=1000 if IS_FULL else 60, deadline=None, phases=[Phase.generate], database=None)
    @given(broken_updates())
    def collect(data: Any) -> None:
        seen.append(data)

    collect()
    asked = []
    with bot(private_copy, api.url) as running:
        running.wait_for(lambda: api.polls)
        for number, data in enumerate(seen):
            numbered = {**data} if isinstance(data, dict) else {"message": data}
            api.push_text(lambda n, body=numbered: json.dumps({**body, "update_id": n}))  # type: ignore[misc]
            if number % 20 == 0:
                api.push_text(chosen.choice(texts))
                asked.append(ask(api, 1000 + number))
        running.wait_for(lambda: is_answered(api, asked) and not api.unconfirmed, 300)
        assert running.stop() == 0
    assert "poll failed" not in running.log
