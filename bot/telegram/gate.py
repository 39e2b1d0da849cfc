"""Who may use the bot, and what they may see: decided before anything else, and closed when in doubt."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Literal

from telegram import Update
from telegram.constants import ChatType
from telegram.ext import ApplicationHandlerStop, ContextTypes

from bot.settings import TelegramSettings
from retrieval.records import Audience
from retrieval.retriever import EVERYONE, STAFF

Role = Literal["admin", "staff", "member"]
Guard = Callable[[object, ContextTypes.DEFAULT_TYPE], Coroutine[Any, Any, None]]
_log = logging.getLogger(__name__)


class Gate:
    """The rules of one bot: its allowed chats and the roles of people.

    ``migrations`` gives the new numbers of groups by their old ones, so that a listed group stays listed
    when it becomes a supergroup.
    """

    def __init__(
        self, settings: TelegramSettings, *, migrations: Callable[[], Mapping[int, int]] = dict
    ) -> None:
        self._admins = frozenset(settings.admins)
        self._staff = frozenset(settings.staff)
        self._chats = frozenset(settings.allowed_chats)
        self._migrations = migrations

    @property
    def insiders(self) -> frozenset[int]:
        """The staff and the admins."""
        return self._admins | self._staff

    def role(self, user_id: int | None) -> Role:
        """The role of a person; whoever is not known is a member."""
        if user_id in self._admins:
            return "admin"
        return "staff" if user_id in self._staff else "member"

    def is_open(self, chat_id: int | None, user_id: int | None, *, is_private: bool) -> bool:
        """Whether a chat may use the bot; staff and admins may always ask in private.

        ``chat_id`` is ``None`` where an update belongs to no chat (inline); the person's own chat counts.
        """
        if not self._chats:
            return True
        if (is_private or chat_id is None) and self.role(user_id) != "member":
            return True
        place = user_id if chat_id is None else chat_id
        if place in self._chats:
            return True
        return any(new == place and old in self._chats for old, new in self._migrations().items())

    def audiences(self, user_id: int | None, *, is_private: bool) -> frozenset[Audience]:
        """What may be quoted: internal documents only to staff and admins, and only in private."""
        return STAFF if is_private and self.role(user_id) != "member" else EVERYONE

    def guarding(self, denied: Callable[[Update], Awaitable[None]]) -> Guard:
        """The handler to put in front of all others: it ends the handling of what may not pass.

        ``denied`` is told of such updates. PTB goes on to the next handlers after any exception but one, so
        everything that fails here denies.
        """

        async def guard(update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
            try:
                if isinstance(update, Update) and self.allows(update):
                    return
                if isinstance(update, Update):
                    await denied(update)
            except Exception:
                _log.exception("the gate failed and stays closed")
            raise ApplicationHandlerStop

        return guard

    def allows(self, update: Update) -> bool:
        """Whether an update may pass."""
        chat, user = update.effective_chat, update.effective_user
        return self.is_open(
            chat.id if chat else None, user.id if user else None, is_private=is_private_chat(update)
        )


def is_private_chat(update: Update) -> bool:
    """Whether an update comes from a chat of the bot with one person."""
    return update.effective_chat is not None and update.effective_chat.type == ChatType.PRIVATE
