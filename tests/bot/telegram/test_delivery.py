"""Delivery over the real library and a server in memory, in simulated time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rendering.telegram import render_answer
from bot.rendering.telegram_markup import Button, MessagePart, Run, make_part, with_keyboard
from bot.telegram.delivery import Delivery, DeliveryClosed, Outcome, QueueFull
from bot.telegram.pacing import Pace
from bot.telegram.requests import Target, inline_keyboard
from bot.work import asker
from tests.bot.telegram.markup import make_answer, parse
from tests.bot.telegram.simulation import (
    LATENCY_S,
    Server,
    SimulatedTime,
    flood,
    lost_connection,
    make_bot,
    refusal,
    timed_out,
)

GROUP = -1001
PERSON = 7
CHATS = (GROUP, PERSON, 8)


@pytest.fixture(autouse=True)
def _timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    # Without it the library warns on every RetryAfter, and warnings are errors here.
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


class Room:
    """A delivery before a server, and the time of both."""

    def __init__(self, **options: Any) -> None:
        self.time = SimulatedTime()
        self.server = Server(self.time)
        self.delivery = Delivery(make_bot(self.server), clock=self.time, sleep=self.time.sleep, **options)

    async def send(self, chat_id: int, *texts: str, **options: Any) -> Outcome:
        return await self.delivery.send(Target(chat_id), [part(each) for each in texts], **options)


def part(text: str) -> MessagePart:
    return make_part([Run(text)])


async def test_ten_long_answers_at_once_reach_a_group_whole_and_within_its_limits() -> None:
    room = Room()
    answers = [
        make_answer(
            [(f"第{k}问“<{n}>党员👍应当履行义务，" + "遵守党的纪律。" * 110, (n,)) for n in range(1, 13)]
        )
        for k in range(10)
    ]
    assert all(len(each.text) > 6_000 for each in answers)
    rendered = [render_answer(each) for each in answers]
    outcomes = await room.time.run(*(room.delivery.send(Target(GROUP), parts) for parts in rendered))
    assert [each.fate for each in outcomes] == ["delivered"] * 10
    assert [parse(each)[0] for each in room.server.texts(GROUP)] == [p.plain for ps in rendered for p in ps]
    assert room.server.floods == 0 and room.server.early == []
    ids = [number for outcome in outcomes for number in outcome.message_ids]
    assert ids == list(range(1, len(ids) + 1)) and len(ids) == 30


async def test_in_a_group_who_has_had_least_goes_first_and_somebody_new_at_once() -> None:
    room = Room()

    async def send(who: int, at: float, *texts: str) -> float:
        asker.set(who)
        await room.time.sleep(at)
        await room.send(GROUP, *texts)
        return room.time.now - at

    flood = [send(1, 0, f"甲{n}", f"甲{n}") for n in range(12)]
    second = [send(2, 3, f"乙{n}") for n in range(12)]
    waits = await room.time.run(
        *flood, *second, send(3, 30, "丙"), send(4, 31, "丁", "丁"), send(5, 32, "戊")
    )
    assert room.server.floods == 0 and max(waits[-3:]) < 8
    first_minute = "".join(call.fields["text"][0] for call in room.server.sent[GROUP] if call.at < 60)
    assert all(5 <= first_minute.count(name) <= 8 for name in "甲乙"), "what they leave is for the others"
    assert first_minute.startswith("甲甲甲甲乙乙"), "answers stay whole, and who came later catches up"
    for name, parts in (("甲", 2), ("乙", 1)):
        mine = [text for text in room.server.texts(GROUP) if text[0] == name]
        assert mine == [f"{name}{n}" for n in range(12) for _ in range(parts)]


async def test_what_waits_for_a_share_may_be_edited_anew_and_is_stopped_in_a_hurry() -> None:
    room = Room()
    asker.set(1)
    await room.time.run(room.send(GROUP, *"一二三四五六七八九十"))
    waiting = []
    for text in "甲乙":
        waiting.append(asyncio.ensure_future(room.delivery.edit(GROUP, 1, part(text))))
        await room.time.settle()
    assert [each.done() for each in waiting] == [True, False] and room.delivery.share_wait_s(GROUP) > 40
    assert await room.delivery.close(0.0) == 1
    assert [each.fate for each in await asyncio.gather(*waiting)] == ["replaced", "stopped"]
    asker.set(0)
    assert room.delivery.share_wait_s(GROUP) == 0


async def test_a_chat_is_left_alone_while_it_must_wait_and_others_go_on() -> None:
    room = Room()
    room.server.faults[GROUP].append(flood(50))
    await room.time.run(room.send(GROUP, "甲"), room.send(GROUP, "乙"), room.send(PERSON, "一", "二", "三"))
    first, second, third = (call.at for call in room.server.calls if call.chat_id == GROUP)
    assert first < 1 and second >= first + 50 and third >= second + 1
    assert room.server.sent[PERSON][-1].at < 5
    assert room.server.texts(GROUP) == ["甲", "乙"]


async def test_the_chat_action_is_withheld_while_a_chat_must_wait() -> None:
    room = Room()
    assert await room.time.run(room.delivery.show_typing(Target(GROUP, thread_id=4))) == [True]
    assert room.server.calls[0].fields["message_thread_id"] == 4
    room.server.faults[GROUP].append(flood(50))
    assert await room.time.run(room.delivery.show_typing(Target(GROUP))) == [False]
    assert room.delivery.pause_s(GROUP) > 49
    assert await room.time.run(room.delivery.show_typing(Target(GROUP))) == [False]
    await room.time.run(room.send(GROUP, "甲"))
    assert room.server.early == [] and len(room.server.calls) == 3


async def draft(room: Room, text: str = "甲") -> bool:
    (is_taken,) = await room.time.run(room.delivery.show_draft(Target(PERSON, thread_id=4), 9, part(text)))
    return is_taken


async def test_failures_of_the_network_are_waited_out() -> None:
    room = Room()
    room.server.faults[PERSON].extend([lost_connection(), timed_out(), refusal(502, "Bad Gateway")])
    (outcome,) = await room.time.run(room.send(PERSON, "甲", "乙"))
    assert outcome == Outcome("delivered", PERSON, (1, 2))
    assert room.time.now > 1 + 2 + 4
    assert room.delivery.counts["network_errors"] == 3


async def test_what_fails_for_good_is_told_with_what_was_sent_before() -> None:
    room = Room(attempts=3)
    (first,) = await room.time.run(room.send(PERSON, "甲"))
    room.server.faults[PERSON].extend([lost_connection()] * 3)
    failing, later = await room.time.run(room.send(PERSON, "乙", "丙"), room.send(PERSON, "丁"))
    assert (failing.fate, failing.message_ids, failing.reason) == ("failed", (), "NetworkError")
    assert first.fate == later.fate == "delivered"
    assert room.server.texts(PERSON) == ["甲", "丁"]


async def test_markup_that_cannot_be_parsed_is_sent_as_plain_text() -> None:
    room = Room()
    room.server.faults[PERSON].append(refusal(400, "Bad Request: can't parse entities: unclosed start tag"))
    message = make_part([Run("甲<乙", "b")])
    (outcome,) = await room.time.run(room.delivery.send(Target(PERSON), [message]))
    assert outcome.is_plain and outcome.fate == "delivered"
    assert room.server.texts(PERSON) == ["甲<乙"]
    assert "parse_mode" not in room.server.calls[-1].fields


async def test_buttons_that_are_refused_do_not_keep_the_answer_back() -> None:
    room = Room()
    room.server.faults[PERSON].append(refusal(400, "Bad Request: BUTTON_DATA_INVALID"))
    parts = with_keyboard([part("甲")], ((Button("看", "p:x"),),))
    (outcome,) = await room.time.run(room.delivery.send(Target(PERSON), parts))
    assert outcome.fate == "delivered" and not outcome.is_plain
    assert "reply_markup" not in room.server.calls[-1].fields


async def test_a_blocked_bot_is_an_outcome_and_not_tried_again() -> None:
    room = Room()
    room.server.faults[PERSON].append(refusal(403, "Forbidden: bot was blocked by the user"))
    outcome, other = await room.time.run(room.send(PERSON, "甲", "乙"), room.send(8, "丙"))
    assert outcome == Outcome("blocked", PERSON, (), "Forbidden: bot was blocked by the user")
    assert other.fate == "delivered"
    assert len([call for call in room.server.calls if call.chat_id == PERSON]) == 1


@pytest.mark.parametrize(
    ("description", "fate"),
    [
        ("Bad Request: chat not found", "blocked"),
        ("Bad Request: not enough rights to send text messages to the chat", "blocked"),
        ("Bad Request: TOPIC_CLOSED", "blocked"),
        ("Bad Request: message is too long", "failed"),
    ],
)
async def test_a_final_refusal_is_an_outcome(description: str, fate: str) -> None:
    room = Room()
    room.server.faults[GROUP].append(refusal(400, description))
    (outcome,) = await room.time.run(room.send(GROUP, "甲"))
    assert outcome.fate == fate and len(room.server.calls) == 1


async def test_a_wrong_token_is_not_tried_again() -> None:
    room = Room()
    room.server.faults[GROUP].append(refusal(401, "Unauthorized"))
    (outcome,) = await room.time.run(room.send(GROUP, "甲"))
    assert (outcome.fate, outcome.reason) == ("failed", "InvalidToken")


async def test_a_group_that_has_moved_gets_the_rest_under_its_new_id() -> None:
    room = Room()
    moved = refusal(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-2002)
    room.server.faults[GROUP].append(moved)
    target = Target(GROUP, reply_to=5)
    outcome, queued = await room.time.run(
        room.delivery.send(target, [part("甲"), part("乙")]), room.send(GROUP, "丙")
    )
    assert outcome == Outcome("delivered", -2002, (1, 2)) and queued.chat_id == -2002
    assert room.server.texts(-2002) == ["甲", "乙", "丙"]
    assert "reply_parameters" not in room.server.sent[-2002][0].fields
    await room.time.run(room.send(GROUP, "丁"))
    assert len([call for call in room.server.calls if call.chat_id == GROUP]) == 1


async def test_a_moved_group_shares_the_turns_of_its_new_id() -> None:
    room = Room()
    room.server.faults[GROUP].append(refusal(400, "upgraded", migrate_to_chat_id=-2002))
    await room.time.run(room.send(-2002, *"一二三四"), room.send(GROUP, *"甲乙丙丁"))
    assert room.server.floods == 0 and len(room.server.texts(-2002)) == 8
    assert [each for each in room.server.texts(-2002) if each in "甲乙丙丁"] == list("甲乙丙丁")


async def test_a_deleted_question_is_answered_without_a_reply() -> None:
    room = Room()
    room.server.faults[GROUP].append(refusal(400, "Bad Request: message to be replied not found"))
    target = Target(GROUP, thread_id=9, reply_to=5)
    (outcome,) = await room.time.run(room.delivery.send(target, [part("甲"), part("乙")]))
    refused, first, second = room.server.calls
    assert outcome.fate == "delivered" and "reply_parameters" in refused.fields
    assert "reply_parameters" not in first.fields and "reply_parameters" not in second.fields
    assert first.fields["message_thread_id"] == second.fields["message_thread_id"] == 9


async def test_a_deleted_topic_is_answered_in_the_group() -> None:
    room = Room()
    room.server.faults[GROUP].append(refusal(400, "Bad Request: message thread not found"))
    (outcome,) = await room.time.run(room.delivery.send(Target(GROUP, 9, 5), [part("甲")]))
    assert outcome.fate == "delivered"
    assert "message_thread_id" not in room.server.sent[GROUP][0].fields


async def test_what_goes_out_is_html_without_previews_with_buttons_below_the_last_part() -> None:
    room = Room()
    keyboard = ((Button("〔1〕", "p:x-1"), Button("查找", inline_query="党费")),)
    parts = with_keyboard([part("甲"), part("乙")], keyboard)
    await room.time.run(room.delivery.send(Target(PERSON, reply_to=5), parts))
    first, last = (call.fields for call in room.server.calls)
    assert first["parse_mode"] == "HTML" and first["link_preview_options"] == {"is_disabled": True}
    assert first["reply_parameters"] == {"message_id": 5, "allow_sending_without_reply": True}
    assert "reply_markup" not in first and "reply_parameters" not in last
    assert last["reply_markup"]["inline_keyboard"] == [
        [
            {"text": "〔1〕", "callback_data": "p:x-1"},
            {"text": "查找", "switch_inline_query_current_chat": "党费"},
        ]
    ]
    assert inline_keyboard(()) is None


async def test_a_full_queue_says_its_length() -> None:
    room = Room(capacity=3)
    waiting = [asyncio.ensure_future(room.send(GROUP, text)) for text in "甲乙丙"]
    await room.time.settle()
    assert room.delivery.length(GROUP) == 3 and room.delivery.length(PERSON) == 0
    with pytest.raises(QueueFull) as full:
        await room.send(GROUP, "丁")
    assert full.value.length == 3
    await room.time.run(*waiting, room.send(PERSON, "戊"))
    assert room.delivery.length(GROUP) == 0
    assert room.server.texts(GROUP) == list("甲乙丙")


async def test_edits_count_like_messages_and_only_the_last_waiting_one_is_made() -> None:
    room = Room()
    await room.time.run(room.send(GROUP, "写作中"))
    edits = [room.delivery.edit(GROUP, 1, part(text)) for text in "甲乙丙丁"]
    outcomes = await room.time.run(*edits)
    assert [each.fate for each in outcomes] == ["delivered", "replaced", "replaced", "delivered"]
    assert room.server.texts(GROUP) == ["写作中", "甲", "丁"] and room.server.floods == 0
    assert room.server.sent[GROUP][1].at >= 1.0


@pytest.mark.parametrize(
    ("description", "fate"),
    [
        ("Bad Request: message is not modified: specified new message content is the same", "delivered"),
        ("Bad Request: message to edit not found", "gone"),
        ("Bad Request: message can't be edited", "gone"),
    ],
)
async def test_an_edit_without_effect_is_an_outcome(description: str, fate: str) -> None:
    room = Room()
    room.server.faults[GROUP].append(refusal(400, description))
    (outcome,) = await room.time.run(room.delivery.edit(GROUP, 1, part("甲")))
    assert outcome.fate == fate and len(room.server.calls) == 1


async def test_two_hundred_chats_keep_their_order_within_the_overall_limit() -> None:
    room = Room()
    chats = range(1, 201)
    await room.time.run(*(room.send(chat, f"{chat}-{n}") for n in range(3) for chat in chats))
    for chat in chats:
        assert room.server.texts(chat) == [f"{chat}-{n}" for n in range(3)]
    times = sorted(call.at for call in room.server.calls)
    assert all(later - earlier >= 1.0 for earlier, later in zip(times, times[30:], strict=False))
    assert times[-1] < 30


class Ledger:
    """Remembers what it was told, and how many messages the server held then."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.told: list[tuple[str, int, int]] = []

    async def sending(self, index: int) -> None:
        self.told.append(("sending", index, len(self.server.sent[PERSON])))

    async def sent(self, index: int, message_id: int) -> None:
        self.told.append(("sent", index, message_id))


