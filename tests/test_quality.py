"""The quality gate over the packaged seeds, and tests of the gate itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.quality import (
    FILES,
    METRICS,
    floors_for,
    measure,
    questions_digest,
    read_floors,
    repinned,
    shortfalls,
    written,
)

MEASURED = {"seeds": {"hit@1": 0.9, "citation_valid": 1.0, "false_refusal": 0.05}}


@pytest.fixture(scope="session")
def measured() -> dict[str, dict[str, float]]:
    """The figures of the program as it is; the model takes half a minute for the seeds."""
    return measure()


def test_no_figure_falls_below_its_floor(measured: dict[str, dict[str, float]]) -> None:
    _, floors = read_floors()
    assert shortfalls(measured, floors) == [], "python -m tests.pin_floors --lower, if that is meant"


def test_the_floors_belong_to_these_questions() -> None:
    digest, _ = read_floors()
    assert digest == questions_digest(), "the questions changed: python -m tests.pin_floors --lower"


def test_every_metric_is_pinned_and_every_citation_must_be_valid() -> None:
    _, floors = read_floors()
    assert set(floors) == set(FILES)
    assert {metric for figures in floors.values() for metric in figures} == set(METRICS)
    assert {floors[name]["citation_valid"] for name in FILES} == {1.0}


@pytest.mark.parametrize(
    ("metric", "figure"), [("hit@1", 0.88), ("citation_valid", 0.999), ("false_refusal", 0.07)]
)
def test_a_figure_on_the_wrong_side_is_named(metric: str, figure: float) -> None:
    floors = floors_for(MEASURED)
    fallen = {"seeds": {**MEASURED["seeds"], metric: figure}}
    assert shortfalls(MEASURED, floors) == []
    assert [metric in sentence for sentence in shortfalls(fallen, floors)] == [True]


def test_what_is_no_longer_measured_counts_as_fallen() -> None:
    floors = floors_for(MEASURED)
    assert len(shortfalls({"seeds": {"hit@1": 1.0}}, floors)) == 2
    assert len(shortfalls({}, floors)) == 3


def test_floors_rise_freely_and_fall_only_on_purpose() -> None:
    old = floors_for(MEASURED)
    better = {"seeds": {"hit@1": 0.95, "citation_valid": 1.0, "false_refusal": 0.02}}
    assert repinned(old, better, lower=False) == floors_for(better)
    with pytest.raises(ValueError, match=r"hit@1 is 0\.9, pinned at 0\.94"):
        repinned(floors_for(better), MEASURED, lower=False)
    assert repinned(floors_for(better), MEASURED, lower=True) == old


def test_a_floor_within_the_margin_stays_where_it_is() -> None:
    old = {"seeds": {"hit@1": 0.9, "citation_valid": 1.0, "false_refusal": 0.05}}
    assert repinned(old, MEASURED, lower=False) == old


def test_other_questions_have_another_digest(tmp_path: Path) -> None:
    path = tmp_path / "seeds.jsonl"
    path.write_text('{"question": "甲"}\n', encoding="utf-8")
    first = questions_digest([path])
    path.write_text('{"question": "乙"}\n', encoding="utf-8")
    assert questions_digest([path]) != first


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "floors.toml"
    path.write_text(written("abc", floors_for(MEASURED)), encoding="utf-8")
    assert read_floors(path) == ("abc", floors_for(MEASURED))
