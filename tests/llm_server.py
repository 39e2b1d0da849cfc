"""A scripted OpenAI-compatible server on loopback: it writes what it is told, streaming or not, or fails."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

Script = Callable[["Request"], str]
"""A reply's text from a request."""

_UNIT = re.compile(r"^(?P<number>\d+)\. (?P<text>.*)$", re.MULTILINE)


class Request:
    """One request as the server got it."""

    def __init__(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> None:
        self.path = path
        self.headers = headers
        self.body = body
        self.messages: list[dict[str, str]] = body["messages"]
        self.system = str(body["messages"][0]["content"])
        self.prompt = str(body["messages"][-1]["content"])

    @property
    def units(self) -> dict[int, str]:
        """The texts of the units on offer by their numbers."""
        return {int(match["number"]): match["text"] for match in _UNIT.finditer(self.prompt)}

    def number_of(self, words: str) -> int:
        """The number of the first unit that holds ``words``; 0 if none does."""
        return next((number for number, text in self.units.items() if words in text), 0)


class LlmServer:
    """Answers every request by ``script``; ``mode`` chooses how. ``requests`` is what it was asked.

    ``pause_s`` passes behind each line of a stream.

    Modes: ``stream``, ``whole`` (one document, whatever was asked for), ``500``, ``401``, ``429``, ``hang``,
    ``drip`` (a comment line every 50 ms, never a word), ``endless``, ``malformed``, ``not json``, ``cut``
    (breaks off after the first piece), ``length`` (says that there was no room for more), ``flaky`` (500
    twice, then a stream), ``empty``, ``redirect``.
    """

    def __init__(self, script: Script = lambda _: "", mode: str = "stream", *, pause_s: float = 0.0) -> None:
        self.script = script
        self.mode = mode
        self.pause_s = pause_s
        self.requests: list[Request] = []
        self._ended = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(0.02), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(server) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                request = Request(self.path, dict(self.headers), body)
                server.requests.append(request)
                try:
                    server._respond(self, request)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing: the tests read ``requests``."""

        return Handler

    def _respond(self, handler: BaseHTTPRequestHandler, request: Request) -> None:
        mode = self.mode
        if mode == "flaky":
            mode = "500" if len(self.requests) < 3 else "stream"
        if mode.isdecimal():
            _send(handler, int(mode), "application/json", json.dumps({"error": {"message": "no"}}))
        elif mode == "redirect":
            handler.send_response(307)
            handler.send_header("Location", "http://192.0.2.1/v1/chat/completions")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        elif mode == "hang":
            self._ended.wait(30)
        elif mode == "not json":
            _send(handler, 200, "application/json", "<html>Bad gateway</html>")
        elif mode == "whole" or not request.body.get("stream"):
            text = "" if mode == "empty" else self.script(request)
            _send(handler, 200, "application/json", json.dumps(_document(text)))
        else:
            self._stream(handler, request, mode)

    def _stream(self, handler: BaseHTTPRequestHandler, request: Request, mode: str) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        for line in self._events(request, mode):
            handler.wfile.write(line.encode())
            handler.wfile.flush()
        handler.close_connection = True

    def _events(self, request: Request, mode: str) -> Iterator[str]:
        if mode == "malformed":
            yield 'data: {"choices": [{"delta": \n\n'
            return
        text = "" if mode == "empty" else self.script(request)
        while mode in {"drip", "endless"} and not self._ended.is_set():
            time.sleep(0.05 if mode == "drip" else 0)
            yield ": waiting\n\n" if mode == "drip" else _event(text or "党建党建党建")
        text = text[:7] if mode == "cut" else text
        for start in range(0, len(text), 7):
            yield _event(text[start : start + 7])
            if "\n" in text[start : start + 7]:
                self._ended.wait(self.pause_s)
        if mode != "cut":
            yield _event("", "length" if mode == "length" else "stop")
            yield "data: [DONE]\n\n"


def _event(text: str, ended: str | None = None) -> str:
    chunk = {
        "id": "1",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "scripted",
        "choices": [{"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": ended}],
    }
    return f"data: {json.dumps(chunk)}\n\n"


def _document(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return {"id": "1", "object": "chat.completion", "created": 0, "model": "scripted", "choices": choices}


def _send(handler: BaseHTTPRequestHandler, status: int, kind: str, body: str) -> None:
    data = body.encode()
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)
