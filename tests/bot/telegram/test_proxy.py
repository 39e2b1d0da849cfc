"""Everything goes through the proxy where one is set."""

from __future__ import annotations

import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from tests.bot.telegram.fake_api import FakeApi
from tests.bot.telegram.fake_rules import person, private
from tests.bot.telegram.harness import bot


class Proxy(ThreadingHTTPServer):
    """Forwards what is asked of it to ``target``, whatever host was meant; ``hosts`` are those asked for."""

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Forwarding)
        self.target = urlsplit(target).netloc
        self.hosts: set[str] = set()

    def handle_error(self, request: object, client_address: object) -> None:
        """The poll that is open when the test ends is cut off; the test itself sees every other fault."""


class _Forwarding(BaseHTTPRequestHandler):
    server: Proxy

    def do_POST(self) -> None:
        asked = urlsplit(self.path)
        self.server.hosts.add(asked.netloc)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        connection = HTTPConnection(self.server.target, timeout=30)
        connection.request("POST", asked.path, body, {"Content-Type": self.headers["Content-Type"] or ""})
        reply = connection.getresponse()
        content = reply.read()
        connection.close()
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_a_server_that_only_the_proxy_can_reach_is_reached(api: FakeApi, private_copy: Path) -> None:
    with Proxy(api.url) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{proxy.server_address[1]}"
        with bot(private_copy, "http://bot-api.invalid", DANGWU_TELEGRAM__PROXY=address) as running:
            running.wait_for(lambda: api.polls)
            api.say(private(5), person(5), "/help")
            running.wait_for(lambda: api.sent(5))
        proxy.shutdown()
    assert proxy.hosts == {"bot-api.invalid"}
