"""Evaluation figures by version: kept, replaced, and migrated into a store that had none."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from retrieval.figures import record_evaluation, recorded_evaluations
from retrieval.schema import APPLICATION_ID, SCHEMA_VERSION, migrate, schema_version
from retrieval.store import DATABASE_NAME, Store
from tests.corpus import run_ingest, write_files

AT = datetime(2026, 5, 4, 8, 30, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    run_ingest(tmp_path / "data", write_files(tmp_path / "docs", a="党章\n第一条"))
    return Store.open(tmp_path / "data", create=False)


def outcome(hit: float) -> dict[str, object]:
    return {"n": 3, "hit@1": hit, "refused": None, "latency_ms": {"p50": 1.0}, "misses": []}


def test_the_last_figures_of_the_same_questions_on_a_version_are_kept(store: Store, tmp_path: Path) -> None:
    questions = tmp_path / "q.jsonl"
    questions.write_text("{}", encoding="utf-8")
    version = store.current()
    assert version
    for hit in (0.5, 0.75):
        record_evaluation(store, version, questions, outcome(hit), at=AT)
    (kept,) = recorded_evaluations(store)
    assert (kept.index_version, kept.questions, kept.n, kept.metrics) == (
        *(version.name, "q.jsonl", 3),
        {"hit@1": 0.75},
    )
    assert kept.at == "2026-05-04T08:30:00+00:00"


def test_changed_questions_are_other_questions(store: Store, tmp_path: Path) -> None:
    version = store.current()
    assert version
    for text in ("{}", "{ }"):
        (tmp_path / "q.jsonl").write_text(text, encoding="utf-8")
        record_evaluation(store, version, tmp_path / "q.jsonl", outcome(1.0), at=AT)
    assert len({each.digest for each in recorded_evaluations(store)}) == 2


def test_figures_stand_by_question_file_and_version(store: Store, tmp_path: Path) -> None:
    first = store.current()
    run_ingest(tmp_path / "data", write_files(tmp_path / "docs", b="条例\n第二条"))
    second = store.current()
    assert first and second
    for version in (second, first):
        for name in ("b.jsonl", "a.jsonl"):
            (tmp_path / name).write_text(name, encoding="utf-8")
            record_evaluation(store, version, tmp_path / name, outcome(1.0), at=AT)
    found = [(each.questions, each.version) for each in recorded_evaluations(store)]
    assert found == [("a.jsonl", 1), ("a.jsonl", 2), ("b.jsonl", 1), ("b.jsonl", 2)]


def test_a_store_of_the_first_schema_gets_the_table(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / DATABASE_NAME, isolation_level=None)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    migrate(connection, to=1)
    connection.close()
    store = Store.open(tmp_path, create=False)
    assert recorded_evaluations(store) == []
    with store.reading() as reading:
        assert schema_version(reading) == SCHEMA_VERSION
