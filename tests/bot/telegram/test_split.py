"""Cutting texts into messages: exact partitions, bounded in UTF-16 units, cut where a reader would."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.rendering.telegram_split import split_text, utf16_length

MIXED = st.text(
    alphabet=st.one_of(
        st.sampled_from("，。；“”‘’（）〔〕<>&|\n\t 　12一（、第条👍🏽👨\u200d👩🇨🇳e\u0301①"), st.characters()
    ),
    max_size=400,
)


def units(text: str) -> int:
    """The slow and obvious way to count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@given(MIXED)
def test_the_length_is_that_of_the_utf16_encoding(text: str) -> None:
    assert utf16_length(text) == units(text)


@given(MIXED, st.integers(2, 90))
@example("👍" * 3, 3)
@example("〔1〕" * 9, 4)
def test_pieces_are_an_exact_bounded_partition(text: str, limit: int) -> None:
    pieces = split_text(text, limit)
    assert "".join(pieces) == text
    assert all(0 < units(piece) <= limit for piece in pieces)


@given(st.lists(st.tuples(st.text("党员支部会议甲乙", max_size=30), st.integers(1, 99)), max_size=30))
def test_no_mark_is_cut(statements: list[tuple[str, int]]) -> None:
    text = "".join(f"{words}〔{n}〕" for words, n in statements)
    found = [mark for piece in split_text(text, 40) for mark in re.findall(r"〔\d+〕", piece)]
    assert found == [f"〔{n}〕" for _, n in statements]


@given(st.lists(st.integers(1, 60), min_size=1, max_size=20))
def test_list_items_that_fit_stay_whole(lengths: list[int]) -> None:
    items = [f"（{n}）" + "款" * length for n, length in enumerate(lengths, start=1)]
    lines = [line for piece in split_text("\n".join(items), 70) for line in piece.split("\n") if line]
    assert lines == items


@pytest.mark.parametrize("composed", ["👨\u200d👩\u200d👧", "👍🏽", "🇨🇳", "e\u0301", "1️⃣"])
def test_composed_characters_are_not_taken_apart(composed: str) -> None:
    pieces = split_text("甲" + composed * 40, 21)
    assert all(not piece.removeprefix("甲").replace(composed, "") for piece in pieces)


def test_a_sentence_inside_a_quote_is_no_end_while_another_is_near() -> None:
    text = "他提出要求。" + "会议强调：“要严格程序。要公开透明。要接受监督。”" + "随后散会。"
    first = split_text(text, 29)[0]
    assert first == "他提出要求。会议强调："


def test_a_mark_stays_with_its_sentence() -> None:
    text = "预备期为一年。〔1〕转正须经支部大会讨论。〔2〕"
    assert split_text(text, 17) == ("预备期为一年。〔1〕", "转正须经支部大会讨论。〔2〕")


def test_numbers_and_latin_words_stay_whole() -> None:
    assert split_text("共有党员12345名在册", 7) == ("共有党员", "12345名在", "册")
    assert split_text("编号ABC-2024/17的文件", 12) == ("编号", "ABC-2024/17的", "文件")


@settings(max_examples=12, deadline=None)
@given(MIXED.filter(bool))
def test_a_hundred_thousand_characters_of_anything_are_cut_exactly(text: str) -> None:
    longer = text * (100_000 // len(text) + 1)
    pieces = split_text(longer, 4096)
    assert "".join(pieces) == longer and all(0 < units(piece) <= 4096 for piece in pieces)
    assert len(pieces) <= 4 * (units(longer) // 4096 + 1)


def test_a_hundred_thousand_characters_are_cut_in_linear_time() -> None:
    text = "“第一条　党员👍应当<遵守>纪律。”\n" * 5_000
    pieces = split_text(text, 4096)
    assert "".join(pieces) == text and len(pieces) < 30


@pytest.mark.parametrize("limit", [-1, 0, 1])
def test_a_limit_below_one_character_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match="at least 2"):
        split_text("文", limit)
