"""Unanswered questions: counted once each, masked, in a file of their own, never in the asker's way."""

from __future__ import annotations

import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.answering.answer import Answer
from bot.answering.gaps import GAPS_NAME, QUESTION_CHARS_MAX, Gaps
from retrieval.errors import StoreError
from retrieval.records import DocumentInfo, Passage, ScoredPassage


def refused(question: str, *titles: str, version: str = "v1-a") -> Answer:
    passages = tuple(
        ScoredPassage(
            Passage(str(n), DocumentInfo(str(n), f"{n}.txt", title), "", "paragraph", 0, 1, "x", "k"), 0.5
        )
        for n, title in enumerate(titles)
    )
    return Answer(question, "refused", passages=passages, index_version=version)


def test_one_question_in_several_spellings_is_one_gap(tmp_path: Path) -> None:
    times = iter([datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3)])
    gaps = Gaps(tmp_path, now=lambda: next(times))
    gaps.record(refused("党费交多少?", "甲", "甲", "乙", "丙", "丁"))
    gaps.record(refused("黨費交多少 ？", "戊", version="v2-b"))
    gaps.record(refused("预备期多长?"))
    first, second = gaps.list()
    assert (first.question, first.count, first.index_version) == ("党费交多少?", 2, "v2-b")
    assert (first.first_at[:10], first.last_at[:10], first.nearest) == ("2026-01-01", "2026-01-02", ("戊",))
    assert (second.question, second.count) == ("预备期多长?", 1)


def test_the_nearest_documents_are_three_different_ones(tmp_path: Path) -> None:
    gaps = Gaps(tmp_path)
    gaps.record(refused("党费交多少?", "甲", "甲", "乙", "丙", "丁"))
    assert gaps.list()[0].nearest == ("甲", "乙", "丙")


@pytest.mark.parametrize(
    "question",
    [
        "我的身份证是110101199003078515,能入党吗?",
        "打１３８００１３８０００问谁?",
        "138 0013 8000是谁的电话?",
        "010-62345678是哪里的电话?",
    ],
)
def test_numbers_of_persons_are_not_kept(tmp_path: Path, question: str) -> None:
    gaps = Gaps(tmp_path)
    assert gaps.record(refused(question))
    kept = "".join(gaps.list()[0].question.split())
    assert "〔" in kept and not any(c.isdecimal() for c in kept)
    data = (tmp_path / GAPS_NAME).read_bytes()
    assert b"110101199003078515" not in data and b"13800138000" not in data


def test_only_refusals_with_words_are_gaps(tmp_path: Path) -> None:
    gaps = Gaps(tmp_path)
    assert not gaps.record(Answer("党费?", "answered"))
    assert not gaps.record(Answer("党费?", "error"))
    assert not gaps.record(refused("？！"))
    assert gaps.list() == [] and gaps.clear() == 0
    assert not (tmp_path / GAPS_NAME).exists()


def test_questions_and_gaps_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.answering.gaps.GAPS_MAX", 3)
    gaps = Gaps(tmp_path)
    for question in ("甲党" * 200, "乙乙", "乙乙", "丙丙", "丁丁", "戊戊"):
        gaps.record(refused(question))
    kept = gaps.list()
    assert len(kept) == 3 and kept[0].count == 2
    assert all(len(gap.question) <= QUESTION_CHARS_MAX for gap in kept)


def test_clearing_forgets_all(tmp_path: Path) -> None:
    gaps = Gaps(tmp_path)
    gaps.record(refused("党费交多少?"))
    assert gaps.clear() == 1 and gaps.list() == []


def test_several_writers_lose_nothing(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        noted = list(pool.map(lambda n: Gaps(tmp_path).record(refused(f"问题{n % 2}?")), range(20)))
    assert sum(gap.count for gap in Gaps(tmp_path).list()) == sum(noted) == 20


def test_a_busy_file_is_a_warning_and_not_an_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    gaps = Gaps(tmp_path)
    gaps.record(refused("党费交多少?"))
    blocking = sqlite3.connect(tmp_path / GAPS_NAME, isolation_level=None)
    blocking.execute("BEGIN EXCLUSIVE")
    with caplog.at_level(logging.WARNING):
        assert not gaps.record(refused("预备期多长?"))
    blocking.close()
    assert "没能记下" in caplog.text and "预备期" not in caplog.text


def test_a_damaged_file_does_not_stop_answers_and_is_named_to_the_maintainer(tmp_path: Path) -> None:
    (tmp_path / GAPS_NAME).write_bytes(b"no database" * 100)
    gaps = Gaps(tmp_path)
    assert not gaps.record(refused("党费交多少?"))
    for work in (gaps.list, gaps.clear):
        with pytest.raises(StoreError, match=GAPS_NAME):
            work()


def test_a_missing_folder_is_no_reason_to_fail(tmp_path: Path) -> None:
    assert not Gaps(tmp_path / "none").record(refused("党费交多少?"))
    assert Gaps(tmp_path / "none").list() == []
