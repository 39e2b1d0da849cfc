"""Attacks: none of them gets through, on any page, at any door."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from lxml import html

from bot.web import bounds
from bot.web.people import hash_password, is_password, new_account, new_key
from tests.bot.web.harness import (
    CANARY,
    INTERNAL_NAME,
    INTERNAL_QUESTION,
    MOBILE,
    QUESTION,
    Running,
    ask,
    secret_of,
    serving,
    sign_in,
)

PASSWORD = "八个字符以上"
HEADER = "X-Remote-User"
_SCHEME = re.compile(r"^\s*(?:javascript|data|vbscript):", re.IGNORECASE)


@pytest.fixture(scope="module")
def accounts(library: Path) -> Iterator[Running]:
    """A site with an account of each role, and a key for everybody's documents."""
    lines = tuple(new_account(f"{who}:{who}", PASSWORD) for who in ("管理员", "工作人员", "群众"))
    key, line = new_key("网站:公开:9999")
    with serving(library, accounts=lines, keys=(line,)) as running:
        running.key = key  # type: ignore[attr-defined]
        yield running


@pytest.fixture(scope="module")
def proxied(library: Path) -> Iterator[Running]:
    """A site whose people are told by a proxy, which has another address than ours."""
    with serving(library, proxy_header=HEADER, proxies=("10.9.8.7",), admins=("root",)) as running:
        yield running


@pytest.fixture(scope="module")
def behind(library: Path) -> Iterator[Running]:
    """A site whose people are told by a proxy on this machine."""
    with serving(library, proxy_header=HEADER, proxies=("127.0.0.1",), staff=("王秘书",)) as running:
        yield running


def is_harmless(page: str) -> bool:
    """Whether a page has no script but ours, no handler, and no link that runs anything."""
    for element in html.fromstring(page).iter():
        if not isinstance(element.tag, str):
            continue
        place = element.get("src") or element.get("href") or ""
        if element.tag in ("script", "link") and not place.startswith("/static/"):
            return False
        if element.tag in ("img", "iframe", "object", "embed", "style", "base"):
            return False
        if any(name.startswith("on") or name == "style" for name, _ in element.items()):
            return False
        if any(_SCHEME.match(element.get(name, "")) for name in ("href", "src", "action", "formaction")):
            return False
    return True


HOSTILE = [
    "<script>alert(1)</script>党费由谁收缴？",
    '"><img src=x onerror=alert(1)>党费由谁收缴？',
    "javascript:alert(1) 党费",
    "{{ 7*7 }}{% for x in y %} 党费由谁收缴？",
    "</textarea><script>alert(1)</script>党费",
    "党费\u202e由谁收缴\x1b[31m？",
    "'; DROP TABLE revisions; -- 党费由谁收缴？",
]


@pytest.mark.parametrize("question", HOSTILE)
def test_a_question_runs_nothing(site: Running, question: str) -> None:
    with site.client() as client:
        pages = [ask(client, question), client.get("/ask", params={"q": question, "v": question})]
        pages += [client.get(place, params={"q": question}) for place in ("/search", "/library", "/topics")]
        pages += [client.get("/login", params={"next": question, "key": question})]
    assert all(is_harmless(page.text) and "\u202e" not in page.text for page in pages)


def test_a_document_runs_nothing_wherever_it_is_shown(site: Running) -> None:
    with site.client() as client:
        shelf = client.get("/library", params={"q": "党费"})
        place = html.fromstring(shelf.text).cssselect(".documents a")[0].get("href")
        answer = ask(client, "党费收据由谁保管几年？")
        sources = [
            client.get(each.get("href"))
            for each in html.fromstring(answer.text).cssselect("a.ref, .sources a")
        ]
        pages = [
            shelf,
            answer,
            client.get(place),
            client.get(place + "/edits"),
            client.get("/search?q=党费"),
            *sources,
        ]
    assert len(sources) > 1 and all(page.status_code == 200 and is_harmless(page.text) for page in pages)
    assert any("&lt;script&gt;" in page.text for page in pages)


