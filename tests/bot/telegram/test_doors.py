"""What comes in through the two doors, polls and webhook calls, however it looks: passed over or answered.

``DOORS=full python -m pytest tests/bot/telegram/test_doors.py`` sends a thousand broken updates to a running
bot and reads five thousand; without it, fewer.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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
from tests.bot.telegram.harness import BotProcess, bot
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
