"""What went wrong, each with a code under which it is found in the log, by ``/status`` and in the chat."""

from __future__ import annotations

import contextlib
import logging
import secrets

from telegram.error import TelegramError

from bot.telegram.store import TelegramStore
from bot.telegram.updates import Unreadable
from retrieval.errors import DangwuError, StoreError

_log = logging.getLogger(__name__)


class Undelivered(Exception):
    """Telegram took a reply in no form."""


def note_incident(store: TelegramStore, error: BaseException | None, *, about: str = "error") -> str:
    """Write an error down in the log and in the store; gives the code that both have."""
    code, kind = secrets.token_hex(2).upper(), kind_of(error)
    _log.error("%s %s: %s", about, code, kind, exc_info=_unexpected(error), extra={"code": code})
    with contextlib.suppress(StoreError):
        store.note_error(code, kind)
    return code


def kind_of(error: BaseException | None) -> str:
    """The type of an error; the message too where it is one of ours, which name no person and no text."""
    name = type(error).__name__
    if isinstance(error, DangwuError):
        return f"{name}：{error.message}"
    return f"{name}：{error.reason}" if isinstance(error, Unreadable) else name


def _unexpected(error: BaseException | None) -> BaseException | None:
    """The error whose traceback is worth reading: not those of Telegram, of the network and of senders."""
    return None if isinstance(error, TelegramError | Undelivered | Unreadable) else error
