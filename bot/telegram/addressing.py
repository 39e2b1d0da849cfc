"""Whether a message is meant for the bot, and what it asks: pure functions over Telegram's messages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from telegram import Message, MessageEntity, Update
from telegram.constants import ChatType, MessageEntityType

Way = Literal["private", "command", "reply", "mention"]

_COMMAND = re.compile(r"/(?P<name>\w{1,32})(?:@(?P<bot>\w+))?\Z", re.ASCII)
# Telegram's own stand-in for an administrator who writes as the group.
_ANONYMOUS_ADMIN_ID = 1087968824


@dataclass(frozen=True, slots=True)
class Identity:
    """The bot itself: its user id and its name without the @."""

    id: int
    username: str


@dataclass(frozen=True, slots=True)
class Addressed:
    """A message that is meant for the bot.

    ``text`` is what it says without the mention or the command; ``command`` the command's name in lower
    case, empty for plain text. ``context`` is the text that it quotes or replies to, empty if there is none;
    the bot's own words are context only where a part of them is quoted by hand.
    """

    way: Way
    text: str
    command: str = ""
    context: str = ""


def addressed_message(update: Update) -> Message | None:
    """The new message of an update; ``None`` for edits, channel posts and everything else."""
    return update.message


def addressing(message: Message, me: Identity) -> Addressed | None:
    """How a message addresses the bot, or ``None`` where it is not meant for it."""
    if not _is_from_a_person(message):
        return None
    text, entities = _content(message)
    command = _command(text, entities)
    if command is not None:
        return _commanded(message, me, command)
    bare, is_mentioned = _without_mentions(text, entities, me)
    context = _context(message, me)
    if message.chat.type == ChatType.PRIVATE:
        return Addressed("private", bare, context=context) if _has_content(message) else None
    # A forwarded message was written for somebody else, whomever it mentions.
    if message.forward_origin is not None:
        return None
    if _replies_to(message, me):
        return Addressed("reply", bare, context=context) if bare else None
    return Addressed("mention", bare, context=context) if is_mentioned else None


def utf16_slice(text: str, offset: int, length: int) -> str:
    """The part of ``text`` that Telegram means by ``offset`` and ``length``, which count UTF-16 units."""
    encoded = text.encode("utf-16-le", "surrogatepass")
    return encoded[2 * offset : 2 * (offset + length)].decode("utf-16-le", "replace")


def _is_from_a_person(message: Message) -> bool:
    """Whether somebody wrote the message here: no bot, no channel's copy, nothing sent through a bot."""
    if message.via_bot is not None or message.is_automatic_forward or message.from_user is None:
        return False
    return not message.from_user.is_bot or message.from_user.id == _ANONYMOUS_ADMIN_ID


def _has_content(message: Message) -> bool:
    """Whether somebody sent something: not a notice of Telegram's, such as a pinned message."""
    return message.text is not None or message.effective_attachment is not None


def _content(message: Message) -> tuple[str, Sequence[MessageEntity]]:
    if message.text is not None:
        return message.text, message.entities
    return message.caption or "", message.caption_entities


@dataclass(frozen=True, slots=True)
class _Command:
    name: str
    bot: str
    rest: str


def _command(text: str, entities: Sequence[MessageEntity]) -> _Command | None:
    """The command that opens the text; Telegram marks it as an entity at offset 0."""
    for entity in entities:
        if entity.type == MessageEntityType.BOT_COMMAND and entity.offset == 0:
            word = utf16_slice(text, 0, entity.length)
            found = _COMMAND.match(word)
            if found:
                return _Command(found["name"].lower(), found["bot"] or "", text[len(word) :].strip())
    return None


def _commanded(message: Message, me: Identity, command: _Command) -> Addressed | None:
    if command.bot and command.bot.casefold() != me.username.casefold():
        return None
    way: Way = "private" if message.chat.type == ChatType.PRIVATE else "command"
    return Addressed(way, command.rest, command.name, _context(message, me))


def _without_mentions(text: str, entities: Sequence[MessageEntity], me: Identity) -> tuple[str, bool]:
    """The text without the mentions of the bot, and whether there was one."""
    pieces, at, is_mentioned = [], 0, False
    for entity in sorted(entities, key=lambda e: e.offset):
        if entity.offset >= at and _mentions(text, entity, me):
            pieces.append(utf16_slice(text, at, entity.offset - at))
            at = entity.offset + entity.length
            is_mentioned = True
    pieces.append(utf16_slice(text, at, 2 * len(text)))
    parts = [piece.strip() for piece in pieces]
    return " ".join(part for part in parts if part), is_mentioned


def _mentions(text: str, entity: MessageEntity, me: Identity) -> bool:
    if entity.type == MessageEntityType.TEXT_MENTION:
        return entity.user is not None and entity.user.id == me.id
    if entity.type != MessageEntityType.MENTION:
        return False
    return utf16_slice(text, entity.offset, entity.length).casefold() == f"@{me.username}".casefold()


def _replies_to(message: Message, me: Identity) -> bool:
    replied = message.reply_to_message
    # Every message of a topic "replies" to the notice that opened it, which a bot may have caused.
    if replied is None or replied.forum_topic_created is not None:
        return False
    return replied.from_user is not None and replied.from_user.id == me.id


def _context(message: Message, me: Identity) -> str:
    if message.quote is not None:
        return message.quote.text.strip()
    if message.reply_to_message is None or _replies_to(message, me):
        return ""
    return _content(message.reply_to_message)[0].strip()
