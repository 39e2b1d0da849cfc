"""Rates, shares, lines and the bounded queue, by a clock that the tests move."""

from __future__ import annotations

import asyncio
import copy
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Update

from bot.telegram.limits import (
    LimitSettings,
    PerPerson,
    RateLimits,
)
from bot.telegram.pacing import Shares
from bot.work import Lines, QueueFull, RateWindow, WorkQueue, asker
from tests.bot.telegram.fake_rules import group, person, private


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class TestRates:
    def test_a_person_may_ask_again_when_the_window_has_moved_on(self) -> None:
        clock = Hand()
        limits = RateLimits(LimitSettings(per_user=2, window_s=60), now=clock)
        assert limits.admit(-1, 5) == 0
        clock.seconds = 20
        assert limits.admit(-1, 5) == 0
        assert limits.admit(-2, 5) == 40
        assert limits.admit(-1, 6) == 0
        clock.seconds = 60
        assert limits.admit(-1, 5) == 0

    def test_a_chat_has_a_limit_of_its_own(self) -> None:
        limits = RateLimits(LimitSettings(per_chat=3), now=Hand())
        assert [limits.admit(-1, person_id) for person_id in range(1, 5)] == [0, 0, 0, 60]
        assert limits.admit(-2, 4) == 0

    def test_however_much_some_ask_the_next_person_is_taken_on(self) -> None:
        limits = RateLimits(LimitSettings(per_user=100, per_chat=60), now=Hand())
        taken = [sum(limits.admit(-1, person_id) == 0 for _ in range(100)) for person_id in range(1, 8)]
        assert taken == [30, 15, 7, 4, 2, 1, 1]
        assert sum(limits.admit(7, 7) == 0 for _ in range(200)) == 99, "a private chat is shared with nobody"

    def test_a_chat_is_told_once_in_a_window(self) -> None:
        clock = Hand()
        limits = RateLimits(LimitSettings(), now=clock)
        assert [limits.may_tell(-1), limits.may_tell(-1), limits.may_tell(-2)] == [True, False, True]
        clock.seconds = 59
        assert not limits.may_tell(-1)
        clock.seconds = 61
        assert limits.may_tell(-1)

    @given(st.lists(st.integers(0, 30), max_size=60), st.integers(1, 6))
    def test_no_stretch_of_a_window_holds_more_than_the_limit(self, gaps: list[int], limit: int) -> None:
        clock, taken = Hand(), []
        window = RateWindow(limit, 10, clock)
        for gap in gaps:
            clock.seconds += gap
            if window.wait_s("a") <= 0:
                window.add("a")
                taken.append(clock.seconds)
            else:
                assert window.wait_s("a") <= 10
        for at in taken:
            assert sum(at - 10 < each <= at for each in taken) <= limit


class TestShares:
    @given(
        st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9), st.integers(1, 9)), max_size=60),
        st.integers(2, 20),
    )
    def test_whoever_comes_next_never_waits_longer_than_the_whole_would(
        self, events: list[tuple[int, int, int]], count: int
    ) -> None:
        shares, now = Shares(count, 60), 0.0
        for gap, person_id, more in events:
            now += gap
            wait_s = shares.wait_s(person_id, now, more)
            assert 0 <= wait_s <= 60
            assert copy.deepcopy(shares).wait_s(person_id, now + wait_s, more) == 0, "the wait is enough"
            for _ in range(more if wait_s == 0 else 0):
                shares.record(person_id, now)
        had = {person_id: shares.had(person_id, now) for person_id in range(1, 10)}
        if sum(had.values()) < count:
            assert shares.wait_s(10, now) == 0

    def test_a_share_comes_back_with_its_first_event(self) -> None:
        shares = Shares(4, 60)
        shares.record(1, 0)
        shares.record(1, 10)
        assert shares.wait_s(1, 15) == 45 and shares.wait_s(2, 15) == 0
        shares.record(2, 15)
        assert shares.wait_s(2, 20) == 50, "until the other has nothing of it any more"
        assert not shares.is_idle(70) and shares.is_idle(80)