async def test_the_journal_hears_of_a_part_once_before_it_is_sent_and_once_after() -> None:
    room = Room()
    room.server.faults[PERSON].extend([lost_connection(), flood(3)])
    ledger = Ledger(room.server)
    await room.time.run(room.send(PERSON, "甲", "乙", journal=ledger))
    assert ledger.told == [("sending", 0, 0), ("sent", 0, 1), ("sending", 1, 1), ("sent", 1, 2)]


class BrokenLedger(Ledger):
    async def sending(self, index: int) -> None:
        raise OSError("disk full")


async def test_a_journal_that_fails_stops_its_delivery_and_no_other() -> None:
    room = Room()
    broken = asyncio.ensure_future(room.send(PERSON, "甲", journal=BrokenLedger(room.server)))
    (after,) = await room.time.run(room.send(PERSON, "乙"))
    with pytest.raises(OSError, match="disk full"):
        await broken
    assert after.fate == "delivered" and room.server.texts(PERSON) == ["乙"]


async def test_what_nobody_waits_for_any_more_is_not_begun() -> None:
    room = Room()
    first, second = (asyncio.ensure_future(room.send(PERSON, text)) for text in "甲乙")
    await room.time.settle()
    second.cancel()
    await room.time.run(first, room.send(PERSON, "丙"))
    assert room.server.texts(PERSON) == ["甲", "丙"]


