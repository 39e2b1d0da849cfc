"""What a member is told does not depend on documents that are not for members, not in a single character."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.compose import Application
from bot.rendering.json import answer_json
from bot.settings import load_settings
from ingest.parts import no_progress
from retrieval.catalogue import TopicCatalogue
from retrieval.records import EVERYONE, STAFF, Audience
from tests.quality import QUESTIONS

CANARY = "雪豹七号"
DOCUMENTS = 100
# Three hundred take minutes: see CONTRIBUTING.
COUNT = int(os.environ.get("ASKED", "100"))
MISTYPED = {"吃狐工作法是什么?": "赤狐工作法", "社区的蛮牛议事制度有几步?": "慢牛议事制度"}
"""Mistyped names of which the right form stands in internal documents alone."""


def questions() -> list[str]:
    """So many questions as members ask them, of which a third has no answer, and mistyped names."""
    asked: list[str] = []
    for name in ("seeds", "unanswerable", "near_misses", "variants"):
        lines = (QUESTIONS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        asked += [json.loads(line)["question"] for line in lines][:100]
    own = COUNT - len(MISTYPED)
    return [*(asked[at * len(asked) // own] for at in range(own)), *MISTYPED]


def write_internal(folder: Path) -> Path:
    """Documents that answer every question otherwise, repeat its words, and hold names of their own."""
    folder.mkdir()
    asked = [each for each in questions() if each not in MISTYPED]
    names = "、".join(MISTYPED.values())
    for number in range(DOCUMENTS):
        lines = [f"{question}{question}答案是{CANARY}{number}。" for question in asked[number::DOCUMENTS]]
        text = "\n".join([f"{CANARY}答复第{number}号", *lines, f"“{names}”由{CANARY}负责,分三步进行。"])
        (folder / f"{number:03}.txt").write_text(text, encoding="utf-8")
        (folder / f"{number:03}.txt.meta.toml").write_text('audience = "内部"\n', encoding="utf-8")
    return folder


@dataclass
class Telling:
    """What members and staff are told by one corpus."""

    member: list[dict[str, Any]] = field(default_factory=list)
    staff: list[dict[str, Any]] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    searches: list[list[tuple[str, float]]] = field(default_factory=list)


@pytest.fixture(scope="module")
def tellings(tmp_path_factory: pytest.TempPathFactory) -> tuple[Telling, Telling]:
    """With the internal documents, which came in first, and after they were removed."""
    base = tmp_path_factory.mktemp("confidential")
    internal = write_internal(base / "internal")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DANGWU_DATA_DIR", str(base / "data"))
        patch.chdir(base)
        with Application(load_settings(), announce=lambda _: None) as application:
            application.ingest([internal], no_progress)
            application.ingest([Path(__file__).parents[2] / "seeds"], no_progress)
            having = tell(application)
            for each in internal.iterdir():
                each.unlink()
            application.ingest([internal], no_progress)
            lacking = tell(application)
    return having, lacking


def told(application: Application, question: str, audiences: Collection[Audience]) -> dict[str, Any]:
    answer = application.answerer.answer(question, audiences=audiences)
    shown = {**answer_json(answer, answer_id=None), "suggestions": answer.suggestions}
    return {key: value for key, value in shown.items() if key not in ("elapsed_ms", "index_version")}


def tell(application: Application) -> Telling:
    telling = Telling()
    for question in questions():
        telling.member.append(told(application, question, EVERYONE))
        if question in MISTYPED:
            telling.staff.append(told(application, question, STAFF))
        found = application.retriever.search(question, k=10, audiences=EVERYONE).passages
        telling.searches.append([(each.passage.id, each.score) for each in found])
    _, topics = TopicCatalogue(application.open_store()).topics(EVERYONE)
    telling.topics = [repr(each) for each in topics]
    return telling


def test_a_member_is_told_the_same_with_and_without_internal_documents(
    tellings: tuple[Telling, Telling],
) -> None:
    having, lacking = tellings
    differing = [a["question"] for a, b in zip(having.member, lacking.member, strict=True) if a != b]
    assert differing == [] and len(having.member) == COUNT
    assert {each["status"] for each in having.member} == {"answered", "refused"}
    assert any(each["suggestions"] for each in having.member)


def test_the_ranking_and_the_topics_are_the_same_as_well(tellings: tuple[Telling, Telling]) -> None:
    having, lacking = tellings
    assert having.searches == lacking.searches and having.topics == lacking.topics


def test_a_word_of_internal_documents_corrects_staff_alone(tellings: tuple[Telling, Telling]) -> None:
    having, _ = tellings
    mended = [notice for each in having.staff for notice in each["notices"]]
    assert any("“吃狐”按“赤狐”查找" in notice for notice in mended)
    shown = json.dumps(having.member, ensure_ascii=False)
    assert "赤狐" not in shown and "慢牛" not in shown and CANARY not in shown
