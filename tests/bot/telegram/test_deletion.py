"""A document that is taken out of the corpus: from that moment the bot says no word of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bot.telegram.fake_api import Call, FakeApi
from tests.bot.telegram.fake_rules import Json, buttons, group, person, private
from tests.bot.telegram.harness import ROOT, BotProcess, fast_bot
from tests.corpus import write_files

CANARY = "云岭"
"""Stands in the title and in every sentence of the document, in no question and no other document."""
GONE = "社区“三问四评”工作法有哪四个步骤？"
QUESTIONS = ("值班怎样安排？", "什么是“三问四评”工作法？", "公开问需之后做什么？", GONE)
FOLLOW_UPS = ("第二步呢？", "还有吗？", "具体怎么做？")
STEPS = ("公开问需", "民主议事", "限时办结", "群众评议")


def make_corpus(tmp_path: Path) -> Path:
    """The folder with the document that goes and one that stays."""
    steps = "\n".join(
        f"{n}、{step}。{CANARY}社区党委在每月第{n}周组织{step}，{CANARY}居民代表全程参加。"
        for n, step in enumerate(STEPS, start=1)
    )
    head = f"{CANARY}社区“三问四评”工作法\n{CANARY}社区“三问四评”工作法是服务群众的办法，有四个步骤：\n"
    tail = f"\n{CANARY}社区“五必到”制度由{CANARY}社区党委负责落实，每季度检查一次。"
    rules = "值班制度\n" + "\n".join(f"第{n}条　值班由支部书记安排，每周检查{n}次。" for n in range(1, 9))
    return write_files(tmp_path / "docs", method=head + steps + tail, rules=rules)


def keep(data_dir: Path, *command: str) -> None:
    """Change the corpus in another process, as a maintainer does while the bot runs."""
    settings = {"DANGWU_DATA_DIR": str(data_dir), "DANGWU_EMBEDDING__MODEL": "none", "PYTHONPATH": str(ROOT)}
    subprocess.run(
        [sys.executable, "-m", "bot", *command],
        check=True,
        env={**os.environ, **settings},
        cwd=data_dir.parent,
        capture_output=True,
    )


class Visitor:
    """People who use everything that the bot offers, and wait for the replies."""

    def __init__(self, api: FakeApi, running: BotProcess) -> None:
        self._api = api
        self._running = running
        self.told: set[tuple[int, str]] = set()
        """Which texts in which chats had a reply that holds the canary."""

    def use_everything(self) -> None:
        """Follow up what was said before, ask, search, list, use inline mode, in private and in a group."""
        said = [
            *(text for question in (FOLLOW_UPS[0], *QUESTIONS) for text in (question, *FOLLOW_UPS)),
            *("/search 问需", f"/search {GONE}", "/topics", "/sources"),
        ]
        asked = [self._api.say(private(5), person(5), text) for text in said]
        in_group = [text if text.startswith("/") else f"/ask {text}" for text in said]
        asked += [self._api.say(group(-100), person(5), text) for text in in_group]
        with self._settling("answerInlineQuery", len(QUESTIONS)):
            for n, question in enumerate(QUESTIONS):
                query = {"id": f"i{n}", "from": person(5), "query": question, "offset": ""}
                self._api.push("inline_query", query)
        self._running.wait_for(lambda: all(self._api.replies(each) for each in asked), 60)
        for each in asked:
            if any(CANARY in reply["text"] for reply in self._api.replies(each)):
                self.told.add((each["chat"]["id"], each["text"]))

    def press_everything(self, messages: list[Json]) -> None:
        """Press every button of these messages except the votes, those that do the same once a chat."""
        found = [(m, data) for m in messages for data in buttons(m).values() if not data.startswith("v:")]
        pressed = {(m["chat"]["id"], data): m for m, data in found}
        with self._settling("answerCallbackQuery", len(pressed)):
            for (_, data), message in pressed.items():
                self._api.press(message, person(5), data)

    @contextmanager
    def _settling(self, method: str, count: int) -> Iterator[None]:
        """Wait behind the block until the bot has made so many calls more."""
        wanted = len(self._api.calls_of(method)) + count
        yield
        self._running.wait_for(lambda: len(self._api.calls_of(method)) >= wanted, 60)


def holding(calls: list[Call]) -> dict[str, int]:
    """How many calls of each method hold the canary in any of their fields."""
    found: dict[str, int] = {}
    for call in calls:
        if CANARY in json.dumps(call.fields, ensure_ascii=False):
            found[call.method] = found.get(call.method, 0) + 1
    return found


@pytest.mark.parametrize(
    "command",
    [["ingest"], ["remove", "三问四评", "--purge"], ["tag", "三问四评", "内部"]],
    ids=["file deleted", "removed", "made internal"],
)
def test_nothing_is_said_of_a_document_once_it_is_gone(tmp_path: Path, command: list[str]) -> None:
    folder, data_dir = make_corpus(tmp_path), tmp_path / "data"
    keep(data_dir, "ingest", str(folder))
    with FakeApi(is_paced=False).serving() as api, fast_bot(data_dir, api.url, 1000) as running:
        running.wait_for(lambda: api.polls)
        visitor = Visitor(api, running)
        visitor.use_everything()
        told, before = set(visitor.told), list(api.calls)
        messages = api.sent()
        if command == ["ingest"]:
            (folder / "method.txt").unlink()
        keep(data_dir, *command)
        gone_at = len(api.calls)
        visitor.use_everything()
        visitor.press_everything(messages)
        assert running.stop() == 0
    lost = {GONE, "第二步呢？", "/search 问需", "/topics", "/sources"}
    assert lost <= {text for chat, text in told if chat > 0}
    assert len([text for chat, text in told if chat < 0]) >= len(lost)
    assert holding(before)["answerInlineQuery"] >= 2
    assert holding(api.calls[gone_at:]) == {}
    kept = [call.fields["cache_time"] for call in api.calls_of("answerInlineQuery")]
    assert {int(each) for each in kept} == {0}, "Telegram would go on offering what it keeps"
