"""The door at which Telegram calls: for whoever does not know the secret, nothing is read.

What a call may cost is settled before its body is read: where it goes to, whether it has the secret, how long
the body says it is.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from telegram import Bot
from telegram.error import TimedOut
from tornado.web import RequestHandler, stream_request_body

from bot.settings import TelegramSettings
from bot.telegram.client import LOOPBACK
from bot.telegram.journal import UpdateJournal
from bot.telegram.running import insist
from bot.telegram.server import BoundedServer, serve
from bot.telegram.updates import UPDATE_BYTES_MAX, Unreadable, read_update

_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # nosec B105 # the name of a header
_PORT = 8443


@dataclass(frozen=True, slots=True)
class WebhookPlace:
    """Where to listen, at which path, and what to tell Telegram."""

    listen: str
    port: int
    path: str
    url: str
    secret: str


def webhook_place(settings: TelegramSettings) -> WebhookPlace:
    """The place that the settings name.

    An address on this machine names the port itself; before any other stands a proxy that ends TLS and
    passes the path on to port 8443. The secret is drawn from the token, so it survives restarts.
    """
    url = urlsplit(settings.webhook_url)
    port = (url.port or _PORT) if url.hostname in LOOPBACK else _PORT
    secret = hashlib.sha256(b"webhook:" + settings.token.get_secret_value().encode()).hexdigest()
    return WebhookPlace(settings.listen, port, url.path.strip("/"), settings.webhook_url, secret)


class Calls:
    """Takes updates of these kinds from Telegram's calls; ``place`` says where and with which secret."""

    def __init__(self, bot: Bot, journal: UpdateJournal, place: WebhookPlace, kinds: tuple[str, ...]) -> None:
        self._bot = bot
        self._journal = journal
        self._place = place
        self._kinds = kinds
        self._server: BoundedServer | None = None

    async def open(self) -> None:
        """Open the door and tell Telegram of it.

        SettingError where it cannot be opened there, TelegramError where Telegram cannot be told.
        """
        place = self._place
        door = {"place": place, "bot": self._bot, "journal": self._journal}
        self._server = serve(
            [(r".*", _Door, door)],
            place.listen,
            place.port,
            purpose="接收推送",
            remedy="检查 DANGWU_TELEGRAM__WEBHOOK_URL 和 DANGWU_TELEGRAM__LISTEN。",
        )
        await insist(
            lambda: self._bot.set_webhook(place.url, secret_token=place.secret, allowed_updates=self._kinds)
        )

    async def close(self) -> None:
        """Close the door."""
        if self._server is not None:
            await self._server.close()


@stream_request_body
class _Door(RequestHandler):
    """One call: refused before its body is read, or read and queued."""

    def initialize(self, place: WebhookPlace, bot: Bot, journal: UpdateJournal) -> None:
        self._place = place
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
        """Queue the update. What cannot be read is passed over: Telegram would send it again and again.

        503 where it can neither be written down nor be answered in time.
        """
        try:
            update = read_update(_parsed(self._body), self._bot)
        except Unreadable as exc:
            self._journal.pass_over(exc)
            return
        try:
            await self._journal.put(update)
        except TimedOut as exc:
            # Telegram sends it again, by when it may have had its reply.
            self._journal.pass_over(exc)
            self.set_status(HTTPStatus.SERVICE_UNAVAILABLE)

    def _refusal(self) -> HTTPStatus | None:
        if self.request.path.strip("/") != self._place.path:
            return HTTPStatus.NOT_FOUND
        if self.request.method != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED
        given = self.request.headers.get(_SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), self._place.secret.encode()):
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
