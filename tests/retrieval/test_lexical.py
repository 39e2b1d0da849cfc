"""Search terms, and the index that holds them."""

from __future__ import annotations

from retrieval.lexical import bigrams, index_terms, units, words
from retrieval.normalise import search_key


def test_a_number_and_a_latin_word_are_one_unit() -> None:
    assert units("56.8%的vip用户") == ["56.8%", "的", "vip", "用", "户"]


def test_quotation_marks_do_not_part_an_expression() -> None:
    assert bigrams(search_key("“1+3”社区")) == bigrams(search_key("1+3社区")) == ["1+3社", "社区"]


def test_a_stop_parts_bigrams() -> None:
    assert "准立" not in bigrams(search_key("订标准、立要求"))


def test_a_lone_unit_is_its_own_term() -> None:
    assert bigrams("党") == ["党"]


def test_compounds_are_found_by_their_parts() -> None:
    assert {"议事", "议事会"} <= set(words("社区党员议事会"))


def test_the_clause_number_is_a_term_in_either_numeral() -> None:
    assert bigrams(search_key("第二十四条")) == bigrams(search_key("第24条")) == ["第24", "24条"]


def test_headings_are_terms_of_their_own_field() -> None:
    _, pairs, headings = index_terms("按季召开。", "第二章 组织设置", "支部工作条例")
    assert "组织" in headings.split() and "组织" not in pairs.split()
