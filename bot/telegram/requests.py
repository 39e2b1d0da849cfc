"""One message to send or to edit as a value, and what is left of it after Telegram has refused a detail."""

from __future__ import annotations

from dataclasses import dataclass, replace

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)
from telegram.constants import ParseMode

from bot.rendering.telegram_markup import Button, Keyboard, MessagePart

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_SHUT_OUT = (
    "chat not found",
    "rights",
    "chat_write_forbidden",
    "chat_restricted",
    "topic_closed",
    "peer_id_invalid",
)


@dataclass(frozen=True, slots=True)
class Target:
    """Where messages go: a chat, a forum topic in it, and the message that is answered.

    Ids of groups and channels are negative.
    """

    chat_id: int
    thread_id: int | None = None
    reply_to: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A part for a target; with ``edited`` it takes the place of that message, else it is a new one."""

    target: Target
    part: MessagePart
    edited: int | None = None
    is_plain: bool = False

    async def perform(self, bot: Bot) -> int:
        """The id of the message sent or edited; TelegramError as the library raises it."""
        text = self.part.plain if self.is_plain else self.part.html
        parse_mode = None if self.is_plain else ParseMode.HTML
        markup = inline_keyboard(self.part.keyboard)
        if self.edited is not None:
            await bot.edit_message_text(
                text,
                chat_id=self.target.chat_id,
                message_id=self.edited,
                parse_mode=parse_mode,
                reply_markup=markup,
                link_preview_options=_NO_PREVIEW,
            )
            return self.edited
        message: Message = await bot.send_message(
            self.target.chat_id,
            text,
            parse_mode=parse_mode,
            reply_markup=markup,
            message_thread_id=self.target.thread_id,
            link_preview_options=_NO_PREVIEW,
            reply_parameters=_reply(self.target.reply_to),
        )
        return message.message_id

    def moved(self, chat_id: int) -> Request:
        """The same for the chat that a group has become; its topics and message ids do not move along."""
        return replace(self, target=Target(chat_id))

    def without_refused(self, refusal: str) -> Request | None:
        """The request without the detail that ``refusal`` names, ``None`` if that cannot be left out."""
        said = refusal.lower()
        if "entit" in said and not self.is_plain:
            return replace(self, is_plain=True)
        if ("button" in said or "keyboard" in said) and self.part.keyboard:
            return replace(self, part=replace(self.part, keyboard=()))
        if "repl" in said and "not found" in said and self.target.reply_to is not None:
            return replace(self, target=replace(self.target, reply_to=None))
        if _is_about_topic(said) and self.target.thread_id is not None:
            # What is answered stands in the topic that is gone.
            return replace(self, target=Target(self.target.chat_id))
        return None


def inline_keyboard(keyboard: Keyboard) -> InlineKeyboardMarkup | None:
    """The buttons as the library's objects, ``None`` where there are none."""
    if not keyboard:
        return None
    return InlineKeyboardMarkup([[_inline_button(button) for button in row] for row in keyboard])


def _inline_button(button: Button) -> InlineKeyboardButton:
    if button.inline_query is not None:
        return InlineKeyboardButton(button.label, switch_inline_query_current_chat=button.inline_query)
    return InlineKeyboardButton(button.label, callback_data=button.data)


def _reply(message_id: int | None) -> ReplyParameters | None:
    # A deleted question is no reason to keep its answer back.
    return None if message_id is None else ReplyParameters(message_id, allow_sending_without_reply=True)


def _is_about_topic(said: str) -> bool:
    return ("thread" in said or "topic" in said) and ("not found" in said or "deleted" in said)


def is_unchanged(refusal: str) -> bool:
    """Whether an edit was refused because the message says the same already."""
    return "message is not modified" in refusal.lower()


def is_gone(refusal: str) -> bool:
    """Whether an edit was refused because the message is no more or cannot be edited any more."""
    said = refusal.lower()
    return "message to edit not found" in said or "can't be edited" in said or "message_id_invalid" in said


def is_shut_out(refusal: str) -> bool:
    """Whether the bot cannot write to this chat at all, however the message is changed."""
    said = refusal.lower()
    return any(each in said for each in _SHUT_OUT)
