"""One addressed message, exactly one reply: what is counted, limited, written down and excused."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Set

from telegram import Message, Update
from telegram.constants import ChatAction
from telegram.error import Forbidden, TelegramError

from bot.telegram import wording
from bot.telegram.limits import QueueFull, RateLimits, chat_queue_length
from bot.telegram.replies import Reply, Sender
from bot.telegram.store import TelegramStore
from retrieval.errors import DangwuError, StoreError, UsageError

_TYPING_EVERY_S = 4.5
_log = logging.getLogger(__name__)


class Turns:
    """The turns of one bot.

    ``interrupted`` are the updates whose reply may have left before the process was restarted.
    """

    def __init__(self, store: TelegramStore, limits: RateLimits, sender: Sender) -> None:
        self._store = store
        self._limits = limits
        self._sender = sender
        self.interrupted: Set[int] = frozenset()

    async def run(self, update: Update, work: Callable[[], Awaitable[Reply]]) -> None:
        """Reply to the message of ``update`` with what ``work`` gives, or with why that is not done."""
        message = update.message
        if message is None or self._store.is_settled(update.update_id):
            return
        if update.update_id in self.interrupted:
            await self.close(update, Reply(wording.INTERRUPTED, "notice"))
            return
        async with _typing(message):
            reply = self._held_up(message) or await _attempt(work)
        await self.close(update, reply)

    async def close(self, update: Update, reply: Reply) -> None:
        """Send the reply of a turn and note how it ended."""
        self._store.mark_sending(update.update_id)
        if update.message is not None and reply.is_sent:
            await self._sender.send(update.message, reply)
        self._store.settle(update.update_id, reply.outcome)

    async def fail(self, update: object, error: BaseException | None) -> None:
        """End a turn that raised: the log and the store get a code and the kind, the person the code."""
        code = secrets.token_hex(2).upper()
        _log.error("error %s: %s", code, type(error).__name__, exc_info=_unexpected(error))
        with contextlib.suppress(StoreError):
            self._store.note_error(code, _kind(error))
        if not isinstance(update, Update) or update.message is None:
            return
        if isinstance(error, Forbidden):
            self._store.settle(update.update_id, "undeliverable")
            return
        try:
            await self.close(update, Reply(wording.FAILED.format(code=code), "error"))
        except TelegramError as exc:
            _log.error("error %s could not be told: %s", code, type(exc).__name__)
            self._store.settle(update.update_id, "undeliverable")

    def _held_up(self, message: Message) -> Reply | None:
        """The notice that a message gets instead of its answer, ``None`` where it may have one."""
        waiting = chat_queue_length.get()
        if waiting:
            return Reply(wording.QUEUE_FULL.format(length=waiting), "notice")
        verdict = self._limits.admit(message.chat.id, message.from_user.id if message.from_user else 0)
        if verdict.is_admitted:
            return None
        said = wording.TOO_FAST_LAST if verdict.is_last_notice else wording.TOO_FAST
        return Reply(said.format(wait_s=verdict.wait_s), "notice", is_sent=verdict.is_told)


async def _attempt(work: Callable[[], Awaitable[Reply]]) -> Reply:
    """What ``work`` gives, or the sentence about a full queue or the asker's own mistake."""
    try:
        return await work()
    except QueueFull as exc:
        return Reply(wording.QUEUE_FULL.format(length=exc.length), "notice")
    except UsageError as exc:
        return Reply(wording.failure(exc), "notice")


@contextlib.asynccontextmanager
async def _typing(message: Message) -> AsyncIterator[None]:
    """Show “typing” in the chat, at once and until the block ends."""
    task = asyncio.create_task(_keep_typing(message))
    try:
        yield
    finally:
        task.cancel()


async def _keep_typing(message: Message) -> None:
    try:
        while True:
            await message.reply_chat_action(ChatAction.TYPING)
            await asyncio.sleep(_TYPING_EVERY_S)
    except TelegramError as exc:
        _log.info("typing not shown: %s", type(exc).__name__)


def _kind(error: BaseException | None) -> str:
    """The type of an error; the message too where it is one of ours, which name no person and no text."""
    name = type(error).__name__
    return f"{name}：{error.message}" if isinstance(error, DangwuError) else name


def _unexpected(error: BaseException | None) -> BaseException | None:
    """The error whose traceback is worth reading: not those of Telegram or of the network."""
    return None if isinstance(error, TelegramError) else error
