"""What may be asked, whatever channel it comes from."""

from __future__ import annotations

from retrieval.errors import InputError
from retrieval.invisible import LINE_END, without_invisible

QUESTION_CHARS_MAX = 1_000
"""A longer text is no question."""


def checked_question(text: str, *, when_empty: str, when_long: str) -> str:
    """The question without white space around it and without characters that nobody sees.

    InputError, with the remedy given, where it is none.
    """
    # Bytes of the command line that are no UTF-8 arrive as lone surrogates.
    legible = text.encode("utf-8", "replace").decode("utf-8")
    question = without_invisible(LINE_END.sub("\n", legible)).strip()
    if not any(c.isalnum() for c in question):
        raise InputError("问题是空的。", remedy=when_empty)
    if len(question) > QUESTION_CHARS_MAX:
        raise InputError(
            f"问题太长：有 {len(question)} 个字，最多 {QUESTION_CHARS_MAX} 个。", remedy=when_long
        )
    return question
