"""How much is taken on at once, and in whose turn: nobody's flood takes the room of the others.

What people of a group share, the questions a minute, the places in the queue, the messages that Telegram
allows, is divided so that whoever comes next finds some left; what waits for a thread goes person by person.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

from telegram import Update
from telegram.ext import BaseUpdateProcessor

from bot.telegram.pacing import Shares, is_fair

_Result = TypeVar("_Result")
# PTB starts a task for every update whatever this number is; the lines and the queue bound the work.
_UPDATES_AT_ONCE = 4096

asker: ContextVar[int] = ContextVar("asker", default=0)
"""The person whose update is being handled, 0 where it is nobody's."""


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """The bounds of a bot; one window for all rates.

    ``chat_queue``: questions of one person that may wait in one chat, those of all its people being twice as
    many. ``queue``: questions of all chats that may wait for a free processor. ``notices``: how often a chat
    is told in one window that something is not taken on.
    """

    per_user: int = 20
    per_chat: int = 60
    window_s: float = 60.0
    notices: int = 1
    chat_queue: int = 30
    queue: int = 500


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
    """The rates of people and groups; a refused question uses nothing of either."""

    def __init__(self, settings: LimitSettings, *, now: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._now = now
        self._users = RateWindow(settings.per_user, settings.window_s, now)
        self._notices = RateWindow(settings.notices, settings.window_s, now)
        self._groups: dict[int, Shares] = {}

    def admit(self, chat_id: int, user_id: int) -> float:
        """Take a question of this person in this chat on, which gives 0; else the seconds until it could."""
        # A private chat is one person's, whom the other rate counts.
        group = self._group(chat_id) if chat_id < 0 else None
        wait_s = max(self._users.wait_s(user_id), group.wait_s(user_id, self._now()) if group else 0.0)
        if wait_s <= 0:
            self._users.add(user_id)
            if group:
                group.record(user_id, self._now())
        return wait_s

    def may_tell(self, chat_id: int) -> bool:
        """Whether a chat may be told that something is not taken on; counts it as told."""
        if self._notices.wait_s(chat_id) > 0:
            return False
        self._notices.add(chat_id)
        return True

    def _group(self, chat_id: int) -> Shares:
        if chat_id not in self._groups:
            now = self._now()
            self._groups = {key: each for key, each in self._groups.items() if not each.is_idle(now)}
            self._groups[chat_id] = Shares(self._settings.per_chat, self._settings.window_s)
        return self._groups[chat_id]


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


class PerPerson(BaseUpdateProcessor):
    """Handles updates side by side, each as its person's, see ``asker``; order is kept by ``Lines``."""

    def __init__(self) -> None:
        super().__init__(_UPDATES_AT_ONCE)

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_process_update(self, update: object, coroutine: Awaitable[object]) -> None:
        """Handle an update at once."""
        asker.set(_person(update) if isinstance(update, Update) else 0)
        await coroutine


def _person(update: Update) -> int:
    """Whose update it is; administrators who write as their group count as that group."""
    if update.message is not None and update.message.sender_chat is not None:
        return update.message.sender_chat.id
    return update.effective_user.id if update.effective_user else 0
