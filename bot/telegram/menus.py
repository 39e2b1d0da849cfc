"""The menus of commands: by kind of chat for everybody, and for staff and admins in their own chats."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
)
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.telegram import wording
from bot.telegram.gate import Gate
from bot.telegram.store import TelegramStore

_TOPIC = "menu"
_log = logging.getLogger(__name__)


class Menus:
    """The menus of one bot; without them it works as well, so nothing here ever fails its caller.

    Telegram knows no chat with a person who has not written to the bot yet: such a one gets the menu with
    the first ``/start``.
    """

    def __init__(self, bot: Bot, gate: Gate, store: TelegramStore) -> None:
        self._bot = bot
        self._gate = gate
        self._store = store

    async def announce(self) -> None:
        """Put up all menus, and take down those of people who are neither staff nor admins any more."""
        try:
            await self._put(wording.PRIVATE_COMMANDS, BotCommandScopeAllPrivateChats())
            await self._put(wording.GROUP_COMMANDS, BotCommandScopeAllGroupChats())
            for user_id in sorted(self._gate.insiders):
                await self._put_for(user_id)
            for user_id in self._store.told(_TOPIC) - self._gate.insiders:
                await self._take_down(user_id)
        except TelegramError as exc:
            _log.warning("menus not set: %s", type(exc).__name__)

    async def announce_to(self, user_id: int) -> None:
        """Put up the menu of one person, who has just written to the bot."""
        try:
            if user_id in self._gate.insiders:
                await self._put_for(user_id)
        except TelegramError as exc:
            _log.warning("menu not set: %s", type(exc).__name__)

    async def _put_for(self, user_id: int) -> None:
        is_admin = self._gate.role(user_id) == "admin"
        commands = wording.ADMIN_COMMANDS if is_admin else wording.STAFF_COMMANDS
        try:
            await self._put(commands, BotCommandScopeChat(user_id))
        except (BadRequest, Forbidden) as exc:
            _log.info("no menu for one of the staff yet: %s", exc.message)
        else:
            self._store.tell_once(_TOPIC, user_id)

    async def _take_down(self, user_id: int) -> None:
        try:
            await self._bot.delete_my_commands(BotCommandScopeChat(user_id))
        except (BadRequest, Forbidden) as exc:
            _log.info("menu of a former member of staff: %s", exc.message)
        self._store.untell(_TOPIC, user_id)

    async def _put(self, commands: Mapping[str, str], scope: BotCommandScope) -> None:
        await self._bot.set_my_commands([BotCommand(*each) for each in commands.items()], scope)
