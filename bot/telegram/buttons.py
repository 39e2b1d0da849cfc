"""What pressing a button does; whatever it points to is looked up again, for the room and the person."""

from __future__ import annotations

import logging
import math

from telegram import CallbackQuery, Chat, Message, Update
from telegram.error import BadRequest
from telegram.ext import ContextTypes

from bot import work
from bot.assistant import Assistant
from bot.reading import Gone
from bot.rendering.telegram import render_document, render_passage, render_topics_page
from bot.rendering.telegram_keyboards import passage_keyboard
from bot.rendering.telegram_markup import MessagePart
from bot.telegram import wording
from bot.telegram.addressing import Addressed
from bot.telegram.callbacks import (
    AskTopic,
    Callback,
    CallbackError,
    FollowUp,
    OpenDocument,
    OpenPassage,
    TopicsPage,
    TurnTo,
    UploadChoice,
    Vote,
    decode,
    find_topic,
)
from bot.telegram.commands import Asking, Commands
from bot.telegram.delivery import Delivery, QueueFull
from bot.telegram.gate import Gate
from bot.telegram.limits import RateLimits
from bot.telegram.replies import topic_of
from bot.telegram.requests import Target
from bot.telegram.store import StoredAnswer, TelegramStore
from bot.telegram.uploads import Uploads
from bot.work import Lines, RateWindow

# Longer nobody looks at the circle of a button.
_PATIENCE_S = 5.0
_log = logging.getLogger(__name__)


class Buttons:
    """The buttons of one bot; they count against the same limits as questions.

    ``presses`` counts all of them: beyond it a press gets no answer at all, for each answer is a call. In
    ``lines`` they wait for those of the same person before them.
    """

    def __init__(
        self,
        assistant: Assistant,
        commands: Commands,
        store: TelegramStore,
        gate: Gate,
        rates: RateLimits,
        presses: RateWindow,
        lines: Lines,
        delivery: Delivery,
        uploads: Uploads,
    ) -> None:
        self._assistant = assistant
        self._commands = commands
        self._store = store
        self._gate = gate
        self._rates = rates
        self._presses = presses
        self._lines = lines
        self._delivery = delivery
        self._uploads = uploads

    async def on_press(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Do what the button says, and end its waiting circle unless somebody does nothing but press."""
        query = update.callback_query
        if query is None or self._presses.wait_s(query.from_user.id) > 0:
            return
        self._presses.add(query.from_user.id)
        toast = ""
        try:
            toast = await self._press(query)
        except Gone:
            toast = wording.GONE
        except CallbackError:
            toast = wording.NO_BUTTON
        except (work.QueueFull, QueueFull):
            toast = wording.BUSY
        except Exception:
            toast = wording.FAILED
            raise
        finally:
            await _end(query, toast)

    async def _press(self, query: CallbackQuery) -> str:
        """Do it; gives what to say for a moment on top of the chat."""
        message = query.message
        if not isinstance(message, Message) or query.data is None:
            raise CallbackError("the message is gone")
        wanted = decode(query.data)
        if isinstance(wanted, Vote):
            return self._vote(wanted, message, query.from_user.id)
        if isinstance(wanted, UploadChoice):
            return self._uploads.choose(wanted, message.chat.id, query.from_user.id)
        place = message.chat.id, query.from_user.id
        if not self._lines.has_room(*place) or self._delivery.share_wait_s(message.chat.id) > _PATIENCE_S:
            return wording.BUSY
        wait_s = self._rates.admit(*place)
        if wait_s > 0:
            return wording.TOO_FAST.format(seconds=math.ceil(wait_s))
        async with self._lines.turn(*place):
            await self._show(wanted, message, self._asking(message, query.from_user.id))
        return ""

    async def _show(self, wanted: Callback, message: Message, asking: Asking) -> None:
        """Send what the button opens, or put it in place of the message that has the button."""
        if isinstance(wanted, TurnTo | TopicsPage):
            await self._delivery.edit(asking.chat.id, message.message_id, await self._page(wanted, asking))
        else:
            parts = await self._opened(wanted, asking, message)
            await self._delivery.send(
                Target(asking.chat.id, asking.topic_id or None, message.message_id), parts
            )

    async def _page(self, wanted: TurnTo | TopicsPage, asking: Asking) -> MessagePart:
        if isinstance(wanted, TopicsPage):
            return render_topics_page(await self._assistant.topics(asking.audiences), wanted.page)
        return (await self._passage(wanted.passage_id, asking))[0]

    async def _opened(self, wanted: Callback, asking: Asking, message: Message) -> tuple[MessagePart, ...]:
        match wanted:
            case OpenPassage(passage_id):
                return await self._passage(passage_id, asking)
            case OpenDocument(document_id):
                return (render_document(await self._assistant.document(document_id, asking.audiences)),)
            case AskTopic(key):
                topic = find_topic(await self._assistant.topics(asking.audiences), key)
                return await self._answer(wording.TOPIC_QUESTION.format(name=topic.name), asking)
            case FollowUp(answer_id, index):
                suggestions = self._stored(answer_id, message).record.get("suggestions", [])
                if index >= len(suggestions):
                    raise CallbackError("no such suggestion")
                return await self._answer(suggestions[index], asking)
        raise CallbackError("not a button that opens something")

    async def _passage(self, passage_id: str, asking: Asking) -> tuple[MessagePart, ...]:
        view = await self._assistant.passage(passage_id, asking.audiences)
        return render_passage(
            view.passage, position=view.position, total=view.total, keyboard=passage_keyboard(view)
        )

    async def _answer(self, question: str, asking: Asking) -> tuple[MessagePart, ...]:
        await self._delivery.show_typing(Target(asking.chat.id, asking.topic_id or None))
        turn = await self._assistant.ask(asking.key, question, "", asking.audiences)
        return tuple(self._commands.answered(asking, turn).parts)

    def _vote(self, vote: Vote, message: Message, user_id: int) -> str:
        self._store.vote(self._stored(vote.answer_id, message).id, user_id, vote.verdict)
        return wording.VOTED.format(verdict=vote.verdict)

    def _stored(self, answer_id: str, message: Message) -> StoredAnswer:
        """The answer of this number, which must have been given in this very chat."""
        stored = self._store.answer(int(answer_id)) if answer_id.isdecimal() else None
        if stored is None or stored.chat_id != message.chat.id:
            raise CallbackError("no such answer here")
        return stored

    def _asking(self, message: Message, user_id: int) -> Asking:
        is_private = message.chat.type == Chat.PRIVATE
        return Asking(
            Addressed("private", ""),
            message.chat,
            topic_of(message),
            user_id,
            self._gate.role(user_id),
            self._gate.audiences(user_id, is_private=is_private),
        )


async def _end(query: CallbackQuery, toast: str) -> None:
    try:
        await query.answer(toast or None)
    except BadRequest as exc:
        # Too late for the person to see it; what was asked for has been done.
        _log.info("button not confirmed: %s", exc.message)
