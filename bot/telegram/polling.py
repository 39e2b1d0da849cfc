"""Asking Telegram for updates so that nothing it may answer ends the asking.

The library gives up a whole batch, again and again, for one update that it cannot parse, and stops asking for
good at any error that is none of its own.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from telegram import Update
from telegram.error import InvalidToken, TelegramError
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest

from bot.telegram.pacing import Clock, Sleep
from bot.telegram.updates import Unreadable, is_update_id, read_update

Refused = Callable[[Exception], object]
"""Told of what was passed over, and of what went wrong besides."""

# What cannot be confirmed comes with every poll, at once.
_UNCONFIRMED_WAIT_S = 1.0
_NUMBERED = re.compile(rb'"update_id"\s*:\s*(\d{1,19})(?!\d)')


class PollFailed(TelegramError):
    """A poll without a usable answer, after which the next one waits longer."""


class _Garbled(PollFailed):
    """An answer that is no JSON of the Bot API; ``update_id`` is the first number of an update in it."""

    def __init__(self, payload: bytes) -> None:
        super().__init__("the answer cannot be read")
        found = _NUMBERED.search(payload)
        self.update_id = int(found[1]) if found else None


async def _at_once() -> None:
    """Let a poll begin."""


class PollRequest(HTTPXRequest):
    """The library's request for polls: it passes over, one by one, the updates that cannot be read.

    ``before`` is awaited before each poll; what it raises takes the place of the answer. ``silent_s`` are
    the seconds since the last answer that could be read; since the start where there was none.
    """

    def __init__(
        self,
        refused: Refused,
        clock: Clock = time.monotonic,
        *,
        before: Callable[[], Awaitable[None]] = _at_once,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._refused = refused
        self._before = before
        self._clock = clock
        self._answered_at = clock()
        self._unconfirmable: list[object] = []

    @property
    def silent_s(self) -> float:
        return self._clock() - self._answered_at

    @property
    def is_stuck(self) -> bool:
        """Whether the last answer held something that Telegram cannot be told to leave out."""
        return bool(self._unconfirmable)

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """The status and the body, as ever."""
        await self._before()
        return await super().do_request(*args, **kwargs)

    def parse_json_payload(self, payload: bytes) -> dict[str, Any]:  # type: ignore[override]
        """The answer; of an update that is passed over, its number alone."""
        try:
            document = json.loads(payload.decode("utf-8", "replace"))
        except (ValueError, RecursionError) as exc:
            raise _Garbled(payload) from exc
        if not isinstance(document, dict):
            raise _Garbled(payload)
        if not document.get("ok"):
            return document
        if not isinstance(document.get("result"), list):
            raise _Garbled(payload)
        before, self._unconfirmable = self._unconfirmable, []
        readable = [self._readable(each, before) for each in document["result"]]
        self._answered_at = self._clock()
        return {**document, "result": [each for each in readable if each is not None]}

    def _readable(self, data: object, before: list[object]) -> object:
        try:
            read_update(data, None)
        except Unreadable as exc:
            if exc.update_id is not None:
                self._refused(exc)
                return {"update_id": exc.update_id}
            self._unconfirmable.append(data)
            if data not in before:
                self._refused(exc)
            return None
        return data


class PollingBot(ExtBot[None]):
    """The library's bot, whose polls fail in no way that ends the asking."""

    def __init__(
        self,
        token: str,
        polls: PollRequest,
        refused: Refused,
        *,
        sleep: Sleep = asyncio.sleep,
        **options: Any,
    ) -> None:
        super().__init__(token, get_updates_request=polls, **options)
        self._polls = polls
        self._refused = refused
        self._sleep = sleep

    async def get_updates(self, *args: Any, **options: Any) -> tuple[Update, ...]:
        """The updates that can be read, and bare numbers of those that cannot; else TelegramError."""
        try:
            updates = await self._asked(*args, **options)
        except InvalidToken as exc:
            # The token was good at the start; a gateway that is being restarted answers 404 too.
            raise PollFailed(f"refused: {type(exc).__name__}") from exc
        except TelegramError:
            raise
        except Exception as exc:
            self._refused(exc)
            raise PollFailed(type(exc).__name__) from exc
        if not updates and self._polls.is_stuck:
            await self._sleep(_UNCONFIRMED_WAIT_S)
        return updates

    async def _asked(self, *args: Any, **options: Any) -> tuple[Update, ...]:
        try:
            return await super().get_updates(*args, **options)
        except _Garbled:
            # One of the batch spoils it, and what comes by itself cannot be spoilt by another.
            return await self._one_alone(*args, **options)

    async def _one_alone(self, *args: Any, **options: Any) -> tuple[Update, ...]:
        try:
            return await super().get_updates(*args, **{**options, "limit": 1})
        except _Garbled as exc:
            if not is_update_id(exc.update_id) or exc.update_id < (options.get("offset") or 0):
                raise
            self._refused(Unreadable("no JSON", exc.update_id))
            return (Update(exc.update_id),)
