"""Pinyin syllables, and whether one is a reading of a character."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from ingest.cleaning.plausibility import simple_forms

# One syllable, toned or not, in the letters that textbooks and web pages use (ɑ and ɡ among them).
SYLLABLE = "[A-Za-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿêɑɡ]{1,6}[1-5]?"

_LETTERS = str.maketrans({"ɑ": "a", "ɡ": "g", "ü": "v", "ê": "e"})
_TONE_MARKS = "\N{COMBINING GRAVE ACCENT}\N{COMBINING ACUTE ACCENT}\N{COMBINING MACRON}\N{COMBINING CARON}"


@lru_cache(maxsize=4096)
def bare_syllable(syllable: str) -> str:
    """The syllable in lower case without its tone; ``ü`` is written ``v``.

    >>> bare_syllable("Lǜ4")
    'lv'
    """
    open_marks = unicodedata.normalize("NFD", syllable.lower())
    toneless = "".join(mark for mark in open_marks if mark not in _TONE_MARKS)
    return unicodedata.normalize("NFC", toneless).translate(_LETTERS).rstrip("12345")


@lru_cache(maxsize=20_000)
def readings(char: str) -> frozenset[str]:
    """The toneless readings of a character, those of its simplified form included; empty if unknown."""
    from pypinyin import Style, pinyin  # 0.2 s, and only annotated documents need it

    forms = {char, simple_forms().get(char, char)}
    found = (
        reading
        for form in forms
        for options in pinyin(form, style=Style.NORMAL, heteronym=True, errors="ignore")
        for reading in options
    )
    return frozenset(bare_syllable(reading) for reading in found)


def syllable_fits(char: str, syllable: str) -> bool:
    """Whether ``syllable`` is a reading of ``char``, tones aside: annotating programs often pick a wrong one.

    >>> syllable_fits("長", "cháng"), syllable_fits("次", "SARS")
    (True, False)
    """
    return bare_syllable(syllable) in readings(char)
