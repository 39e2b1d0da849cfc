"""Replies as the handlers make them, before they are cut into messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from telegram import Message

from bot.answering.answer import Answer

Outcome = Literal["answer", "refusal", "notice", "error", "undeliverable"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What one addressed message gets: plain text, or an answer with its sources.

    ``lead`` stands above an answer (how a follow-up was understood); ``answer_id`` is its number in the
    store; ``is_sent`` is false where silence was announced before.
    """

    text: str
    outcome: Outcome
    answer: Answer | None = None
    answer_id: int = 0
    lead: str = ""
    is_sent: bool = True


class Sender(Protocol):
    """Whoever turns replies into messages and brings them to the chat."""

    async def send(self, message: Message, reply: Reply) -> None:
        """Deliver a reply below the message it answers; TelegramError when that cannot be done."""
        ...


class PlainSender:
    """Sends a reply as one message of plain text."""

    async def send(self, message: Message, reply: Reply) -> None:
        await message.reply_text(reply.text, do_quote=True)
