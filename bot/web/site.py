"""What all pages and doors share: the parts of one site, its templates, and what is asked of a request."""

from __future__ import annotations

import logging
import math
import re
import secrets
from collections.abc import Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from bot.reading import Gone
from bot.rendering.legible import visible
from bot.telegram.callbacks import VERDICTS
from bot.web.bounds import TooMuch
from bot.web.door import Caller, caller_of, unauthorised
from bot.web.people import Person, Role
from bot.web.views import state_of
from bot.work import Lines, QueueFull, RateWindow
from retrieval.errors import DangwuError, EmptyCorpus, StoreBusy, StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from jinja2 import Environment
    from starlette.datastructures import FormData

    from bot.answering.answer import Citation
    from bot.assistant import Assistant
    from bot.compose import Application
    from bot.settings import ServeSettings
    from bot.telegram.metrics import Metrics
    from bot.telegram.store import TelegramStore
    from bot.web.audit import Audit
    from bot.web.people import People
    from bot.web.sessions import Session, Sessions

_RANKS: Mapping[Role, int] = {"member": 0, "staff": 1, "admin": 2}
_FIELDS_MAX = 40
_FIELD_BYTES_MAX = 64 * 1024
# Of all people together, each of whom has at most half of what the others leave.
_LINE_MAX = 400
_log = logging.getLogger(__name__)


class TooFast(Exception):
    """A person asks more than they may; ``wait_s`` is when they may again."""

    def __init__(self, wait_s: float) -> None:
        super().__init__("too many questions")
        self.wait_s = max(1, math.ceil(wait_s))


@dataclass(slots=True)
class Site:
    """The parts of one site. ``owner_key`` opens the desk where there are no accounts."""

    core: Application
    assistant: Assistant
    settings: ServeSettings
    people: People
    sessions: Sessions
    store: TelegramStore
    audit: Audit
    owner_key: str
    now: Any
    metrics: Metrics
    lines: Lines = field(default_factory=lambda: Lines(_LINE_MAX))
    rates: dict[int, RateWindow] = field(default_factory=dict)
    templates: Templates = field(default_factory=lambda: Templates())

    def admit(self, person: Person) -> None:
        """Count a question of this person; TooFast where they have asked enough for now."""
        window = self.rates.setdefault(person.rate, RateWindow(person.rate, 60.0, self.now))
        wait_s = window.wait_s(person.number)
        if wait_s > 0:
            raise TooFast(wait_s)
        window.add(person.number)

    @asynccontextmanager
    async def turn(self, person: Person) -> AsyncIterator[None]:
        """Wait for the questions of the same person before this one; QueueFull where too many wait."""
        if not self.lines.has_room(0, person.number):
            raise QueueFull(self.lines.length(0))
        async with self.lines.turn(0, person.number) as is_begun:
            if not is_begun:
                raise QueueFull(self.lines.length(0))
            begun = self.now()
            try:
                yield
            except DangwuError:
                self.metrics.count_turn("notice", self.now() - begun)
                raise
            except Exception:
                self.metrics.count_turn("error", self.now() - begun)
                raise
            self.metrics.count_turn("answer", self.now() - begun)

    def person(self, request: Request, role: Role = "member") -> Person:
        """Who makes the request, who must have this role; HTTPException where they have not."""
        person = caller_of(request).person
        if person is None:
            raise HTTPException(401)
        if _RANKS[person.role] < _RANKS[role]:
            raise HTTPException(403)
        return person

    async def form(self, request: Request, *, files: int = 0) -> FormData:
        """The form that was sent, made for this very session; HTTPException where it was not.

        Whoever takes ``files`` with it closes it.
        """
        session = session_of(request)
        form = await request.form(max_files=files, max_fields=_FIELDS_MAX, max_part_size=_FIELD_BYTES_MAX)
        if not session.is_form_of(text_of(form, "form")):
            raise HTTPException(403, "这个页面已经过期，请回到上一页刷新以后再试。")
        return form

    def page(self, request: Request, name: str, *, status: int = 200, **values: Any) -> Response:
        """A page made from a template, with what every page shows."""
        caller = caller_of(request)
        session = caller.session
        notice, told = "", session
        if told is not None:
            notice, told.notice = told.notice, ""
        shared = {
            "person": caller.person,
            "form_secret": session.form_secret if session else "",
            "path": request.url.path,
            "is_open": self.people.is_open,
            "has_accounts": self.people.has_accounts,
            "flash": notice,
            "is_part": request.query_params.get("part") == "1",
        }
        return HTMLResponse(self.templates.render(name, {**shared, **values}), status)

    def note(self, request: Request, deed: str, what: str = "") -> None:
        """Write a deed of the person who makes this request into the log of deeds."""
        caller = caller_of(request)
        who = f"{caller.person.name}（{caller.person.role}）" if caller.person else "未登录"
        self.audit.note(who, deed, what, place=caller.place)


