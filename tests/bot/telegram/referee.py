"""A second opinion on the wire format: ``lo-bot-api-emulator``, with what it lacks for a Telegram bot added.

Its truth is another messenger's copy of the Bot API. Added are the bot's name, the option that turns link
previews off, and an eye for texts: its own journal keeps none.
"""

from __future__ import annotations

import asyncio
import copy
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from aiohttp import web
from lo_bot_api_emulator import CONTRACT, LoBotApiEmulator  # type: ignore[import-untyped]

from tests.bot.telegram.fake_rules import BOT_ID, BOT_NAME, TOKEN, Json

_LACKING = {"sendMessage": ["link_preview_options"], "editMessageText": ["link_preview_options"]}


class Referee(LoBotApiEmulator):  # type: ignore[misc]
    """The emulator in a thread of its own; ``sent`` holds each call that it accepted, with its fields."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.sent: list[tuple[str, Json]] = []
        self.refused: list[tuple[str, str]] = []
        self.url = ""

    def validate(self, method: str, fields: Json, uploads: Any) -> Any:
        try:
            result = super().validate(method, fields, uploads)
        except Exception as exc:
            self.refused.append((method, getattr(exc, "description", str(exc))))
            raise
        self.sent.append((method, copy.deepcopy(fields)))
        if method == "getMe":
            return {**result, "id": BOT_ID, "username": BOT_NAME}
        return result

    def texts(self, method: str = "sendMessage") -> list[str]:
        """The texts that were sent, as they came, markup included."""
        return [fields["text"] for name, fields in self.sent if name == method]

    def push(self, update: Json) -> None:
        """Queue an update for the bot."""
        self._await(self.enqueue_update(update, token=TOKEN))

    @contextmanager
    def serving(self) -> Iterator[Referee]:
        """Serve until the block ends."""
        self._loop = asyncio.new_event_loop()
        thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        thread.start()
        methods = CONTRACT["methods"]
        wider = {
            name: {**methods[name], "parameters": [*methods[name]["parameters"], *more]}
            for name, more in _LACKING.items()
        }
        runner = web.AppRunner(self.app(), shutdown_timeout=0.1)
        try:
            with patch.dict(methods, wider):
                self._await(self._start(runner))
                yield self
        finally:
            self._await(runner.cleanup())
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(10)
            self._loop.close()

    async def _start(self, runner: web.AppRunner) -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = "http://{}:{}".format(*runner.addresses[0][:2])

    def _await(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)
