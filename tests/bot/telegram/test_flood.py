"""One person's flood, of any kind, and the others: they are answered soon, and the chat stays quiet.

The bot as its own process with its own limits; a Bot API that counts as Telegram does, at its real speed.
``FLOOD=full python -m pytest tests/bot/telegram/test_flood.py`` floods for three minutes; without it, once.
"""

from __future__ import annotations

import os
import time
from itertools import pairwise
from pathlib import Path

from bot.telegram.store import TelegramStore
from tests.bot.telegram.fake_api import FakeApi
from tests.bot.telegram.fake_rules import Json, buttons, entities_of, group, person, private
from tests.bot.telegram.harness import BotProcess, bot, fast_bot, sentence

QUESTION = "社区党员议事会有哪五个议事程序？"
SECONDS = 180 if os.environ.get("FLOOD") == "full" else 0
FLOODER, OTHERS = 5, range(50, 60)
ROOM = group(-100)
# Of a notice that something is not taken on; an answer says none of it.
HELD_UP = ("问得太快了", "现在排队的问题有")


def ask(api: FakeApi, user_id: int, chat: Json = ROOM) -> Json:
    return api.say(chat, person(user_id), f"/ask {QUESTION}")


def wait_for_answer(running: BotProcess, api: FakeApi, asked: Json) -> float:
    """The seconds, on the clock of the Bot API, until a question has its answer."""
    begun = api.now()
    running.wait_for(lambda: answers(api, asked), 60)
    return answers(api, asked)[0]["sent_at"] - begun


def answers(api: FakeApi, asked: Json) -> list[Json]:
    return [
        each for each in api.replies(asked) if "确立议程" in each["text"] or sentence(0)[:6] in each["text"]
    ]


def notices(api: FakeApi, chat_id: int) -> list[float]:
    """When a chat was told that something is not taken on."""
    return [each["sent_at"] for each in api.sent(chat_id) if any(word in each["text"] for word in HELD_UP)]


def check_quiet(api: FakeApi, running: BotProcess, chat_id: int) -> None:
    """Not more than one notice a minute, nothing faster than Telegram allows, nothing odd in the log."""
    told = notices(api, chat_id)
    assert all(later - earlier >= 59 for earlier, later in pairwise(told))
    assert api.refusals(429) == []
    assert "Traceback" not in running.log and '"code"' not in running.log


def test_a_hundred_questions_of_one_member_leave_the_others_their_answers(
    api: FakeApi, private_copy: Path
) -> None:
    others = iter(OTHERS)
    with bot(private_copy, api.url) as running:
        running.wait_for(lambda: api.polls)
        flood = [ask(api, FLOODER) for _ in range(100)]
        waits = [wait_for_answer(running, api, ask(api, next(others)))]
        # By now the flood has had all that one person may have of the group's minute.
        running.wait_for(lambda: sum(bool(answers(api, each)) for each in flood) >= 8)
        waits += [wait_for_answer(running, api, ask(api, next(others))) for _ in range(3)]
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            flood += [ask(api, FLOODER) for _ in range(100)]
            time.sleep(10)
            waits.append(wait_for_answer(running, api, ask(api, OTHERS[len(waits) % len(OTHERS)])))
        assert running.process.poll() is None
        check_quiet(api, running, -100)
    assert max(waits) < 10, waits
    assert len(notices(api, -100)) >= 1, "who is not answered is told so once"


def test_long_answers_of_one_member_leave_the_others_their_room(api: FakeApi, private_copy: Path) -> None:
    with fast_bot(private_copy, api.url, 1, chars=6000, is_limited=True) as running:
        running.wait_for(lambda: api.polls)
        flood = [ask(api, FLOODER) for _ in range(100)]
        running.wait_for(lambda: len(api.replies(flood[2])) == 1)
        waits = [wait_for_answer(running, api, ask(api, user_id)) for user_id in OTHERS[:2]]
        check_quiet(api, running, -100)
    assert max(waits) < 10, waits


def test_floods_of_every_kind_at_once_leave_the_others_their_answers(
    api: FakeApi, private_copy: Path
) -> None:
    with bot(private_copy, api.url) as running:
        running.wait_for(lambda: api.polls)
        menu = reply(running, api, api.say(ROOM, person(FLOODER), "/topics"))
        answer = reply(running, api, ask(api, FLOODER))
        pressed = [(below, data) for below in (menu, answer) for data in buttons(below).values()]
        for n in range(100):
            below, data = pressed[n % len(pressed)]
            api.press(below, person(6), data)
            ask(api, 9, group(-1000 - n % 40))
            if n % 2:
                typed = {"id": f"i{n}", "from": person(7), "query": f"{QUESTION}{n}", "offset": ""}
                api.push("inline_query", typed)
                api.push("edited_message", {**answer, "from": person(8), "edit_date": n + 2})
                api.say(private(10), person(10), QUESTION)
                api.send_file(private(11), person(11), "a.txt", b"x", caption=QUESTION)
                api.say(ROOM, person(12), "大家好")
        waits = [wait_for_answer(running, api, ask(api, user_id)) for user_id in OTHERS[:3]]
        waits += [wait_for_answer(running, api, ask(api, 99, place)) for place in (private(99), group(-1001))]
        running.wait_for(lambda: not api.unconfirmed)
        for chat_id in (-100, 10, 11, *range(-1039, -999)):
            check_quiet(api, running, chat_id)
    # Five hundred updates have to be read and written down first, by a machine that may be busy.
    assert max(waits) < 20, waits
    assert len(api.calls_of("answerCallbackQuery")) < 80, "presses beyond all measure get no call each"


def reply(running: BotProcess, api: FakeApi, asked: Json) -> Json:
    """The first message that answers one."""
    running.wait_for(lambda: api.replies(asked))
    return api.replies(asked)[0]


def test_the_limits_hold_for_what_a_former_process_left(api: FakeApi, private_copy: Path) -> None:
    store = TelegramStore(private_copy)
    for number in range(100):
        text = f"/ask {QUESTION}{number}"
        body = {"message_id": number + 1, "date": 1, "chat": ROOM, "from": person(FLOODER), "text": text}
        body["entities"] = entities_of(text)
        assert store.accept(number, {"update_id": number, "message": body})
    store.close()
    with bot(private_copy, api.url) as running:
        running.wait_for(lambda: api.polls)
        waits = [wait_for_answer(running, api, ask(api, user_id)) for user_id in OTHERS[:2]]
        check_quiet(api, running, -100)
        running.wait_for(lambda: open_updates(private_copy) <= 20)
    assert max(waits) < 10, waits
    assert len(api.sent(-100)) <= 15


def open_updates(data_dir: Path) -> int:
    """How many updates have no end yet."""
    store = TelegramStore(data_dir, reads_only=True)
    try:
        return len(store.open_updates())
    finally:
        store.close()