async def test_closing_finishes_what_waits() -> None:
    room = Room()
    waiting = [asyncio.ensure_future(room.send(GROUP, text)) for text in "甲乙"]
    await room.time.settle()
    closing, *outcomes = await room.time.run(room.delivery.close(5.0), *waiting)
    assert closing == 0 and [each.fate for each in outcomes] == ["delivered"] * 2  # type: ignore[attr-defined]
    with pytest.raises(DeliveryClosed):
        await room.send(GROUP, "丙")
    assert await room.delivery.close(0.0) == 0


async def test_closing_in_a_hurry_says_what_was_left() -> None:
    room = Room()
    waiting = [asyncio.ensure_future(room.send(GROUP, text, text)) for text in "甲乙"]
    await room.time.settle()
    assert await room.delivery.close(0.0) == 2
    assert [each.fate for each in await asyncio.gather(*waiting)] == ["stopped", "stopped"]


async def test_idle_chats_are_forgotten_but_not_before_their_limits_are() -> None:
    room = Room(pace=Pace(per_second=1_000_000))
    await room.time.run(room.send(GROUP, "甲"), *(room.send(chat, "甲") for chat in range(1, 1_000)))
    room.time.now += 30.0
    await room.time.run(room.send(5_000, "甲"))
    assert GROUP in room.delivery._lanes and len(room.delivery._lanes) == 2


