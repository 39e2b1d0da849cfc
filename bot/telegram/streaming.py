"""An answer shown while it is being written, sentence by verified sentence, in one private chat."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from bot.answering.answer import Answer, Citation, Statement
from bot.rendering.telegram import render_answer
from bot.telegram import wording
from bot.telegram.delivery import Delivery, DeliveryClosed, Journal, QueueFull
from bot.telegram.pacing import Sleep
from bot.telegram.replies import for_readers
from bot.telegram.requests import Target
from retrieval.records import EVERYONE

# Telegram shows a draft for half a minute, and takes about a message a second.
_EVERY_S = 1.0


class Stream:
    """What is shown of an answer until it is whole, within an ``async with`` block.

    Drafts are shown where the chat takes them. Where it does not, a message is sent and edited:
    ``message_id`` is then its number, and what is final belongs into it. Whatever fails here is left to the
    delivery of the whole answer.
    """

    def __init__(
        self, delivery: Delivery, target: Target, journal: Journal, *, sleep: Sleep = asyncio.sleep
    ) -> None:
        self.message_id: int | None = None
        self._delivery = delivery
        self._target = target
        self._journal = journal
        self._sleep = sleep
        self._statements: list[Statement] = []
        self._citations: dict[int, Citation] = {}
        self._news = asyncio.Event()
        self._showing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._show_while_written())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A draft that arrived behind the answer would stand below it for half a minute.
        async with self._showing:
            self._task.cancel()

    def add(self, statement: Statement, citations: Sequence[Citation]) -> None:
        """Take one more verified statement with its citations; from any thread."""
        self._loop.call_soon_threadsafe(self._take, statement, citations)

    def _take(self, statement: Statement, citations: Sequence[Citation]) -> None:
        self._statements.append(statement)
        self._citations.update((each.n, each) for each in citations)
        self._news.set()

    async def _show_while_written(self) -> None:
        is_shown = True
        while is_shown:
            await self._news.wait()
            # An answer that comes all at once is not shown in parts.
            await self._sleep(_EVERY_S)
            self._news.clear()
            async with self._showing:
                is_shown = await self._show()

    async def _show(self) -> bool:
        """Whether there is any use in showing more."""
        citations = tuple(self._citations[n] for n in sorted(self._citations))
        written = Answer("", "answered", tuple(self._statements), citations, notices=(wording.UNFINISHED,))
        # Whoever reads along: a draft stands for seconds, and the whole answer takes its place.
        part, *more = for_readers(render_answer(written), EVERYONE)
        if more:
            return False
        if self.message_id is not None:
            edited = await self._delivery.edit(self._target.chat_id, self.message_id, part)
            return edited.fate == "delivered"
        # The number of the question is as good as any but zero.
        if await self._delivery.show_draft(self._target, self._target.reply_to or 1, part):
            return True
        try:
            sent = await self._delivery.send(self._target, [part], journal=self._journal)
        except (DeliveryClosed, QueueFull):
            return False
        self.message_id = next(iter(sent.message_ids), None)
        return self.message_id is not None
