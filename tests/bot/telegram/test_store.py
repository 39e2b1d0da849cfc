"""What the channel remembers: updates across restarts, votes, what was told, and how it forgets."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from telegram import Bot, Update

from bot.assistant import with_context
from bot.telegram.journal import UpdateJournal
from bot.telegram.store import ANSWERS_KEPT_DAYS, DATABASE_NAME, TelegramStore
from retrieval.errors import InputError, StoreError
from tests.bot.telegram.fake_rules import TOKEN, person, private

DAY_S = 86_400.0


class Calendar:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def now() -> Calendar:
    return Calendar()


@pytest.fixture
def store(tmp_path: Path, now: Calendar) -> Iterator[TelegramStore]:
    opened = TelegramStore(tmp_path, now=now)
    yield opened
    opened.close()


def record(question: str = "问") -> dict[str, Any]:
    return {"question": question, "status": "answered", "index_version": "v1-a", "passages": []}


def update(update_id: int, text: str = "问") -> Update:
    body = {"message_id": update_id, "date": 1, "chat": private(5), "from": person(5), "text": text}
    return Update.de_json({"update_id": update_id, "message": body}, None)


class TestUpdates:
    def test_the_same_update_is_accepted_once(self, store: TelegramStore) -> None:
        assert store.accept(1, {"text": "问"})
        assert not store.accept(1, {"text": "问"})
        store.settle(1, "answer")
        assert not store.accept(1, {"text": "问"}) and store.is_settled(1)

    def test_another_update_of_the_same_number_is_accepted(self, store: TelegramStore) -> None:
        store.accept(1, {"text": "问"})
        store.settle(1, "answer")
        assert store.accept(1, {"text": "另一问"}) and not store.is_settled(1)

    def test_what_is_open_is_known_after_a_restart(self, store: TelegramStore, tmp_path: Path) -> None:
        for number in (3, 1, 2):
            store.accept(number, {"n": number})
        store.mark_sending(2)
        store.settle(1, "answer")
        again = TelegramStore(tmp_path)
        assert [(each.update_id, each.was_sending) for each in again.open_updates()] == [
            (2, True),
            (3, False),
        ]
        again.close()

    def test_what_is_settled_stays_settled(self, store: TelegramStore) -> None:
        store.accept(1, {"text": "文件"})
        store.settle(1, "notice")
        store.mark_sending(1)
        assert store.is_settled(1) and store.open_updates() == []

    def test_what_is_settled_and_what_went_wrong_does_not_pile_up_while_the_bot_runs(
        self, store: TelegramStore, tmp_path: Path
    ) -> None:
        for number in range(12_000):
            store.accept(number, {})
            store.settle(number, "notice")
        for number in range(300):
            store.note_error(f"{number:04}", "ValueError")
        with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as beside:
            kept, errors = (
                beside.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("updates", "errors")
            )
        assert kept <= 11_000 and errors == 200 == len(store.last_errors(999))
        assert store.is_settled(11_999) and store.last_errors(1)[0][0] == "0299"

    def test_a_settled_text_is_erased_from_the_file(self, store: TelegramStore, tmp_path: Path) -> None:
        store.accept(1, {"text": "这是一句很私密的话"})
        store.settle(1, "answer")
        store.close()
        files = [path.read_bytes() for path in tmp_path.glob(f"{DATABASE_NAME}*")]
        assert files and not any("很私密的话".encode() in each for each in files)


class TestJournal:
    async def test_updates_are_written_down_before_they_are_queued_and_queued_once(
        self, store: TelegramStore
    ) -> None:
        journal = UpdateJournal(store, lambda each: True)
        for each in (update(1), update(1), update(2)):
            await journal.put(each)
        assert [each.update_id for each in store.open_updates()] == [1, 2] and journal.qsize() == 2

    async def test_what_is_not_addressed_is_never_written_down(self, store: TelegramStore) -> None:
        journal = UpdateJournal(store, lambda each: False)
        await journal.put(update(1))
        assert store.open_updates() == [] and journal.qsize() == 1

    async def test_a_full_disk_does_not_silence_the_bot(self, store: TelegramStore) -> None:
        journal = UpdateJournal(store, lambda each: True)
        store.close()
        await journal.put(update(1))
        assert journal.qsize() == 1

    async def test_open_updates_come_back_as_they_were(self, store: TelegramStore) -> None:
        await UpdateJournal(store, lambda each: True).put(update(1, "怎么入党？"))
        store.mark_sending(1)
        journal = UpdateJournal(store, lambda each: True)
        assert await journal.restore(Bot(TOKEN)) == {1}
        restored = await asyncio.wait_for(journal.get(), 1)
        assert isinstance(restored, Update) and restored.message is not None
        assert restored.message.text == "怎么入党？"


class TestMemory:
    def test_a_person_has_one_vote_that_may_change(self, store: TelegramStore) -> None:
        answer_id = store.keep_answer(5, 5, record())
        for person_id, vote in ((5, "有用"), (6, "过时"), (5, "答非所问")):
            store.vote(answer_id, person_id, vote)
        votes = store.votes()
        assert {(each.user_id, each.verdict) for each in votes} == {(5, "答非所问"), (6, "过时")}
        assert votes[0].answer.index_version == "v1-a"

    def test_answers_go_after_a_while_unless_somebody_voted(
        self, store: TelegramStore, now: Calendar
    ) -> None:
        first, second = store.keep_answer(5, 5, record()), store.keep_answer(5, 5, record())
        store.vote(first, 6, "过时")
        now.seconds += (ANSWERS_KEPT_DAYS + 1) * DAY_S
        store.keep_answer(5, 5, record())
        assert store.answer(first) is not None and store.answer(second) is None

    def test_a_person_is_forgotten_and_others_are_not(self, store: TelegramStore) -> None:
        mine, other = store.keep_answer(5, 5, record()), store.keep_answer(6, 6, record())
        store.vote(mine, 6, "过时")
        store.vote(other, 5, "有用")
        store.comment(5, "意见")
        store.comment(6, "别的意见")
        assert store.forget(5) == 3
        assert store.answer(mine) is None and store.answer(other) is not None and store.votes() == []
        assert [text for _, text, _ in store.comments()] == ["别的意见"]

    def test_a_chat_is_told_once_also_under_its_new_number(self, store: TelegramStore) -> None:
        assert store.tell_once("mentions", -1) and not store.tell_once("mentions", -1)
        assert store.tell_once("closed", -1)
        store.note_migration(-1, -1001)
        assert not store.tell_once("mentions", -1001) and store.migrations() == {-1: -1001}

    def test_an_upload_is_open_until_its_end_is_told(self, store: TelegramStore, tmp_path: Path) -> None:
        store.open_upload("a", 5)
        store.open_upload("b", 6)
        store.close_upload("a")
        again = TelegramStore(tmp_path)
        assert again.open_uploads() == [("b", 6)]
        again.close()

    def test_a_damaged_file_is_named(self, tmp_path: Path) -> None:
        (tmp_path / DATABASE_NAME).write_bytes(b"no database" * 500)
        with pytest.raises(StoreError, match=DATABASE_NAME):
            TelegramStore(tmp_path)


@pytest.mark.parametrize(
    ("text", "context", "expected"),
    [
        ("怎么入党？", "", ("怎么入党？", "")),
        ("", "积极分子要培养多久？", ("积极分子要培养多久？", "")),
        ("？？", "积极分子要培养多久？", ("积极分子要培养多久？", "")),
        ("这条是谁定的？", "预备期为一年。", ("预备期为一年。\n这条是谁定的？", "")),
        ("请解释", "预备期为一年。", ("预备期为一年。\n请解释", "")),
        (
            "支部委员会怎样选举产生？",
            "预备期为一年。",
            ("支部委员会怎样选举产生？", "预备期为一年。\n支部委员会怎样选举产生？"),
        ),
    ],
)
def test_a_quoted_message_is_the_question_a_part_of_it_or_a_second_attempt(
    text: str, context: str, expected: tuple[str, str]
) -> None:
    assert with_context(text, context) == expected


def test_a_long_quoted_message_leaves_the_question_whole() -> None:
    question, _ = with_context("这个怎么理解？", "长" * 5000)
    assert len(question) == 1000 and question.endswith("\n这个怎么理解？")
    with pytest.raises(InputError):
        with_context("长" * 1001, "")
