"""How answers are judged, each rule on hand-made answers."""

from __future__ import annotations

from typing import Any

import pytest

from bot.answering.answer import Answer, Citation, Statement
from bot.evaluation import evaluate_answers, is_citation_valid, judge_answer
from retrieval.evaluation import EvaluationQuestion
from retrieval.records import DocumentInfo, Passage, ScoredPassage

TEXT = "共有五个程序：确立议程、制订议程。"
INFO = DocumentInfo(id="d1", source="seeds/a.txt", title="甲")
PASSAGE = ScoredPassage(Passage("p1", INFO, "", "paragraph", 0, len(TEXT), TEXT, "k"), 0.9)


def stored_text(document_id: str) -> tuple[str, str] | None:
    return {"d1": ("seeds/a.txt", TEXT)}.get(document_id)


def citation(**changes: Any) -> Citation:
    values: dict[str, Any] = {
        "n": 1,
        "passage_id": "p1",
        "document": INFO,
        "section": "",
        "quote": TEXT[7:11],
        "start": 7,
        "end": 11,
    }
    return Citation(**(values | changes))


def answered(text: str = "确立议程", **changes: Any) -> Answer:
    values: dict[str, Any] = {
        "question": "？",
        "status": "answered",
        "statements": (Statement(text, (1,)),),
        "citations": (citation(),),
        "passages": (PASSAGE,),
    }
    return Answer(**(values | changes))


def refused() -> Answer:
    return Answer("？", "refused", passages=(PASSAGE,), message="资料里没有确立议程")


def question(*must: str, kind: str = "list") -> EvaluationQuestion:
    return EvaluationQuestion("q", kind, "？", must)


def test_a_verbatim_quote_of_the_named_document_is_valid() -> None:
    assert is_citation_valid(citation(), stored_text)


@pytest.mark.parametrize(
    "changes",
    [
        {"quote": "确立议成"},
        {"start": 8, "end": 12},
        {"quote": "", "start": 7, "end": 7},
        {"quote": TEXT[-3:], "start": -3, "end": len(TEXT)},
        {"document": DocumentInfo(id="d2", source="seeds/b.txt", title="乙")},
        {"document": DocumentInfo(id="d1", source="seeds/b.txt", title="甲")},
    ],
)
def test_a_quote_that_is_not_at_its_place_is_invalid(changes: dict[str, Any]) -> None:
    assert not is_citation_valid(citation(**changes), stored_text)


def test_the_marks_of_an_answer_do_not_part_its_words() -> None:
    answer = answered(statements=(Statement("确立", (1,)), Statement("议程", (1,))))
    assert judge_answer(question("确立议程"), answer, 1.0, stored_text).complete


def test_a_mark_is_not_taken_for_a_number() -> None:
    assert not judge_answer(question("议程1"), answered(), 1.0, stored_text).complete


def test_what_the_answer_says_but_no_quote_holds_is_not_cited() -> None:
    judgement = judge_answer(question("制订议程"), answered("确立议程、制订议程"), 1.0, stored_text)
    assert (judgement.complete, judgement.cited, judgement.hit_1) == (True, False, True)
    assert judgement.failures() == ["cited"]


def test_a_refusal_is_never_complete_even_if_it_uses_the_words() -> None:
    judgement = judge_answer(question("确立议程"), refused(), 1.0, stored_text)
    assert not judgement.complete
    assert judgement.failures() == ["complete", "cited", "false_refusal"]


def test_questions_without_requirements_count_only_where_they_must_be_refused() -> None:
    cases = [
        (question("确立议程"), answered()),
        (question("确立议程"), refused()),
        (question(kind="unanswerable"), refused()),
        (question(kind="unanswerable"), answered()),
        (question(kind="injection"), answered(citations=(citation(quote="假"),))),
    ]
    given = iter([answer for _, answer in cases])
    report = evaluate_answers(
        [asked for asked, _ in cases],
        lambda _: next(given),
        stored_text,
        clock=lambda: 0.0,
        progress=lambda done, total: None,
    )
    assert report["n"] == 5
    assert (report["complete"], report["cited"], report["false_refusal"]) == (0.5, 0.5, 0.5)
    assert (report["hit@1"], report["hit@5"], report["refused"]) == (1.0, 1.0, 0.5)
    assert report["citation_valid"] == 0.6667
    assert report["by_type"]["injection"]["complete"] is None
    assert [miss["failed"] for miss in report["misses"]] == [
        ["complete", "cited", "false_refusal"],
        ["refused"],
        ["citation_valid"],
    ]
