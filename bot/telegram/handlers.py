"""The handlers: each unpacks an update, asks the parts that decide, and hands the reply on."""

from __future__ import annotations

from collections.abc import Callable

from telegram import Update
from telegram.ext import ContextTypes

from bot.rendering.telegram import render_group_greeting
from bot.telegram import notices, wording
from bot.telegram.addressing import Identity, addressed_message, addressing
from bot.telegram.commands import Asking, Commands
from bot.telegram.delivery import Delivery
from bot.telegram.gate import Gate, is_private_chat
from bot.telegram.replies import Reply, note, topic_of
from bot.telegram.requests import Target
from bot.telegram.store import TelegramStore
from bot.telegram.turns import Turns
from bot.telegram.uploads import Uploads


class Handlers:
    """The handlers of one bot; ``identity`` is known once the bot has been initialised."""

    def __init__(
        self,
        commands: Commands,
        turns: Turns,
        uploads: Uploads,
        gate: Gate,
        store: TelegramStore,
        delivery: Delivery,
        identity: Callable[[], Identity],
    ) -> None:
        self._commands = commands
        self._turns = turns
        self._uploads = uploads
        self._gate = gate
        self._store = store
        self._delivery = delivery
        self._identity = identity

    def is_addressed(self, update: Update) -> bool:
        """Whether an update is a new message that is meant for the bot."""
        return self._asking(update) is not None

    async def on_message(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Reply to a message, if it is meant for the bot; anything else is passed over in silence."""
        message = update.message
        if message is not None and message.migrate_to_chat_id is not None:
            self._store.note_migration(message.chat.id, message.migrate_to_chat_id)
        asking = self._asking(update)
        if message is None or asking is None:
            return
        if self._uploads.takes(message, asking.said):
            await self._turns.run(
                update,
                lambda: self._uploads.receive(update, message),
                is_limited=asking.role != "admin",
            )
        else:
            await self._turns.run(update, lambda: self._commands.reply(asking))

    async def on_membership(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Tell a group that the bot has just come into how to ask it, once."""
        change = update.my_chat_member
        if change is None or not notices.was_added(change):
            return
        if self._store.tell_once("mentions", change.chat.id):
            can = await notices.can_be_mentioned(change.chat, await context.bot.get_me())
            part = render_group_greeting(context.bot.username, can_be_mentioned=can)
            await self._delivery.send(Target(change.chat.id), [part])

    async def on_closed(self, update: Update) -> None:
        """Tell a person, once, that the bot is not for this chat; groups see nothing."""
        if update.message is None or not self.is_addressed(update):
            return
        chat_id = update.message.chat.id
        is_told = is_private_chat(update) and self._store.tell_once("closed", chat_id)
        parts = [note(wording.CLOSED.format(chat_id=chat_id))] if is_told else []
        await self._turns.close(update, Reply(parts, "notice"))

    async def on_error(self, update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
        """End whatever went wrong with a code, in the log and in the chat."""
        await self._turns.fail(update, context.error)

    def _asking(self, update: Update) -> Asking | None:
        message = addressed_message(update)
        said = addressing(message, self._identity()) if message is not None else None
        if message is None or said is None:
            return None
        if said.way == "command" and not self._commands.knows(said.command):
            # In a group, a command that is none of ours is some other bot's.
            return None
        user_id = message.from_user.id if message.from_user else 0
        audiences = self._gate.audiences(user_id, is_private=is_private_chat(update))
        return Asking(said, message.chat, topic_of(message), user_id, self._gate.role(user_id), audiences)
