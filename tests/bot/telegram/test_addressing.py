"""Which messages are meant for the bot, and what they ask."""

from __future__ import annotations

from typing import Any

import pytest
from telegram import Message, Update

from bot.telegram.addressing import Addressed, Identity, addressed_message, addressing, utf16_slice
from tests.bot.telegram.fake_rules import (
    BOT_ID,
    BOT_NAME,
    Json,
    bot_user,
    entities_of,
    group,
    person,
    private,
    utf16,
)

ME = Identity(BOT_ID, BOT_NAME)
GROUP = group(-100)
FORUM = group(-200, is_forum=True)


def raw(text: str | None, chat: Json = GROUP, **more: Any) -> Json:
    """A person's message as Telegram sends it."""
    content = {} if text is None else {"text": text, "entities": entities_of(text)}
    return {"message_id": 7, "date": 1, "chat": chat, "from": person(5), **content, **more}


def heard(text: str | None, chat: Json = GROUP, **more: Any) -> Addressed | None:
    message = Message.de_json(raw(text, chat, **more), None)
    assert message is not None
    return addressing(message, ME)


class TestGroups:
    @pytest.mark.parametrize(
        "text",
        [
            "大家好",
            "DangwuTestBot 是谁",
            "@DangwuTestBotX 你好",
            "@OtherTestBot 什么是三会一课？",
            "a@DangwuTestBot.com",
            "/ask@OtherTestBot 问题",
            "请发邮件到 党务@DangwuTestBot",
        ],
    )
    def test_it_is_silent_unless_addressed(self, text: str) -> None:
        assert heard(text) is None

    @pytest.mark.parametrize(
        ("text", "question"),
        [
            ("@DangwuTestBot 什么是三会一课？", "什么是三会一课？"),
            ("@dangwutestbot 什么是三会一课？", "什么是三会一课？"),
            ("😀👨‍👩‍👧 @DANGWUTESTBOT 什么是三会一课？", "😀👨‍👩‍👧 什么是三会一课？"),
            ("什么是三会一课？ @DangwuTestBot", "什么是三会一课？"),
            ("𠮷野问 @DangwuTestBot @DangwuTestBot 多久？", "𠮷野问 多久？"),
        ],
    )
    def test_a_mention_counts_by_its_entity_in_utf16_units(self, text: str, question: str) -> None:
        assert heard(text) == Addressed("mention", question)

    def test_a_name_without_an_entity_is_no_mention(self) -> None:
        assert heard("@DangwuTestBot 什么是三会一课？", entities=[]) is None

    def test_a_mention_by_user_counts(self) -> None:
        entity = {"type": "text_mention", "offset": 0, "length": 4, "user": bot_user()}
        assert heard("党务助手 怎么入党？", entities=[entity]) == Addressed("mention", "怎么入党？")
        other = {**entity, "user": person(9)}
        assert heard("党务助手 怎么入党？", entities=[other]) is None

    def test_a_mention_in_a_caption_counts(self) -> None:
        text = "@DangwuTestBot 这张表怎么填？"
        found = heard(None, caption=text, caption_entities=entities_of(text))
        assert found == Addressed("mention", "这张表怎么填？")

    def test_a_reply_to_the_bot_counts_and_its_own_words_are_no_context(self) -> None:
        replied = {"message_id": 3, "date": 1, "chat": GROUP, "from": bot_user(), "text": "预备期一年。"}
        assert heard("从哪天算起？", reply_to_message=replied) == Addressed("reply", "从哪天算起？")
        quote = {"text": "一年", "position": 3}
        assert heard("从哪天算起？", reply_to_message=replied, quote=quote) == Addressed(
            "reply", "从哪天算起？", context="一年"
        )

    def test_a_reply_to_somebody_else_gives_the_context_of_a_mention(self) -> None:
        replied = {"message_id": 3, "date": 1, "chat": GROUP, "from": person(6), "text": "积极分子要多久？"}
        assert heard("我也想知道", reply_to_message=replied) is None
        found = heard("@DangwuTestBot", reply_to_message=replied)
        assert found == Addressed("mention", "", context="积极分子要多久？")

    def test_the_notice_that_opened_a_topic_is_no_message_to_reply_to(self) -> None:
        opened = {
            "message_id": 3,
            "date": 1,
            "chat": FORUM,
            "from": bot_user(),
            "forum_topic_created": {"name": "答疑", "icon_color": 1},
        }
        said = heard("大家好", FORUM, reply_to_message=opened, is_topic_message=True, message_thread_id=3)
        assert said is None

    def test_commands_count_with_and_without_the_name(self) -> None:
        assert heard("/ask 什么是三会一课？") == Addressed("command", "什么是三会一课？", "ask")
        assert heard("/ASK@dangwuTESTbot 多久？") == Addressed("command", "多久？", "ask")
        assert heard("请用 /ask 提问") is None

    def test_forwarded_words_are_meant_for_somebody_else(self) -> None:
        origin = {"type": "hidden_user", "date": 1, "sender_user_name": "李四"}
        assert heard("@DangwuTestBot 多久？", forward_origin=origin) is None

    def test_bots_and_channels_are_not_answered_but_an_anonymous_admin_is(self) -> None:
        robot = {"id": 77, "is_bot": True, "first_name": "x"}
        admin = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
        text = "@DangwuTestBot 多久？"
        assert heard(text, **{"from": robot}) is None
        assert heard(text, via_bot=bot_user()) is None
        assert heard(text, is_automatic_forward=True) is None
        assert heard(text, **{"from": admin}, sender_chat=GROUP) == Addressed("mention", "多久？")


class TestPrivateChats:
    def test_every_text_is_a_question(self) -> None:
        assert heard("怎么入党？", private(5)) == Addressed("private", "怎么入党？")
        assert heard("/start", private(5)) == Addressed("private", "", "start")

    def test_forwarded_words_are_asked(self) -> None:
        origin = {"type": "hidden_user", "date": 1, "sender_user_name": "李四"}
        assert heard("要多久？", private(5), forward_origin=origin) == Addressed("private", "要多久？")

    def test_what_holds_no_words_is_addressed_and_empty(self) -> None:
        document = {"file_id": "a", "file_unique_id": "b"}
        assert heard(None, private(5), document=document) == Addressed("private", "")

    def test_service_messages_are_nothing(self) -> None:
        assert heard(None, private(5), pinned_message=raw("旧的", private(5))) is None


def test_an_edit_is_never_addressed() -> None:
    message = raw("@DangwuTestBot 多久？")
    edited = Update.de_json({"update_id": 1, "edited_message": {**message, "edit_date": 2}}, None)
    posted = Update.de_json({"update_id": 2, "channel_post": message}, None)
    assert addressed_message(edited) is None and addressed_message(posted) is None
    new = Update.de_json({"update_id": 3, "message": message}, None)
    assert addressed_message(new) is not None


@pytest.mark.parametrize("text", ["abc", "党务", "a😀b𠮷c"])
def test_slices_by_utf16_units_put_together_are_the_text(text: str) -> None:
    middle = utf16(text) // 2
    while not utf16_slice(text, middle, 1).isprintable() or "\ufffd" in utf16_slice(text, middle, 9):
        middle -= 1
    assert utf16_slice(text, 0, middle) + utf16_slice(text, middle, 99) == text
