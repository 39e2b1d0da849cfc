"""How fast a chat may be written to: sliding windows, and the waits that Telegram itself asks for."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.work import is_fair

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Pace:
    """Telegram's published limits, and what is kept from them for clocks that differ.

    ``per_second`` counts over all chats, ``per_minute`` over one group; ``interval_s`` lies between two
    messages to any one chat. Edits count like messages.
    """

    interval_s: float = 1.0
    per_minute: int = 20
    per_second: int = 30
    margin_s: float = 0.05


class Window:
    """At most ``count`` events in any stretch of ``span_s`` seconds."""

    def __init__(self, count: int, span_s: float) -> None:
        self._span_s = span_s
        self._times: deque[float] = deque(maxlen=count)

    def wait_s(self, now: float) -> float:
        """Seconds until one more event is allowed, 0 when it is now."""
        if len(self._times) < (self._times.maxlen or 0):
            return 0.0
        return max(0.0, self._times[0] + self._span_s - now)

    def record(self, at: float) -> None:
        """Count an event at ``at``, which is no earlier than those before."""
        self._times.append(at)

    def is_idle(self, now: float) -> bool:
        """Whether no event counts any more."""
        return not self._times or self._times[-1] + self._span_s <= now


class Shares:
    """At most ``count`` events in any stretch of ``span_s`` seconds, divided fairly between people."""

    def __init__(self, count: int, span_s: float) -> None:
        self._count = count
        self._span_s = span_s
        self._events: deque[tuple[float, int]] = deque()

    def had(self, who: int, now: float) -> int:
        """How many of the events that still count are this person's."""
        self._forget(now)
        return sum(person == who for _, person in self._events)

    def wait_s(self, who: int, now: float, more: int = 1) -> float:
        """Seconds until this person may have ``more`` events, 0 when it is now."""
        own, others = self.had(who, now), len(self._events) - self.had(who, now)
        seconds = 0.0
        for at, person in self._events:
            if is_fair(own, others, self._count, more):
                break
            seconds = at + self._span_s - now
            own, others = (own - 1, others) if person == who else (own, others - 1)
        return seconds

    def record(self, who: int, at: float) -> None:
        """Count an event at ``at``, which is no earlier than those before."""
        self._forget(at)
        self._events.append((at, who))

    def is_idle(self, now: float) -> bool:
        """Whether no event counts any more."""
        self._forget(now)
        return not self._events

    def _forget(self, now: float) -> None:
        while self._events and self._events[0][0] + self._span_s <= now:
            self._events.popleft()


class ChatPacer:
    """Turns at one chat, one at a time; everything that has been asked to wait for is waited for.

    An event counts from the end of its request: the server has then seen it, however long that took. What a
    group may get in a minute is shared between the people who ask there; nobody (0) is not one of them.
    """

    def __init__(self, pace: Pace, *, is_group: bool, clock: Clock, sleep: Sleep) -> None:
        self._margin_s = pace.margin_s
        self._clock = clock
        self._sleep = sleep
        self._lock = asyncio.Lock()
        self._paused_until = 0.0
        self._windows = [Window(1, pace.interval_s + pace.margin_s)]
        self._shares = Shares(pace.per_minute, 60.0 + pace.margin_s) if is_group else None
        if is_group:
            self._windows.append(Window(pace.per_minute, 60.0 + pace.margin_s))

    def wait_s(self) -> float:
        """Seconds until the next message is allowed, those that Telegram asked for included."""
        now = self._clock()
        return max(self.pause_s(), *(window.wait_s(now) for window in self._windows))

    def share_wait_s(self, who: int, messages: int) -> float:
        """Seconds until this person's share of the group allows so many messages."""
        return self._shares.wait_s(who, self._clock(), messages) if self._shares and who else 0.0

    def had(self, who: int) -> int:
        """How many messages of the group's minute this person has had."""
        return self._shares.had(who, self._clock()) if self._shares and who else 0

    def pause_s(self) -> float:
        """Seconds that are left of the wait that Telegram asked for."""
        return max(0.0, self._paused_until - self._clock())

    def pause(self, seconds: float) -> None:
        """Let nobody have a turn for ``seconds`` from now."""
        self._paused_until = max(self._paused_until, self._clock() + seconds + self._margin_s)

    def is_idle(self) -> bool:
        """Whether nobody has a turn and nothing of the past limits the next one."""
        now = self._clock()
        return (
            not self._lock.locked()
            and not self.pause_s()
            and all(window.is_idle(now) for window in self._windows)
            and (self._shares is None or self._shares.is_idle(now))
        )

    @asynccontextmanager
    async def turn(self, who: int = 0) -> AsyncIterator[None]:
        """Wait for a turn; it is over, and counted as this person's, at the end of the block."""
        async with self._lock:
            while (seconds := self.wait_s()) > 0:
                await self._sleep(seconds)
            try:
                yield
            finally:
                for window in self._windows:
                    window.record(self._clock())
                if self._shares:
                    self._shares.record(who, self._clock())


class OverallPacer:
    """Slots over all chats together, given out in the order in which they are asked for."""

    def __init__(self, pace: Pace, *, clock: Clock, sleep: Sleep) -> None:
        self._window = Window(pace.per_second, 1.0 + pace.margin_s)
        self._clock = clock
        self._sleep = sleep

    async def take(self) -> None:
        """Wait for the next free slot."""
        now = self._clock()
        wait_s = self._window.wait_s(now)
        # Reserved before the wait, or all who wait would wake to the same slot.
        self._window.record(now + wait_s)
        if wait_s > 0:
            await self._sleep(wait_s)
