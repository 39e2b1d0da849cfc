"""The course of the site's life: listen, serve, and stop in order; alone or beside the Telegram bot."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import uvicorn

from bot.stopping import told_to_stop
from bot.web.app import Web, build
from bot.web.bounds import Protocol
from retrieval.errors import SettingError

if TYPE_CHECKING:
    from bot.compose import Application

# What is being answered then is finished first.
_STOP_WITHIN_S = 10
_CONNECTIONS_MAX = 1_000
_BACKLOG = 512


class Site(uvicorn.Server):
    """uvicorn that leaves signals to whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """The socket that is listened on; SettingError where the address cannot be had."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listening = socket.socket(family, kind, protocol)
        # A restart must not wait for the connections of the process before.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as exc:
        raise SettingError(
            f"网页的地址 {host}:{port} 用不了（{exc.strerror or exc}）。",
            remedy="换一个 --port 或 DANGWU_SERVE__PORT，或检查 DANGWU_SERVE__HOST。",
        ) from exc
    listening.setblocking(False)
    return listening


def is_loopback_host(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def make_server(web: Web) -> Site:
    """The server of a site."""
    config = uvicorn.Config(
        web.app,
        http=Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # Whoever is in front is believed only what the settings say, see ``People.by_proxy``.
        proxy_headers=False,
        limit_concurrency=_CONNECTIONS_MAX,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=_STOP_WITHIN_S,
        h11_max_incomplete_event_size=16 * 1024,
    )
    return Site(config)


async def serve(core: Application, web: Web, listening: socket.socket, *, with_bot: bool = False) -> None:
    """Serve until the process gets SIGINT or SIGTERM; with the Telegram bot beside it, if wanted.

    TelegramError where Telegram cannot be reached at all. A second signal ends the process.
    """
    server = make_server(web)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        if with_bot:
            await _serve_bot(core, web, serving)
        else:
            await _until_told(serving)
    finally:
        web.site.lines.stop()
        server.should_exit = True
        await serving


async def _until_told(serving: asyncio.Task[Any]) -> None:
    with told_to_stop() as told:
        waiting = asyncio.create_task(told.wait())
        try:
            await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()


async def _serve_bot(core: Application, web: Web, serving: asyncio.Task[Any]) -> None:
    from bot.telegram import app, running

    application = app.build(core, assistant=web.site.assistant, metrics=web.site.metrics)
    source = app.source_of(application, core.settings.telegram)
    bot = asyncio.create_task(running.serve(application, source))
    await asyncio.wait({serving, bot}, return_when=asyncio.FIRST_COMPLETED)
    if not bot.done():
        bot.cancel()
    await bot


def run(core: Application, web: Web, listening: socket.socket, *, with_bot: bool = False) -> None:
    """``serve`` in an event loop of its own."""
    asyncio.run(serve(core, web, listening, with_bot=with_bot))


def site_of(core: Application) -> Web:
    """The site over one core; SettingError where its settings cannot be used."""
    return build(core)