async def test_nothing_to_send_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="nothing to send"):
        await Room().send(PERSON)


FAULTS: dict[str, Callable[[], Any]] = {
    "flood": lambda: flood(7),
    "long flood": lambda: flood(40),
    "lost": lost_connection,
    "late": timed_out,
    "gateway": lambda: refusal(502, "Bad Gateway"),
    "markup": lambda: refusal(400, "Bad Request: can't parse entities"),
}


@settings(max_examples=60, deadline=None)
@given(
    faults=st.lists(
        st.tuples(st.sampled_from([GROUP, PERSON, 8]), st.sampled_from(sorted(FAULTS))), max_size=14
    ),
    jobs=st.lists(st.tuples(st.sampled_from([GROUP, PERSON, 8]), st.integers(1, 4)), max_size=12),
)
def test_whatever_fails_for_a_while_everything_arrives_once_and_in_order(
    faults: list[tuple[int, str]], jobs: list[tuple[int, int]]
) -> None:
    async def deliver() -> None:
        room = Room(attempts=20)
        # A message is plain once; a second complaint about its markup would be final.
        once = [each for n, each in enumerate(faults) if each[1] != "markup" or each not in faults[:n]]
        for chat, name in once:
            room.server.faults[chat].append(FAULTS[name]())
        texts = [(chat, [f"{n}.{k}" for k in range(parts)]) for n, (chat, parts) in enumerate(jobs)]
        outcomes = await room.time.run(*(room.send(chat, *each) for chat, each in texts))
        assert all(each.fate == "delivered" for each in outcomes)
        for chat in CHATS:
            assert room.server.texts(chat) == [text for to, each in texts if to == chat for text in each]
        assert room.server.floods == 0 and room.server.early == []

    asyncio.run(deliver())


def test_the_wait_is_understood_as_a_number_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async def deliver() -> None:
        room = Room()
        room.server.faults[PERSON].append(flood(9))
        with pytest.warns(DeprecationWarning, match="retry_after"):
            await room.time.run(room.send(PERSON, "甲"))
        assert room.server.sent[PERSON][0].at >= 9 > LATENCY_S

    monkeypatch.setenv("PTB_TIMEDELTA", "false")
    asyncio.run(deliver())
