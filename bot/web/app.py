"""The site put together: settings and the core in, one ASGI application out."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp

from bot.assistant import Assistant
from bot.telegram.metrics import Metrics
from bot.telegram.store import TelegramStore
from bot.web.api import Api
from bot.web.ask import AskPages
from bot.web.audit import Audit
from bot.web.bounds import Bounds
from bot.web.desk import DeskPages
from bot.web.door import Door
from bot.web.entrance import Entrance
from bot.web.library import LibraryPages
from bot.web.mcp import McpDoor
from bot.web.openai import ChatCompletions
from bot.web.people import People
from bot.web.sessions import Sessions
from bot.web.site import Failures, Site

if TYPE_CHECKING:
    from bot.compose import Application

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Web:
    """A site: the application to serve, and its parts."""

    app: ASGIApp
    site: Site


def build(
    core: Application,
    *,
    assistant: Assistant | None = None,
    now: Callable[[], float] = time.monotonic,
) -> Web:
    """The site over one core; ``assistant`` is that of another channel in the same process, if there is one.

    SettingError where accounts or keys are written wrongly.
    """
    settings = core.settings.serve
    people = People(settings)
    sessions = Sessions(now)
    site = Site(
        core,
        assistant or Assistant(core),
        settings,
        people,
        sessions,
        TelegramStore(core.data_dir, goes_on=True),
        Audit(core.data_dir, failed=lambda exc: _log.error("deed not written down: %s", exc)),
        secrets.token_urlsafe(9),
        now,
        Metrics(),
    )
    waiting = "Questions on the page and at its doors that have no answer yet"
    site.metrics.watch("dangwu_page_questions_open", waiting, lambda: site.lines.waiting)
    mcp, desk = McpDoor(site), DeskPages(site)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with mcp.running:
            yield
        await desk.close()
        site.store.close()

    starlette = Starlette(exception_handlers=Failures(site).handlers, lifespan=lifespan)
    door = Door(Bounds(starlette), settings=settings, people=people, sessions=sessions)
    for_people = (AskPages(site), LibraryPages(site), Entrance(site, door), desk)
    for pages in (*for_people, Api(site), ChatCompletions(site)):
        starlette.router.routes += pages.routes
    starlette.router.routes.append(Route("/mcp", mcp))
    return Web(door, site)
