"""One addressed message, exactly one reply: what is counted, limited, written down and excused."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable

from telegram import Message, Update
from telegram.error import TelegramError

from bot.rendering.telegram import render_busy_notice, render_error, render_limit_notice
from bot.telegram import wording
from bot.telegram.delivery import Delivery, DeliveryClosed, Outcome
from bot.telegram.delivery import QueueFull as ChatFull
from bot.telegram.limits import QueueFull, RateLimits, chat_queue_length
from bot.telegram.replies import Reply, note, target_of
from bot.telegram.store import TelegramStore
from retrieval.errors import DangwuError, StoreError, UsageError

_TYPING_EVERY_S = 4.5
_log = logging.getLogger(__name__)


class Turns:
    """The turns of one bot.

    ``interrupted`` are the updates whose reply may have left before the process was restarted.
    """

    def __init__(self, store: TelegramStore, limits: RateLimits, delivery: Delivery) -> None:
        self._store = store
        self._limits = limits
        self._delivery = delivery
        self.interrupted: set[int] = set()

    async def run(self, update: Update, work: Callable[[], Awaitable[Reply]]) -> None:
        """Reply to the message of ``update`` with what ``work`` gives, or with why that is not done."""
        message = update.message
        if message is None or self._store.is_settled(update.update_id):
            return
        if update.update_id in self.interrupted:
            self.interrupted.discard(update.update_id)
            await self.close(update, Reply([note(wording.INTERRUPTED)], "notice"))
            return
        async with self._typing(message):
            reply = self._held_up(message) or await _attempt(work)
        await self.close(update, reply)

    async def close(self, update: Update, reply: Reply) -> None:
        """Send the reply of a turn and note how it ended; _Undelivered where Telegram would not take it."""
        if update.message is None or not reply.parts:
            self._store.settle(update.update_id, reply.ending)
            return
        outcome = await self._delivery.send(
            target_of(update.message), reply.parts, journal=_Marking(self._store, update.update_id)
        )
        if outcome.fate == "failed":
            raise _Undelivered(outcome)
        if outcome.chat_id != update.message.chat.id:
            self._store.note_migration(update.message.chat.id, outcome.chat_id)
        # What the end of the program stopped is for the next start.
        if outcome.fate != "stopped":
            ending = "undeliverable" if outcome.fate == "blocked" else reply.ending
            self._store.settle(update.update_id, ending)

    async def fail(self, update: object, error: BaseException | None) -> None:
        """End a turn that raised: the log and the store get a code and the kind, the person the code."""
        if isinstance(error, DeliveryClosed):
            return
        code = secrets.token_hex(2).upper()
        _log.error("error %s: %s", code, _kind(error), exc_info=_unexpected(error))
        with contextlib.suppress(StoreError):
            self._store.note_error(code, _kind(error))
        if not isinstance(update, Update) or update.message is None:
            return
        try:
            await self.close(update, Reply([render_error(wording.FAILED, code)], "error"))
        except DeliveryClosed:
            _log.info("error %s is left to the next start", code)
        except (_Undelivered, ChatFull) as exc:
            _log.error("error %s could not be told: %s", code, exc)
            self._store.settle(update.update_id, "undeliverable")

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
        """The notice that a message gets instead of its answer, ``None`` where it may have one."""
        waiting = chat_queue_length.get()
        if waiting:
            return Reply([render_busy_notice(waiting)], "notice")
        verdict = self._limits.admit(message.chat.id, message.from_user.id if message.from_user else 0)
        if verdict.is_admitted:
            return None
        if not verdict.is_told:
            return Reply([], "notice")
        seconds = math.ceil(verdict.wait_s)
        last = note(wording.LAST_NOTICE.format(seconds=seconds))
        return Reply([last if verdict.is_last_notice else render_limit_notice(seconds)], "notice")


async def _attempt(work: Callable[[], Awaitable[Reply]]) -> Reply:
    """What ``work`` gives, or the sentence about a full queue or the asker's own mistake."""
    try:
        return await work()
    except QueueFull as exc:
        return Reply([render_busy_notice(exc.length)], "notice")
    except UsageError as exc:
        return Reply([note(wording.failure(exc))], "notice")


class _Undelivered(Exception):
    """Telegram took a reply in no form."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)


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


def _kind(error: BaseException | None) -> str:
    """The type of an error; the message too where it is one of ours, which name no person and no text."""
    name = type(error).__name__
    return f"{name}：{error.message}" if isinstance(error, DangwuError) else name


def _unexpected(error: BaseException | None) -> BaseException | None:
    """The error whose traceback is worth reading: not those of Telegram or of the network."""
    return None if isinstance(error, TelegramError | _Undelivered) else error
