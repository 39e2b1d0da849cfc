"""Whose turn it is, whatever channel people come from: the way off the event loop, the lines before it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TypeVar

_Result = TypeVar("_Result")

asker: ContextVar[int] = ContextVar("asker", default=0)
"""The person whose message is being handled, 0 where it is nobody's."""


def is_fair(own: int, others: int, capacity: int, more: int = 1) -> bool:
    """Whether a person who has ``own`` of something may have ``more``, the others having what they have.

    Nobody gets more than half of what the others leave: whoever comes next always finds something. Who has
    nothing yet gets it as long as there is any.
    """
    return 2 * (own + more) <= capacity - others or (own == 0 and others < capacity)


class RateWindow:
    """At most ``limit`` events by key within ``window_s`` seconds, counted exactly."""

    def __init__(self, limit: int, window_s: float, now: Callable[[], float]) -> None:
        self._limit = limit
        self._window_s = window_s
        self._now = now
        self._events: dict[Hashable, deque[float]] = {}

    def wait_s(self, key: Hashable) -> float:
        """Seconds until one more event fits, 0 if it does now."""
        events = self._current(key)
        if len(events) < self._limit:
            return 0.0
        return self._window_s - (self._now() - events[0])

    def add(self, key: Hashable) -> int:
        """Count one event; gives how many are in the window now."""
        self._prune()
        events = self._events.setdefault(key, deque())
        events.append(self._now())
        return len(events)

    def count(self, key: Hashable) -> int:
        """How many events are in the window."""
        return len(self._current(key))

    def _current(self, key: Hashable) -> deque[float]:
        events = self._events.get(key, deque())
        while events and events[0] <= self._now() - self._window_s:
            events.popleft()
        return events

    def _prune(self) -> None:
        # Everybody who ever wrote would stay in memory otherwise.
        if len(self._events) > 10_000:
            self._events = {key: events for key in list(self._events) if (events := self._current(key))}


class QueueFull(Exception):
    """No more questions are taken on now; ``length`` is how many wait."""

    def __init__(self, length: int) -> None:
        super().__init__(f"{length} questions are waiting")
        self.length = length


class WorkQueue:
    """The one place where work leaves the event loop: a few threads, and before them a bounded queue.

    People take turns in it, however much each of them waits for.
    """

    def __init__(self, *, workers: int, bound: int) -> None:
        self._free = workers
        self._bound = bound
        self._waiting: dict[int, deque[asyncio.Future[None]]] = {}

    @property
    def length(self) -> int:
        """How many pieces of work wait for a thread."""
        return sum(map(len, self._waiting.values()))

    async def run(self, work: Callable[[], _Result]) -> _Result:
        """The result of ``work``, computed in a thread; QueueFull where too much waits already."""
        await self._take()
        try:
            return await asyncio.to_thread(work)
        finally:
            self._pass_on()

    async def _take(self) -> None:
        if self._free:
            self._free -= 1
            return
        if self.length >= self._bound:
            raise QueueFull(self.length)
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(asker.get(), deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        """Give the thread to the next person; who has more waiting goes to the end."""
        while self._waiting:
            person = next(iter(self._waiting))
            line = self._waiting.pop(person)
            turn = line.popleft()
            if line:
                self._waiting[person] = line
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


class Lines:
    """The questions of each person in each chat, one after the other; those of others go beside them.

    ``bound`` of one person may wait or be answered in a chat, and twice as many of all its people.
    """

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._chats: dict[int, dict[int, _Line]] = {}
        self._is_stopping = False

    @property
    def waiting(self) -> int:
        """How many questions are being answered or wait for those before them."""
        return sum(map(self.length, self._chats))

    def length(self, chat_id: int) -> int:
        """How many questions of a chat are being answered or wait for those before them."""
        return sum(line.length for line in self._chats.get(chat_id, {}).values())

    def has_room(self, chat_id: int, person: int) -> bool:
        """Whether one more of this person may wait in this chat."""
        line = self._chats.get(chat_id, {}).get(person)
        own = line.length if line else 0
        return is_fair(own, self.length(chat_id) - own, 2 * self._bound)

    def stop(self) -> None:
        """Let what is being answered finish, and nothing else begin."""
        self._is_stopping = True

    @asynccontextmanager
    async def turn(self, chat_id: int, person: int) -> AsyncIterator[bool]:
        """Wait for this person's turn in this chat; false where nothing begins any more."""
        people = self._chats.setdefault(chat_id, {})
        line = people.setdefault(person, _Line())
        line.length += 1
        try:
            async with line.lock:
                yield not self._is_stopping
        finally:
            line.length -= 1
            if line.length == 0:
                people.pop(person, None)
            if not people:
                self._chats.pop(chat_id, None)


class _Line:
    """One person's questions in one chat: how many there are, and the lock that one of them holds."""

    __slots__ = ("length", "lock")

    def __init__(self) -> None:
        self.length = 0
        self.lock = asyncio.Lock()