@pytest.mark.parametrize("path", ["/ask", "/vote", "/comment", "/new", "/login", "/logout", "/desk/tag"])
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1.evil.example"},
    ],
)
def test_another_site_makes_no_browser_do_anything(site: Running, path: str, headers: dict[str, str]) -> None:
    with site.client() as client:
        secret = secret_of(client.get("/").text)
        assert (
            client.post(path, data={"form": secret, "question": QUESTION}, headers=headers).status_code == 403
        )


@pytest.mark.parametrize("secret", ["", "x", "other"])
def test_a_form_without_its_secret_does_nothing(site: Running, secret: str) -> None:
    with site.client() as client, site.client() as other:
        client.get("/")
        given = secret_of(other.get("/").text) if secret == "other" else secret
        assert client.post("/ask", data={"form": given, "question": QUESTION}).status_code == 403
        assert 'id="answer"' not in client.get("/").text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_without_accounts_nobody_comes_through_a_proxy(site: Running, header: str) -> None:
    with site.client(headers={header: "203.0.113.9"}) as client:
        for path in ("/", f"/api/ask?q={INTERNAL_QUESTION}", "/v1/models", "/mcp"):
            response = client.get(path)
            assert response.status_code == 403 and CANARY not in response.text


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "", "[::2]"]
)
def test_another_name_leads_nowhere(site: Running, host: str) -> None:
    with site.client() as client:
        assert client.get("/", headers={"host": host}).status_code in (400, 421)
        assert client.get("/api/ask", params={"q": QUESTION}, headers={"host": host}).status_code in (
            400,
            421,
        )


def test_another_site_reads_nothing_in_a_browser(site: Running) -> None:
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", "origin": "https://evil.example"}
    with site.client() as client:
        response = client.get("/api/ask", params={"q": QUESTION}, headers=headers)
        assert response.status_code == 403 and "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    "path",
    [
        "/static/../../app.py",
        "/static/..%2f..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/library/..%2f..%2fetc%2fpasswd",
        "/source/%00",
        "/source/' OR 1=1 --",
        "/api/documents/..%2f..",
        "/api/passages/%2e%2e",
        "/desk/uploads/..%2f..",
    ],
)
def test_paths_lead_out_of_nothing(site: Running, path: str) -> None:
    with site.client() as client:
        response = client.get(path)
    assert (
        response.status_code in (400, 403, 404)
        and "import" not in response.text
        and "root:" not in response.text
    )


@pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "A" * 5000, "../../x", "%00"])
def test_a_forged_session_is_nobodys(accounts: Running, cookie: str) -> None:
    with accounts.client(headers={"cookie": f"dangwu={cookie}"}) as client:
        assert client.get("/", follow_redirects=False).headers["location"] == "/login?next=%2F"
        assert client.get("/api/ask", params={"q": QUESTION}).status_code == 401


def test_a_session_ends_with_the_sign_out_and_gets_a_new_name_at_the_sign_in(accounts: Running) -> None:
    with accounts.client() as client:
        client.get("/login")
        before = client.cookies["dangwu"]
        assert sign_in(client, "管理员", PASSWORD).status_code == 200
        signed_in = client.cookies["dangwu"]
        assert before != signed_in
        with accounts.client(headers={"cookie": f"dangwu={before}"}) as fixed:
            assert fixed.get("/", follow_redirects=False).status_code == 303
        client.post("/logout", data={"form": secret_of(client.get("/").text)})
        with accounts.client(headers={"cookie": f"dangwu={signed_in}"}) as former:
            assert former.get("/", follow_redirects=False).status_code == 303


def test_sessions_expire(accounts: Running) -> None:
    from bot.web.sessions import AGE_S, IDLE_S, Sessions

    clock = [0.0]
    sessions = Sessions(lambda: clock[0])
    session = sessions.sign_in(None, "甲")
    clock[0] += IDLE_S - 1
    assert sessions.find(session.token) is session
    while clock[0] < AGE_S:
        clock[0] += IDLE_S - 1
        last = sessions.find(session.token)
    assert last is None


@pytest.mark.parametrize("value", ["HttpOnly", "SameSite=Lax", "Path=/"])
def test_the_cookie_is_for_the_browser_alone(site: Running, value: str) -> None:
    assert value in httpx.get(site.base + "/", trust_env=False).headers["set-cookie"]


