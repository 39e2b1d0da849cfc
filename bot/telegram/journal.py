"""Updates on their way in: written down before Telegram is told that they arrived."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from telegram import Bot, Update

from bot.telegram.store import TelegramStore
from retrieval.errors import StoreError

_log = logging.getLogger(__name__)


class UpdateJournal(asyncio.Queue[object]):
    """The application's queue of updates, which drops what is known and keeps what is addressed.

    Telegram takes an update as delivered with the next poll, or with the answer to its webhook call; both
    come after ``put``. Messages that are not for the bot are never written down.
    """

    def __init__(self, store: TelegramStore, is_addressed: Callable[[Update], bool]) -> None:
        super().__init__()
        self._store = store
        self._is_addressed = is_addressed

    async def put(self, item: object) -> None:
        """Queue an update, unless it is one that was queued before."""
        if not isinstance(item, Update) or self._is_new(item):
            await super().put(item)

    async def restore(self, bot: Bot) -> set[int]:
        """Queue what a former process left open; gives the ids whose reply may have left already."""
        interrupted = set()
        for each in self._store.open_updates():
            await super().put(Update.de_json(each.body, bot))
            if each.was_sending:
                interrupted.add(each.update_id)
        return interrupted

    def _is_new(self, update: Update) -> bool:
        if not self._is_addressed(update):
            return True
        try:
            return self._store.accept(update.update_id, update.to_dict())
        except StoreError as exc:
            # Better answered without a net than not at all.
            _log.error("update not written down: %s", exc.message)
            return True
