"""The tree of documents, and the passages cut from it."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from ingest.passages import LIMIT_CHARS, WHOLE_UNIT_CHARS, make_passages
from ingest.structure import Node, heading_of, parse

RULE = """支部工作条例
第一章 总则
第一条 为了加强党的领导，制定本条例。
第二条 党支部是党的基础组织。
党支部担负直接教育党员的职责。
第二章 组织设置
第三条 党支部工作遵循以下原则：
（一）坚持指导思想；
（二）坚持政治建设；
（三）坚持群众路线。
第四条 正式党员三人以上的，应当成立党支部。"""

ESSAY = """探讨社区党建
一、现状
社区党建有了发展。一是组织健全了。二是活动多了。
二、做法
共有三个程序:
1、确立议程。收集问题。
2、制订议程。归纳问题。
3、采纳议程。集体讨论。
议事会就这样议事。"""


def kinds(node: Node, kind: str) -> list[Node]:
    return [n for n in node.walk() if n.kind == kind]


def test_a_rule_has_chapters_that_hold_their_clauses() -> None:
    tree = parse(RULE)
    chapters = [n for n in tree.children if n.family == "chapter"]
    assert [len(kinds(chapter, "clause")) for chapter in chapters] == [2, 2]
    assert heading_of(RULE, chapters[1]) == "第二章 组织设置"


def test_a_clause_holds_its_further_paragraphs() -> None:
    second = kinds(parse(RULE), "clause")[1]
    assert "直接教育党员" in RULE[second.start : second.end]


def test_items_belong_to_the_clause_that_announces_them() -> None:
    third = kinds(parse(RULE), "clause")[2]
    assert [child.ordinal for child in third.children] == [1, 2, 3]


def test_a_list_ends_with_its_last_item() -> None:
    items = [n for n in kinds(parse(ESSAY), "item") if n.family == "digit"]
    assert [n.ordinal for n in items] == [1, 2, 3]
    assert "就这样议事" not in ESSAY[items[-1].start : items[-1].end]


def test_first_without_second_is_running_text() -> None:
    assert not kinds(parse("我们要做好工作。一是要有决心,这最重要。别的都好说。"), "item")


def test_a_year_and_a_quantity_are_no_enumerators() -> None:
    assert not parse("2016年底,全省有551个社区。\n3名党员参加。\n1.4万家企业。").children


def test_headings_inside_one_paragraph_count_up() -> None:
    text = (
        "标题\n0引言 随着发展。 1影响因素分析 1.1思想认识 有些不足。 1.2职能定位 有些偏差。"
        " 2有效途径 要创新。"
    )
    labels = [heading_of(text, n) for n in kinds(parse(text), "section")]
    assert labels == ["0引言", "1影响因素分析", "1.1思想认识", "1.2职能定位", "2有效途径"]


def test_a_clause_is_one_passage_and_a_list_keeps_its_lead_in() -> None:
    spans = make_passages(RULE, "支部工作条例")
    third = next(s for s in spans if "以下原则" in RULE[s.start : s.end])
    assert third.kind == "clause" and "坚持群众路线" in RULE[third.start : third.end]
    assert third.section == "第二章 组织设置 › 第三条"
    listed = next(s for s in make_passages(ESSAY) if "共有三个程序" in ESSAY[s.start : s.end])
    assert "采纳议程" in ESSAY[listed.start : listed.end]


fragments = st.sampled_from(
    [
        "一、", "（一）", "1、", "1.1", "第一章 总则", "第三条 ", "一是", "二是", "首先，", "其次，",
        "①", "（1）", "\n", "\n\n", "加强党的建设", "要坚持原则。", "包括以下方面:", "党员；", "“", "”",
        " ", "　", " | ", "社区党员议事会" * 40, "最后,", "第一方面",
        "一方面", "另一方面", "## ", "1 ", "。",
    ]
)  # fmt: skip


@given(st.lists(fragments, max_size=40).map("".join))
def test_passages_lose_nothing_and_keep_their_bounds(text: str) -> None:
    spans = make_passages(text)
    assert all(text[s.start : s.end].strip() for s in spans)
    edges = [0, *itertools.chain.from_iterable((s.start, s.end) for s in spans), len(text)]
    assert edges == sorted(edges)
    gaps = [text[edges[i] : edges[i + 1]] for i in range(0, len(edges), 2)]
    assert not "".join(gaps).strip()
    for span in spans:
        limit = LIMIT_CHARS if span.kind == "paragraph" else WHOLE_UNIT_CHARS
        assert span.end - span.start <= limit


@given(st.lists(fragments, max_size=40).map("".join))
def test_every_node_lies_inside_its_parent_and_after_its_elder(text: str) -> None:
    for node in parse(text).walk():
        assert 0 <= node.start <= node.end <= len(text)
        position = node.start
        for child in node.children:
            assert position <= child.start <= child.end <= node.end
            position = child.end


def test_the_tree_of_a_long_document_takes_linear_time() -> None:
    """200,000 characters of enumerators: a quadratic parser would need minutes."""
    text = "".join(
        f"{n}、要坚持原则。一是好。二是快。\n"
        for n in itertools.islice(itertools.cycle(range(1, 30)), 12_000)
    )
    assert len(make_passages(text)) > 100


def test_a_series_of_examples_is_a_list() -> None:
    text = "还存在困难。比如,人手不够。只有两人。再比如,经费不足。还比如,场地太小。\n比如,这句只举一例。"
    items = kinds(parse(text), "item")
    assert [text[n.start : n.start + 6] for n in items] == ["比如,人手不", "再比如,经费", "还比如,场地"]


def test_aspects_told_one_after_the_other_are_a_list() -> None:
    text = "要整合资源。人力资源方面,统一调配。财力资源方面,设立专项。一方面,这只是一面。在思想方面,另说。"
    items = kinds(parse(text), "item")
    assert [text[n.start : n.start + 6] for n in items] == ["人力资源方面", "财力资源方面"]
