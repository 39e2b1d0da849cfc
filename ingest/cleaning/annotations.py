"""Pinyin that a program put behind characters: ``基礎(chǔ)``, ``開(kāi)``, also inside words.

Such programs annotate by character: they have a list of characters, nearly all of them traditional, and
annotate each of its characters wherever it stands. People annotate by word: a poem throughout, a rare or
disputed reading in a textbook, once. That difference is what the detector looks at.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from ingest.cleaning.pinyin import SYLLABLE, bare_syllable, syllable_fits
from ingest.cleaning.plausibility import character_count, is_han, simple_forms, to_traditional
from ingest.cleaning.trace import Replacement

_ANNOTATION = re.compile(rf"(?<=[\u3400-\u9fff])[ ]?[(（]({SYLLABLE})[)）]")
# A text about readings speaks of them.
_ABOUT_READINGS = re.compile(
    "[拼注][音]|[讀读][音作]|字音|加[點点]字|多音字|[漢汉][語语]拼音|平仄|[詩诗][詞词]"
)
_COUNT_MIN = 3
_COUNT_MIN_ABOUT_READINGS = 40
_COUNT_MIN_SIMPLIFIED = 6
_COUNT_MIN_STREWN = 8
_EVERYDAY_SHARE_MIN = 0.9
# A poem with pinyin is annotated throughout, an injected text at one character in four to twenty.
_DENSITY_MAX = 0.5
_DENSITY_MIN = 0.01
_REPEATS_FROM = 200
_EVERYDAY_COUNT_MIN = 1_000
_VERSE_LINE_MAX = 24
_VERSE_SHARE_MIN = 0.6
_VERSE_CHARS_MAX = 400
_TWO_FORM_SHARE_MIN = 0.9
# An injecting program hardly ever leaves out a character of its list.
_CONSISTENCY_MIN = 0.8


def bears_injected_annotations(text: str) -> bool:
    """Whether the document as a whole is annotated by character, as programs do.

    A textbook, a poem with pinyin and a list of rare readings are not; nor is a text with one or two
    annotations, whatever they are.
    """
    pairs = Counter(
        (text[found.start() - 1], bare_syllable(found[1]))
        for found in _ANNOTATION.finditer(text)
        if _fits(text, found)
    )
    annotated: Counter[str] = Counter()
    for (char, _), count in pairs.items():
        annotated[char] += count
    total = sum(annotated.values())
    if total < _COUNT_MIN:
        return False
    about_readings = _ABOUT_READINGS.search(text) is not None or _is_verse(text)
    if about_readings and total < _COUNT_MIN_ABOUT_READINGS:
        return False
    characters = sum(map(is_han, text))
    if not _DENSITY_MIN * characters <= total <= _DENSITY_MAX * characters:
        return False
    # The characters of such lists are everyday ones: most come again, in a text of some length.
    if characters > _REPEATS_FROM and max(annotated.values()) == 1 and not _are_everyday(annotated):
        return False
    if not about_readings and len(pairs) == len(annotated) and _is_strewn(annotated):
        return True
    traditional = sum(n for char, n in annotated.items() if char in simple_forms() or not _in_gb2312(char))
    if traditional >= _TWO_FORM_SHARE_MIN * total:
        return _is_consistent(text, annotated)
    # Converted to simplified script after the injection: the list still shows in what was annotated.
    converted = sum(n for char, n in annotated.items() if to_traditional().convert(char) != char)
    return (
        total >= _COUNT_MIN_SIMPLIFIED
        and traditional + converted >= _TWO_FORM_SHARE_MIN * total
        and max(annotated.values()) > 1
        and _is_consistent(text, annotated)
    )


def remove_annotations(text: str) -> Iterator[Replacement]:
    """The annotations whose syllable fits the character in front of them.

    Brackets of the author stay: ``鄉鎮(街道)``, ``(SARS)``, ``件(次)``, and a syllable that does not fit.
    """
    for found in _ANNOTATION.finditer(text):
        if _fits(text, found):
            yield Replacement(found.start(), found.end(), "")


def _is_strewn(annotated: Counter[str]) -> bool:
    """Whether everyday characters are annotated again and again, in running text and with one reading each.

    Nobody needs those readings: people annotate what is rare, once, or a character of several readings.
    """
    total = sum(annotated.values())
    again = sum(count for count in annotated.values() if count > 1)
    everyday = sum(n for char, n in annotated.items() if character_count(char) >= _EVERYDAY_COUNT_MIN)
    return total >= _COUNT_MIN_STREWN and 2 * again >= total and everyday >= _EVERYDAY_SHARE_MIN * total


def _are_everyday(annotated: Counter[str]) -> bool:
    counts = sorted(character_count(char) for char in annotated)
    return counts[len(counts) // 2] >= _EVERYDAY_COUNT_MIN


def _is_verse(text: str) -> bool:
    """Whether the text is a short one of short closed lines, annotations aside."""
    lines = [line for line in _ANNOTATION.sub("", text).split("\n") if line.strip()]
    if len(lines) < 2 or sum(map(len, lines)) > _VERSE_CHARS_MAX:
        return False
    closed = sum(len(line) <= _VERSE_LINE_MAX and line.strip()[-1] in "，。；！？,.;!?" for line in lines)
    return closed >= _VERSE_SHARE_MIN * len(lines)


def _fits(text: str, found: re.Match[str]) -> bool:
    return syllable_fits(text[found.start() - 1], found[1])


def _in_gb2312(char: str) -> bool:
    return bool(char.encode("gb2312", errors="ignore"))


def _is_consistent(text: str, annotated: Counter[str]) -> bool:
    """Whether the annotated characters are annotated nearly everywhere they stand."""
    everywhere = Counter(char for char in text if char in annotated)
    return sum(annotated.values()) >= _CONSISTENCY_MIN * sum(everywhere.values())
