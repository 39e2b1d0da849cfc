"""Rates, the order within a chat, and the bounded queue, by a clock that the tests move."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Update

from bot.telegram.limits import (
    ChatOrder,
    LimitSettings,
    QueueFull,
    RateLimits,
    RateWindow,
    WorkQueue,
    chat_queue_length,
)
from tests.bot.telegram.fake_rules import person, private

Work = Callable[[], Coroutine[Any, Any, None]]


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def message(chat_id: int, update_id: int = 1) -> Update:
    body = {"message_id": 1, "date": 1, "chat": private(chat_id), "from": person(chat_id), "text": "问"}
    return Update.de_json({"update_id": update_id, "message": body}, None)


class TestRates:
    def test_a_person_may_ask_again_when_the_window_has_moved_on(self) -> None:
        clock = Hand()
        limits = RateLimits(LimitSettings(per_user=2, window_s=60), now=clock)
        assert limits.admit(-1, 5).is_admitted
        clock.seconds = 20
        assert limits.admit(-1, 5).is_admitted
        refused = limits.admit(-2, 5)
        assert (refused.is_admitted, refused.wait_s) == (False, 40)
        assert limits.admit(-1, 6).is_admitted
        clock.seconds = 60
        assert limits.admit(-1, 5).is_admitted

    def test_a_chat_has_a_limit_of_its_own(self) -> None:
        limits = RateLimits(LimitSettings(per_chat=3), now=Hand())
        assert [limits.admit(-1, person_id).is_admitted for person_id in range(4)] == [
            True,
            True,
            True,
            False,
        ]
        assert limits.admit(-2, 3).is_admitted

    def test_notices_end_with_one_that_announces_silence(self) -> None:
        clock = Hand()
        limits = RateLimits(LimitSettings(per_user=1, notices=3), now=clock)
        limits.admit(1, 1)
        verdicts = [limits.admit(1, 1) for _ in range(5)]
        assert [v.is_told for v in verdicts] == [True, True, True, False, False]
        assert [v.is_last_notice for v in verdicts] == [False, False, True, False, False]
        clock.seconds = 61
        assert limits.admit(1, 1).is_admitted

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


class TestOrder:
    async def run(
        self, order: ChatOrder, *works: tuple[int, Callable[[], Coroutine[Any, Any, None]]]
    ) -> None:
        tasks = []
        for chat_id, work in works:
            tasks.append(asyncio.create_task(order.process_update(message(chat_id), work())))
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)

    async def test_updates_of_a_chat_keep_their_order_and_chats_run_side_by_side(self) -> None:
        done: list[str] = []
        gate = asyncio.Event()

        async def slow() -> None:
            await gate.wait()
            done.append("slow")

        async def fast() -> None:
            done.append("fast")

        async def other() -> None:
            done.append("other")
            gate.set()

        await self.run(ChatOrder(10), (1, slow), (1, fast), (2, other))
        assert done == ["other", "slow", "fast"]

    async def test_a_chat_that_floods_is_told_at_once_and_holds_up_no_other(self) -> None:
        order, seen, gate = ChatOrder(2), [], asyncio.Event()

        async def work() -> None:
            length = chat_queue_length.get()
            if not length:
                await gate.wait()
            seen.append(length)

        tasks = [asyncio.create_task(order.process_update(message(1), work())) for _ in range(6)]
        await asyncio.sleep(0.01)
        assert seen == [3, 3, 3] and order.waiting == 3
        gate.set()
        await asyncio.gather(*tasks)
        assert seen == [3, 3, 3, 0, 0, 0] and order.waiting == 0

    async def test_a_failure_lets_the_next_one_begin(self) -> None:
        order, done = ChatOrder(5), []

        async def fail() -> None:
            raise ValueError

        async def work() -> None:
            done.append(1)

        with pytest.raises(ValueError):  # noqa: PT011
            await order.process_update(message(1), fail())
        await order.process_update(message(1), work())
        assert done == [1]

    async def test_what_waits_at_the_stop_is_not_begun(self) -> None:
        order, done, gate = ChatOrder(5), [], asyncio.Event()

        async def first() -> None:
            await gate.wait()
            done.append(1)

        async def second() -> None:
            done.append(2)

        tasks = [asyncio.create_task(order.process_update(message(1), work())) for work in (first, second)]
        await asyncio.sleep(0.01)
        order.stop_waiting()
        gate.set()
        await asyncio.gather(*tasks)
        assert done == [1]


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
