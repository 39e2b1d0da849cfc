"""The units that answers point at."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.units import cut_units

RULE = """支部工作条例
第一章 总则
第一条 为了加强党的领导，制定本条例。本条例自发布之日起施行。
第二条 党支部是党的基础组织。
党支部担负直接教育党员的职责。
第三条 党支部工作遵循以下原则：
（一）坚持指导思想；
（二）坚持政治建设。违者追究责任。
姓名 | 职务
张三 | 书记"""


def texts(text: str) -> list[tuple[str, str]]:
    return [(unit.kind, text[unit.start : unit.end]) for unit in cut_units(text)]


def test_a_short_clause_is_one_unit_and_each_of_its_paragraphs_another() -> None:
    found = texts(RULE)
    assert ("paragraph", "第一条 为了加强党的领导，制定本条例。本条例自发布之日起施行。") in found
    assert ("paragraph", "第二条 党支部是党的基础组织。") in found
    assert ("paragraph", "党支部担负直接教育党员的职责。") in found


def test_a_lead_in_its_items_headings_and_rows_are_units() -> None:
    found = texts(RULE)
    assert ("heading", "第一章 总则") in found
    assert ("paragraph", "第三条 党支部工作遵循以下原则：") in found
    assert [text for kind, text in found if kind == "item"] == [
        "（一）坚持指导思想；",
        "（二）坚持政治建设。违者追究责任。",
    ]
    assert [text for kind, text in found if kind == "row"] == ["姓名 | 职务", "张三 | 书记"]


def test_prose_is_cut_at_its_sentences_and_a_long_clause_too() -> None:
    found = texts("党员要交党费。书记负责收取。")
    assert found == [("sentence", "党员要交党费。"), ("sentence", "书记负责收取。")]
    sentence = "支部应当每月召开一次会议，讨论工作，听取意见，" * 4 + "并作记录。"
    long = f"条例\n第一条 {sentence}{sentence}\n第二条 附则。"
    assert [kind for kind, text in texts(long) if sentence in text] == ["paragraph", "paragraph"]


def test_a_unit_knows_the_headings_above_it() -> None:
    unit = next(u for u in cut_units(RULE) if RULE[u.start : u.end].startswith("（一）"))
    assert unit.path == ("第一章 总则", "第三条")


@given(st.text(alphabet="一二、第条章（）1. 。：；\n甲乙 |党", max_size=200))
def test_units_are_in_order_disjoint_and_leave_out_white_space_alone(text: str) -> None:
    position = 0
    for unit in cut_units(text):
        assert unit.start >= position and unit.end > unit.start
        assert not text[position : unit.start].strip()
        position = unit.end
    assert not text[position:].strip()
