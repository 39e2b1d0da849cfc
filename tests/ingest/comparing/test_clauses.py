"""What is set beside each other: clauses and headings with the number in front of them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.comparing import cut_clauses

CORPUS = Path(__file__).resolve().parents[3].parent / "shared" / "corpus"
# Chinese text with whatever a rule is made of, and what may break a cutter.
ALPHABET = "第一二十条章之、。\n　 #党员（）1."


@given(st.text(alphabet=ALPHABET, max_size=200))
def test_nothing_but_white_space_is_left_out(text: str) -> None:
    pieces = cut_clauses(text)
    kept = [text[each.start : each.end] for each in pieces]
    # The hashes of a heading in Markdown are no words.
    assert "".join("".join(kept).replace("#", "").split()) == "".join(text.replace("#", "").split())
    assert all(one.end <= other.start for one, other in pairwise(pieces))
    assert all(each.text == text[each.body : each.end] for each in pieces)


def test_a_clause_bears_the_number_that_is_printed_whatever_is_missing_before_it() -> None:
    text = "第一章　总则\n第三条　甲。\n第九条　乙。\n丙。\n第四条　丁。\n第十二条之二　戊。"
    assert [(each.label, each.text) for each in cut_clauses(text)] == [
        ("第一章", "总则"),
        ("第三条", "甲。"),
        ("第九条", "乙。\n丙。"),
        ("第四条", "丁。"),
        ("第十二条之二", "戊。"),
    ]


def test_a_clause_named_at_the_start_of_a_line_is_no_new_one() -> None:
    text = "第九条　流动党员是指外出的党员。\n第十条　下列情形除外：\n第九条所称外出，是指离开六个月以上。"
    assert [each.label for each in cut_clauses(text)] == ["第九条", "第十条"]


def test_numbers_that_stand_close_to_their_text_count_where_all_do() -> None:
    assert [each.label for each in cut_clauses("第一条为了规范。\n第二条本办法适用。")] == [
        "第一条",
        "第二条",
    ]


def test_a_text_without_clauses_is_cut_at_its_lines() -> None:
    text = "关于活动的通知\n各支部：\n一、时间\n九月。\n二、地点\n礼堂。"
    assert [each.label for each in cut_clauses(text)] == ["", "", "一、", "", "二、", ""]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not here")
def test_the_clauses_of_a_regulation_are_those_that_it_numbers() -> None:
    text = (CORPUS / "formats" / "支部工作条例_utf8bom_crlf.txt").read_text(encoding="utf-8-sig")
    labels = [each.label for each in cut_clauses(text) if each.label.endswith("条")]
    assert len(labels) == 37 and labels[0] == "第一条" and labels[-1] == "第三十七条"
