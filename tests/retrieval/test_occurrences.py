"""Places of a name, overlapping ones too, and what stands behind them."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from retrieval.occurrences import is_followed, places

words = st.text("甲乙是", max_size=12)


@given(st.text("甲乙", min_size=1, max_size=3), words)
def test_every_place_is_found_overlapping_ones_too(name: str, text: str) -> None:
    expected = [(at, at + len(name)) for at in range(len(text)) if text.startswith(name, at)]
    assert list(places(name, text)) == expected


@given(st.text("甲乙", min_size=1, max_size=3), words)
def test_a_pattern_behind_a_name_matches_as_if_the_name_stood_in_it(name: str, text: str) -> None:
    tail = "乙?(?<!乙)是(?!甲)"
    assert is_followed(name, text, re.compile(tail)) == bool(re.search(re.escape(name) + tail, text))
