"""Delivers messages chat by chat, in order and no faster than Telegram allows, and says what became of them.

Every chat has its own bounded queue, worked off by one task while there is anything in it. A chat that
must wait holds up no other; in a group, who has had least of its minute goes first; a request that fails for
a while is repeated; nothing is dropped unsaid.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal, Protocol

from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.rendering.telegram_markup import MessagePart
from bot.telegram.pacing import ChatPacer, Clock, OverallPacer, Pace, Sleep
from bot.telegram.requests import Request, Target, is_gone, is_shut_out, is_unchanged
from bot.work import asker

_log = logging.getLogger(__name__)
_LANES_KEPT = 1_000
_BACKOFF_MAX_S = 30.0

Fate = Literal["delivered", "blocked", "gone", "failed", "replaced", "stopped"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the messages: ``message_ids`` are those that were sent, in order, whatever came then.

    ``blocked``: the bot may not write to this chat. ``gone``: the message to edit is no more. ``failed``:
    given up for ``reason``. ``replaced``: a later edit of the same message made this one needless.
    ``stopped``: the program ended before. ``chat_id`` differs from the one asked for where the group has
    become another; ``is_plain`` tells that some part went out without its markup.
    """

    fate: Fate
    chat_id: int
    message_ids: tuple[int, ...] = ()
    reason: str = ""
    is_plain: bool = False


class QueueFull(Exception):
    """A chat's queue holds ``length`` deliveries and takes no more."""

    def __init__(self, length: int) -> None:
        super().__init__(f"{length} deliveries are waiting")
        self.length = length


class DeliveryClosed(Exception):
    """Nothing is taken any more because the program is ending."""


class Journal(Protocol):
    """Told of each part, counted from 0; what it does is done before delivery goes on."""

    async def sending(self, index: int) -> None:
        """The part is about to be sent for the first time."""

    async def sent(self, index: int, message_id: int) -> None:
        """Telegram has confirmed the part."""


@dataclass(slots=True)
class _Job:
    """Requests that belong together, and who waits for them."""

    requests: list[Request]
    future: asyncio.Future[Outcome]
    journal: Journal | None = None
    asker: int = 0
    message_ids: list[int] = field(default_factory=list)
    is_plain: bool = False

    @property
    def edited(self) -> int | None:
        return self.requests[0].edited

    def outcome(self, fate: Fate, chat_id: int, reason: str = "") -> Outcome:
        return Outcome(fate, chat_id, tuple(self.message_ids), reason, self.is_plain)


@dataclass(slots=True)
class _Lane:
    """One chat: its deliveries in order, the first of them under way unless all wait for their shares."""

    chat_id: int
    pacer: ChatPacer
    jobs: deque[_Job] = field(default_factory=deque)
    is_held: bool = False
    worker: asyncio.Task[None] | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def waiting(self) -> list[_Job]:
        return list(self.jobs) if self.is_held else list(self.jobs)[1:]


class _Undeliverable(Exception):
    def __init__(self, fate: Fate, reason: str) -> None:
        super().__init__(reason)
        self.fate: Fate = fate
        self.reason = reason


