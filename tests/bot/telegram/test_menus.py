"""Menus, inline mode and the stop, end to end against the strict Bot API."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.bot.telegram.fake_api import FakeApi
from tests.bot.telegram.fake_rules import Json, buttons, group, person, private
from tests.bot.telegram.harness import bot, fast_bot, sentence

QUESTION = "社区党员议事会有哪五个议事程序？"


def test_the_menu_of_topics_turns_its_pages_and_asks(api: FakeApi, private_copy: Path) -> None:
    with bot(private_copy, api.url) as running:
        running.wait_for(lambda: api.polls)
        api.say(group(-100), person(5), "/topics")
        running.wait_for(lambda: api.sent(-100))
        menu = api.sent(-100)[0]
        first = dict(buttons(menu))
        api.press(menu, person(6), first["下一页"])
        running.wait_for(lambda: api.messages[-100][menu["message_id"]].get("edit_date"))
        second = buttons(api.messages[-100][menu["message_id"]])
        assert "上一页" in second and not (first.keys() & second.keys()) - {"下一页"}
        api.press(menu, person(6), next(iter(first.values())))
        running.wait_for(lambda: len(api.sent(-100)) == 2)
        assert "〔1〕" in api.sent(-100)[1]["text"] and running.stop() == 0
    assert api.refusals(400) == []


def offered(api: FakeApi) -> list[list[Json]]:
    return [call.fields["results"] for call in api.calls_of("answerInlineQuery")]


def ask_inline(api: FakeApi, user_id: int, text: str) -> None:
    query: dict[str, Any] = {"id": str(user_id), "from": person(user_id), "query": text, "offset": ""}
    api.push("inline_query", query)


def test_inline_mode_offers_answers_behind_the_same_gate(api: FakeApi, private_copy: Path) -> None:
    with bot(private_copy, api.url, DANGWU_TELEGRAM__ALLOWED_CHATS="5") as running:
        running.wait_for(lambda: api.polls)
        ask_inline(api, 6, QUESTION)
        ask_inline(api, 5, "社")
        running.wait_for(lambda: len(offered(api)) == 1)
        ask_inline(api, 5, QUESTION)
        running.wait_for(lambda: len(offered(api)) == 2)
        ask_inline(api, 5, "火星基地的食堂几点开门？")
        running.wait_for(lambda: len(offered(api)) == 3)
        assert running.stop() == 0
    nothing, (answer,), unknown = offered(api)
    assert (nothing, unknown) == ([], [])
    assert "确立议程" in answer["input_message_content"]["message_text"]


def test_a_stop_finishes_what_is_being_answered_and_the_next_start_the_rest(private_copy: Path) -> None:
    with FakeApi(speed=20).serving() as api:
        with fast_bot(private_copy, api.url, 20, chars=6000) as running:
            running.wait_for(lambda: api.polls)
            asked = [api.say(private(5), person(5), f"{QUESTION}{n}") for n in range(5)]
            running.wait_for(lambda: api.sent(5))
            assert running.stop() == 0
            before = ends(api)
        with fast_bot(private_copy, api.url, 20, chars=6000) as running:
            running.wait_for(lambda: ends(api) == len(asked))
            assert running.stop() == 0
    assert 1 <= before < len(asked)
    assert not any("中断" in each["text"] for each in api.sent(5))


def ends(api: FakeApi) -> int:
    """How many long answers have arrived to their last sentence."""
    return sum(sentence(59)[:8] in each["text"] for each in api.sent(5))


def menus(api: FakeApi, method: str = "setMyCommands") -> dict[object, dict[str, str]]:
    """The menus that were accepted: descriptions by command, by chat or kind of chat."""
    found = {}
    for call in api.calls:
        if call.method == method and not call.refused:
            scope = call.fields["scope"]
            commands = call.fields.get("commands", [])
            found[scope.get("chat_id", scope["type"])] = {c["command"]: c["description"] for c in commands}
    return found


def test_a_stop_in_the_midst_of_the_start_is_a_stop(private_copy: Path) -> None:
    for after_s in (0.0, 0.003, 0.01, 0.03, 0.1):
        with FakeApi().serving() as api, bot(private_copy, api.url) as running:
            running.wait_for(lambda: len(api.calls_of("setMyCommands")) == 2)
            time.sleep(after_s)
            assert running.stop() == 0, running.log
        assert "Traceback" not in running.log and "错误" not in running.log


def test_staff_and_admins_have_menus_of_their_own_as_soon_as_their_chats_are_known(
    api: FakeApi, private_copy: Path
) -> None:
    people = {"DANGWU_TELEGRAM__ADMINS": "9", "DANGWU_TELEGRAM__STAFF": "8"}
    with bot(private_copy, api.url, **people) as running:
        running.wait_for(lambda: api.polls)
        assert menus(api).keys() == {"all_private_chats", "all_group_chats"}
        for user_id in (7, 8, 9):
            api.say(private(user_id), person(user_id), "/start")
        running.wait_for(lambda: menus(api).keys() >= {8, 9} and all(map(api.sent, (7, 8, 9))))
        put_up = menus(api)
        assert running.stop() == 0
    assert put_up.keys() == {"all_private_chats", "all_group_chats", 8, 9}
    assert "feedback" not in put_up["all_group_chats"]
    assert "错误" in put_up[9]["status"] and "错误" not in put_up[8]["status"]
    assert "内部" in put_up[8]["sources"] and "内部" not in put_up["all_private_chats"]["sources"]

    with bot(private_copy, api.url, DANGWU_TELEGRAM__ADMINS="9") as running:
        running.wait_for(lambda: menus(api, "deleteMyCommands"))
        assert running.stop() == 0
    assert menus(api, "deleteMyCommands").keys() == {8}
