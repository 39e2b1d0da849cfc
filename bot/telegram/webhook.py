"""The door at which Telegram calls: for whoever does not know the secret, nothing is read.

What a call may cost is settled before its body is read: where it goes to, whether it has the secret, how long
the body says it is.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from telegram import Bot
from telegram.error import InvalidToken, TelegramError
from telegram.ext import Updater
from tornado.web import RequestHandler, stream_request_body

from bot.telegram.journal import UpdateJournal
from bot.telegram.server import BoundedServer, serve
from bot.telegram.updates import UPDATE_BYTES_MAX, Unreadable, read_update

_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
_BETWEEN_ATTEMPTS_S = 1.0


class Receiver(Updater):
    """The library's updater, which takes calls at a door of ours; it polls as ever."""

    def __init__(self, bot: Bot, journal: UpdateJournal) -> None:
        super().__init__(bot, journal)
        self._journal = journal
        self._server: BoundedServer | None = None

    @property
    def running(self) -> bool:
        """Whether updates are being taken, in either way."""
        return self._server is not None or super().running

    async def start_webhook(self, *args: Any, **options: Any) -> UpdateJournal:
        """Open the door and tell Telegram of it; takes what ``run_webhook`` passes on.

        SettingError where it cannot be opened there, TelegramError where Telegram cannot be told.
        """
        secret = options["secret_token"]
        door = {"path": options["url_path"], "secret": secret, "bot": self.bot, "journal": self._journal}
        self._server = serve(
            [(r".*", _Door, door)],
            options["listen"],
            options["port"],
            purpose="接收推送",
            remedy="检查 DANGWU_TELEGRAM__WEBHOOK_URL 和 DANGWU_TELEGRAM__LISTEN。",
        )
        await _insist(
            lambda: self.bot.set_webhook(
                options["webhook_url"], secret_token=secret, allowed_updates=options["allowed_updates"]
            ),
            options["bootstrap_retries"],
        )
        return self._journal

    async def stop(self) -> None:
        """Take no more updates."""
        if self._server is None:
            await super().stop()
            return
        server, self._server = self._server, None
        await server.close()


@stream_request_body
class _Door(RequestHandler):
    """One call: refused before its body is read, or read and queued."""

    def initialize(self, path: str, secret: str, bot: Bot, journal: UpdateJournal) -> None:
        self._path = path
        self._secret = secret
        self._bot = bot
        self._journal = journal
        self._body = bytearray()

    def prepare(self) -> None:
        """Refuse what need not be read; the connection is then closed without reading it."""
        refusal = self._refusal()
        if refusal is not None:
            self.set_status(refusal)
            self.finish()

    def data_received(self, chunk: bytes) -> None:
        """Keep a piece; the server sees to it that they do not become too many."""
        self._body += chunk

    async def post(self) -> None:
        """Queue the update. What cannot be read is passed over: Telegram would send it again and again."""
        try:
            update = read_update(_parsed(self._body), self._bot)
        except Unreadable as exc:
            self._journal.pass_over(exc)
        else:
            await self._journal.put(update)

    def _refusal(self) -> HTTPStatus | None:
        if self.request.path.strip("/") != self._path:
            return HTTPStatus.NOT_FOUND
        if self.request.method != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED
        given = self.request.headers.get(_SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), self._secret.encode()):
            return HTTPStatus.FORBIDDEN
        length = self.request.headers.get("Content-Length", "0")
        if length.isdecimal() and int(length) > UPDATE_BYTES_MAX:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        return None


def _parsed(body: bytearray) -> object:
    try:
        return json.loads(body.decode())
    except (ValueError, RecursionError) as exc:
        raise Unreadable("no JSON", None) from exc


async def _insist(call: Callable[[], Awaitable[object]], retries: int) -> None:
    """Call, and call again where the network fails; TelegramError after the last time."""
    for _ in range(retries):
        try:
            await call()
        except InvalidToken:
            raise
        except TelegramError:
            await asyncio.sleep(_BETWEEN_ATTEMPTS_S)
        else:
            return
    await call()
