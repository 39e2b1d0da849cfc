"""Answers without pause while other processes change the corpus: each is whole and of its time."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.answering.answer import Answer
from bot.cli.entry import run
from bot.compose import Application
from bot.settings import load_settings
from tests.command import process
from tests.corpus import write_files

QUESTION = "党费多久交纳一次？"
DUES = "党费的交纳办法\n一、党员应当按期交纳党费，党费每月交纳一次。\n二、数额由支部公布，党员有权询问。\n"
LEAVE = "请假的手续\n一、党员外出应当向支部请假，并说明去向和时间。\n二、外出超过三个月的，转接组织关系。\n"
CHANGED = DUES.replace("每月交纳一次", "每季度交纳一次")


class Asker:
    """Asks the same question again and again in a thread of its own."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.answers: list[Answer] = []
        self.failures: list[Exception] = []

    def __enter__(self) -> Asker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._stop.is_set():
            try:
                self.answers.append(self._application.answerer.answer(QUESTION))
            except Exception as exc:
                self.failures.append(exc)


@pytest.fixture
def application(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    """Two documents, ingested with the bundled model."""
    monkeypatch.setenv("DANGWU_EMBEDDING__MODEL", "bundled")
    write_files(home / "docs", dues=DUES, leave=LEAVE)
    changed("ingest", "docs")
    with Application(load_settings(), announce=print) as application:
        yield application


def changed(*args: str) -> None:
    """Run one command in a process of its own, to its end."""
    with process(*args, model="bundled", stdin=subprocess.DEVNULL) as running:
        _, err = running.communicate(timeout=120)
    assert running.returncode == 0, err


def test_no_question_fails_while_the_corpus_changes(application: Application, home: Path) -> None:
    later: list[int] = []
    with Asker(application) as asker:

        def change(*args: str) -> None:
            changed(*args)
            # The question that is being answered now may have begun before.
            later.append(len(asker.answers) + 1)
            while len(asker.answers) <= later[-1]:
                time.sleep(0.01)

        write_files(home / "docs", dues=CHANGED)
        change("ingest")
        change("rollback")
        assert run(["backup", "b.zip"]) == 0
        change("tag", "请假", "内部")
        change("remove", "请假", "--purge")
        change("restore", "b.zip", "--yes")
    assert asker.failures == []
    for answer in asker.answers:
        quoted = " ".join(citation.quote for citation in answer.citations)
        is_changed = answer.index_version.startswith("v2-")
        assert answer.status == "answered" and answer.notices == ()
        assert ("每季度交纳一次" in quoted, "每月交纳一次" in quoted) == (is_changed, not is_changed)
    versions = [int(answer.index_version.partition("-")[0][1:]) for answer in asker.answers]
    assert [versions[at] for at in later] == [2, 3, 4, 5, 3]
    assert len(versions) > 3 * len(later)
