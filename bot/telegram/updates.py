"""One update as it came, checked by itself before anything is done with it.

Whatever a server may send, nothing here fails in any other way than by ``Unreadable``: one update that cannot
be read, stored or told from nonsense must not hold up those beside it, nor come back at the next start.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TypeGuard

from telegram import Bot, Chat, Message, Update, User

UPDATE_BYTES_MAX = 1024 * 1024
"""Far more than Telegram's longest message with all that it quotes."""
# What the store can hold.
_INTEGER_MAX = 2**63 - 1
# A message that quotes another is about ten deep; the library reads what is nested by recursion.
_DEPTH_MAX = 64

_Expectation = tuple[object, type | tuple[type, ...]]
_TEXT = (str, type(None))
_NUMBER = (int, type(None))


class Unreadable(Exception):
    """An update to pass over, and why, in words that name no person and no text.

    ``update_id`` is its number, by which Telegram is told that it has been dealt with; ``None`` where it has
    none that can be named.
    """

    def __init__(self, reason: str, update_id: int | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.update_id = update_id


def read_update(data: object, bot: Bot | None) -> Update:
    """The update that ``data``, parsed JSON, tells of; Unreadable where it cannot be taken on."""
    update_id = _update_id(data)
    try:
        reason = "no number" if update_id is None else _unstorable(data)
        if not reason:
            update = Update.de_json(data, bot)  # type: ignore[arg-type]
            reason = _unusable(update)
    # The library takes what it gets: a wrong type fails somewhere inside, in any way.
    except Exception as exc:
        raise Unreadable(type(exc).__name__, update_id) from exc
    if reason:
        raise Unreadable(reason, update_id)
    return update


def is_update_id(number: object) -> TypeGuard[int]:
    """Whether Telegram can be told of an update by this number: an offset below 0 counts from the end."""
    return type(number) is int and 0 <= number < _INTEGER_MAX


def _update_id(data: object) -> int | None:
    number = data.get("update_id") if isinstance(data, dict) else None
    return number if is_update_id(number) else None


def _unstorable(data: object) -> str:
    """Why the store could not hold it, empty where it can; UnicodeEncodeError for half a character."""
    for value, depth in _values(data):
        if depth > _DEPTH_MAX:
            return "too deep"
        if type(value) is int and abs(value) > _INTEGER_MAX:
            return "a number too large"
    size = len(json.dumps(data, ensure_ascii=False).encode())
    return "too large" if size > UPDATE_BYTES_MAX else ""


def _values(data: object) -> Iterator[tuple[object, int]]:
    """All values within ``data``, itself included, each with how deep it lies."""
    waiting = [(data, 0)]
    while waiting:
        value, depth = waiting.pop()
        yield value, depth
        if isinstance(value, dict | list):
            inner = value.values() if isinstance(value, dict) else value
            waiting.extend((each, depth + 1) for each in inner)


def _unusable(update: Update) -> str:
    """What of the parts that are used later has a wrong type, or that there is none of a known kind."""
    if all(getattr(update, kind, None) is None for kind in Update.ALL_TYPES):
        return "unknown kind"
    return "" if all(isinstance(value, kinds) for value, kinds in _expected(update)) else "wrong type"


def _expected(update: Update) -> Iterator[_Expectation]:
    """Each value that is used, with the types that it may have."""
    yield from _of_parties([update.effective_chat], [update.effective_user])
    if update.message is not None:
        yield from _of_message(update.message)
    if update.callback_query is not None:
        yield from ((update.callback_query.id, str), (update.callback_query.data, _TEXT))
        if isinstance(update.callback_query.message, Message):
            yield from _of_message(update.callback_query.message)
    if update.inline_query is not None:
        yield from ((update.inline_query.id, str), (update.inline_query.query, str))


def _of_message(message: Message) -> Iterator[_Expectation]:
    yield message.chat, Chat
    yield from _of_parties([message.chat, message.sender_chat], [message.from_user])
    yield from ((message.message_id, int), (message.message_thread_id, _NUMBER))
    yield from ((text, _TEXT) for text in (message.text, message.caption, message.media_group_id))
    yield message.migrate_to_chat_id, _NUMBER
    for entity in (*message.entities, *message.caption_entities):
        yield from ((entity.offset, int), (entity.length, int), (entity.type, str))
        yield from _of_parties([], [entity.user])
    if message.document is not None:
        yield from ((message.document.file_id, str), (message.document.file_name, _TEXT))
        yield message.document.file_size, _NUMBER
    if message.quote is not None:
        yield message.quote.text, str
    if message.reply_to_message is not None:
        yield from _of_message(message.reply_to_message)


def _of_parties(chats: Iterable[Chat | None], users: Iterable[User | None]) -> Iterator[_Expectation]:
    for chat in filter(None, chats):
        yield from ((chat.id, int), (chat.type, str))
    for user in filter(None, users):
        yield user.id, int