class Delivery:
    """The one way to Telegram for everything that counts as a message.

    ``capacity`` deliveries may wait in a chat; ``attempts`` are made while the network fails, with waits
    that double from one second to thirty. ``counts`` holds totals by event, for the metrics. Use it in
    the event loop that sends.
    """

    def __init__(
        self,
        bot: Bot,
        *,
        pace: Pace | None = None,
        capacity: int = 50,
        attempts: int = 8,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._bot = bot
        self._pace = pace or Pace()
        self._capacity = capacity
        self._attempts = attempts
        self._clock = clock
        self._sleep = sleep
        self._overall = OverallPacer(self._pace, clock=clock, sleep=sleep)
        self._lanes: dict[int, _Lane] = {}
        self._moved: dict[int, int] = {}
        # Also of lanes that a move has taken out of the table.
        self._workers: dict[asyncio.Task[None], _Lane] = {}
        self._is_closed = False

    async def send(
        self, target: Target, parts: Sequence[MessagePart], *, journal: Journal | None = None
    ) -> Outcome:
        """The outcome of sending these parts, in order and with nothing of this bot's between them.

        Only the first part replies. In a group they count as those of the person who is being served.
        QueueFull, at once, where the chat has too many waiting; DeliveryClosed after ``close``; what the
        journal raises ends this delivery and comes back here. When the caller is cancelled, what waits is
        dropped and what has begun is finished. A request whose answer was lost on the way is repeated, so
        that a part may then arrive twice but never not at all.
        """
        if not parts:
            raise ValueError("nothing to send")
        rest = replace(target, reply_to=None)
        requests = [Request(rest if index else target, part) for index, part in enumerate(parts)]
        return await self._enqueue(target.chat_id, requests, journal)

    async def edit(self, chat_id: int, message_id: int, part: MessagePart) -> Outcome:
        """The outcome of an edit; it takes the place of an earlier edit of this message that still waits."""
        lane = self._lane(chat_id)
        for job in [each for each in lane.waiting if each.edited == message_id]:
            lane.jobs.remove(job)
            self._settle(job, job.outcome("replaced", lane.chat_id))
        return await self._enqueue(chat_id, [Request(Target(chat_id), part, edited=message_id)], None)

    async def show_typing(self, target: Target) -> bool:
        """Whether the chat was told that an answer is being written; never while the chat must wait."""
        lane = self._lane(target.chat_id)
        if lane.pacer.pause_s():
            return False
        try:
            await self._bot.send_chat_action(
                lane.chat_id, ChatAction.TYPING, message_thread_id=target.thread_id
            )
        except RetryAfter as exc:
            lane.pacer.pause(_seconds(exc))
            return False
        except TelegramError as exc:
            # Only a courtesy: the answer that follows meets the same trouble and reports it.
            _log.info("chat action not shown: %s", type(exc).__name__)
            return False
        return True

    def length(self, chat_id: int) -> int:
        """How many deliveries of this chat are not finished, the one under way included."""
        lane = self._lanes.get(self._current_id(chat_id))
        return len(lane.jobs) if lane else 0

    def share_wait_s(self, chat_id: int) -> float:
        """Seconds until the person who is being served may have one more message in a group."""
        lane = self._lanes.get(self._current_id(chat_id))
        return lane.pacer.share_wait_s(asker.get(), 1) if lane else 0.0

    def pause_s(self, chat_id: int) -> float:
        """Seconds that Telegram still wants this chat to be left alone."""
        lane = self._lanes.get(self._current_id(chat_id))
        return lane.pacer.pause_s() if lane else 0.0

    async def close(self, timeout_s: float) -> int:
        """Take nothing more and finish what waits; after ``timeout_s``, the number that had to be stopped."""
        self._is_closed = True
        if not self._workers:
            return 0
        _, late = await asyncio.wait(set(self._workers), timeout=timeout_s)
        stopped = sum(len(self._workers[worker].jobs) for worker in late)
        for worker in late:
            worker.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return stopped

    async def _enqueue(self, chat_id: int, requests: list[Request], journal: Journal | None) -> Outcome:
        if self._is_closed:
            raise DeliveryClosed
        lane = self._lane(chat_id)
        if len(lane.jobs) >= self._capacity:
            self.counts["refused"] += 1
            raise QueueFull(len(lane.jobs))
        job = _Job(requests, asyncio.get_running_loop().create_future(), journal, asker.get())
        lane.jobs.append(job)
        lane.news.set()
        if lane.worker is None:
            lane.worker = asyncio.create_task(self._work(lane))
            self._workers[lane.worker] = lane
            lane.worker.add_done_callback(self._workers.pop)
        return await job.future

    async def _work(self, lane: _Lane) -> None:
        """Carry out the lane's jobs one after another until none is left."""
        try:
            while await self._bring_forward(lane):
                await self._finish(lane, lane.jobs[0])
                lane.jobs.popleft()
        finally:
            lane.worker = None
            for job in lane.jobs:
                self._settle(job, job.outcome("stopped", lane.chat_id))
            lane.jobs.clear()

    async def _bring_forward(self, lane: _Lane) -> bool:
        """Put the job first whose person has had least, as soon as a share allows one; false for none."""
        while lane.jobs:
            firsts = {job.asker: job for job in reversed(lane.jobs)}
            jobs = [job for job in lane.jobs if firsts[job.asker] is job]
            waits = [lane.pacer.share_wait_s(job.asker, len(job.requests)) for job in jobs]
            ready = [job for job, wait_s in zip(jobs, waits, strict=True) if wait_s <= 0]
            if ready:
                chosen = min(ready, key=lambda job: lane.pacer.had(job.asker))
                lane.jobs.remove(chosen)
                lane.jobs.appendleft(chosen)
                return True
            await self._wait_for_news(lane, min(waits))
        return False

    async def _wait_for_news(self, lane: _Lane, seconds: float) -> None:
        """Wait until another delivery comes, at most so long."""
        lane.news.clear()
        lane.is_held = True
        waiting = [asyncio.ensure_future(each) for each in (self._sleep(seconds), lane.news.wait())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            lane.is_held = False
            for each in waiting:
                each.cancel()

    async def _finish(self, lane: _Lane, job: _Job) -> None:
        if job.future.done():
            # Whoever asked has given up before it was begun.
            return
        try:
            self._settle(job, await self._carry_out(lane, job))
        except Exception as exc:
            if not job.future.done():
                job.future.set_exception(exc)

    def _settle(self, job: _Job, outcome: Outcome) -> None:
        self.counts[outcome.fate] += 1
        if not job.future.done():
            job.future.set_result(outcome)

    async def _carry_out(self, lane: _Lane, job: _Job) -> Outcome:
        for index, request in enumerate(job.requests):
            try:
                message_id = await self._deliver(lane, job, index, request)
            except _Undeliverable as exc:
                _log.warning("delivery %s: %s", exc.fate, exc.reason)
                return job.outcome(exc.fate, lane.chat_id, exc.reason)
            job.message_ids.append(message_id)
            if job.journal:
                await job.journal.sent(index, message_id)
        return job.outcome("delivered", lane.chat_id)

    async def _deliver(self, lane: _Lane, job: _Job, index: int, request: Request) -> int:
        """The id of the message, however many requests that takes; _Undeliverable if none will do."""
        failures = 0
        is_announced = False
        while True:
            if request.target.chat_id != lane.chat_id:
                request = request.moved(lane.chat_id)
            try:
                async with lane.pacer.turn(job.asker):
                    await self._overall.take()
                    if job.journal and not is_announced:
                        await job.journal.sending(index)
                        is_announced = True
                    return await self._perform(lane, job, request)
            except RetryAfter:
                self.counts["retry_after"] += 1
            except ChatMigrated as exc:
                self._move(lane, exc.new_chat_id)
            except BadRequest as exc:
                request = self._mended(request, exc)
            except NetworkError as exc:
                failures += 1
                await self._back_off(failures, exc)

    async def _perform(self, lane: _Lane, job: _Job, request: Request) -> int:
        """One request; what Telegram asks for in its refusal is noted before the turn is over."""
        try:
            message_id = await request.perform(self._bot)
        except RetryAfter as exc:
            lane.pacer.pause(_seconds(exc))
            raise
        except Forbidden as exc:
            raise _Undeliverable("blocked", exc.message) from exc
        except BadRequest as exc:
            if request.edited is None or not is_unchanged(exc.message):
                raise
            message_id = request.edited
        except (ChatMigrated, NetworkError):
            raise
        except TelegramError as exc:
            raise _Undeliverable("failed", type(exc).__name__) from exc
        self.counts["edits" if request.edited is not None else "messages"] += 1
        job.is_plain = job.is_plain or request.is_plain
        return message_id

    def _mended(self, request: Request, refusal: BadRequest) -> Request:
        mended = request.without_refused(refusal.message)
        if mended is None:
            fate: Fate = "blocked" if is_shut_out(refusal.message) else "failed"
            raise _Undeliverable("gone" if is_gone(refusal.message) else fate, refusal.message) from refusal
        self.counts["mended"] += 1
        return mended

    async def _back_off(self, failures: int, exc: NetworkError) -> None:
        self.counts["network_errors"] += 1
        if failures >= self._attempts:
            raise _Undeliverable("failed", type(exc).__name__) from exc
        await self._sleep(min(2.0 ** (failures - 1), _BACKOFF_MAX_S))

    def _current_id(self, chat_id: int) -> int:
        while chat_id in self._moved:
            chat_id = self._moved[chat_id]
        return chat_id

    def _lane(self, chat_id: int) -> _Lane:
        chat_id = self._current_id(chat_id)
        if chat_id not in self._lanes:
            self._forget_idle_lanes()
            pacer = ChatPacer(self._pace, is_group=chat_id < 0, clock=self._clock, sleep=self._sleep)
            self._lanes[chat_id] = _Lane(chat_id, pacer)
        return self._lanes[chat_id]

    def _forget_idle_lanes(self) -> None:
        if len(self._lanes) < _LANES_KEPT:
            return
        idle = [key for key, lane in self._lanes.items() if lane.worker is None and lane.pacer.is_idle()]
        for key in idle:
            del self._lanes[key]

    def _move(self, lane: _Lane, new_chat_id: int) -> None:
        """The lane goes on under the group's new id; a lane that is there already shares its turns."""
        self.counts["migrated"] += 1
        old = self._lanes.pop(lane.chat_id, None)
        self._moved[lane.chat_id] = new_chat_id
        lane.chat_id = new_chat_id
        known = self._lanes.get(new_chat_id)
        if known:
            lane.pacer = known.pacer
        elif old is lane:
            self._lanes[new_chat_id] = lane


def _seconds(exc: RetryAfter) -> float:
    # A number or a timedelta, by an environment variable of the library.
    wait = exc.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
