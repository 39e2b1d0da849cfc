"""The bot against an emulator that others wrote, by polling and by webhook."""

from __future__ import annotations

import json
from pathlib import Path

from tests.bot.telegram.fake_rules import Json, entities_of, group, person, private
from tests.bot.telegram.harness import bot, free_port
from tests.bot.telegram.referee import Referee

QUESTION = "社区党员议事会有哪五个议事程序？"


def message(chat: Json, text: str, number: int = 1) -> Json:
    body = {"message_id": number, "date": 1, "chat": chat, "from": person(5), "text": text}
    return {"message": {**body, "entities": entities_of(text)}}


def test_commands_questions_and_buttons_by_polling(private_copy: Path) -> None:
    with Referee().serving() as api, bot(private_copy, api.url) as running:
        running.wait_for(lambda: any(name == "getUpdates" for name, _ in api.sent))
        api.push(message(private(5), "/start"))
        running.wait_for(lambda: len(api.texts()) == 1)
        api.push(message(group(-100), "大家好"))
        api.push(message(group(-100), f"/ask {QUESTION}", 2))
        running.wait_for(lambda: len(api.texts()) == 2)
        keyboard = next(f["reply_markup"] for n, f in reversed(api.sent) if n == "sendMessage")
        rows = (json.loads(keyboard) if isinstance(keyboard, str) else keyboard)["inline_keyboard"]
        press = {
            "id": "1",
            "from": person(5),
            "chat_instance": "1",
            "data": rows[0][0]["callback_data"],
            "message": {"message_id": 3, "date": 1, "chat": group(-100), "text": "答案"},
        }
        api.push({"callback_query": press})
        running.wait_for(lambda: len(api.texts()) == 3)
        running.wait_for(lambda: any(name == "answerCallbackQuery" for name, _ in api.sent))
        assert running.stop() == 0
    start, answer, passage = api.texts()
    assert "党务助手" in start and "〔1〕" in answer and "<blockquote expandable>" in passage
    assert [each for each in api.refused if each[0] not in ("setMyCommands", "getChatMember")] == []


def test_a_file_by_polling(private_copy: Path) -> None:
    admin = {"DANGWU_TELEGRAM__ADMINS": "5"}
    rule = "雪松议事厅每月第一个星期三开放，由支部书记主持。" * 4
    with Referee().serving() as api, bot(private_copy, api.url, **admin) as running:
        running.wait_for(lambda: any(name == "getUpdates" for name, _ in api.sent))
        api.assets["doc"] = {"data": rule.encode(), "size": len(rule.encode())}
        document = {"file_id": "doc", "file_unique_id": "doc", "file_name": "规则.txt"}
        sent = {"message_id": 1, "date": 1, "chat": private(5), "from": person(5), "document": document}
        api.push({"message": sent})
        running.wait_for(lambda: any("新增" in text for text in api.texts("editMessageText")))
        keyboard = next(f["reply_markup"] for n, f in reversed(api.sent) if n == "editMessageText")
        (row,) = (json.loads(keyboard) if isinstance(keyboard, str) else keyboard)["inline_keyboard"]
        press = {
            "id": "1",
            "from": person(5),
            "chat_instance": "1",
            "data": row[0]["callback_data"],
            "message": {"message_id": 2, "date": 1, "chat": private(5), "text": "计划"},
        }
        api.push({"callback_query": press})
        running.wait_for(lambda: any("已导入，现在的回答" in text for text in api.texts()))
        assert running.stop() == 0
    assert (private_copy / "uploads" / "规则.txt").read_text() == rule


def test_a_question_by_webhook_with_the_secret(private_copy: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/hook"
    emulator = Referee(allow_insecure_loopback_webhooks=True)
    with emulator.serving() as api, bot(private_copy, api.url, DANGWU_TELEGRAM__WEBHOOK_URL=url) as running:
        running.wait_for(lambda: any(name == "setWebhook" for name, _ in api.sent))
        running.wait_for(lambda: "is up" in running.log)
        api.push(message(private(5), QUESTION))
        running.wait_for(lambda: api.texts())
        assert running.stop() == 0
    assert "确立议程" in api.texts()[0]
