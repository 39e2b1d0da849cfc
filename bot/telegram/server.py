"""The HTTP server behind every port of the bot: whoever calls, a call costs little and ends soon."""

from __future__ import annotations

from typing import Any

from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream
from tornado.web import Application, RequestHandler

from bot.telegram.updates import UPDATE_BYTES_MAX
from retrieval.errors import SettingError

_Routes = list[Any]
# For all of the headers, and for all of the body: Telegram and a proxy send a call in one piece.
_WITHIN_S = 10.0
_HEADER_BYTES_MAX = 16 * 1024
# Telegram opens 40 at most.
_CONNECTIONS_MAX = 100


class BoundedServer(HTTPServer):
    """So many callers at once, so many bytes from each, and in so much time."""

    def initialize(self, *args: Any, **options: Any) -> None:
        bounds = {
            "max_header_size": _HEADER_BYTES_MAX,
            "max_body_size": UPDATE_BYTES_MAX,
            "idle_connection_timeout": _WITHIN_S,
            "body_timeout": _WITHIN_S,
        }
        super().initialize(*args, **{**options, **bounds})
        self._open = 0

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        """Take a connection, or close it where there are too many."""
        if self._open >= _CONNECTIONS_MAX:
            stream.close()
            return
        self._open += 1
        super().handle_stream(stream, address)

    def on_close(self, server_conn: object) -> None:
        """A connection is no more."""
        self._open -= 1
        super().on_close(server_conn)

    async def close(self) -> None:
        """Stop listening, and close what is open."""
        self.stop()
        await self.close_all_connections()


def serve(routes: _Routes, address: str, port: int, *, purpose: str, remedy: str) -> BoundedServer:
    """A server that listens; SettingError, which names the purpose, where that cannot be."""
    server = BoundedServer(Application(routes, log_function=_say_nothing))
    try:
        server.listen(port, address)
    except OSError as exc:
        raise SettingError(
            f"{purpose}的地址 {address}:{port} 用不了（{exc.strerror}）。", remedy=remedy
        ) from exc
    return server


def _say_nothing(handler: RequestHandler) -> None:
    """What anybody may do as often as they like is nothing to write down."""
