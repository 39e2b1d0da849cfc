"""Rank metrics and the files they are computed from."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from retrieval.errors import InputError
from retrieval.evaluation import (
    BenchmarkQuestion,
    comparison_key,
    contains_all,
    evaluate_benchmark,
    is_hit,
    latency_summary,
    read_benchmark,
    read_questions,
    share,
)
from retrieval.records import DocumentInfo, Passage, ScoredPassage


def passage(text: str, source: str = "a.txt") -> ScoredPassage:
    info = DocumentInfo(id=source, source=source, title="")
    return ScoredPassage(Passage("p", info, "", "paragraph", 0, len(text), text, "k"), 0.5)


def write_lines(path: Path, records: Iterable[Any]) -> Path:
    lines = [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in records]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "must"),
    [
        ("制订议程。\n归纳、分析问题", "制订议程归纳"),
        ("共３００个", "共300个"),
        ("議事會", "议事会"),
        ("“1＋3”体系", "1+3体系"),
        ("三　会　一　课", "三会一课"),
    ],
)
def test_matching_ignores_space_punctuation_width_and_script(text: str, must: str) -> None:
    assert contains_all([text], [must])


@pytest.mark.parametrize(("text", "must"), [("三十六人", "36人"), ("第三步", "第四步"), ("", "党")])
def test_matching_keeps_words_and_numerals_apart(text: str, must: str) -> None:
    assert not contains_all([text], [must])


def test_the_key_of_punctuation_alone_is_empty() -> None:
    assert comparison_key("，。 、\n（）") == ""


def test_each_required_string_may_stand_in_another_passage_but_none_across_two() -> None:
    passages = [passage("第一，确立"), passage("议程。第二")]
    assert is_hit(passages, ["确立", "第二"], 5)
    assert not is_hit(passages, ["确立议程"], 5)


def test_depth_bounds_the_passages_that_count() -> None:
    passages = [passage(f"第{n}段") for n in range(7)]
    assert is_hit(passages, ["第4段"], 5)
    assert not is_hit(passages, ["第5段"], 5)
    assert not is_hit(passages, ["第1段"], 1)


def test_a_share_of_nothing_is_none() -> None:
    assert share([]) is None
    assert share([True, False, False]) == 0.3333


def test_percentiles_are_taken_by_nearest_rank() -> None:
    assert latency_summary([30.0, 10.0, 20.0]) == {"p50": 20.0, "p95": 30.0}
    assert latency_summary(range(1, 101)) == {"p50": 50, "p95": 95}
    assert latency_summary([]) == {"p50": None, "p95": None}


def test_a_question_file_gives_its_questions_and_names_broken_lines(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "q.jsonl",
        [
            {"id": "a", "type": "list", "question": " 有哪些？ ", "must": ["一", "，"]},
            "",
            "{broken",
            {"id": "b", "question": 3},
            {"id": "c", "type": "unanswerable", "question": "几岁？", "must": []},
            {"id": "d", "type": "list", "question": "  ", "must": []},
            [1],
        ],
    )
    questions, problems = read_questions(path)
    assert [(each.id, each.must, each.is_unanswerable) for each in questions] == [
        ("a", ("一",), False),
        ("c", (), True),
    ]
    assert [problem.split("行")[0] for problem in problems] == [f"q.jsonl 第 {n} " for n in (3, 4, 7)]


def test_a_missing_question_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.jsonl"):
        read_questions(tmp_path / "none.jsonl")


def test_a_benchmark_folder_skips_blank_questions(tmp_path: Path) -> None:
    write_lines(tmp_path / "passages.jsonl", [{"id": 1, "text": "甲"}, {"id": 2}])
    write_lines(
        tmp_path / "questions.jsonl",
        [{"question": "甲？", "gold_passage_id": 1, "answers": []}, {"question": " ", "gold_passage_id": 1}],
    )
    benchmark = read_benchmark(tmp_path)
    assert benchmark.passages == {"1": "甲"}
    assert [(each.question, each.gold) for each in benchmark.questions] == [("甲？", "1")]
    assert len(benchmark.problems) == 1


def test_a_benchmark_hit_is_the_gold_document_within_five() -> None:
    questions = [BenchmarkQuestion(str(n), f"问{n}", "gold") for n in range(3)]
    found = {
        "问0": [passage("x", "gold")],
        "问1": [passage("x", "other"), passage("x", "gold")],
        "问2": [passage("x", "other")] * 5 + [passage("x", "gold")],
    }
    ticks = count()
    report = evaluate_benchmark(
        questions, found.__getitem__, clock=lambda: next(ticks) / 1000, progress=lambda done, total: None
    )
    assert (report["n"], report["hit@1"], report["hit@5"]) == (3, 0.3333, 0.6667)
    assert [(each["id"], each["rank"]) for each in report["misses"]] == [("1", 2), ("2", None)]
    assert report["latency_ms"] == {"p50": 1.0, "p95": 1.0}
