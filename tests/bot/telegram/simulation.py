"""Simulated time, and a server in memory behind the real library: it limits, refuses and fails as told."""

from __future__ import annotations

import asyncio
import heapq
import json
from collections import defaultdict, deque
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from telegram import Bot
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

Result = TypeVar("Result")
Answer = tuple[int, bytes]
LATENCY_S = 0.2
# Rounds of the event loop after which everything that can go on without time has gone on.
_ROUNDS = 40


class SimulatedTime:
    """A clock that jumps to the next sleeper as soon as nothing else can happen."""

    def __init__(self) -> None:
        self.now = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._asked = 0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asked += 1
        heapq.heappush(self._sleepers, (self.now + seconds, self._asked, future))
        await future

    async def run(self, *work: Awaitable[Result]) -> list[Result]:
        """The results of all this work, done side by side."""
        everything = asyncio.gather(*work)
        while not everything.done():
            await self.settle()
            if not everything.done():
                self._wake_next()
        return await everything

    async def settle(self) -> None:
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)

    def _wake_next(self) -> None:
        at, _, future = heapq.heappop(self._sleepers)
        self.now = max(self.now, at)
        if not future.done():
            future.set_result(None)


@dataclass
class Call:
    """One request as the server saw it."""

    at: float
    method: str
    fields: dict[str, Any]

    @property
    def chat_id(self) -> int:
        return int(self.fields["chat_id"])


def refusal(code: int, description: str, **parameters: int) -> Answer:
    """What the server answers to a call that it does not carry out."""
    body = {"ok": False, "error_code": code, "description": description, "parameters": parameters}
    return code, json.dumps(body).encode()


def flood(seconds: int) -> Answer:
    return refusal(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


@dataclass
class Server(BaseRequest):
    """Keeps what was sent. ``faults`` of a chat come first, one a call; an exception is raised as it is."""

    time: SimulatedTime
    is_limiting: bool = True
    calls: list[Call] = field(default_factory=list)
    sent: dict[int, list[Call]] = field(default_factory=lambda: defaultdict(list))
    faults: dict[int, deque[Answer | Exception]] = field(default_factory=lambda: defaultdict(deque))
    floods: int = 0
    early: list[Call] = field(default_factory=list)
    _counted: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    _closed_until: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()

    @property
    def read_timeout(self) -> float:
        return 5.0

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *args: Any, **kwargs: Any
    ) -> Answer:
        assert request_data is not None
        call = Call(self.time(), url.rpartition("/")[2], request_data.parameters)
        self.calls.append(call)
        answer = self._answer(call)
        await self.time.sleep(LATENCY_S)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _answer(self, call: Call) -> Answer | Exception:
        chat_id = call.chat_id
        if call.at < self._closed_until.get(chat_id, 0.0):
            self.early.append(call)
        if self.faults[chat_id]:
            fault = self.faults[chat_id].popleft()
            if isinstance(fault, tuple) and fault[0] == 429:
                self._closed_until[chat_id] = call.at + json.loads(fault[1])["parameters"]["retry_after"]
            return fault
        if call.method in ("sendChatAction", "sendMessageDraft"):
            return 200, b'{"ok": true, "result": true}'
        if self.is_limiting and (wait := self._excess(chat_id, call.at)):
            self.floods += 1
            self._closed_until[chat_id] = call.at + wait
            return flood(wait)
        return self._accept(call)

    def _excess(self, chat_id: int, at: float) -> int:
        times = self._counted[chat_id]
        if times and at - times[-1] < 1.0:
            return 3
        return 30 if chat_id < 0 and sum(at - each < 60.0 for each in times) >= 20 else 0

    def _accept(self, call: Call) -> Answer:
        self._counted[call.chat_id].append(call.at)
        self.sent[call.chat_id].append(call)
        number = len(self.sent[call.chat_id])
        chat = {"id": call.chat_id, "type": "supergroup" if call.chat_id < 0 else "private"}
        message = {"message_id": number, "date": 1, "chat": chat, "text": call.fields["text"]}
        return 200, json.dumps({"ok": True, "result": message}).encode()

    def texts(self, chat_id: int) -> list[str]:
        return [call.fields["text"] for call in self.sent[chat_id]]


def make_bot(server: Server) -> Bot:
    """The library's own bot before this server."""
    return Bot("1:token", request=server, get_updates_request=server)


def lost_connection() -> Exception:
    return NetworkError("httpx.ConnectError: ")


def timed_out() -> Exception:
    return TimedOut()
