"""The bot's log: what happened and when, never the token, a person or what somebody wrote."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from typing import TextIO

from bot.answering.privacy import MaskingFilter
from bot.rendering.legible import json_text, on_one_line, printable

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
_TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def prepare_logging(token: str, stream: TextIO) -> None:
    """Send records to ``stream``: lines for a person at a terminal, else a JSON document a line.

    Whatever the command line asked for, nothing below a warning is written but the bot's own events: the
    libraries would show whole messages and addresses with the token in them.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Lines(token) if stream.isatty() else _JsonLines(token))
    handler.addFilter(MaskingFilter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in ("bot", "ingest", "retrieval"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("bot.telegram").setLevel(logging.INFO)


class _Lines(logging.Formatter):
    """A line a record, the token blotted out wherever it turns up."""

    def __init__(self, token: str) -> None:
        super().__init__(_TEXT)
        self._token = token

    def format(self, record: logging.LogRecord) -> str:
        line = self._written(record)
        return line.replace(self._token, "<token>")

    def _written(self, record: logging.LogRecord) -> str:
        changed = {"msg": on_one_line(_said(record)), "args": (), "exc_info": None, "exc_text": None}
        bare = logging.makeLogRecord({**vars(record), **changed})
        return printable("\n".join(filter(None, [super().format(bare), _where(record)])))


class _JsonLines(_Lines):
    """The same as JSON documents: time, level, logger, message, what the record has besides, traceback."""

    def _written(self, record: logging.LogRecord) -> str:
        document = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _said(record),
            **{name: value for name, value in vars(record).items() if name not in _STANDARD},
        }
        where = _where(record)
        return json_text(document | ({"traceback": where} if where else {}), default=str)


def _said(record: logging.LogRecord) -> str:
    """The message; of records that are not ours, without what they show of updates and of errors."""
    origin = record.name.partition(".")[0]
    if origin == "telegram":
        return str(record.msg)
    return record.getMessage().partition("\n")[0] if origin == "asyncio" else record.getMessage()


def _where(record: logging.LogRecord) -> str:
    """The places and kinds of an unexpected error and of what led to it; its words may quote a person.

    Of the library's records, which tell of a network that fails, the kind alone.
    """
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return ""
    if record.name.partition(".")[0] == "telegram":
        return type(error).__name__
    return "\n".join(
        "".join([*traceback.format_tb(each.__traceback__), type(each).__name__]) for each in _chain(error)
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    following: BaseException | None = error
    while following is not None:
        yield following
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)
