"""The handlers: each unpacks an update, calls the core and hands the reply on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from telegram import Update
from telegram.ext import ContextTypes

from bot.answering.conversation import Key
from bot.rendering.json import answer_json
from bot.telegram import notices, wording
from bot.telegram.addressing import Addressed, Identity, addressed_message, addressing
from bot.telegram.desk import Desk
from bot.telegram.gate import Gate, is_private_chat
from bot.telegram.replies import Outcome, Reply
from bot.telegram.status import status_text
from bot.telegram.store import TelegramStore
from bot.telegram.turns import Turns
from retrieval.records import Audience, Evidence

_TITLES_LISTED = 100


@dataclass(frozen=True, slots=True)
class Asking:
    """An addressed message with who asks where, and what may be quoted there."""

    update: Update
    said: Addressed
    chat_id: int
    topic_id: int
    user_id: int
    audiences: frozenset[Audience]
    is_private: bool

    @property
    def key(self) -> Key:
        """Whose conversation it belongs to: never another chat's, topic's or person's."""
        return Key("telegram", str(self.chat_id), str(self.topic_id), str(self.user_id))


Work = Callable[[Asking], Awaitable[Reply]]


class Handlers:
    """The handlers of one bot; ``identity`` is known once the bot has been initialised."""

    def __init__(
        self, desk: Desk, store: TelegramStore, gate: Gate, turns: Turns, identity: Callable[[], Identity]
    ) -> None:
        self._desk = desk
        self._store = store
        self._gate = gate
        self._turns = turns
        self._identity = identity
        self._commands: Mapping[str, Work] = {
            "start": self._start,
            "ask": self._ask,
            "search": self._search,
            "sources": self._sources,
            "feedback": self._feedback,
            "privacy": self._privacy,
            "forget": self._forget,
            "status": self._status,
            "help": self._help,
        }

    def is_addressed(self, update: Update) -> bool:
        """Whether an update is a new message that is meant for the bot."""
        return self._asking(update) is not None

    async def on_message(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Reply to a message, if it is meant for the bot; anything else is passed over in silence."""
        if update.message is not None and update.message.migrate_to_chat_id is not None:
            self._store.note_migration(update.message.chat.id, update.message.migrate_to_chat_id)
        asking = self._asking(update)
        if asking is not None:
            work = (
                self._commands.get(asking.said.command, self._unknown) if asking.said.command else self._ask
            )
            await self._turns.run(update, lambda: work(asking))

    async def on_membership(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Tell a group that the bot has just come into how to ask it, once."""
        change = update.my_chat_member
        if change is None or not notices.was_added(change):
            return
        if self._store.tell_once("mentions", change.chat.id):
            arrive = await notices.can_be_mentioned(change.chat, await context.bot.get_me())
            await change.chat.send_message(wording.GROUP_START.format(how=notices.how_to_ask(arrive=arrive)))

    async def on_closed(self, update: Update) -> None:
        """Tell a person once that this chat is not served."""
        if update.message is not None and self.is_addressed(update) and is_private_chat(update):
            chat_id = update.message.chat.id
            told = not self._store.tell_once("closed", chat_id)
            reply = Reply(wording.CLOSED.format(chat_id=chat_id), "notice", is_sent=not told)
            await self._turns.close(update, reply)

    async def on_error(self, update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
        """End whatever went wrong with a code, in the log and in the chat."""
        await self._turns.fail(update, context.error)

    def _asking(self, update: Update) -> Asking | None:
        message = addressed_message(update)
        said = addressing(message, self._identity()) if message is not None else None
        if message is None or said is None:
            return None
        if said.command and said.command not in self._commands and said.way == "command":
            # In a group, a command that is none of ours is some other bot's.
            return None
        user_id = message.from_user.id if message.from_user else 0
        is_private = is_private_chat(update)
        topic_id = message.message_thread_id if message.is_topic_message else None
        audiences = self._gate.audiences(user_id, is_private=is_private)
        return Asking(update, said, message.chat.id, topic_id or 0, user_id, audiences, is_private)

    async def _ask(self, asking: Asking) -> Reply:
        said = asking.said
        if not said.text and not said.context:
            return Reply(wording.NO_QUESTION if said.command else wording.ONLY_TEXT, "notice")
        turn = await self._desk.ask(asking.key, said.text, said.context, asking.audiences)
        record = answer_json(turn.answer, answer_id=None)
        answer_id = self._store.keep_answer(asking.chat_id, asking.user_id, record)
        lead = f"按“{turn.rewritten}”查找。" if turn.is_rewritten and not said.context else ""
        outcome: Outcome = "answer" if turn.answer.status == "answered" else "refusal"
        return Reply(turn.answer.text, outcome, turn.answer, answer_id, lead)

    async def _search(self, asking: Asking) -> Reply:
        wanted = asking.said.text or asking.said.context
        if not wanted:
            return Reply(wording.NO_SEARCH, "notice")
        return Reply(_found(await self._desk.search(wanted, asking.audiences)), "answer")

    async def _sources(self, asking: Asking) -> Reply:
        documents = await self._desk.documents(asking.audiences)
        lines = [f"{n}. 《{each.title or each.source}》" for n, each in enumerate(documents, start=1)]
        more = [f"……共 {len(lines)} 份"] if len(lines) > _TITLES_LISTED else []
        return Reply("\n".join([*lines[:_TITLES_LISTED], *more]) or wording.NO_SOURCES, "answer")

    async def _feedback(self, asking: Asking) -> Reply:
        if not asking.said.text:
            return Reply(wording.NO_COMMENT, "notice")
        self._store.comment(asking.user_id, asking.said.text)
        return Reply(wording.COMMENT_KEPT, "answer")

    async def _forget(self, asking: Asking) -> Reply:
        self._desk.forget(asking.key.user)
        return Reply(wording.FORGOTTEN.format(count=self._store.forget(asking.user_id)), "answer")

    async def _start(self, asking: Asking) -> Reply:
        if asking.is_private:
            return Reply(wording.START, "answer")
        return Reply(wording.GROUP_START.format(how=await self._how(asking)), "answer")

    async def _help(self, asking: Asking) -> Reply:
        how = await self._how(asking)
        return Reply(wording.help_text(is_private=asking.is_private, how=how), "answer")

    async def _privacy(self, asking: Asking) -> Reply:
        return Reply(wording.PRIVACY, "answer")

    async def _unknown(self, asking: Asking) -> Reply:
        return Reply(wording.NO_COMMAND, "notice")

    async def _status(self, asking: Asking) -> Reply:
        overview = await self._desk.overview(asking.audiences)
        is_admin = asking.is_private and self._gate.role(asking.user_id) == "admin"
        errors = self._store.last_errors(5) if is_admin else []
        how = "" if asking.is_private else await self._how(asking)
        return Reply(status_text(overview, self._desk.work.length, how, errors), "answer")

    async def _how(self, asking: Asking) -> str:
        chat, bot = asking.update.effective_chat, asking.update.get_bot()
        if chat is None:
            return wording.MENTIONS_ARRIVE
        return notices.how_to_ask(arrive=await notices.can_be_mentioned(chat, await bot.get_me()))


def _found(evidence: Evidence) -> str:
    passages = [each.passage for each in evidence.passages]
    blocks = [
        f"{n}. 《{each.document.title or each.document.source}》{each.section}\n{each.text}"
        for n, each in enumerate(passages, start=1)
    ]
    return "\n\n".join(blocks) or wording.NOTHING_FOUND
