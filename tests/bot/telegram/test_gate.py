"""Who may use the bot and what they may see; in doubt, nobody and nothing."""

from __future__ import annotations

from typing import Any

import pytest
from telegram import Update
from telegram.ext import ApplicationHandlerStop

from bot.settings import TelegramSettings
from bot.telegram.gate import Gate
from tests.bot.telegram.fake_rules import Json, group, person, private

ADMIN, STAFF, MEMBER = 1, 2, 3
SETTINGS = TelegramSettings(admins=(ADMIN,), staff=(STAFF,))
CLOSED = TelegramSettings(admins=(ADMIN,), staff=(STAFF,), allowed_chats=(-100, MEMBER))


def update(chat: Json, user_id: int) -> Update:
    message = {"message_id": 1, "date": 1, "chat": chat, "from": person(user_id), "text": "问"}
    return Update.de_json({"update_id": 1, "message": message}, None)


async def passes(gate: Gate, item: object, told: list[Update] | None = None) -> bool:
    async def denied(update: Update) -> None:
        (told if told is not None else []).append(update)

    context: Any = None
    try:
        await gate.guarding(denied)(item, context)
    except ApplicationHandlerStop:
        return False
    return True


@pytest.mark.parametrize("user_id", [ADMIN, STAFF, MEMBER])
@pytest.mark.parametrize("is_private", [True, False])
def test_internal_documents_are_for_staff_in_private_alone(user_id: int, is_private: bool) -> None:
    audiences = Gate(SETTINGS).audiences(user_id, is_private=is_private)
    assert ("内部" in audiences) == (is_private and user_id in (ADMIN, STAFF))
    assert "公开" in audiences


def test_nobody_is_a_member() -> None:
    gate = Gate(SETTINGS)
    assert [gate.role(each) for each in (ADMIN, STAFF, MEMBER, None, 0)] == [
        "admin",
        "staff",
        "member",
        "member",
        "member",
    ]
    assert gate.audiences(None, is_private=True) == {"公开"}


async def test_without_a_list_every_chat_is_open() -> None:
    gate = Gate(SETTINGS)
    assert await passes(gate, update(private(MEMBER), MEMBER))
    assert await passes(gate, update(group(-1), MEMBER))


@pytest.mark.parametrize(
    ("chat", "user_id", "is_open"),
    [
        (group(-100), 9, True),
        (group(-101), 9, False),
        (group(-101), ADMIN, False),
        (private(MEMBER), MEMBER, True),
        (private(9), 9, False),
        (private(ADMIN), ADMIN, True),
        (private(STAFF), STAFF, True),
    ],
)
async def test_a_list_closes_every_other_chat(chat: Json, user_id: int, is_open: bool) -> None:
    told: list[Update] = []
    assert await passes(Gate(CLOSED), update(chat, user_id), told) == is_open
    assert len(told) == (0 if is_open else 1)


async def test_inline_queries_go_by_the_person() -> None:
    gate = Gate(CLOSED)
    for user_id, is_open in ((MEMBER, True), (ADMIN, True), (9, False)):
        body = {"id": "1", "from": person(user_id), "query": "x", "offset": ""}
        query = Update.de_json({"update_id": 1, "inline_query": body}, None)
        assert await passes(gate, query) == is_open


async def test_a_listed_group_stays_open_when_it_becomes_a_supergroup() -> None:
    gate = Gate(CLOSED, migrations=lambda: {-100: -100500, -7: -100700})
    assert await passes(gate, update(group(-100500), 9))
    assert not await passes(gate, update(group(-100700), 9))


class TestFailures:
    async def test_a_failing_rule_denies(self) -> None:
        def broken() -> dict[int, int]:
            raise OSError("disk")

        assert not await passes(Gate(CLOSED, migrations=broken), update(group(-101), 9))

    async def test_a_failing_notice_denies_too(self) -> None:
        async def denied(update: Update) -> None:
            raise RuntimeError("network")

        context: Any = None
        with pytest.raises(ApplicationHandlerStop):
            await Gate(CLOSED).guarding(denied)(update(group(-101), 9), context)

    async def test_what_is_no_update_denies(self) -> None:
        assert not await passes(Gate(SETTINGS), object())