class Templates:
    """The templates; whatever they show is escaped, and what nobody sees is written as its code point."""

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """The page."""
        return self._environment.get_template(name).render(values)

    @cached_property
    def _environment(self) -> Environment:
        from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

        from bot.rendering.step_names import step_name

        environment = Environment(
            loader=ChoiceLoader([PackageLoader("bot.web"), PackageLoader("bot.rendering")]),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_shown,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters |= {
            "step_name": step_name,
            "number": lambda number: f"{number:,}",
            "marked": lambda text: text.replace("\n", "↵\n"),
            "path": lambda text: quote(text, safe=""),
            # Blank lines between the items of a quoted list take more room than the list.
            "tight": lambda text: re.sub(r"\n\s*\n", "\n", text),
            "moment": lambda text: str(text).replace("T", " ")[:16],
        }
        environment.globals |= {
            "source_link": source_link,
            "query": lambda **values: urlencode({k: v for k, v in values.items() if v}),
            "state_of": state_of,
            "VERDICTS": VERDICTS,
        }
        return environment


def source_link(citation: Citation) -> str:
    """Where a quote is shown in its place."""
    return f"/source/{quote(citation.passage_id, safe='')}?start={citation.start}&end={citation.end}"


def session_of(request: Request) -> Session:
    """The browser's session; HTTPException for a program, which has none."""
    session = caller_of(request).session
    if session is None:
        raise HTTPException(400)
    return session


def text_of(form: FormData, name: str) -> str:
    """A field of a form as text, empty where it is a file or not there."""
    value = form.get(name)
    return value if isinstance(value, str) else ""


def whole_number(text: str, default: int = 0) -> int:
    """A number of a query or a form; ``default`` where it is none of at most nine digits."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else default


def see_other(path: str) -> Response:
    """Leads a browser on after a deed."""
    return RedirectResponse(path, 303)


def is_program(request: Request) -> bool:
    """Whether a program is told of what goes wrong, rather than a person."""
    return request.url.path.startswith(("/api/", "/v1/", "/mcp"))


class Failures:
    """What is said where a request fails: a page for people, JSON for programs."""

    def __init__(self, site: Site) -> None:
        self._site = site

    @property
    def handlers(self) -> dict[Any, Any]:
        """The handlers by what they handle."""
        return {
            HTTPException: self.refused,
            Gone: self.gone,
            TooFast: self.too_fast,
            QueueFull: self.too_many,
            DangwuError: self.failed,
            TooMuch: self.too_much,
            Exception: self.unexpected,
        }

    async def refused(self, request: Request, error: Exception) -> Response:
        """Whoever may not, or wants what there is not."""
        assert isinstance(error, HTTPException)  # nosec B101 # starlette asks by the type
        if error.status_code == 401 and not is_program(request):
            if request.method == "GET":
                return see_other("/login?" + urlencode({"next": _place(request)}))
            return self._say(request, 401, "请先登录。")
        if error.status_code == 401:
            return unauthorised()
        said = {403: "没有这个权限。", 404: "没有这个页面。", 405: "这里不能这样操作。"}
        detail = error.detail if any("\u4e00" <= c <= "\u9fff" for c in error.detail) else ""
        message = detail or said.get(error.status_code, "请求不对。")
        response = self._say(request, error.status_code, message)
        response.headers.update(error.headers or {})
        return response

    async def gone(self, request: Request, error: Exception) -> Response:
        """What is not there looks like what may not be seen."""
        return self._say(request, 404, "现在的资料里没有它，或者不能在这里查看。")

    async def too_fast(self, request: Request, error: Exception) -> Response:
        """Somebody asks too much."""
        assert isinstance(error, TooFast)  # nosec B101 # starlette asks by the type
        response = self._say(request, 429, f"问得太快了，请 {error.wait_s} 秒后再试。")
        response.headers["retry-after"] = str(error.wait_s)
        return response

    async def too_many(self, request: Request, error: Exception) -> Response:
        """All together ask too much."""
        response = self._say(request, 503, "现在排队的人太多，这一问没有收下，请过一会儿再试。")
        response.headers["retry-after"] = "5"
        return response

    async def too_much(self, request: Request, error: Exception) -> Response:
        """A body that is too large or too slow."""
        assert isinstance(error, TooMuch)  # nosec B101 # starlette asks by the type
        response = self._say(request, error.status, str(error))
        response.headers["connection"] = "close"
        return response

    async def failed(self, request: Request, error: Exception) -> Response:
        """An expected failure, with its remedy."""
        assert isinstance(error, DangwuError)  # nosec B101 # starlette asks by the type
        status = 400 if isinstance(error, UsageError) else 409 if isinstance(error, StoreBusy) else 500
        if isinstance(error, EmptyCorpus):
            status = 503
        if isinstance(error, UsageError) or self._may_know(request):
            return self._say(request, status, error.message, error.remedy)
        # Messages of the store name folders of the server.
        _log.error("%s", error.message)
        return self._say(request, status, "资料库暂时用不了，请告诉管理员。")

    async def unexpected(self, request: Request, error: Exception) -> Response:
        """Anything else: a code, under which the log and the records have it."""
        code = secrets.token_hex(2).upper()
        _log.error("error %s: %s", code, type(error).__name__, exc_info=error, extra={"code": code})
        with suppress(StoreError):
            self._site.store.note_error(code, f"网页 {type(error).__name__}")
        return self._say(request, 500, f"出了错，没有办成。请告诉管理员编号 {code}。")

    def _may_know(self, request: Request) -> bool:
        caller = request.scope.get("dangwu.caller")
        return isinstance(caller, Caller) and caller.person is not None and caller.person.role != "member"

    def _say(self, request: Request, status: int, message: str, remedy: str = "") -> Response:
        if is_program(request):
            kind = "invalid_request_error" if status < 500 else "server_error"
            body = {"error": {"message": message + remedy, "type": kind, "code": status}}
            return JSONResponse(body, status)
        return self._site.page(request, "failure.html", status=status, message=message, remedy=remedy)


def _place(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _shown(value: Any) -> Any:
    """Strings as people can see them; what is markup already was made of such strings."""
    return visible(value) if type(value) is str else value
