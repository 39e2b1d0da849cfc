"""GBK text that lost a byte: everything behind it was paired one byte off.

A converter replaced one byte by ``?``; the run that follows is wrong until an ASCII byte happens to close
the gap: ``戰斗力?！薄凹訌姾透倪M黨`` is ``戰斗力。”“加強和改進黨``. Encoding the run again and putting a byte
in front restores it exactly; which byte was lost is then the only question, and the words around answer it.

A program that put pinyin behind traditional characters did the same harm where it looked for their bytes
without minding where characters begin: in ``己單位`` (BC BA 86 CE …) it saw ``簡`` (BA 86) and left
``己?jiǎn)挝``. There the syllable names the byte that ``?`` swallowed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from ingest.cleaning.pinyin import SYLLABLE, syllable_fits
from ingest.cleaning.plausibility import common_characters, common_share, is_han, likelihood, words_of
from ingest.cleaning.trace import Replacement

# What stands for a character that cannot be known: the mark of printers for a missing type. The box of
# editors will not do, forms are full of it.
UNKNOWN = "〓"

_LOST = "?\N{REPLACEMENT CHARACTER}"
_ANCHOR = re.compile(f"[{_LOST}]")
_SWALLOWED = re.compile(rf"[{_LOST}]({SYLLABLE})[)）]")
_ANNOTATION = re.compile(rf"[(（]{SYLLABLE}[)）]")
# Characters that close a frame opened earlier in the sentence, beyond the reach of neighbouring words.
_FRAMES = ((re.compile("(?:因|由于|由於)[^。！？]{2,40}所$"), "致"),)
_LEADS = (0xA1, *range(0xB0, 0xF8), *range(0x81, 0xA1), 0xA3, *range(0xAA, 0xB0), *range(0xF8, 0xFF))
_TRAILS = (*range(0xA1, 0xFF), *range(0x40, 0x7F), *range(0x80, 0xA1))
# Narrowing after the damage maps the full-width row of GBK (A3) onto ASCII.
_NARROWED = frozenset("!\"#$%&'()*+,-./:;<=>?")
_TO_NARROW = str.maketrans("，：；？！（）", ",:;?!()")
_NARROW_COMMAS_MIN = 5
# A run of simplified text has no ASCII byte to close it before the line ends.
_RUN_CHARS_MAX = 400
_RUNS_MAX = 6
_LOOKAHEAD_CHARS = 8
_RARE_MIN = 2
_WEIGHED_MIN = 300
_CHARS_PER_WEIGHED = 400
_CONTEXT_CHARS = 4
# Natural logarithms, of the likelihood of the repaired and of the damaged text.
_GAIN_MIN = 6.0
_GAIN_PER_CHAR_MIN = 1.0
_COMMON_MIN = 0.8
# Natural logarithm: the best reading must be about eight times as likely as the next.
_MARGIN = 2.0
# A run shorter than this proves little: the lost character must make a word with its neighbours.
_MIDDLE_MIN = 2
# How far the document is searched for the same pairs, and for how many of the likeliest characters.
_WITNESS_CHARS = 20_000
_RUNNERS = 6
_PUNCTUATION_LEAD = 0xA1


class Run(NamedTuple):
    """A slipped run as bytes, without the byte that was lost in front of it.

    ``end`` is where it ends in the text. ``is_open`` tells that its last character lost its second byte
    too; ``syllable`` is that character's reading where an annotation names it.
    """

    body: bytes
    end: int
    is_open: bool
    syllable: str


class Reading(NamedTuple):
    """A run as it may have been: ``text`` replaces ``[start, end)``; ``gain`` is in log likelihood."""

    start: int
    end: int
    text: str
    gain: float


def has_slips(text: str) -> bool:
    """Whether a question mark or replacement character stands where a slipped run may begin."""
    return any(_may_begin(text, found.start()) for found in _ANCHOR.finditer(text))


def repair_slips(text: str) -> Iterator[Replacement]:
    """The slipped runs that can be restored, each with what it was.

    Left alone: question marks in front of plausible Chinese, and runs whose restoration is not clearly
    likelier than what stands there.
    """
    # Weighing a run takes long, and failing attempts may overlap: the budget keeps their sum linear.
    budget = _WEIGHED_MIN + len(text) // _CHARS_PER_WEIGHED
    # A document whose punctuation was narrowed throughout gets back what it would have had.
    narrowed = "，" not in text and text.count(",") >= _NARROW_COMMAS_MIN
    place = 0
    while (found := _ANCHOR.search(text, place)) is not None and budget > 0:
        place = found.end()
        if not _may_begin(text, found.start()):
            continue
        runs = [run for run in islice(_runs(text, found.start()), _RUNS_MAX) if _is_readable(run)]
        budget -= len(runs)
        best = _best_reading(text, found.start(), runs)
        if best is not None:
            restored = best.text.translate(_TO_NARROW) if narrowed else best.text
            yield Replacement(best.start, best.end, restored)
            place = best.end


def unrestored(text: str) -> Iterator[int]:
    """Places of question marks behind which text still looks slipped: rare characters, a lone syllable."""
    common = common_characters()
    for found in _ANCHOR.finditer(text):
        place = found.start()
        behind = text[place + 1 : place + 1 + _LOOKAHEAD_CHARS]
        rare = sum(is_han(char) and char not in common for char in behind)
        if _may_begin(text, place) and (rare >= _RARE_MIN or _SWALLOWED.match(text, place)):
            yield place


def _may_begin(text: str, place: int) -> bool:
    """A cheap look: a wide character in front, and behind it one that may be half of a pair or a syllable."""
    before, behind = text[place - 1 : place], text[place + 1 : place + 2]
    return (
        (before > "\x7f" or before in _NARROWED)
        and (behind >= "@" or behind in _NARROWED)
        and bool(before and behind)
    )


def _runs(text: str, anchor: int) -> Iterator[Run]:
    """The runs that may begin at ``anchor``: a lost byte inside one may as well be its end."""
    swallowed = _SWALLOWED.match(text, anchor)
    place = swallowed.end() if swallowed else anchor + 1
    body = bytearray()
    for index in range(place, min(place + _RUN_CHARS_MAX, len(text))):
        char = text[index]
        if char in _LOST:
            inner = _SWALLOWED.match(text, index)
            yield Run(bytes(body), inner.end() if inner else index + 1, True, inner[1] if inner else "")
            if inner or char != "?":
                return
        if "@" <= char <= "~":
            yield Run(bytes(body) + char.encode(), index + 1, False, "")
            return
        if char in _NARROWED:
            body += bytes((0xA3, 0x80 + ord(char)))
            continue
        pair = char.encode("gb18030", errors="ignore")
        if len(pair) != 2:
            yield Run(bytes(body), index, True, "")
            return
        body += pair
    if len(text) - place < _RUN_CHARS_MAX:
        yield Run(bytes(body), len(text), True, "")


def _best_reading(text: str, anchor: int, runs: Iterable[Run]) -> Reading | None:
    """The most plausible restoration; ``None`` if none is clearly better than what stands there."""
    readings = (reading for run in runs for reading in _read(text, anchor, run))
    return max(readings, key=lambda reading: (reading.gain, reading.end), default=None)


def _is_readable(run: Run) -> bool:
    """Whether the characters between the first and the last of a run are there and common."""
    if not run.body:
        return bool(run.syllable)
    middle = _middle(run)
    # A single byte inside would have closed the gap, so no run holds one.
    return middle is not None and not any(map(str.isascii, middle)) and common_share(middle) >= _COMMON_MIN


def _middle(run: Run) -> str | None:
    return _decoded(run.body[1:-1] if run.is_open else run.body[1:])


def _read(text: str, anchor: int, run: Run) -> Iterator[Reading]:
    """The restoration of one run, if it is likelier than what stands there."""
    swallowed = _SWALLOWED.match(text, anchor)
    left = _characters_before(text, anchor)
    leads = _swallowed_bytes(left[-1:], swallowed[1]) if swallowed else _LEADS
    right = text[run.end : run.end + _CONTEXT_CHARS]
    witness = text[max(0, anchor - _WITNESS_CHARS) : run.end + _WITNESS_CHARS]
    if not run.body:
        if swallowed:
            yield from _two_syllables(left, leads, run, anchor, right, witness)
        return
    middle = _middle(run) or ""
    options = [char for lead in leads if (char := _single(lead, run.body[0]))]
    if not options:
        return
    behind = (middle + right)[:_CONTEXT_CHARS]
    first = _choose(left, options, behind, sure=swallowed is not None, witness=witness)
    last = _last_character(left + first + middle, run, right, witness) if run.is_open else ""
    if last is None:
        return
    restored = first + middle + last
    gain = likelihood(left, restored, right) - likelihood(left, text[anchor : run.end], right)
    if common_share(restored.replace(UNKNOWN, "")) < _COMMON_MIN:
        return
    old = text[anchor : run.end + 1]
    proven = gain >= max(_GAIN_MIN, _GAIN_PER_CHAR_MIN * (run.end - anchor))
    if proven and len(middle) < _MIDDLE_MIN:
        proven = _is_borne_out(left, first, middle + right, old, run.is_open)
    if proven or swallowed or run.syllable:
        yield Reading(anchor, run.end, restored, gain)


def _characters_before(text: str, place: int) -> str:
    """The few Chinese characters in front of ``place``, annotations between them aside."""
    near = text[max(0, place - 4 * _CONTEXT_CHARS) : place]
    return _ANNOTATION.sub("", near)[-_CONTEXT_CHARS:]


def _two_syllables(
    left: str, leads: Iterable[int], run: Run, anchor: int, right: str, witness: str
) -> Iterator[Reading]:
    """Both halves of one character were swallowed: ``表?yè)?dān)任`` is ``表擔任``."""
    options = [char for lead in leads for char in _with_reading(lead, run.syllable)]
    if options:
        yield Reading(anchor, run.end, _choose(left, options, right, sure=True, witness=witness), 1.0)


def _last_character(left: str, run: Run, right: str, witness: str) -> str | None:
    """The character whose second byte was lost at the end of a run; ``None`` if the syllable fits none."""
    lead = run.body[-1]
    if run.syllable:
        options = _with_reading(lead, run.syllable)
        return _choose(left, options, right, sure=True, witness=witness) if options else None
    if lead == _PUNCTUATION_LEAD and right[:1] in ("", "\n"):
        return "。"
    options = [char for trail in _TRAILS if (char := _single(lead, trail))]
    framed = next((char for frame, char in _FRAMES if char in options and frame.search(left)), None)
    return (
        framed or _choose(left[-_CONTEXT_CHARS:], options, right, sure=False, witness=witness)
        if options
        else None
    )


def _choose(left: str, options: list[str], right: str, *, sure: bool, witness: str) -> str:
    """The likeliest character between ``left`` and ``right``.

    How often the document itself pairs a character with these neighbours counts beside the dictionary.
    With ``sure`` the evidence has already narrowed the options down; without it the winner must stand
    out, or the character stays unknown.
    """
    usable = [char for char in options if char in common_characters() or char in "。，、：；？！“”"]
    scored = sorted(((likelihood(left, char, right), char) for char in usable or options), reverse=True)
    ranked = sorted(
        (
            (score + _witnessed(witness, left[-1:], char, right[:1]), char)
            for score, char in scored[:_RUNNERS]
        ),
        reverse=True,
    )
    if not ranked:
        return UNKNOWN
    if not sure and len(ranked) > 1 and ranked[0][0] - ranked[1][0] < _MARGIN:
        return UNKNOWN
    return ranked[0][1]


def _witnessed(witness: str, before: str, char: str, behind: str) -> float:
    """How much the document speaks for ``char`` between its neighbours, on the scale of likelihoods."""
    pairs = ((before + char) if before else "", (char + behind) if behind else "")
    return sum(math.log1p(witness.count(pair)) for pair in pairs if pair)


def _is_borne_out(left: str, char: str, right: str, old: str, is_open: bool) -> bool:
    """Whether a very short run is damage: its lost character is known, and makes a word or is a mark
    of punctuation where a letter now stands wedged between Chinese characters.

    ``old`` is the run with the character behind it.
    """
    if char == UNKNOWN:
        return False
    strange = old[-2:-1] >= "[" or common_share(old[1:-2]) < 1
    wedged = not is_open and strange and is_han(old[-1])
    return _makes_word(left, char, right) or (wedged and char in "。，、；：”")


def _makes_word(left: str, char: str, right: str) -> bool:
    """Whether ``char`` stands in a word of two characters or more."""
    place = len(left)
    for word in words_of(left + char + right):
        if place < len(word):
            return len(word) > 1
        place -= len(word)
    return False


def _swallowed_bytes(before: str, syllable: str) -> list[int]:
    """The bytes that, behind the second byte of ``before``, make a character read ``syllable``."""
    pair = before.encode("gb18030", errors="ignore")
    if len(pair) != 2:
        return []
    return [byte for byte in _TRAILS if (c := _single(pair[1], byte)) and syllable_fits(c, syllable)]


def _with_reading(lead: int, syllable: str) -> list[str]:
    return [c for trail in _TRAILS if (c := _single(lead, trail)) and syllable_fits(c, syllable)]


def _single(lead: int, trail: int) -> str | None:
    """The one character of two bytes, or ``None``."""
    char = _decoded(bytes((lead, trail)))
    return char if char is not None and len(char) == 1 else None


def _decoded(pairs: bytes) -> str | None:
    try:
        return pairs.decode("gb18030")
    except UnicodeDecodeError:
        return None
