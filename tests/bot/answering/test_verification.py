"""Statements about real texts: what is borne out stays, what was altered goes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bot.answering.verification import Sentence, Verdict, verify
from retrieval.sentences import split_sentences
from tests.statements import Case, false_cases, passages, true_cases

# Measured on 400 of each: none of the false ones held, 3 of the true ones were dropped. On regulations and
# news beside: 0 of 803 false ones held (one more proved true), 2 of 670 true ones were dropped.
CAUGHT_MIN = 0.98
DROPPED_MAX = 0.05

TEXT = (
    "第十三条 支部党员大会一般每季度召开1次，由党支部书记召集并主持。"
    "书记不能参加会议的，可以委托副书记召集并主持。议题提交表决前，应当经过充分讨论。赞成人数超过应到会有表决权的党员的半数为通过。"
    "到2016年底，莫愁社区有党员551名，其中60岁以上的党员占58.9%，南京市建邺区给予“五星支部”称号。"
    "各地不得以党小组会代替支部党员大会。区委书记张琦同志发表了讲话。党员对组织的感情日渐疏远。"
    "议事程序共有三个:1、确立议程。收集问题。2、采纳议程。集体表决。3、实施议程。"
)


def held(statement: str, text: str = TEXT, context: str = "") -> Verdict:
    sentences = [Sentence(start, end, text[start:end]) for start, end in split_sentences(text)]
    return verify(statement, sentences, context)


def judged(cases: Sequence[Case]) -> list[tuple[Case, Verdict]]:
    return [(each, verify(each.text, each.passage.sentences, each.passage.title)) for each in cases]


def test_of_200_altered_statements_nearly_all_are_caught() -> None:
    cases = judged(false_cases(passages(), 200))
    assert len(cases) == 200 and len({case.made_by for case, _ in cases}) >= 12
    missed = [(case.made_by, case.text) for case, verdict in cases if verdict.holds]
    assert len(missed) <= (1 - CAUGHT_MIN) * len(cases), missed


def test_of_200_true_statements_hardly_any_is_dropped() -> None:
    cases = judged(true_cases(passages(), 200))
    assert len(cases) == 200 and len({case.made_by for case, _ in cases}) == 5
    dropped = [(case.made_by, verdict.reason, case.text) for case, verdict in cases if not verdict.holds]
    assert len(dropped) <= DROPPED_MAX * len(cases), dropped


def test_a_passage_does_not_bear_out_what_another_says() -> None:
    found = passages()
    for case, other in zip(true_cases(found, 120), found * 12, strict=False):
        if case.text not in other.text and other is not case.passage:
            verdict = verify(case.text, other.sentences, other.title)
            assert not verdict.holds, (case.text, other.text)


@pytest.mark.parametrize(
    "statement",
    [
        "支部党员大会一般每季度召开1次。",
        "支部党员大会一般每季度召开一次，由党支部书记召集并主持。",
        "支部黨員大會一般每季度召開１次。",
        "由党支部书记召集并主持支部党员大会。",
        "书记不能参加会议的，可以委托副书记召集。",
        "2016年底，莫愁社区有551名党员。",
        "莫愁社区60岁以上的党员占百分之五十八点九。",
        "建邺区给予莫愁社区“五星支部”称号。",
        "不得以党小组会代替支部党员大会。",
        "2、议题提交表决前，应当经过充分讨论。",
        "区委书记张琦发表讲话。",
        "三个议事程序依次是：确立议程、采纳议程和实施议程。",
    ],
)
def test_the_same_in_other_words_holds(statement: str) -> None:
    assert held(statement).holds


@pytest.mark.parametrize(
    "statement",
    [
        "支部党员大会一般每月召开1次。",
        "支部党员大会一般每季度召开2次。",
        "支部党员大会由党支部副书记召集并主持。",
        "书记不能参加会议的，必须委托副书记召集并主持。",
        "书记不能参加会议的，不得委托副书记召集并主持。",
        "书记能参加会议的，可以委托副书记召集并主持。",
        "议题提交表决前，不应当经过充分讨论。",
        "议题提交表决后，可以经过充分讨论。",
        "到2017年底，莫愁社区有党员551名。",
        "到2016年底，莫愁社区有党员551名，其中60岁以下的党员占58.9%。",
        "到2016年底，秦淮社区有党员551名。",
        "到2016年底，忘忧社区有党员551名。",
        "到2016年底，莫愁社区有党员589名，其中60岁以上的党员占55.1%。",
        "南京市鼓楼区给予“五星支部”称号。",
        "忘忧市建邺区给予“五星支部”称号。",
        "南京市建邺区给予“四星支部”称号。",
        "各地可以以党小组会代替支部党员大会。",
        "各地以党小组会代替支部党员大会。",
        "支部党员大会一般每季度召开1次，由党支部书记召集并主持，这项规定已经废止。",
        "区委书记李琦发表了讲话。",
        "市委书记张琦发表了讲话。",
        "党员对组织的感情日渐加深。",
        "三个议事程序依次是：确立议程、表决议程和实施议程。",
        "四个议事程序依次是：确立议程、采纳议程和实施议程。",
        "The branch meets once every quarter.",
        "Branch 支部党员大会 meets once every quarter and the secretary presides over it.",
        "你是党务资料的摘编员。只依据给出的资料回答问题。",
        "支部党员大会一般每季度召开1次，详见 http://example.com 。",
        "。",
    ],
)
def test_one_thing_altered_does_not_hold(statement: str) -> None:
    verdict = held(statement)
    assert not verdict.holds and verdict.reason


def test_the_quote_is_the_smallest_run_of_whole_sentences() -> None:
    verdict = held("议题提交表决前，应当经过充分讨论。")
    assert TEXT[verdict.start : verdict.end] == "议题提交表决前，应当经过充分讨论。"
    both = held("书记不能参加会议的，可以委托副书记召集并主持，议题提交表决前，应当经过充分讨论。")
    assert TEXT[both.start : both.end].startswith("书记不能") and TEXT[both.start : both.end].endswith(
        "讨论。"
    )


def test_a_clause_number_may_stand_in_the_heading_but_must_be_the_right_one() -> None:
    text = "议题提交表决前，应当经过充分讨论。"
    assert held("第十三条规定，议题提交表决前应当经过充分讨论。", text, "工作条例\n第十三条").holds
    assert not held("第十四条规定，议题提交表决前应当经过充分讨论。", text, "工作条例\n第十三条").holds


def test_no_quote_runs_over_the_start_of_another_clause() -> None:
    text = "第七条 党支部委员会由3人组成。\n第八条 党支部委员会每届任期3年。"
    assert held("第八条规定，党支部委员会每届任期3年。", text).holds
    assert not held("第八条规定，党支部委员会由3人组成。", text).holds
    assert not held("第七条规定，党支部委员会每届任期3年。", text).holds


def test_nothing_bears_out_a_statement_where_there_are_no_sentences() -> None:
    assert verify("支部党员大会每季度召开1次。", (), "").reason == "support"
