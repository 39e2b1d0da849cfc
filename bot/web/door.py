"""The door: from where a request comes and who makes it, settled before any page sees it.

Every request gets a ``Caller``. A request that another site made a browser send, or that asks for a host we
are not, goes no further; every response says to the browser what it may not do with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.work import asker

if TYPE_CHECKING:
    from starlette.requests import Request

    from bot.settings import ServeSettings
    from bot.web.people import People, Person
    from bot.web.sessions import Session, Sessions

COOKIE = "dangwu"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_PROGRAMS = ("/api/", "/v1/", "/mcp")
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(slots=True)
class Caller:
    """Who makes a request: ``person`` is ``None`` for somebody who has to say it first.

    ``session`` is a browser's; programs have none. ``place`` is the address that the request came from.
    """

    person: Person | None
    session: Session | None
    place: str


def caller_of(request: Request) -> Caller:
    """Who makes this request."""
    caller = request.scope["dangwu.caller"]
    assert isinstance(caller, Caller)  # nosec B101 # narrows a type; no input decides it
    return caller


class Door:
    """Settles who makes each request; ``owner_key`` is what the start of the program showed its owner."""

    def __init__(self, app: ASGIApp, *, settings: ServeSettings, people: People, sessions: Sessions) -> None:
        self._app = app
        self._people = people
        self._sessions = sessions
        self._url = urlsplit(settings.url)
        self._is_secure = self._url.scheme == "https"
        self.cookie = f"__Host-{COOKIE}" if self._is_secure else COOKIE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await refusal(scope, receive, _with_headers(send, {}, scope))
            return
        caller, cookie = self._recognise(scope, headers)
        scope["dangwu.caller"] = caller
        asker.set(caller.person.number if caller.person else 0)
        await self._app(scope, receive, _with_headers(send, cookie, scope))

    def set_session(self, session: Session) -> Mapping[str, str]:
        """The header that gives a browser its session."""
        secure = "; Secure" if self._is_secure else ""
        return {"set-cookie": f"{self.cookie}={session.token}; Path=/; HttpOnly; SameSite=Lax{secure}"}

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """What is said to a request that is not to be served, whoever makes it."""
        host = headers.get("host", "")
        if self._people.is_open and any(name in headers for name in _FORWARDED):
            # Whoever is behind a proxy would be taken for somebody on this machine.
            return PlainTextResponse("经过代理来的请求，要先设置账号才能办理，见 docs/web.md。\n", 403)
        if not self._is_ours(host):
            return PlainTextResponse("这里没有这个网站。\n", 421)
        if _is_forged(scope["method"], headers, host):
            return PlainTextResponse("这个请求是从别的网站发来的，没有办理。\n", 403)
        return None

    def _is_ours(self, host: str) -> bool:
        """Whether a host is one that we are called by: another name may lead a browser's page to us."""
        name = (urlsplit(f"//{host}").hostname or "") if _is_host(host) else ""
        if self._url.hostname and name == self._url.hostname:
            return True
        if name in _LOOPBACK:
            return True
        # With accounts nobody is let in for the mere place they come from.
        return not self._people.is_open and not self._url.hostname and bool(name)

    def _recognise(self, scope: Scope, headers: Headers) -> tuple[Caller, Mapping[str, str]]:
        place = scope["client"][0] if scope.get("client") else ""
        # What else may stand there is between the browser and a proxy in front.
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            is_free = self._people.is_open and not self._people.has_keys
            # Most clients send a key, whether one is needed or not.
            person = self._unnamed(headers, place) if is_free else self._people.by_key(key.strip())
            return Caller(person, None, place), {}
        is_program = scope["path"].startswith(_PROGRAMS)
        session = self._sessions.find(_cookie(headers, self.cookie))
        if session is None and (is_program or scope["path"].startswith(("/static/", "/health", "/metrics"))):
            return Caller(self._unnamed(headers, place), None, place), {}
        cookie: Mapping[str, str] = {}
        if session is None:
            session = self._sessions.begin()
            cookie = self.set_session(session)
        return Caller(self._person(session, headers, place), session, place), cookie

    def _person(self, session: Session, headers: Headers, place: str) -> Person | None:
        if self._people.is_open:
            return self._people.local(session.number, is_owner=session.is_owner)
        told = self._people.by_proxy(headers, place)
        return told or (self._people.by_name(session.name) if session.name else None)

    def _unnamed(self, headers: Headers, place: str) -> Person | None:
        """Who asks without a session and without a key."""
        if self._people.is_open and not self._people.has_keys:
            return self._people.local(-1, is_owner=False)
        return self._people.by_proxy(headers, place)


def _with_headers(send: Send, more: Mapping[str, str], scope: Scope) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in {**_HEADERS, **more}.items():
                if name.lower() not in headers:
                    headers[name] = value
            if not scope["path"].startswith("/static/"):
                headers.setdefault("cache-control", "no-store")
        await send(message)

    return sending


def _is_forged(method: str, headers: Headers, host: str) -> bool:
    """Whether another site has made a browser send this: for deeds, and for what a program's door gives."""
    site = headers.get("sec-fetch-site", "")
    if method in _SAFE_METHODS:
        # A link on another site may lead to a page, but no script or image of theirs may read or ask here.
        return site == "cross-site" and headers.get("sec-fetch-mode", "navigate") != "navigate"
    origin = headers.get("origin")
    if site and site not in ("same-origin", "none"):
        return True
    return origin is not None and urlsplit(origin).netloc.lower() != host.lower()


def _is_host(host: str) -> bool:
    return bool(host) and not set(host) & set("/\\@?# \t") and host.count(",") == 0


def _cookie(headers: Headers, name: str) -> str:
    for header in headers.getlist("cookie"):
        for pair in header.split(";"):
            key, sign, value = pair.strip().partition("=")
            if sign and key == name:
                return value
    return ""


def unauthorised(message: str = "这个接口需要密钥。") -> Response:
    """What a program without a key is told."""
    body = {"error": {"message": message, "type": "invalid_request_error", "code": "invalid_api_key"}}
    return JSONResponse(body, 401, {"www-authenticate": "Bearer"})