def test_behind_https_the_cookie_is_for_https_alone(library: Path) -> None:
    with serving(library, url="https://dangwu.example.cn") as running:
        headers = httpx.get(
            running.base + "/", headers={"host": "dangwu.example.cn"}, trust_env=False
        ).headers
    assert headers["set-cookie"].startswith("__Host-dangwu=") and "; Secure" in headers["set-cookie"]


def test_guessing_a_password_becomes_slow(accounts: Running) -> None:
    with accounts.client() as client:
        codes = [sign_in(client, "李四", f"猜{n}").status_code for n in range(7)]
        assert codes == [403] * 5 + [429] * 2
        # Nobody else is held up.
        assert sign_in(client, "工作人员", PASSWORD).status_code == 200


@pytest.mark.parametrize(
    "next_", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nb"]
)
def test_the_login_leads_nobody_away(accounts: Running, next_: str) -> None:
    with accounts.client() as client:
        secret = secret_of(client.get("/login", params={"next": next_}).text)
        fields = {"form": secret, "name": "群众", "password": PASSWORD, "next": next_}
        response = client.post("/login", data=fields, follow_redirects=False)
    assert response.headers["location"] == "/"


@pytest.mark.parametrize(
    "headers",
    [{HEADER: "root"}, {"X-Forwarded-User": "root"}, {HEADER: "root", "X-Forwarded-For": "10.9.8.7"},
     {HEADER: "root", "Forwarded": "for=10.9.8.7"}, {HEADER: "root", "X-Real-IP": "10.9.8.7"}],
)  # fmt: skip
def test_only_the_proxy_says_who_somebody_is(proxied: Running, headers: dict[str, str]) -> None:
    with proxied.client(headers=headers) as client:
        assert client.get("/desk", follow_redirects=False).status_code == 303
        assert client.get("/api/ask", params={"q": QUESTION}).status_code == 401


def test_the_word_of_the_proxy_counts(behind: Running) -> None:
    with behind.client(headers={HEADER: "王秘书".encode().decode("latin-1").encode("latin-1")}) as client:  # type: ignore[dict-item]
        assert CANARY in client.get("/api/ask", params={"q": INTERNAL_QUESTION}).text
    with behind.client(headers={HEADER: "somebody"}) as client:
        assert CANARY not in client.get("/api/ask", params={"q": INTERNAL_QUESTION}).text
        assert client.get("/desk").status_code == 403


def _internal_places(accounts: Running) -> tuple[str, str]:
    with accounts.client() as client:
        sign_in(client, "工作人员", PASSWORD)
        page = html.fromstring(ask(client, INTERNAL_QUESTION).text)
        source = page.cssselect("a[data-source]")[0].get("href")
        document = html.fromstring(client.get(source).text).cssselect("h1 a")[0].get("href")
    return source, urlsplit(document).path


def test_no_page_and_no_door_shows_a_member_anything_internal(accounts: Running) -> None:
    source, document = _internal_places(accounts)
    passage = urlsplit(source).path.rpartition("/")[2]
    identifier = document.rpartition("/")[2]
    places = ["", "/edits"]
    pages = [
        source,
        *(document + each for each in places),
        "/library",
        "/library?q=换届",
        "/library?audience=内部",
    ]
    pages += ["/topics", "/topics?q=登记", f"/search?q={INTERNAL_QUESTION}", "/search?q=青瓷柜"]
    pages += [f"/ask?q={INTERNAL_QUESTION}", "/ask?q=青瓷柜里有什么？", "/desk", "/desk/history", "/desk/log"]
    doors = [f"/api/ask?q={INTERNAL_QUESTION}", "/api/search?q=青瓷柜&explain=1", "/api/documents"]
    doors += ["/api/topics?q=登记", f"/api/documents/{identifier}", f"/api/passages/{passage}"]
    with accounts.client() as client:
        sign_in(client, "群众", PASSWORD)
        shown = [ask(client, INTERNAL_QUESTION).text, *(client.get(path).text for path in (*pages, *doors))]
    with accounts.client(headers={"authorization": f"Bearer {accounts.key}"}) as program:  # type: ignore[attr-defined]
        shown += [program.get(path).text for path in doors]
        body = {"model": "dangwu", "messages": [{"role": "user", "content": INTERNAL_QUESTION}]}
        shown += [program.post("/v1/chat/completions", json=body).text]
        shown += [program.post("/v1/chat/completions", json={**body, "stream": True}).text]
    for text in shown:
        assert CANARY[-5:] not in text
        assert INTERNAL_NAME not in text and "换届人选酝酿情况登记办法" not in text


