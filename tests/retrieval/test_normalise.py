"""Search keys: the same words in other clothes share one key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.normalise import fold_numerals, match_key, numeral_value, search_key, to_simplified


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("第二十四条", "第24条"),
        ("第２４條", "第二十四条"),
        ("百分之五十六点八", "56.8%"),
        ("三名正式党员", "3名正式党员"),
        ("两名介绍人", "2名介绍人"),
        ("二〇一四年", "2014年"),
        ("三分之二", "2/3"),
        ("社區黨員議事會", "社区党员议事会"),
        ("隨著、裝著、著力點", "随着、装着、着力点"),
        ("Ｑ＆Ａ", "q&a"),
    ],
)
def test_variants_of_one_wording_share_their_key(one: str, other: str) -> None:
    assert search_key(one) == search_key(other)


@pytest.mark.parametrize(
    ("numeral", "value"),
    [
        ("十", 10),
        ("二十四", 24),
        ("一百零五", 105),
        ("一千零二十", 1020),
        ("三万五千", 35000),
        ("一亿三千万", 130_000_000),
    ],
)
def test_numerals_have_their_value(numeral: str, value: int) -> None:
    assert numeral_value(numeral) == value


@pytest.mark.parametrize("text", ["百姓", "千万不要", "万众一心", "亿"])
def test_large_units_alone_are_no_numerals(text: str) -> None:
    assert not any(c.isdigit() for c in fold_numerals(text.replace("一", "")))


def test_different_numbers_keep_different_keys() -> None:
    assert len({search_key(f"第{n}条") for n in ("三", "十三", "二十三", "三十")}) == 4


def test_matching_ignores_space_punctuation_width_and_script() -> None:
    assert match_key("“确立議程”，\n 收集 意見。") == match_key("确立议程,收集意见")


@given(st.text(alphabet="零一二三四五六七八九十百千万亿两〇点分之第条abc，。１２ 社區著", max_size=40))
def test_any_text_has_a_key_and_keys_are_stable(text: str) -> None:
    key = search_key(text)
    assert search_key(key) == key or len(search_key(key)) <= len(key)
    assert to_simplified(to_simplified(text)) == to_simplified(text)
