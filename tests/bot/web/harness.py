"""A site that serves on this machine's loopback, over a corpus with hostile and internal documents."""

from __future__ import annotations

import asyncio
import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from bot.compose import Application
from bot.settings import ServeSettings, Settings
from bot.web.app import Web, build
from bot.web.running import listen, make_server
from ingest.pipeline import ingest
from retrieval.config import EmbeddingSettings
from retrieval.store import Store
from retrieval.vectors import VectorFolders
from tests.corpus import answering

QUESTION = "社区党员议事会有哪五个议事程序？"
CANARY = "青瓷柜里的蓝皮登记簿"
INTERNAL_NAME = "内部_换届人选酝酿情况.txt"
INTERNAL_QUESTION = "换届人选酝酿情况由谁登记？"
MOBILE = "13812345678"
SCRIPT = '<script>alert("x")</script>'
IMAGE = '"><img src=x onerror=alert(1)>'
_DOCUMENTS = {
    INTERNAL_NAME: (
        "换届人选酝酿情况登记办法\n\n内部资料 注意保存\n\n"
        f"第一条 换届人选酝酿情况由组织委员登记在{CANARY}中。\n\n"
        "第二条 登记簿由专人保管，任何人不得外传。\n"
    ),
    "恶意标记.txt": (
        f"党费收缴{SCRIPT}办法\n\n第一条 党费由党小组组长{IMAGE}每月收缴。\n\n"
        f"第二条 {SCRIPT}党费收据须由会计保管三年。\n"
    ),
    "长篇.txt": "支部工作手册\n\n"
    + "\n\n".join(
        f"第{n}条 支部委员会每年第{n}次会议研究第{n}项工作，会后三日内通报全体党员。" for n in range(1, 601)
    ),
    "联系.txt": f"社区服务热线\n\n第一条 社区老党员互助热线由王同志负责，手机{MOBILE}，全天可以拨打。\n",
}


class WithReader(Application):
    """An application whose reader is loaded once for all tests."""

    @cached_property
    def answerer(self) -> Any:
        return answering(self.retriever)


def make_corpus(seeded: Path, folder: Path) -> Path:
    """A data folder with the seeds and documents of our own."""
    data = Path(shutil.copytree(seeded, folder / "data"))
    documents = folder / "资料"
    documents.mkdir()
    for name, text in _DOCUMENTS.items():
        (documents / name).write_text(text, encoding="utf-8")
    store = Store.open(data, create=False)
    report = ingest([documents], store, None, VectorFolders(store))
    store.close()
    assert {each.audience for each in report.documents if "换届" in each.source} == {"内部"}
    return data


class Running:
    """A site that serves: its parts, and clients for it."""

    def __init__(self, web: Web, base: str) -> None:
        self.web = web
        self.base = base

    def client(self, **options: Any) -> httpx.Client:
        """A client of its own, which is a browser with its own cookies."""
        return httpx.Client(base_url=self.base, follow_redirects=True, timeout=60, trust_env=False, **options)


@contextmanager
def serving(
    data_dir: Path, *, application: type[Application] = WithReader, **serve: Any
) -> Iterator[Running]:
    """A site over ``data_dir`` with these settings of ``DANGWU_SERVE__…``."""
    settings = Settings(
        _env_file=None,
        data_dir=data_dir,
        embedding=EmbeddingSettings(model="none"),
        serve=ServeSettings(**serve),
    )
    listening = listen("127.0.0.1", 0)
    with application(settings, announce=print) as core, listening:
        web = build(core)
        server = make_server(web)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)
            yield Running(web, f"http://127.0.0.1:{listening.getsockname()[1]}")
        finally:
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive()


def secret_of(page: str) -> str:
    """What a form of this page has to bring along."""
    found = re.search(r'name="form" value="([^"]+)"', page)
    assert found, page
    return found[1]


def ask(client: httpx.Client, question: str) -> httpx.Response:
    """Ask on the page as a browser without a script does; gives the page with the answer."""
    return client.post("/ask", data={"form": secret_of(client.get("/").text), "question": question})


def sign_in(client: httpx.Client, name: str, password: str) -> httpx.Response:
    """Sign in by the form."""
    secret = secret_of(client.get("/login").text)
    return client.post("/login", data={"form": secret, "name": name, "password": password, "next": "/"})
