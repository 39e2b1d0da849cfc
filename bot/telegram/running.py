"""The course of the bot's life: start, serve, and stop in order whenever it is told to, be it half started.

The library's own course ends a program that is told to stop while it starts with an error of the event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from telegram.error import Conflict, InvalidToken, TelegramError
from telegram.ext import Updater

from bot.stopping import told_to_stop

_START_RETRIES = 5
_BETWEEN_ATTEMPTS_S = 1.0
_CONFLICT = "Conflict: another program fetches the updates of this token, or a webhook is set"
_log = logging.getLogger(__name__)


class Source(Protocol):
    """Where updates come from."""

    async def open(self) -> None:
        """Begin to take them."""

    async def close(self) -> None:
        """Take no more; also where the opening did not succeed."""


class Polls:
    """Asks for updates of these kinds."""

    def __init__(self, updater: Updater, kinds: tuple[str, ...]) -> None:
        self._updater = updater
        self._kinds = kinds

    async def open(self) -> None:
        """Begin to ask; TelegramError where Telegram cannot be told that it is not to call."""
        await self._updater.start_polling(
            bootstrap_retries=_START_RETRIES, allowed_updates=self._kinds, error_callback=_note_failure
        )

    async def close(self) -> None:
        """Ask a last time, which tells what has come."""
        if self._updater.running:
            await self._updater.stop()


def _note_failure(error: TelegramError) -> None:
    """Of a poll, which is repeated; nobody is waiting for its result."""
    _log.warning("poll failed: %s", _CONFLICT if isinstance(error, Conflict) else type(error).__name__)


async def serve(application: Any, source: Source) -> None:
    """Serve until the process gets SIGINT or SIGTERM; TelegramError when Telegram cannot be reached at all.

    Whoever sends a second signal does not want to wait for the stop: that one ends the process.
    """
    starting = asyncio.create_task(_start(application, source))
    try:
        with told_to_stop() as told:
            waiting = asyncio.create_task(told.wait())
            try:
                await asyncio.wait({starting, waiting}, return_when=asyncio.FIRST_COMPLETED)
                if starting.done():
                    starting.result()
                    await waiting
            finally:
                waiting.cancel()
    finally:
        starting.cancel()
        await asyncio.wait({starting})
        await _stop(application, source)


async def _start(application: Any, source: Source) -> None:
    await insist(application.initialize)
    await application.post_init(application)
    await application.start()
    await source.open()


async def _stop(application: Any, source: Source) -> None:
    await source.close()
    if application.running:
        await application.stop()
        await application.post_stop(application)
    await application.shutdown()
    await application.post_shutdown(application)


async def insist(call: Callable[[], Awaitable[object]]) -> None:
    """Call, and call again where the network fails; TelegramError after the last time."""
    for _ in range(_START_RETRIES):
        try:
            await call()
        except InvalidToken:
            raise
        except TelegramError:
            await asyncio.sleep(_BETWEEN_ATTEMPTS_S)
        else:
            return
    await call()
