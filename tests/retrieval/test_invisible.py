"""What nobody sees goes, unless it shapes what is seen."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.invisible import INVISIBLE, needless_runs, without_invisible
from retrieval.normalise import match_key, search_key
from tests.invisible import GOES, STAYS, unseen

HIDDEN = st.one_of(
    st.sampled_from(
        "\u200b\u200c\u200d\u061c\u180e\u115f\u1160\u3164\uffa0\u2060\u202e\u2069\ufe0f\ufe00\u034f"
    ),
    st.sampled_from("\U000e0067\U000e0062\U000e0065\U000e006e\U000e007f\U000e0100\u180b\x00\x1b\x9b\ufeff"),
)
SEEN = st.sampled_from("党员，a1#ب中क्षกខᠠᠷ\u1100\u1161\u11a8가👨👩❤🏴😊葛\n \u20e3\u0301\u05b4🇨♂")
TEXTS = st.lists(st.one_of(SEEN, HIDDEN, st.characters()), max_size=40).map("".join)


@pytest.mark.parametrize("name", GOES)
def test_what_others_have_reported_goes(name: str) -> None:
    seen = "".join(c for c in GOES[name] if INVISIBLE.match(c) is None)
    assert without_invisible(GOES[name]) == seen != GOES[name]
    assert unseen(seen) == set()


@pytest.mark.parametrize("name", STAYS)
def test_what_shapes_letters_and_emoji_stays(name: str) -> None:
    assert without_invisible(STAYS[name]) == STAYS[name]
    assert (
        without_invisible(f"党员{STAYS[name]}，{STAYS[name]}党员") == f"党员{STAYS[name]}，{STAYS[name]}党员"
    )


def test_one_that_is_needed_stays_among_many_that_are_not() -> None:
    assert without_invisible("می\u200f\u200c\u200c\u202eخواهم") == "می\u200cخواهم"
    assert without_invisible("👨\u2060\u200d\u200d\ufeff👩") == "👨\u200d👩"
    assert without_invisible("葛\U000e0100\U000e0101\ufe0f") == "葛\U000e0100"


@settings(max_examples=500)
@given(TEXTS)
def test_only_what_nobody_sees_goes_and_all_at_once(text: str) -> None:
    once = without_invisible(text)
    assert without_invisible(once) == once
    assert INVISIBLE.sub("", once) == INVISIBLE.sub("", text)
    kept = iter(text)
    assert all(c in kept for c in once), "what stays is in its order"
    assert not unseen(once) & {f"U+{n:04X}" for n in (0x1B, 0x9B, 0x202E, 0x2069, 0x61C, 0xFEFF, 0x2060)}


@settings(max_examples=500)
@given(TEXTS)
def test_the_runs_turn_the_text_into_what_is_left_of_it(text: str) -> None:
    parts, done = [], 0
    for start, end, needed in needless_runs(text):
        assert done <= start < end and len(needed) < end - start
        parts += [text[done:start], needed]
        done = end
    assert "".join([*parts, text[done:]]) == without_invisible(text)


@given(
    st.lists(
        st.tuples(st.sampled_from("什么是党员议事会？第二十四条"), st.lists(HIDDEN, max_size=3).map("".join))
    )
)
def test_keys_know_nothing_of_what_nobody_sees(pieces: list[tuple[str, str]]) -> None:
    plain = "".join(c for c, _ in pieces)
    hidden = "".join(c + unseen for c, unseen in pieces)
    assert search_key(hidden) == search_key(plain) and match_key(hidden) == match_key(plain)


def test_keys_find_a_name_in_either_form() -> None:
    assert search_key("葛\U000e0100") == search_key("葛") and match_key("می\u200cخواهم") == match_key(
        "میخواهم"
    )
