"""Signing in and out; and what everybody may fetch: the style, the script, whether the site is well."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.web.door import Door, caller_of, unauthorised
from bot.web.site import Site, TooFast, see_other, session_of, text_of
from bot.work import RateWindow
from retrieval.errors import DangwuError

_STATIC: Mapping[str, str] = {"app.css": "text/css", "app.js": "text/javascript", "icon.svg": "image/svg+xml"}
_WINDOW_S = 300.0
_TRIES_BY_NAME = 5
# Behind a proxy everybody has the same address.
_TRIES_BY_PLACE = 50
_PASSWORD_CHARS_MAX = 200


class Entrance:
    """The way in of one site."""

    def __init__(self, site: Site, door: Door) -> None:
        self._site = site
        self._door = door
        self._by_name = RateWindow(_TRIES_BY_NAME, _WINDOW_S, site.now)
        self._by_place = RateWindow(_TRIES_BY_PLACE, _WINDOW_S, site.now)

    @property
    def routes(self) -> list[Route]:
        """Its places."""
        return [
            Route("/login", self.show, methods=["GET"]),
            Route("/login", self.sign_in, methods=["POST"]),
            Route("/logout", self.sign_out, methods=["POST"]),
            Route("/static/{name:str}", self.static),
            Route("/health", self.health),
            Route("/metrics", self.metrics),
        ]

    async def show(self, request: Request) -> Response:
        """The form to sign in with; with the key of the start filled in where the link has it."""
        return self._site.page(
            request,
            "login.html",
            next=_inside(request.query_params.get("next", "")),
            key=request.query_params.get("key", "")[:_PASSWORD_CHARS_MAX],
            wrong="",
        )

    async def sign_in(self, request: Request) -> Response:
        """Begin a session of the person with this password, or say that there is none."""
        form = await self._site.form(request)
        name, password = text_of(form, "name").strip()[:80], text_of(form, "password")[:_PASSWORD_CHARS_MAX]
        place = caller_of(request).place
        wait_s = max(self._by_name.wait_s(name), self._by_place.wait_s(place))
        if wait_s > 0:
            self._site.note(request, "登录过于频繁", name)
            raise TooFast(wait_s)
        if self._site.people.is_open:
            is_right = hmac.compare_digest(password.encode(), self._site.owner_key.encode())
        else:
            is_right = await run_in_threadpool(self._site.people.by_password, name, password) is not None
        if not is_right:
            self._by_name.add(name)
            self._by_place.add(place)
            self._site.note(request, "登录失败", name)
            wrong = "口令不对。" if self._site.people.is_open else "名字或口令不对。"
            return self._site.page(
                request, "login.html", status=403, next=_inside(text_of(form, "next")), key="", wrong=wrong
            )
        session = self._site.sessions.sign_in(session_of(request), name, is_owner=self._site.people.is_open)
        self._site.audit.note(name or "本机", "登录", place=place)
        response = see_other(_inside(text_of(form, "next")))
        response.headers.update(self._door.set_session(session))
        return response

    async def sign_out(self, request: Request) -> Response:
        """End the session of this browser."""
        await self._site.form(request)
        self._site.note(request, "退出")
        self._site.sessions.end(session_of(request))
        return see_other("/login" if not self._site.people.is_open else "/")

    async def static(self, request: Request) -> Response:
        """The style, the script or the icon."""
        name = request.path_params["name"]
        if name not in _STATIC:
            raise HTTPException(404)
        body, tag = _static(name)
        headers = {"etag": tag, "cache-control": "public, max-age=300"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=_STATIC[name], headers=headers)

    async def health(self, request: Request) -> Response:
        """Whether the site can answer: 200, or 503 where the store cannot be read."""
        try:
            version = self._site.core.open_store().current()
        except DangwuError:
            version = None
        status = "ok" if version else "store unreadable"
        body = {"status": status, "index_version": version.name if version else ""}
        return JSONResponse(body | {"waiting": self._site.lines.waiting}, 200 if version else 503)

    async def metrics(self, request: Request) -> Response:
        """The figures for Prometheus, for staff and for programs with a key."""
        person = caller_of(request).person
        if person is None or (person.role == "member" and not person.is_program):
            return unauthorised()
        from prometheus_client import CONTENT_TYPE_LATEST

        figures = self._site.metrics.exposition()
        return Response(figures, headers={"content-type": CONTENT_TYPE_LATEST})


def _inside(path: str) -> str:
    """A place on this site, the start for any other: nobody is led away by a link to the login."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_ours and "\\" not in path and not path.startswith("/login") else "/"


@cache
def _static(name: str) -> tuple[bytes, str]:
    body = (files("bot.web") / "static" / name).read_bytes()
    return body, f'"{hashlib.sha256(body).hexdigest()[:16]}"'
