"""Updates on their way in: written down before Telegram is told that they arrived.

What cannot be taken on is passed over with a word in the log: it must neither stop what brings the updates
nor come back at every start.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable

from telegram import Bot, Update
from telegram.error import TimedOut

from bot.telegram.incidents import note_incident
from bot.telegram.store import OpenUpdate, TelegramStore
from bot.telegram.updates import read_update
from retrieval.errors import StoreError

# The program's end waits for it too.
_KEPT_WITHIN_S = 10.0
_LOOK_EVERY_S = 0.1
_log = logging.getLogger(__name__)


class UpdateJournal(asyncio.Queue[object]):
    """The application's queue of updates, which drops what is known and keeps what is addressed.

    Telegram takes an update as delivered with the next poll, or with the answer to its webhook call; both
    come after ``put``. Messages that are not for the bot are never written down. Where the disk takes
    nothing, an update is delivered when it has had its reply: ``kept`` is awaited before the next poll, and
    with ``holds`` ``put`` itself waits.
    """

    def __init__(
        self, store: TelegramStore, is_addressed: Callable[[Update], bool], *, holds: bool = False
    ) -> None:
        super().__init__()
        self._store = store
        self._is_addressed = is_addressed
        self._holds = holds

    async def put(self, item: object) -> None:
        """Queue an update, unless it is one that was queued before, or nothing can be done with it."""
        try:
            is_new = not isinstance(item, Update) or self._is_new(item)
        except Exception as exc:
            self.pass_over(exc)
            return
        if is_new:
            await super().put(item)
        if self._holds:
            await self.kept()

    async def kept(self) -> None:
        """Return once no update is in memory alone; TimedOut where that takes too long."""
        for _ in range(round(_KEPT_WITHIN_S / _LOOK_EVERY_S)):
            if not self._store.unsaved:
                return
            await asyncio.sleep(_LOOK_EVERY_S)
        raise TimedOut("an update that is not written down has not had its reply yet")

    def pass_over(self, error: Exception) -> None:
        """Say why an update is not taken on, or why none could be had."""
        note_incident(self._store, error, about="updates: error")

    async def restore(self, bot: Bot) -> set[int]:
        """Queue what a former process left open; gives the ids whose reply may have left already."""
        interrupted = set()
        for each in self._store.open_updates():
            update = self._read(each, bot)
            if update is None:
                self._store.settle(each.update_id, "error")
                continue
            await super().put(update)
            if each.was_sending:
                interrupted.add(each.update_id)
        return interrupted

    def _read(self, stored: OpenUpdate, bot: Bot) -> Update | None:
        try:
            return read_update(json.loads(stored.body), bot)
        except Exception as exc:
            self.pass_over(exc)
            return None

    def _is_new(self, update: Update) -> bool:
        if not self._is_addressed(update):
            return True
        try:
            return self._store.accept(update.update_id, update.to_dict())
        except StoreError as exc:
            # Better answered without a net than not at all.
            _log.error("update not written down: %s", exc.message)
            return True
