"""How much is taken on at once: limits a person and a chat, order within a chat, a bounded queue."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

from telegram import Update
from telegram.ext import BaseUpdateProcessor

_Result = TypeVar("_Result")
# PTB starts a task for every update whatever this number is; the queue below is what bounds the work.
_UPDATES_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """The bounds of a bot; one window for all rates.

    ``chat_queue``: updates of one chat that may wait for each other. ``queue``: questions of all chats that
    may wait for a free processor. ``notices``: how often a person is told in one window to slow down.
    """

    per_user: int = 20
    per_chat: int = 60
    window_s: float = 60.0
    notices: int = 5
    chat_queue: int = 30
    queue: int = 500


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a question is taken on; if not, the seconds to wait, and whether this is said (again).

    ``is_last_notice``: nothing more will be said until the wait is over, and the person should know.
    """

    is_admitted: bool
    wait_s: float = 0.0
    is_told: bool = True
    is_last_notice: bool = False


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


class RateLimits:
    """The rates of people and chats; a refused question uses nothing of either."""

    def __init__(self, settings: LimitSettings, *, now: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._users = RateWindow(settings.per_user, settings.window_s, now)
        self._chats = RateWindow(settings.per_chat, settings.window_s, now)
        self._notices = RateWindow(settings.notices, settings.window_s, now)

    def admit(self, chat_id: int, user_id: int) -> Verdict:
        """Whether a question of this person in this chat is taken on now."""
        wait_s = max(self._users.wait_s(user_id), self._chats.wait_s(chat_id))
        if wait_s <= 0:
            self._users.add(user_id)
            self._chats.add(chat_id)
            return Verdict(is_admitted=True)
        told = self._notices.count((chat_id, user_id))
        if told >= self._settings.notices:
            return Verdict(is_admitted=False, wait_s=wait_s, is_told=False)
        is_last = self._notices.add((chat_id, user_id)) == self._settings.notices
        return Verdict(is_admitted=False, wait_s=math.ceil(wait_s), is_last_notice=is_last)


class QueueFull(Exception):
    """No more questions are taken on now; ``length`` is how many wait."""

    def __init__(self, length: int) -> None:
        super().__init__(f"{length} questions are waiting")
        self.length = length


class WorkQueue:
    """The one place where work leaves the event loop: a few threads and a bounded queue before them."""

    def __init__(self, *, workers: int, bound: int) -> None:
        self._slots = asyncio.Semaphore(workers)
        self._bound = bound
        self._waiting = 0

    @property
    def length(self) -> int:
        """How many pieces of work wait for a thread."""
        return self._waiting

    async def run(self, work: Callable[[], _Result]) -> _Result:
        """The result of ``work``, computed in a thread; QueueFull where too much waits already."""
        with self._in_line():
            await self._slots.acquire()
        try:
            return await asyncio.to_thread(work)
        finally:
            self._slots.release()

    @contextmanager
    def _in_line(self) -> Iterator[None]:
        if self._waiting >= self._bound:
            raise QueueFull(self._waiting)
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1


class ChatOrder(BaseUpdateProcessor):
    """Handles the updates of one chat one after the other, those of different chats side by side.

    An update that finds too many of its chat before it is handled at once, out of order, and sees their
    number in ``chat_queue_length``: its handler says so instead of answering. What still waits when the bot
    is stopped is left to the next start.
    """

    __slots__ = ("_bound", "_is_stopping", "_lines")

    def __init__(self, bound: int) -> None:
        super().__init__(_UPDATES_AT_ONCE)
        self._bound = bound
        self._lines: dict[int, _Line] = {}
        self._is_stopping = False

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    def stop_waiting(self) -> None:
        """Let what is being handled finish, and nothing else begin."""
        self._is_stopping = True

    @property
    def waiting(self) -> int:
        """How many updates are being handled or wait for their chat."""
        return sum(line.length for line in self._lines.values())

    async def do_process_update(self, update: object, coroutine: Awaitable[object]) -> None:
        """Handle an update when its turn comes."""
        chat = update.effective_chat if isinstance(update, Update) else None
        # Buttons, edits and memberships are answered beside the questions, not behind them.
        if chat is None or not isinstance(update, Update) or update.message is None:
            await coroutine
            return
        line = self._lines.setdefault(chat.id, _Line())
        if line.length > self._bound:
            chat_queue_length.set(line.length)
            await coroutine
            return
        line.length += 1
        try:
            async with line.lock:
                await self._begin(coroutine)
        finally:
            line.length -= 1
            if line.length == 0:
                self._lines.pop(chat.id, None)

    async def _begin(self, coroutine: Awaitable[object]) -> None:
        if not self._is_stopping:
            await coroutine
        elif asyncio.iscoroutine(coroutine):
            coroutine.close()


class _Line:
    """The updates of one chat: how many there are, and the lock that one of them holds."""

    __slots__ = ("length", "lock")

    def __init__(self) -> None:
        self.length = 0
        self.lock = asyncio.Lock()


chat_queue_length: ContextVar[int] = ContextVar("chat_queue_length", default=0)
"""How many updates of the same chat wait before the one being handled, 0 unless that is too many."""