def test_a_member_gets_half_of_no_number(accounts: Running) -> None:
    with accounts.client() as client:
        sign_in(client, "群众", PASSWORD)
        page = html.fromstring(ask(client, "社区老党员互助热线由谁负责？").text)
        place = urlsplit(page.cssselect("a.ref")[0].get("href")).path
        shown = [
            client.get(place, params={"start": n, "end": n + width}).text
            for n in range(8, 46, 2)
            for width in (3, 5, 9)
        ]
    assert not any(MOBILE[:7] in text or MOBILE[-6:] in text for text in shown)
    assert all("〔电话号码〕" in text for text in shown)


@pytest.mark.parametrize("length", ["999999999", "-1", "x", "1e9"])
def test_a_body_that_is_too_long_is_not_read(site: Running, length: str) -> None:
    host, port = site.base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(
            f"POST /api/ask HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {length}\r\n\r\n{{".encode()
        )
        assert connection.recv(100).split()[1] in (b"413", b"400")


def test_a_body_that_says_no_length_is_bounded_all_the_same(site: Running) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(64):
            yield b" " * 16384

    with site.client() as client:
        try:
            response = client.post(
                "/api/ask", content=endless(), headers={"content-type": "application/json"}
            )
        except httpx.TransportError:
            return
    assert response.status_code == 413


def test_who_says_nothing_or_little_is_not_waited_for(site: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "_HEADERS_WITHIN_S", 0.3)
    host, port = site.base.removeprefix("http://").split(":")
    for said in (b"", b"GET / HTTP/1.1\r\nHost: x", b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"):
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.sendall(said)
            # A timeout here would mean that the door is still held open.
            while connection.recv(4096):
                pass
            assert connection.recv(1) == b"", "the other end has closed"
    assert httpx.get(f"{site.base}/health", trust_env=False).status_code == 200


async def test_a_body_that_comes_drop_by_drop_is_given_up() -> None:
    import asyncio

    sent: list[dict[str, object]] = []

    async def application(scope: object, receive: object, send: object) -> None:
        while (await receive())["more_body"]:  # type: ignore[operator]
            pass

    async def receive() -> dict[str, object]:
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b".", "more_body": True}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/ask", "headers": []}
    await bounds.Bounds(application, within_s=0.3)(scope, receive, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 408


def test_many_slow_callers_hold_up_nobody_else(site: Running) -> None:
    host, port = site.base.removeprefix("http://").split(":")
    slow = [socket.create_connection((host, int(port)), timeout=10) for _ in range(100)]
    try:
        with site.client() as client:
            assert client.get("/health").status_code == 200
    finally:
        for each in slow:
            each.close()


def test_a_password_is_kept_as_a_salted_digest() -> None:
    hashed = hash_password("甲乙丙丁戊己庚辛")
    assert hashed != hash_password("甲乙丙丁戊己庚辛") and "甲" not in hashed
    assert is_password("甲乙丙丁戊己庚辛", hashed) and not is_password("甲乙丙丁戊己庚", hashed)


def test_all_responses_forbid_what_no_page_of_ours_needs(site: Running) -> None:
    with site.client() as client:
        for path in ("/", "/nowhere", "/static/app.js", "/api/ask", "/health", "/v1/models"):
            headers = client.get(path).headers
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "DENY"


def test_figures_are_for_staff_and_programs(accounts: Running) -> None:
    with accounts.client() as client:
        assert client.get("/metrics").status_code == 401
    with accounts.client(headers={"authorization": f"Bearer {accounts.key}"}) as program:  # type: ignore[attr-defined]
        assert program.get("/metrics").status_code == 200


def test_the_key_of_the_start_opens_the_desk_and_no_other_does(site: Running) -> None:
    with site.client() as client:
        assert client.get("/desk").status_code == 403
        assert sign_in(client, "", "x" * 12).status_code == 403
        assert sign_in(client, "", site.web.site.owner_key).status_code == 200
        assert client.get("/desk").status_code == 200
