"""What changed between two editions, asked in a chat: both sides quoted, and only of what differs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.answering.answerer import Answerer
from bot.answering.changes import CHARS_MAX, CLAUSES_MAX, asks_for_changes, table
from bot.answering.further import Further
from retrieval.records import EVERYONE
from tests.corpus import HashEmbedder, answering
from tests.editions import Paper, searched

OLD = """社区党员活动阵地管理办法（试行）
第一条　为了规范社区党员活动阵地的管理，制定本办法。
第二条　党小组会每季度召开一次，由组长主持，会议情况记入党员手册。
第三条　使用活动室的支部应当提前三天登记，登记内容包括时间、人数和用途。
第四条　本办法自2019年3月1日起施行。
"""
NEW = """社区党员活动阵地管理办法
第一条　为了规范社区党员活动阵地的管理，制定本办法。
第二条　党小组会每月召开一次，由组长主持，会议情况记入党员手册。
第三条　使用活动室的支部应当提前三天登记，登记内容包括时间、人数和用途。
第四条　经费实行专款专用，每笔支出须经两名支部委员签字。
第五条　本办法自2024年5月1日起施行。2019年的《社区党员活动阵地管理办法（试行）》同时废止。
"""
NAMES = "甲乙丙丁戊己庚辛壬癸"
OTHER = """社区志愿服务积分规定
第一条　志愿服务每小时记两分，积分由社区党委每季度公布。
第二条　积分可以兑换活动室的使用时间。
"""


@contextmanager
def asked_of(folder: Path, **texts: str) -> Iterator[Answerer]:
    papers = [Paper(name, text) for name, text in texts.items()]
    with searched(folder, papers, HashEmbedder()) as retriever:
        yield answering(retriever)


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answerer]:
    with asked_of(tmp_path_factory.mktemp("changes"), old=OLD, new=NEW, other=OTHER) as made:
        yield made


@pytest.mark.parametrize("example", [each for _, examples in table() for each in examples])
def test_every_example_of_the_table_asks_for_changes(example: str) -> None:
    assert asks_for_changes(example)


@pytest.mark.parametrize(
    "question",
    [
        "党支部和党小组有什么区别",
        "预备党员和正式党员有什么不同",
        "发展党员有哪些程序",
        "修订前后欠时上限各多少",
        "新党员入党有什么手续",
        "新时代党的建设有什么要求",
        "党章是哪年修订的",
        "社区党建有哪些变化",
    ],
)
def test_other_differences_are_no_question_of_editions(question: str) -> None:
    assert not asks_for_changes(question)


@pytest.mark.parametrize(
    "question", ["新旧办法有什么变化", "活动阵地管理办法修订了哪些内容", "和原来比有什么不同"]
)
def test_both_sides_of_every_changed_clause_are_quoted(answerer: Answerer, question: str) -> None:
    answer = answerer.answer(question)
    assert answer.status == "answered"
    first = answer.text.splitlines()[0]
    assert "取代" in first and "修改" in first and "新增" in first
    quotes = [each.quote for each in answer.citations]
    assert any("每季度召开" in quote for quote in quotes) and any("每月召开" in quote for quote in quotes)
    assert any("专款专用" in quote for quote in quotes)
    assert not any("提前三天登记" in quote for quote in quotes)


def test_quotes_are_verbatim_and_every_mark_has_its_citation(answerer: Answerer) -> None:
    answer = answerer.answer("新旧办法有什么变化")
    texts = {"old": OLD, "new": NEW}
    for citation in answer.citations:
        text = texts[Path(citation.document.source).stem]
        assert text[citation.start : citation.end] == citation.quote
        assert citation.passage_id and citation.section in citation.quote
    used = {number for statement in answer.statements for number in statement.citations}
    assert used == {citation.n for citation in answer.citations}
    assert {c.document.status for c in answer.citations if c.document.source.endswith("old.txt")} == {
        "已修订"
    }


def test_a_matter_named_is_what_is_compared(answerer: Answerer) -> None:
    answer = answerer.answer("新旧办法在党小组会上有什么变化")
    assert [citation.section for citation in answer.citations] == ["第二条", "第二条"]


@pytest.mark.parametrize("question", ["志愿服务积分规定修订了哪些内容", "党费修订了哪些内容"])
def test_of_another_rule_the_changes_are_not_told(answerer: Answerer, question: str) -> None:
    assert not any("每月召开" in each.quote for each in answerer.answer(question).citations)


def test_an_edition_for_internal_use_is_compared_for_nobody_else(tmp_path: Path) -> None:
    with asked_of(tmp_path, old="内部资料 注意保存\n" + OLD, new=NEW) as answerer:
        assert answerer.answer("新旧办法有什么变化").status == "answered"
        shown = answerer.answer("新旧办法有什么变化", audiences=EVERYONE)
    assert not any("每季度" in each.quote for each in shown.citations)
    assert "取代" not in shown.text


def test_many_changes_are_bounded_and_the_rest_counted(tmp_path: Path) -> None:
    numerals = "一二三四五六七八九十"
    body = "第{n}条　{m}支部应当按照规定做好第{n}项工作，并在{when}前报告社区党委备案。"
    texts = {
        name: f"社区支部工作规则{note}\n"
        + "\n".join(
            body.format(n=n, m="甲乙丙丁戊己庚辛壬癸"[at], when=when) for at, n in enumerate(numerals)
        )
        + f"\n第十一条　本规则自{year}年1月1日起施行。"
        for name, note, when, year in (("old", "（试行）", "月底", 2018), ("new", "", "季末", 2024))
    }
    papers = [Paper(name, text) for name, text in texts.items()]
    with searched(tmp_path, papers, HashEmbedder()) as retriever:
        answerer = answering(retriever)
        answer = answerer.answer("新旧规则有什么变化")
        further = Further(retriever, answerer)
        rest = further.more("新旧规则有什么变化", answer.citations, audiences=EVERYONE)
        everything = (*answer.citations, *rest.citations)
        nothing = further.more("新旧规则有什么变化", everything, audiences=EVERYONE)
    assert len(answer.citations) == 2 * CLAUSES_MAX
    assert sum(len(each.quote) for each in answer.citations) <= CHARS_MAX
    assert any("还有 5 处" in each and "dangwu compare" in each for each in answer.notices)
    assert len({each.quote for each in everything}) == len(everything) == 22
    assert nothing.status == "refused" and not nothing.citations
