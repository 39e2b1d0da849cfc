"""Mistyped words are mended by sound, and nothing else is touched."""

from __future__ import annotations

import pytest

from retrieval.spelling import Correction, correct, homophones

CORPUS = {"程序", "党建", "抓手", "编制", "双责", "岗双", "经济", "公示", "天气", "今天", "各村"}


def count(pair: str) -> int:
    return int(pair in CORPUS)


@pytest.mark.parametrize(
    ("text", "wrong", "right"),
    [
        ("议事程续", "程续", "程序"),
        ("非公党健", "党健", "党建"),
        ("一岗双则", "双则", "双责"),
        ("攻示制度", "攻示", "公示"),
    ],
)
def test_a_homophone_of_a_word_of_the_corpus_is_mended(text: str, wrong: str, right: str) -> None:
    mended, corrections = correct(text, count)
    assert corrections == [Correction(wrong, right)]
    assert mended == text.replace(wrong, right)


@pytest.mark.parametrize(
    "text",
    ["今天北京天气怎么样", "什么是意思", "发展党员", "abc 123", "", "书记今年多大年纪", "下辖多少个村"],
)
def test_known_words_and_function_words_are_left_alone(text: str) -> None:
    assert correct(text, count) == (text, [])


def test_confused_sounds_count_as_one() -> None:
    assert "序" in homophones("续") and "只" in homophones("资") and "续" not in homophones("续")
