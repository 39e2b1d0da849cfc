"""Characters that optical recognition mistook, in documents that show such damage.

What is replaced comes from a lexicon with contexts (``data/characters.tsv``), which a maintainer extends
by adding a row. Numbers are never touched without a second witness in the same sentence. The slips of
authors are another matter: they stay, and ``data/slips.tsv`` serves to report them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import rjieba

from ingest.cleaning.data import rows, word_list
from ingest.cleaning.plausibility import likelihood
from ingest.cleaning.trace import Replacement

_KANA = re.compile("[\u3041-\u309f\u30a1-\u30fa]")
_DAMAGE_MIN = 2
# How often the document must have the right word, and how much likelier (in logarithms) it must be.
_WITNESSES_MIN = 3
_MAJORITY = 3
_LIKELIER_MIN = 9.0
_AROUND = 5
_INTRUDED_WORDS_MAX = 50
# «3的个» for «300个»: what was recognised in place of digits, in front of a measure word.
_BROKEN_NUMBER = re.compile(r"(?<![\d.])(\d{1,4})([的oOQD〇口]{1,2})(\d{0,3})(?=[个人家名户户条项所])")
_TOTAL = re.compile(r"(?<![\d.])(\d{2,6})(?=[个人家名户条项所])")
_SHARE = re.compile(r"(\d{1,3}\.\d{1,2})\s*[%％]")
_SENTENCE_BREAK = re.compile("[。！？\n]")
_NEAR_CHARS = 120


# A digit with a letter or two, wedged between two Chinese characters.
_INTRUDER = re.compile("(?<=[\u4e00-\u9fff])(?:\\d[a-z]{1,2}|[a-z]\\d{1,2})(?=[\u4e00-\u9fff])")


class Confusion(NamedTuple):
    """A wrong form with its right one; ``pattern`` holds the context, ``needs`` the second witness."""

    wrong: str
    right: str
    pattern: re.Pattern[str]
    needs: re.Pattern[str] | None


def shows_damage(text: str) -> bool:
    """Whether the document holds at least two errors of recognition; one may be the author's."""
    if _KANA.search(text):
        return False
    places: set[int] = set()
    for error in _errors(text):
        places.add(error.start)
        if len(places) == _DAMAGE_MIN:
            return True
    return False


def mend_characters(text: str) -> Iterator[Replacement]:
    """The errors of the lexicon, those that the document's own words bear out, and broken numbers."""
    yield from _errors(text)
    yield from _numbers(text)


def _errors(text: str) -> Iterator[Replacement]:
    for found, confusion in _confusions(text):
        yield Replacement(found.start(), found.end(), confusion.right)
    yield from _lookalikes(text)


def _lookalikes(text: str) -> Iterator[Replacement]:
    """Pairs that are no word, where a lookalike makes a word that the document uses again and again.

    The word must also make the place far likelier: «加入民兵» holds 入民, and 人民 may be frequent.
    """
    pairs = Counter(map(str.__add__, text, text[1:]))
    # Few pairs are frequent enough to bear out another: they are looked at, not the many others.
    for right, witnesses in pairs.items():
        if witnesses < _WITNESSES_MIN:
            continue
        for pair in _lookalikes_of(right):
            if not 0 < _MAJORITY * pairs[pair] <= witnesses:
                continue
            for found in re.finditer(re.escape(pair), text):
                start, end = found.span()
                left, behind = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
                if likelihood(left, right, behind) - likelihood(left, pair, behind) >= _LIKELIER_MIN:
                    yield Replacement(start, end, right)


@lru_cache(maxsize=20_000)
def _lookalikes_of(word: str) -> tuple[str, ...]:
    """The pairs that are no word and differ from ``word`` by one lookalike; none if that is no word."""
    groups = _groups()
    if not (word[0] in groups or word[1] in groups) or not rjieba.has_word(word):
        return ()
    options = [char + word[1] for char in groups.get(word[0], "")]
    options += [word[0] + char for char in groups.get(word[1], "")]
    return tuple(pair for pair in options if not rjieba.has_word(pair))


