"""The same question in other clothes finds the same passage first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.compose import Application
from bot.settings import Settings
from retrieval.retriever import Retriever

QUESTIONS = Path(__file__).parent / "questions"
SAME_AT_LEAST = 95


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retriever]:
    settings = Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("variants") / "data")  # type: ignore[call-arg]
    with Application(settings, announce=print) as application:
        application.ingest([], lambda stage, done, total: None)
        yield application.retriever


def _read(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (QUESTIONS / name).read_text(encoding="utf-8").splitlines()]


def test_script_numerals_slips_and_small_talk_change_nothing(retriever: Retriever) -> None:
    originals = {question["id"]: question["question"] for question in _read("seeds.jsonl")}
    variants = _read("variants.jsonl")
    differing = [
        (variant["type"], variant["question"])
        for variant in variants
        if _first(retriever, variant["question"]) != _first(retriever, originals[variant["same_as"]])
    ]
    assert len(variants) == 100
    assert len(variants) - len(differing) >= SAME_AT_LEAST, differing


def _first(retriever: Retriever, question: str) -> str:
    return retriever.search(question, k=1).passages[0].passage.id
