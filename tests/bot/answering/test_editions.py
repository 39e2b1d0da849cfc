"""Answers over rules that replace each other and documents that contradict each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.answering.answerer import Answerer
from retrieval.normalise import search_key
from retrieval.retriever import Retriever
from tests.corpus import HashEmbedder, answering
from tests.editions import MATTERS, PAIRS, Paper, conflicts, edition_pairs, searched


class Case(NamedTuple):
    """A question with the document that answers it, the value there, and the one that others state."""

    question: str
    document: str
    value: str
    other: str


def answerer(folder: Path, pairs: Iterable[tuple[Paper, Paper]]) -> Iterator[Answerer]:
    papers = [paper for pair in pairs for paper in pair]
    with searched(folder, papers, HashEmbedder()) as made:
        yield answering(Retriever(made._store, None, None))


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answerer]:
    yield from answerer(tmp_path_factory.mktemp("editions"), edition_pairs())


@pytest.fixture(scope="module")
def contradicting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answerer]:
    yield from answerer(tmp_path_factory.mktemp("conflicts"), conflicts())


def answered(answering: Answerer, cases: Iterable[Case]) -> int:
    """How many answers state the value; none may quote another document or state what that says."""
    right = 0
    for case in cases:
        answer = answering.answer(case.question)
        assert {Path(each.document.source).stem for each in answer.citations} <= {case.document}
        if answer.status == "answered":
            text = search_key(answer.text)
            assert search_key(case.other) not in text, case.question
            right += search_key(case.value) in text
    return right


@pytest.mark.parametrize("form", ["{}？", "现在{}？"])
def test_what_is_in_force_is_answered(editions: Answerer, form: str) -> None:
    cases = [
        Case(form.format(asked), f"{at:02}_new", present, former)
        for at, (_, _, asked, former, present) in enumerate(PAIRS)
    ]
    assert answered(editions, cases) >= 10


@pytest.mark.parametrize("form", ["2016年当时{}？", "原来的规定里{}？"])
def test_a_question_of_another_time_is_answered_from_the_edition_of_then(
    editions: Answerer, form: str
) -> None:
    cases = [
        Case(form.format(asked), f"{at:02}_old", former, present)
        for at, (_, _, asked, former, present) in enumerate(PAIRS)
    ]
    assert answered(editions, cases) >= 10
    told = (editions.answer(case.question) for case in cases)
    assert all("已被" in answer.notices[0] for answer in told if answer.status == "answered")


def test_of_a_rule_and_a_lower_document_the_rule_is_quoted_first(contradicting: Answerer) -> None:
    """Their chances are nearly alike; what standing adds decides most of them."""
    answers = [contradicting.answer(f"{asked}？") for _, _, asked, _, _ in MATTERS]
    first = [Path(a.citations[0].document.source).stem for a in answers if a.status == "answered"]
    assert len(first) >= 0.7 * len(MATTERS)
    assert sum(name.endswith("_rule") for name in first) >= 0.7 * len(first)


def test_what_is_of_another_edition_is_offered_behind_what_is_not(editions: Answerer) -> None:
    for _, _, asked, _, _ in PAIRS:
        offered = editions.answer(f"{asked}？").passages
        scores = [each.score for each in offered]
        assert len(offered) == 5 and scores == sorted(scores, reverse=True) and scores[-1] >= 0