@lru_cache(maxsize=1)
def _groups() -> dict[str, str]:
    groups: dict[str, str] = {}
    for group in word_list("lookalikes.txt"):
        for char in group:
            groups[char] = groups.get(char, "") + group
    return groups


def intruders(text: str) -> Iterator[Replacement]:
    """A stray digit and letter inside a word, ``模9u板``, where the document has the word whole elsewhere."""
    whole: dict[str, bool] = {}
    for found in _INTRUDER.finditer(text):
        word = text[max(0, found.start() - 3) : found.start()] + text[found.end() : found.end() + 1]
        if word not in whole:
            # Each new word costs a search through the text; real documents have a handful.
            if len(whole) == _INTRUDED_WORDS_MAX:
                return
            whole[word] = rjieba.has_word(word[-2:]) and word in text
        if whole[word]:
            yield Replacement(found.start(), found.end(), "")


def suspects(text: str) -> Iterator[tuple[int, str]]:
    """Places and forms that look like errors of recognition or intruders but were not mended."""
    for found, confusion in _confusions(text):
        yield found.start(), confusion.wrong
    for found in _INTRUDER.finditer(text):
        yield found.start(), text[max(0, found.start() - 2) : found.end() + 2]
    for found in _BROKEN_NUMBER.finditer(text):
        yield found.start(), text[found.start() : found.end() + 1]


def author_slips(text: str) -> Iterator[tuple[int, str, str]]:
    """Places where the author probably slipped, with what stands there and the usual form."""
    pattern, usual = _slips()
    for found in pattern.finditer(text):
        yield found.start(), found[0], usual[found[0]]


def _confusions(text: str) -> Iterator[tuple[re.Match[str], Confusion]]:
    for confusion in _lexicon():
        if confusion.wrong not in text or (confusion.needs and not confusion.needs.search(text)):
            continue
        for found in confusion.pattern.finditer(text):
            yield found, confusion


@lru_cache(maxsize=1)
def _lexicon() -> tuple[Confusion, ...]:
    confusions = []
    for wrong, right, before, after, needs in rows("characters.tsv", 5):
        pattern = re.compile(before + re.escape(wrong) + after)
        confusions.append(Confusion(wrong, right, pattern, re.compile(needs) if needs else None))
    return tuple(confusions)


@lru_cache(maxsize=1)
def _slips() -> tuple[re.Pattern[str], dict[str, str]]:
    usual = {row[0]: row[1] for row in rows("slips.tsv", 2)}
    return re.compile("|".join(map(re.escape, usual))), usual


def _numbers(text: str) -> Iterator[Replacement]:
    """Broken numbers for which total and percentage in the same sentence leave one value."""
    for found in _BROKEN_NUMBER.finditer(text):
        before = _SENTENCE_BREAK.split(text[max(0, found.start() - _NEAR_CHARS) : found.start()])[-1]
        after = _SENTENCE_BREAK.split(text[found.end() : found.end() + _NEAR_CHARS])[0]
        share = _SHARE.search(after)
        totals = {int(total) for total in _TOTAL.findall(before)}
        if share is None or not totals:
            continue
        values = {value for total in totals for value in _values(found, total, share[1])}
        if len(values) == 1:
            yield Replacement(found.start(), found.end(), str(values.pop()))


def _values(found: re.Match[str], total: int, share: str) -> Iterator[int]:
    """The counts out of ``total`` that give ``share`` and whose digits fit what was recognised."""
    decimals = len(share.partition(".")[2])
    near = round(total * float(share) / 100)
    for value in range(max(0, near - 2), near + 3):
        digits = str(value)
        lost = len(digits) - len(found[1]) - len(found[3])
        fits = digits.startswith(found[1]) and digits.endswith(found[3]) and 1 <= lost <= 2 * len(found[2])
        if fits and f"{100 * value / total:.{decimals}f}" == share:
            yield value
