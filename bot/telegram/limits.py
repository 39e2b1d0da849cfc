"""How much is taken on at once, and in whose turn: nobody's flood takes the room of the others.

What people of a group share, the questions a minute, the places in the queue, the messages that Telegram
allows, is divided so that whoever comes next finds some left; what waits for a thread goes person by person.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from telegram import Update
from telegram.ext import BaseUpdateProcessor

from bot.telegram.pacing import Shares
from bot.work import RateWindow, asker

# PTB starts a task for every update whatever this number is; the lines and the queue bound the work.
_UPDATES_AT_ONCE = 4096


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
