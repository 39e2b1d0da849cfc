"""Two pages for machines beside the bot: ``/health`` says whether it is well, ``/metrics`` its figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from tornado.web import RequestHandler

from bot.telegram.metrics import Metrics
from bot.telegram.server import BoundedServer, serve

# A poll lasts ten seconds, and half a minute may lie between two after a failure.
_SILENCE_MAX_S = 90.0


@dataclass(frozen=True, slots=True)
class Health:
    """How the bot does: the corpus version it serves, empty where the store cannot be read, and its messages.

    ``silent_s``: seconds since a poll had a readable answer, ``None`` where Telegram comes by itself.
    """

    index_version: str
    waiting: int
    silent_s: float | None = None

    @property
    def status(self) -> str:
        """``ok``, or in short what is wrong."""
        if not self.index_version:
            return "store unreadable"
        return "ok" if (self.silent_s or 0.0) <= _SILENCE_MAX_S else "telegram unreachable"

    def as_json(self) -> dict[str, object]:
        """The document of ``/health``."""
        silence = {} if self.silent_s is None else {"telegram_silent_s": round(self.silent_s, 1)}
        return {
            "status": self.status,
            "index_version": self.index_version,
            "waiting": self.waiting,
            **silence,
        }


class Monitor:
    """The server of the two pages, in the event loop of the bot: a loop that hangs answers neither."""

    def __init__(self, metrics: Metrics, health: Callable[[], Health]) -> None:
        self._pages: list[Any] = [
            ("/health", _HealthPage, {"health": health}),
            ("/metrics", _MetricsPage, {"metrics": metrics}),
        ]
        self._server: BoundedServer | None = None

    def open(self, address: str, port: int) -> None:
        """Listen; SettingError where that cannot be."""
        self._server = serve(
            self._pages,
            address,
            port,
            purpose="健康检查",
            remedy="换一个 DANGWU_TELEGRAM__HEALTH_PORT，或检查 DANGWU_TELEGRAM__LISTEN。",
        )

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            await self._server.close()


class _HealthPage(RequestHandler):
    def initialize(self, health: Callable[[], Health]) -> None:
        self._health = health

    def get(self) -> None:
        health = self._health()
        self.set_status(200 if health.status == "ok" else 503)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(health.as_json()))


class _MetricsPage(RequestHandler):
    def initialize(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def get(self) -> None:
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.finish(self._metrics.exposition())
