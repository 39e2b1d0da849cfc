"""The developers' look at known faults, with the real pip-audit and a database of faults on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

AUDIT = Path(__file__).resolve().parent.parent / ".ci" / "audit"
FAULT = {
    "id": "PYSEC-2019-179",
    "details": "Memory runs out over JSON in an odd encoding.",
    "affected": [
        {
            "package": {"name": "flask", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.0"}]}],
            "versions": ["0.5"],
        }
    ],
}


@contextmanager
def database(answer: dict[str, Any]) -> Iterator[str]:
    """The address of a server that gives this answer to every query in the form of osv.dev."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1/query"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text("flask==0.5\n", encoding="utf-8")
    return path


def audit(packages: Path, url: str) -> tuple[int, str]:
    """Exit status and output of a look at these packages, in this database."""
    asked = ["-r", str(packages), "--no-deps", "--disable-pip", "-s", "osv", "--osv-url", url]
    environment = {**os.environ, "NO_PROXY": "127.0.0.1"}
    command = [sys.executable, str(AUDIT), *asked]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_known_fault_is_named_with_what_mends_it(packages: Path) -> None:
    with database({"vulns": [FAULT]}) as url:
        assert audit(packages, url) == (
            1,
            "flask 0.5: PYSEC-2019-179, mended by 1.0\n1 packages, 1 known faults\n",
        )


def test_nothing_known_is_success(packages: Path) -> None:
    with database({}) as url:
        assert audit(packages, url) == (0, "1 packages, 0 known faults\n")


def test_a_database_out_of_reach_is_told_apart_from_faults(packages: Path) -> None:
    with database({}) as url:
        pass
    status, said = audit(packages, url)
    assert status == 2 and said.startswith("nothing could be looked up: ") and "Traceback" not in said