class TestLines:
    async def test_a_person_keeps_the_order_and_people_go_side_by_side(self) -> None:
        lines, done, gate = Lines(10), [], asyncio.Event()

        async def ask(name: str, chat_id: int, person_id: int, *, opens: bool = False) -> None:
            async with lines.turn(chat_id, person_id):
                if opens:
                    gate.set()
                if name == "slow":
                    await gate.wait()
                done.append(name)

        await asyncio.gather(
            ask("slow", -1, 1),
            ask("fast", -1, 1),
            ask("another person", -1, 2),
            ask("another chat", 1, 1, opens=True),
        )
        assert done == ["another person", "another chat", "slow", "fast"] and lines.waiting == 0

    async def test_one_persons_questions_leave_room_for_the_others(self) -> None:
        lines, gate = Lines(2), asyncio.Event()

        async def wait(person_id: int) -> None:
            async with lines.turn(-1, person_id):
                await gate.wait()

        tasks = []
        for person_id, fits in ((1, 2), (2, 1), (3, 1), (4, 0)):
            for n in range(4):
                assert lines.has_room(-1, person_id) == (n < fits)
                if n < fits:
                    tasks.append(asyncio.create_task(wait(person_id)))
                    await asyncio.sleep(0)
        assert lines.length(-1) == lines.waiting == 4 and lines.has_room(-2, 1)
        gate.set()
        await asyncio.gather(*tasks)
        assert lines.waiting == 0

    async def test_a_failure_lets_the_next_one_begin(self) -> None:
        lines = Lines(5)
        with pytest.raises(ZeroDivisionError):
            async with lines.turn(1, 1):
                _ = 1 / 0
        async with lines.turn(1, 1) as is_begun:
            assert is_begun and lines.waiting == 1

    async def test_what_waits_at_the_stop_is_not_begun(self) -> None:
        lines, begun = Lines(5), []

        async def ask() -> None:
            async with lines.turn(1, 1) as is_begun:
                begun.append(is_begun)
                await asyncio.sleep(0.01)

        tasks = [asyncio.create_task(ask()) for _ in range(2)]
        await asyncio.sleep(0)
        lines.stop()
        await asyncio.gather(*tasks)
        assert begun == [True, False]


async def test_an_update_is_handled_as_its_persons() -> None:
    seen = []

    async def look() -> None:
        seen.append(asker.get())

    group_admin = person(1087968824, "GroupAnonymousBot")
    for chat, user, more in (
        (private(5), person(5), {}),
        (group(-1), person(6), {}),
        (group(-1), group_admin, {"sender_chat": group(-1)}),
    ):
        body = {"message_id": 1, "date": 1, "chat": chat, "from": user, "text": "问", **more}
        update = Update.de_json({"update_id": 1, "message": body}, None)
        await asyncio.create_task(PerPerson().process_update(update, look()))
    await PerPerson().process_update(object(), look())
    assert seen == [5, 6, -1, 0]


class TestQueue:
    async def test_it_takes_so_many_and_says_how_many_wait(self) -> None:
        queue, release = WorkQueue(workers=1, bound=2), threading.Event()
        running = [asyncio.create_task(queue.run(release.wait)) for _ in range(3)]
        await asyncio.sleep(0.01)
        assert queue.length == 2
        with pytest.raises(QueueFull) as full:
            await queue.run(time.monotonic)
        assert full.value.length == 2
        release.set()
        assert await asyncio.gather(*running) == [True, True, True]
        assert queue.length == 0

    async def test_people_take_turns_however_much_one_waits_for(self) -> None:
        queue, done = WorkQueue(workers=1, bound=100), []

        async def ask(person_id: int) -> None:
            asker.set(person_id)
            await queue.run(lambda: done.append(person_id))

        await asyncio.gather(*(asyncio.create_task(ask(who)) for who in [1] * 5 + [2] * 2 + [3]))
        assert done == [1, 1, 2, 3, 1, 2, 1, 1]

    async def test_who_gives_up_waiting_holds_up_nobody(self) -> None:
        queue, release = WorkQueue(workers=1, bound=9), threading.Event()
        running, given_up, last = (asyncio.create_task(queue.run(release.wait)) for _ in range(3))
        await asyncio.sleep(0.01)
        given_up.cancel()
        release.set()
        assert await asyncio.wait_for(last, 5) and await running
        assert queue.length == 0

    async def test_the_event_loop_stays_free(self) -> None:
        queue = WorkQueue(workers=1, bound=2)
        ticks = 0
        task = asyncio.create_task(queue.run(lambda: time.sleep(0.2)))
        while not task.done():
            await asyncio.sleep(0.01)
            ticks += 1
        assert ticks > 5

    async def test_a_failure_frees_its_place(self) -> None:
        queue = WorkQueue(workers=1, bound=1)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await queue.run(lambda: 1 / 0)
        assert queue.length == 0
