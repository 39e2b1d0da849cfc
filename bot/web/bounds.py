"""What one caller may cost: bytes and seconds of a request, and how long a connection may say nothing."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

BODY_BYTES_MAX = 256 * 1024
UPLOAD_BYTES_MAX = 120 * 1024 * 1024
UPLOAD_PATH = "/desk/uploads"
_BODY_WITHIN_S = 15.0
_UPLOAD_WITHIN_S = 600.0
# For the headers of a request, the first as well as those that follow on the same connection.
_HEADERS_WITHIN_S = 15.0


class TooMuch(Exception):
    """A body is longer, or comes slower, than is taken; ``status`` is that of the response."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Bounds:
    """Lets an application read bodies of a bounded length within a bounded time."""

    def __init__(
        self, app: ASGIApp, *, within_s: float = _BODY_WITHIN_S, upload_within_s: float = _UPLOAD_WITHIN_S
    ) -> None:
        self._app = app
        self._within_s = within_s
        self._upload_within_s = upload_within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_upload = scope["path"] == UPLOAD_PATH
        most = UPLOAD_BYTES_MAX if is_upload else BODY_BYTES_MAX
        told = dict(scope["headers"]).get(b"content-length", b"0")
        begun = False
        left = most
        deadline = asyncio.get_running_loop().time() + (
            self._upload_within_s if is_upload else self._within_s
        )
        is_whole = False

        async def bounded() -> Message:
            nonlocal left, is_whole
            if is_whole:
                # What follows the body is the end of the connection, for which any time is right.
                return await receive()
            wait_s = deadline - asyncio.get_running_loop().time()
            try:
                message = await asyncio.wait_for(receive(), max(wait_s, 0))
            except TimeoutError:
                raise TooMuch(408, "请求发得太慢，已断开。") from None
            if message["type"] == "http.request":
                left -= len(message.get("body", b""))
                is_whole = not message.get("more_body", False)
            if left < 0:
                raise TooMuch(413, "请求太大，没有收。")
            return message

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            if not told.isdigit() or int(told) > most:
                raise TooMuch(413, "请求太大，没有收。")
            await self._app(scope, bounded, noting)
        except TooMuch as exc:
            if begun:
                raise
            await _refuse(send, exc)
        except Exception:
            # Has been told and written down already where there is a response.
            if not begun:
                raise


async def _refuse(send: Send, error: TooMuch) -> None:
    body = f"{error}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
        # What is left of the body is not waited for.
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Protocol(H11Protocol):
    """HTTP as uvicorn speaks it, to callers who send the headers of a request in due time."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._rest()
        elif self._patience is None:
            self._wait()

    def _wait(self) -> None:
        self._patience = self.loop.call_later(_HEADERS_WITHIN_S, self._give_up)

    def _rest(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        self._patience = None
        if not self.transport.is_closing():
            self.transport.close()
