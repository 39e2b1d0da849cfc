"""Replies as the commands make them: messages ready to send, and how the turn ends with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from telegram import Message

from bot.rendering.telegram_markup import MessagePart, Run, make_part
from bot.telegram.requests import Target

Ending = Literal["answer", "refusal", "notice", "error", "undeliverable"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What one addressed message gets; without parts where silence was announced before."""

    parts: Sequence[MessagePart]
    ending: Ending


def note(text: str) -> MessagePart:
    """A short text as one message."""
    return make_part([Run(text)], body=text)


def target_of(message: Message) -> Target:
    """Where the reply to a message goes."""
    return Target(message.chat.id, topic_of(message) or None, message.message_id)


def topic_of(message: Message) -> int:
    """The forum topic that a message belongs to, 0 for none: a thread of replies is none."""
    return (message.message_thread_id or 0) if message.is_topic_message else 0
