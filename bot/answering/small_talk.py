"""What is said without asking anything: greetings, thanks, 收到. It gets a human reply and no document."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from prompts import render
from retrieval.normalise import search_key

# What may stand around the words: particles, names of the one spoken to, and the emoji of messengers.
_AROUND = re.compile(r"\[[\u4e00-\u9fff]{1,4}\]|[^\w]|_")
_PARTICLE = "[啊呀啦哦呢嘛哈了噢喔你]?"
# Longer than this it says something.
_CHARS_MAX = 24


def small_talk(text: str) -> str:
    """The reply to a message that asks nothing, or an empty string for any other."""
    kind = kind_of(text)
    return render(f"small_talk_{kind}") if kind else ""


def kind_of(text: str) -> str:
    """What a message without a question is, by the table of words; empty where it may ask something."""
    if not text.strip() or len(text) > 4 * _CHARS_MAX:
        return ""
    words = _AROUND.sub("", search_key(text))
    if not words:
        # Marks alone say nothing, an emoji nods.
        return "" if set(text.strip()) <= set("?？!！。.…,，~～、") else "assent"
    if len(words) > _CHARS_MAX or not (said := _patterns()[""].fullmatch(words)):
        return ""
    # Of several kinds in one message the one that wants most is answered.
    kinds = [kind for kind, pattern in _patterns().items() if kind and pattern.search(said[0])]
    return next(
        (kind for kind in ("help", "who", "thanks", "farewell", "greeting") if kind in kinds), "assent"
    )


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """For each kind what holds its words; under the empty name what consists of such words alone."""
    words = {
        kind: "|".join(sorted(map(search_key, each), key=len, reverse=True)) for kind, each, _ in table()
    }
    every = "|".join(sorted("|".join(words.values()).split("|"), key=len, reverse=True))
    patterns = {kind: re.compile(each) for kind, each in words.items()}
    return {**patterns, "": re.compile(rf"请?(?:(?:{every}){_PARTICLE}{_PARTICLE})+")}


@cache
def table() -> tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]:
    """The rows of the table of words: kind, words, examples."""
    lines = files("bot.answering").joinpath("data/small_talk.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return tuple(
        (kind, tuple(words.split("|")), tuple(examples.split("|"))) for kind, words, examples in rows
    )
