"""The bot as a process of its own for the end-to-end tests, and a corpus for it.

``python -m tests.bot.telegram.harness SPEED CHARS [limited]`` serves with clocks that run ``SPEED`` times
as fast; unless ``CHARS`` is 0, every answer is a text of that length with sources; unless ``limited``, people
may ask as often as they like.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from bot.answering.answer import Answer, Citation, Statement
from bot.compose import Application
from bot.settings import load_settings
from bot.telegram.app import build, source_of
from bot.telegram.limits import LimitSettings
from bot.telegram.logs import prepare_logging
from bot.telegram.running import serve as run
from retrieval.records import Audience
from retrieval.retriever import Retriever
from tests.bot.telegram.fake_rules import TOKEN
from tests.corpus import answering

ROOT = Path(__file__).resolve().parents[3]
SENTENCE_CHARS = 100


def sentence(number: int) -> str:
    """A sentence of ``SENTENCE_CHARS`` characters that is like no other."""
    head = f"第{number:05d}句，“支部党员大会”讨论<决议>＆😀："
    return head + "党" * (SENTENCE_CHARS - len(head) - 1) + "。"


class LongAnswers:
    """Answers of a given length, whatever is asked, with three true sources."""

    def __init__(self, retriever: Retriever, chars: int) -> None:
        self._retriever = retriever
        self._count = chars // SENTENCE_CHARS

    def answer(self, question: str, *, audiences: Collection[Audience], **more: Any) -> Answer:
        found = self._retriever.search(question, k=3, audiences=audiences)
        passages = [each.passage for each in found.passages]
        citations = tuple(
            Citation(n, p.id, p.document, p.section, p.text, p.start, p.end)
            for n, p in enumerate(passages, start=1)
        )
        statements = tuple(
            Statement(sentence(i), (1 + i * len(citations) // self._count,)) for i in range(self._count)
        )
        return Answer(question, "answered", statements, citations, index_version=found.index_version)


class LongWinded(Application):
    """An application whose answers have a given length."""

    chars = 0

    @cached_property
    def answerer(self) -> Any:
        return LongAnswers(self.retriever, self.chars) if self.chars else answering(self.retriever)


def serve(speed: float, chars: int, is_limited: bool) -> None:
    """Poll until told to stop."""
    prepare_logging(TOKEN, sys.stderr)
    LongWinded.chars = chars

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds / speed)

    with LongWinded(load_settings(), announce=print) as core:
        free = LimitSettings(per_user=10_000, per_chat=10_000, chat_queue=1_000, queue=1_000)
        limits = LimitSettings() if is_limited else free
        application = build(core, limits=limits, clock=lambda: time.monotonic() * speed, sleep=sleep)
        asyncio.run(run(application, source_of(application, core.settings.telegram)))


class BotProcess:
    """A running bot: what it writes on stderr is kept."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.log = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_for(self, holds: Callable[[], object], timeout_s: float = 60.0) -> None:
        """Wait until something holds; fails with the bot's log where it never does."""
        deadline = time.monotonic() + timeout_s
        while not holds():
            assert time.monotonic() < deadline, f"waited {timeout_s} s in vain\n{self.log}"
            assert self.process.poll() is None, f"the bot has ended\n{self.log}"
            time.sleep(0.05)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()
        self._reader.join(5)

    def stop(self, timeout_s: float = 30.0) -> int:
        """Ask it to stop; gives its exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout_s)
        self._reader.join(5)
        return status

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr:
            for line in self.process.stderr:
                self.log += line


@contextmanager
def bot(
    data_dir: Path, root: str, *, module: str = "bot", args: tuple[str, ...] = ("bot",), **more: str
) -> Iterator[BotProcess]:
    """A bot over ``data_dir`` that talks to the Bot API at ``root``; killed at the end if it still runs."""
    environment = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}
    environment |= {
        "PYTHONPATH": str(ROOT),
        "DANGWU_DATA_DIR": str(data_dir),
        "DANGWU_EMBEDDING__MODEL": "none",
        "DANGWU_TELEGRAM__TOKEN": TOKEN,
        "DANGWU_TELEGRAM__BASE_URL": root,
        **more,
    }
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *args],
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        running = BotProcess(process)
        try:
            yield running
        finally:
            running.kill()


def fast_bot(
    data_dir: Path, root: str, speed: float, *, chars: int = 0, staff: str = "", is_limited: bool = False
) -> Any:
    """A bot whose clocks run ``speed`` times as fast, see the module."""
    module = "tests.bot.telegram.harness"
    args = (str(speed), str(chars), *(["limited"] if is_limited else []))
    return bot(data_dir, root, module=module, args=args, DANGWU_TELEGRAM__STAFF=staff)


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    serve(float(sys.argv[1]), int(sys.argv[2]), is_limited="limited" in sys.argv)
