"""Questions as they come from a command line or a chat."""

from __future__ import annotations

import pytest

from bot.asking import QUESTION_CHARS_MAX, checked_question
from retrieval.errors import InputError
from tests.invisible import GOES, STAYS, TAGGED, unseen


def asked(text: str) -> str:
    return checked_question(text, when_empty="问一句话。", when_long="短一些。")


@pytest.mark.parametrize("name", GOES)
def test_what_nobody_sees_is_no_part_of_a_question(name: str) -> None:
    question = asked(f"  什么是{GOES[name]}？\u2029")
    assert unseen(question) == set() and question.startswith("什么是") and question.endswith("？")


@pytest.mark.parametrize("name", STAYS)
def test_what_shapes_letters_and_emoji_is_part_of_it(name: str) -> None:
    assert asked(f"什么是{STAYS[name]}？") == f"什么是{STAYS[name]}？"


@pytest.mark.parametrize("text", ["\u3164", "\u200b\u202e", TAGGED, "\u115f\u1160？", "\udcff\ufeff"])
def test_a_question_of_nothing_that_is_seen_is_empty(text: str) -> None:
    with pytest.raises(InputError, match="空的"):
        asked(text)


def test_hidden_words_do_not_make_a_question_too_long() -> None:
    assert asked("什么是党费？" + TAGGED * QUESTION_CHARS_MAX) == "什么是党费？"
