"""One addressed message, exactly one reply: what is counted, limited, written down and excused."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from telegram import Message, Update

from bot.rendering.telegram import render_busy_notice, render_error
from bot.rendering.telegram_markup import MessagePart
from bot.telegram import wording
from bot.telegram.delivery import Delivery, DeliveryClosed, Outcome
from bot.telegram.delivery import QueueFull as ChatFull
from bot.telegram.incidents import Undelivered, kind_of, note_incident
from bot.telegram.limits import RateLimits
from bot.telegram.metrics import Metrics
from bot.telegram.replies import Ending, Reply, note, target_of
from bot.telegram.store import TelegramStore
from bot.work import Lines, QueueFull, asker
from retrieval.errors import UsageError

Work = Callable[[], Awaitable[Reply]]
"""Makes a reply."""

_TYPING_EVERY_S = 4.5
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Open:
    """A turn that has not ended, and when it began."""

    begun: float


class Turns:
    """The turns of one bot.

    ``interrupted`` are the updates whose reply may have left before the process was restarted.
    """

    def __init__(
        self,
        store: TelegramStore,
        limits: RateLimits,
        lines: Lines,
        delivery: Delivery,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._limits = limits
        self._lines = lines
        self._delivery = delivery
        self._metrics = metrics
        self._open: dict[int, _Open] = {}
        self.interrupted: set[int] = set()

    async def run(self, update: Update, work: Work, *, is_limited: bool = True) -> None:
        """Reply to the message of ``update`` with what ``work`` gives, or with why that is not done.

        Only with ``is_limited`` does it count as a question, of which a person has so many a minute. What is
        too much waits for nothing; the rest waits for the same person's questions in this chat before it.
        """
        message = update.message
        if message is None or self._store.is_settled(update.update_id):
            return
        is_interrupted = update.update_id in self.interrupted
        if is_limited and not is_interrupted and (held_up := self._held_up(message)):
            await self.close(update, held_up)
            return
        async with self._lines.turn(message.chat.id, asker.get()) as is_begun:
            # What is not begun is left to the next start.
            if is_begun and is_interrupted:
                self.interrupted.discard(update.update_id)
                await self.close(update, Reply([note(wording.INTERRUPTED)], "notice"))
            elif is_begun:
                await self._take(update, message, work)

    async def _take(self, update: Update, message: Message, work: Work) -> None:
        self._open[update.update_id] = _Open(time.monotonic())
        async with self._typing(message):
            reply = await self._attempt(message, work)
        await self.close(update, reply)

    async def close(self, update: Update, reply: Reply) -> None:
        """Send the reply of a turn and note how it ended; Undelivered where Telegram would not take it."""
        if update.message is None or not reply.parts:
            self._end(update, reply.ending)
            return
        try:
            outcome = await self._deliver(update.update_id, update.message, reply.parts)
        except ChatFull as exc:
            raise Undelivered("the chat's queue is full") from exc
        if outcome.fate == "failed":
            raise Undelivered(outcome.reason)
        if outcome.chat_id != update.message.chat.id:
            self._store.note_migration(update.message.chat.id, outcome.chat_id)
        # What the end of the program stopped is for the next start.
        if outcome.fate != "stopped":
            self._end(update, "undeliverable" if outcome.fate == "blocked" else reply.ending)

    async def fail(self, update: object, error: BaseException | None) -> None:
        """End a turn that raised: the log and the store get a code and the kind, the person the code."""
        if isinstance(error, DeliveryClosed):
            return
        code = note_incident(self._store, error)
        if not isinstance(update, Update) or update.message is None:
            return
        try:
            await self.close(update, Reply([render_error(wording.FAILED, code)], "error"))
        except DeliveryClosed:
            _log.info("error %s is left to the next start", code)
        except Exception as exc:
            # Whatever it is, it must not come again with every start.
            _log.error("error %s could not be told: %s", code, kind_of(exc))
            self._end(update, "undeliverable")

    async def _deliver(self, update_id: int, message: Message, parts: Sequence[MessagePart]) -> Outcome:
        """Send the parts."""
        return await self._delivery.send(target_of(message), parts, journal=_Marking(self._store, update_id))

    def _end(self, update: Update, ending: Ending) -> None:
        self._store.settle(update.update_id, ending)
        turn = self._open.pop(update.update_id, None)
        seconds = time.monotonic() - turn.begun if turn else 0.0
        self._metrics.count_turn(ending, seconds)
        _log.info(
            "turn: %s in %.1f s", ending, seconds, extra={"ending": ending, "seconds": round(seconds, 2)}
        )

    @contextlib.asynccontextmanager
    async def _typing(self, message: Message) -> AsyncIterator[None]:
        """Show “typing” in the chat, at once and until the block ends."""
        task = asyncio.create_task(self._keep_typing(message))
        try:
            yield
        finally:
            task.cancel()

    async def _keep_typing(self, message: Message) -> None:
        while True:
            await self._delivery.show_typing(target_of(message))
            await asyncio.sleep(_TYPING_EVERY_S)

    def _held_up(self, message: Message) -> Reply | None:
        """What a message gets that is not taken on, ``None`` where it is."""
        chat_id = message.chat.id
        if not self._lines.has_room(chat_id, asker.get()):
            return self._refusal(chat_id, render_busy_notice(self._lines.length(chat_id)))
        wait_s = self._limits.admit(chat_id, asker.get())
        if wait_s <= 0:
            return None
        return self._refusal(chat_id, note(wording.TOO_FAST.format(seconds=math.ceil(wait_s))))

    def _refusal(self, chat_id: int, notice: MessagePart) -> Reply:
        """The notice, or silence where the chat has just been told such a thing."""
        return Reply([notice] if self._limits.may_tell(chat_id) else [], "notice")

    async def _attempt(self, message: Message, work: Work) -> Reply:
        """What ``work`` gives, or the sentence about a full queue or the asker's own mistake."""
        try:
            return await work()
        except QueueFull as exc:
            return self._refusal(message.chat.id, render_busy_notice(exc.length))
        except UsageError as exc:
            return Reply([note(wording.failure(exc))], "notice")


class _Marking:
    """Notes in the store that a reply is on its way."""

    def __init__(self, store: TelegramStore, update_id: int) -> None:
        self._store = store
        self._update_id = update_id

    async def sending(self, index: int) -> None:
        """From the first part on, a restart can only excuse."""
        if index == 0:
            self._store.mark_sending(self._update_id)

    async def sent(self, index: int, message_id: int) -> None:
        """Nothing more is known of a turn until all of it has arrived."""
