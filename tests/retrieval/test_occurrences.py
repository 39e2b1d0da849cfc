"""Places of a name, overlapping ones too."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from retrieval.occurrences import places

words = st.text("甲乙是", max_size=12)


@given(st.text("甲乙", min_size=1, max_size=3), words)
def test_every_place_is_found_overlapping_ones_too(name: str, text: str) -> None:
    expected = [(at, at + len(name)) for at in range(len(text)) if text.startswith(name, at)]
    assert list(places(name, text)) == expected
