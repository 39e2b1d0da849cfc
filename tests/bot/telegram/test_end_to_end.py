"""The bot as its own process against a strict Bot API over HTTP."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from bot.settings import TelegramSettings
from bot.telegram.store import TelegramStore
from bot.telegram.webhook import webhook_place
from tests.bot.telegram.fake_api import FakeApi
from tests.bot.telegram.fake_rules import BOT_ID, BOT_NAME, TOKEN, Json, buttons, group, person, private
from tests.bot.telegram.harness import bot, free_port

QUESTION = "社区党员议事会有哪五个议事程序？"


@pytest.fixture
def data_dir(private_copy: Path) -> Path:
    """A data folder of its own with the seeds."""
    return private_copy


def ready(api: FakeApi) -> bool:
    """Whether the bot has begun to ask for updates."""
    return api.polls > 0


class TestConversation:
    def test_a_group_is_left_alone_unless_it_asks(self, api: FakeApi, data_dir: Path) -> None:
        room = group(-100)
        with bot(data_dir, api.url) as running:
            running.wait_for(lambda: ready(api))
            api.say(room, person(5), "大家好，今晚七点开支委会")
            api.say(room, person(5), "/weather@OtherTestBot 南京")
            api.say(room, person(5), "/weather 南京")
            asked = api.say(room, person(6), f"😀 @{BOT_NAME.lower()} {QUESTION}")
            running.wait_for(lambda: api.sent(-100))
            edited = {**asked, "text": asked["text"] + "？", "edit_date": 9}
            api.push("edited_message", edited)
            last = api.say(room, person(6), "/help")
            running.wait_for(lambda: api.replies(last))
            assert running.stop() == 0
        (answer,) = api.replies(asked)
        assert all(each in answer["text"] for each in ("确立议程", "实施议程", "〔1〕", "《"))
        assert [m["text"].startswith("怎样使用") for m in api.sent(-100)] == [False, True]
        assert TOKEN not in running.log and "议事程序" not in running.log and "Traceback" not in running.log
        assert api.refusals(429) == [] and api.unconfirmed == 0

    def test_every_command_is_answered_and_menus_are_chinese(self, api: FakeApi, data_dir: Path) -> None:
        with bot(data_dir, api.url, DANGWU_TELEGRAM__ADMINS="9") as running:
            running.wait_for(lambda: ready(api))
            menus = [call.fields for call in api.calls if call.method == "setMyCommands"]
            commands = [each["command"] for each in menus[0]["commands"]]
            asked = [api.say(private(100 + n), person(100 + n), f"/{c} 议程") for n, c in enumerate(commands)]
            running.wait_for(lambda: all(api.replies(each) for each in asked))
        assert [each["scope"]["type"] for each in menus] == ["all_private_chats", "all_group_chats", "chat"]
        assert {"ask", "sources", "search", "help", "feedback", "privacy", "forget", "status"} <= set(
            commands
        )
        assert all(re.search("[一-龥]", c["description"]) for menu in menus for c in menu["commands"])
        assert not any("编号" in m["text"] or "代码" in m["text"] for m in api.sent())

    def test_buttons_show_the_passage_and_count_one_vote_a_person(self, api: FakeApi, data_dir: Path) -> None:
        with bot(data_dir, api.url) as running:
            running.wait_for(lambda: ready(api))
            api.say(private(5), person(5), QUESTION)
            running.wait_for(lambda: api.sent(5))
            answer = api.sent(5)[0]
            data = buttons(answer)
            assert next(iter(data)) == "〔1〕" and list(data)[-4:] == ["有用", "引用不符", "过时", "答非所问"]
            for label in ("〔1〕", "有用", "过时"):
                api.press(answer, person(5), data[label])
            api.press(answer, person(5), "v:999:0")
            api.press(answer, person(5), "nonsense")
            running.wait_for(lambda: len(api.calls_of("answerCallbackQuery")) == 5 and len(api.sent(5)) == 2)
            passage = api.sent(5)[1]
            assert "<blockquote expandable>" in passage["raw"]["text"] and "确立议程" in passage["text"]
            api.press(passage, person(5), buttons(passage)["下一段"])
            running.wait_for(lambda: api.messages[5][passage["message_id"]].get("edit_date"))
            assert running.stop() == 0
        confirmed = [call.fields["callback_query_id"] for call in api.calls_of("answerCallbackQuery")]
        assert len(set(confirmed)) == len(confirmed) == 6
        store = TelegramStore(data_dir)
        (vote,) = store.votes()
        store.close()
        assert (vote.answer.question, vote.user_id, vote.verdict) == (QUESTION, 5, "过时")
        assert vote.answer.record["citations"] and vote.answer.index_version.startswith("v")

    def test_an_admin_reads_what_people_said_and_nobody_else_does(self, api: FakeApi, data_dir: Path) -> None:
        with bot(data_dir, api.url, DANGWU_TELEGRAM__ADMINS="9") as running:
            running.wait_for(lambda: ready(api))
            api.say(private(5), person(5), QUESTION)
            running.wait_for(lambda: api.sent(5))
            api.press(api.sent(5)[0], person(5), buttons(api.sent(5)[0])["过时"])
            running.wait_for(lambda: api.calls_of("answerCallbackQuery"))
            api.say(private(5), person(5), "/feedback 缺少今年的通知")
            asked = [
                api.say(*place, "/feedback")
                for place in ((private(9), person(9)), (private(5), person(5)), (group(-100), person(9)))
            ]
            running.wait_for(lambda: all(api.replies(each) for each in asked))
        listed, *others = [api.replies(each)[0]["text"] for each in asked]
        assert all(each in listed for each in ("过时 1", "#1", QUESTION, "缺少今年的通知"))
        assert not any(QUESTION in each or "今年的通知" in each.partition("如：")[0] for each in others)

    @pytest.mark.parametrize(("reads_all", "said"), [(False, "可能到不了"), (True, "@DangwuTestBot 加问题")])
    def test_a_group_is_told_once_whether_mentions_arrive(
        self, data_dir: Path, reads_all: bool, said: str
    ) -> None:
        with FakeApi(reads_all=reads_all).serving() as api, bot(data_dir, api.url) as running:
            running.wait_for(lambda: ready(api))
            for _ in range(2):
                api.push("my_chat_member", membership(group(-7), "left", "member"))
            asked = api.say(group(-7), person(5), "/status")
            running.wait_for(lambda: api.replies(asked))
            greetings = [m for m in api.sent(-7) if m not in api.replies(asked)]
            assert len(greetings) == 1 and said in greetings[0]["text"]
            assert ("收不到" in api.replies(asked)[0]["text"]) != reads_all

    def test_chats_that_are_not_listed_get_nothing(self, api: FakeApi, data_dir: Path) -> None:
        with bot(data_dir, api.url, DANGWU_TELEGRAM__ALLOWED_CHATS="-100") as running:
            running.wait_for(lambda: ready(api))
            api.say(group(-101), person(5), f"/ask {QUESTION}")
            for _ in range(3):
                api.say(private(5), person(5), QUESTION)
            asked = api.say(group(-100), person(5), f"/ask {QUESTION}")
            running.wait_for(lambda: api.replies(asked) and api.sent(5) and not api.unconfirmed)
        assert api.sent(-101) == [] and len(api.sent(5)) == 1 and "会话号" in api.sent(5)[0]["text"]

    def test_follow_ups_stay_with_chat_and_person(self, api: FakeApi, data_dir: Path) -> None:
        with bot(data_dir, api.url) as running:
            running.wait_for(lambda: ready(api))
            api.say(private(5), person(5), QUESTION)
            second = api.say(private(5), person(5), "第三步呢？")
            elsewhere = api.say(group(-100), person(5), "/ask 第三步呢？")
            running.wait_for(lambda: api.replies(second) and api.replies(elsewhere))
        assert "采纳议程" in api.replies(second)[0]["text"]
        assert "采纳议程" not in api.replies(elsewhere)[0]["text"]


def membership(chat: Json, old: str, new: str) -> Json:
    me = {"id": BOT_ID, "is_bot": True, "first_name": "x", "username": BOT_NAME}
    states = {key: {"status": status, "user": me} for key, status in (("old", old), ("new", new))}
    return {
        "chat": chat,
        "from": person(5),
        "date": 1,
        "old_chat_member": states["old"],
        "new_chat_member": states["new"],
    }


class TestWebhook:
    def test_updates_are_taken_with_the_secret_alone(self, api: FakeApi, data_dir: Path) -> None:
        url = f"http://127.0.0.1:{free_port()}/hook/a"
        port = str(free_port())
        settings = {"DANGWU_TELEGRAM__WEBHOOK_URL": url, "DANGWU_TELEGRAM__HEALTH_PORT": port}
        with bot(data_dir, api.url, **settings) as running:
            running.wait_for(lambda: api.webhook.get("url") == url)
            secret = {"X-Telegram-Bot-Api-Secret-Token": api.webhook["secret_token"]}
            body = {"message_id": 3, "date": 1, "chat": private(5), "from": person(5), "text": QUESTION}
            update = {"update_id": 9, "message": body}
            wrong = {**secret, "X-Telegram-Bot-Api-Secret-Token": "x"}
            assert httpx.post(url, json=update, headers=wrong, trust_env=False).status_code == 403
            for _ in range(2):
                assert httpx.post(url, json=update, headers=secret, trust_env=False).status_code == 200
            running.wait_for(lambda: api.sent(5))
            health = httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False)
            assert (health.status_code, health.json()["status"]) == (200, "ok")
            assert running.stop() == 0
        assert len(api.sent(5)) == 1 and "确立议程" in api.sent(5)[0]["text"]
        assert all(call.method != "getUpdates" for call in api.calls)


@pytest.mark.parametrize(
    ("url", "listen", "port"),
    [
        ("https://bot.example.org/hook/a", "127.0.0.1", 8443),
        ("https://bot.example.org:443/hook/a", "0.0.0.0", 8443),
        ("http://127.0.0.1:8081/hook/a", "127.0.0.1", 8081),
    ],
)
def test_a_proxy_passes_the_path_on_and_a_local_address_names_the_port(
    url: str, listen: str, port: int
) -> None:
    settings = TelegramSettings(token=SecretStr(TOKEN), webhook_url=url, listen=listen)
    place = webhook_place(settings)
    assert (place.listen, place.port, place.path) == (listen, port, "hook/a")
    assert place.url == url and TOKEN not in place.secret
    assert place.secret == webhook_place(settings).secret, "it survives restarts"


class TestStart:
    def test_a_wrong_token_is_said_in_one_sentence(self, api: FakeApi, data_dir: Path) -> None:
        with bot(data_dir, api.url, DANGWU_TELEGRAM__TOKEN="123456789:AA" + "x" * 33) as running:
            assert running.process.wait(20) == 2
            running.stop()
        assert "不认这个令牌" in running.log
        assert "Traceback" not in running.log and "AAx" not in running.log
