"""What each command and each question gets as its reply."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from telegram import Bot, Chat

from bot.answering.conversation import Key
from bot.answering.small_talk import small_talk
from bot.rendering.json import answer_json
from bot.rendering.telegram import (
    render_answer,
    render_group_greeting,
    render_help,
    render_privacy,
    render_start,
    render_topics_page,
)
from bot.rendering.telegram_keyboards import answer_keyboard
from bot.telegram import notices, wording
from bot.telegram.addressing import Addressed
from bot.telegram.gate import Role
from bot.telegram.listings import found_parts, source_parts, status_part, text_parts
from bot.telegram.replies import Ending, Reply, note
from bot.telegram.store import ANSWERS_KEPT_DAYS
from retrieval.errors import StoreError, WorkError

if TYPE_CHECKING:
    from bot.answering.conversation import Turn
    from bot.assistant import Assistant
    from bot.telegram.menus import Menus
    from bot.telegram.store import TelegramStore
    from retrieval.records import Audience
    from retrieval.topics import Topic

_ERRORS_SHOWN = 5
_PATIENCE_S = 1.0
_UNDERSTOOD = "按“{question}”查找。"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asking:
    """What somebody says to the bot: who, where, and what may be quoted there."""

    said: Addressed
    chat: Chat
    topic_id: int
    user_id: int
    role: Role
    audiences: frozenset[Audience]

    @property
    def is_private(self) -> bool:
        """Whether nobody else reads the reply."""
        return self.chat.type == Chat.PRIVATE

    @property
    def key(self) -> Key:
        """Whose conversation it belongs to: never another chat's, topic's or person's."""
        return Key("telegram", str(self.chat.id), str(self.topic_id), str(self.user_id))


class Commands:
    """The replies of one bot; ``answerer`` says in Chinese how its answers come about."""

    def __init__(
        self, assistant: Assistant, store: TelegramStore, menus: Menus, bot: Callable[[], Bot], answerer: str
    ) -> None:
        self._assistant = assistant
        self._store = store
        self._menus = menus
        self._bot = bot
        self._answerer = answerer
        self._by_name: Mapping[str, Callable[[Asking], Awaitable[Reply]]] = {
            "": self._ask,
            "start": self._start,
            "ask": self._ask,
            "topics": self._topics,
            "sources": self._sources,
            "search": self._search,
            "help": self._help,
            "feedback": self._feedback,
            "privacy": self._privacy,
            "forget": self._forget,
            "status": self._status,
        }

    def knows(self, name: str) -> bool:
        """Whether there is a command of this name."""
        return name in self._by_name

    async def reply(self, asking: Asking) -> Reply:
        """The reply to a question or a command."""
        work = self._by_name.get(asking.said.command, self._unknown)
        return await work(asking)

    async def _ask(self, asking: Asking) -> Reply:
        said = asking.said
        if not said.text and not said.context:
            without_text = wording.ONLY_FILES if asking.role == "admin" else wording.ONLY_TEXT
            return _notice(wording.NO_QUESTION if said.command else without_text)
        turn = await self._assistant.ask(
            asking.key, said.text, said.context, asking.audiences, when_empty=wording.NO_WORDS
        )
        return self.answered(asking, turn)

    def answered(self, asking: Asking, turn: Turn) -> Reply:
        """The reply that carries an answer, which is kept for its buttons."""
        answer = turn.answer
        if small_talk(turn.asked):
            # Nobody has a verdict on a greeting.
            return _notice(answer.message)
        if turn.is_rewritten:
            answer = replace(answer, notices=(_UNDERSTOOD.format(question=turn.rewritten), *answer.notices))
        record = answer_json(answer, answer_id=None) | {"suggestions": list(answer.suggestions)}
        answer_id = self._store.keep_answer(asking.chat.id, asking.user_id, record)
        parts = render_answer(answer, keyboard=answer_keyboard(answer, str(answer_id)))
        ending: Ending = "answer" if answer.status == "answered" else "refusal"
        return Reply(parts, ending)

    async def _search(self, asking: Asking) -> Reply:
        wanted = asking.said.text or asking.said.context
        if not wanted:
            return _notice(wording.NO_SEARCH)
        return Reply(found_parts(await self._assistant.search(wanted, asking.audiences)), "answer")

    async def _topics(self, asking: Asking) -> Reply:
        return Reply([render_topics_page(await self._assistant.topics(asking.audiences), 0)], "answer")

    async def _sources(self, asking: Asking) -> Reply:
        return Reply(source_parts(await self._assistant.documents(asking.audiences)), "answer")

    async def _feedback(self, asking: Asking) -> Reply:
        if not asking.said.text and asking.is_private and asking.role == "admin":
            return Reply(text_parts(await self._assistant.feedback() + wording.MORE_FEEDBACK), "answer")
        if not asking.said.text:
            return _notice(wording.NO_COMMENT)
        self._store.comment(asking.user_id, asking.said.text)
        return Reply([note(wording.COMMENT_KEPT)], "answer")

    async def _forget(self, asking: Asking) -> Reply:
        self._assistant.forget(asking.key.user)
        try:
            count = self._store.forget(asking.user_id)
        except StoreError as exc:
            _log.error("not forgotten: %s", exc.message)
            return _notice(wording.NOT_FORGOTTEN)
        return Reply([note(wording.FORGOTTEN.format(count=count))], "answer")

    async def _start(self, asking: Asking) -> Reply:
        name = self._bot().username
        if not asking.is_private:
            can = await notices.can_be_mentioned(asking.chat, await self._bot().get_me())
            return Reply([render_group_greeting(name, can_be_mentioned=can)], "answer")
        await self._menus.announce_to(asking.user_id)
        overview = await self._assistant.overview(asking.audiences)
        examples = await self._examples(asking)
        return Reply([render_start(name, overview.documents, examples)], "answer")

    async def _examples(self, asking: Asking) -> Sequence[Topic]:
        """Topics to offer as examples; none while those of a large new version are still being collected."""
        topics = asyncio.create_task(self._assistant.topics(asking.audiences))
        done, _ = await asyncio.wait({topics}, timeout=_PATIENCE_S)
        return topics.result() if done else ()

    async def _help(self, asking: Asking) -> Reply:
        for_admins = [note(wording.ADMIN_HELP)] if asking.is_private and asking.role == "admin" else []
        return Reply([render_help(self._bot().username), *for_admins], "answer")

    async def _privacy(self, asking: Asking) -> Reply:
        return Reply([render_privacy(self._answerer, ANSWERS_KEPT_DAYS)], "answer")

    async def _unknown(self, asking: Asking) -> Reply:
        return _notice(wording.NO_COMMAND)

    async def _status(self, asking: Asking) -> Reply:
        try:
            overview = await self._assistant.overview(asking.audiences)
        except WorkError as exc:
            # Just then the codes of the errors are wanted.
            _log.warning("status: %s", exc.message)
            overview = None
        is_admin = asking.is_private and asking.role == "admin"
        errors = self._store.last_errors(_ERRORS_SHOWN) if is_admin else []
        how = "" if asking.is_private else await self._mentions(asking)
        return Reply([status_part(overview, self._assistant.work.length, how, errors)], "answer")

    async def _mentions(self, asking: Asking) -> str:
        can = await notices.can_be_mentioned(asking.chat, await self._bot().get_me())
        return wording.MENTIONS_ARRIVE if can else wording.MENTIONS_ARE_LOST


def _notice(text: str) -> Reply:
    return Reply(text_parts(text), "notice")
