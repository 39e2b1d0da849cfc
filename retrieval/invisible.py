"""Characters that nobody sees: those that shape what stands around them, and those that only mislead.

Unicode calls most of them default ignorable. A joiner in a Persian word or in the emoji of a family, a
filler in a syllable of Old Korean, a variation selector behind an ideograph change what is seen and are
part of the text. Everywhere else they carry nothing but ways to deceive: they reorder a line ("Trojan
Source", CVE-2021-42574), steer a terminal, make equal words differ (UTR #36, UTS #39) or smuggle whole
sentences past the reader to a language model (tag characters, variation selectors).

Line ends and the tab are white space and no concern of this module, but that it names the line ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

LINE_END = re.compile("\r\n|[\r\v\f\x85\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}]")
"""Every line end but the line feed."""

_CONTROLS = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
_TAGS = "\U000e0000-\U000e0fff"
INVISIBLE = re.compile(
    f"[{_CONTROLS}"
    "\N{SOFT HYPHEN}\N{COMBINING GRAPHEME JOINER}\N{ARABIC LETTER MARK}"
    "\N{HANGUL CHOSEONG FILLER}\N{HANGUL JUNGSEONG FILLER}\N{HANGUL FILLER}\N{HALFWIDTH HANGUL FILLER}"
    "\N{KHMER VOWEL INHERENT AQ}\N{KHMER VOWEL INHERENT AA}"
    # Mongolian variation selectors and vowel separator; spaces without width, joiners and marks of
    # direction; embeddings and overrides; the word joiner, operators, isolates and what is deprecated.
    "\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    # Variation selectors, the byte order mark, what is reserved, the anchors of annotations.
    "\ufe00-\ufe0f\ufeff\ufff0-\ufffb"
    # Controls of shorthand and of music; tags, and the variation selectors of ideographs.
    f"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a{_TAGS}]"
)
"""One character that shows nothing itself."""
_RUN = re.compile(f"{INVISIBLE.pattern}+")

# Scripts whose letters join, stack or stand without spaces: Hebrew, Arabic, Syriac, the scripts of India and
# of South East Asia, Tibetan, Khmer, Mongolian, and their younger relatives in the supplementary plane.
_SHAPED = (
    "\u0590-\u109f\u1780-\u18af\u1900-\u1cff\ua800-\uabff\ufb1d-\ufdff\ufe70-\ufefc"
    "\U00010800-\U00011fff\U0001e800-\U0001e95f"
)
_IDEOGRAPHS = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SYMBOLS = "©®‼⁉™ℹ\u2190-\u2bff〰〽㊗㊙\U0001f000-\U0001fbff"
# The letters of Korean by their place in a syllable, without the fillers.
_LEADING = "\u1100-\u115e\ua960-\ua97c"
_VOWELS = "\u1161-\u11a7\ud7b0-\ud7c6"
_TRAILING = "\u11a8-\u11ff\ud7cb-\ud7fb"
_MONGOLIAN = "\u1820-\u18aa"
_SELECTORS = "\u180b-\u180d\u180f"
_NOTATION = "\U0001bc00-\U0001bca3\U0001d100-\U0001d1ff"

# What stays, as three characters: what stays in front, the character in question, what is seen behind.
_SHAPING = "|".join(
    [
        # The joiners: half forms of Indic letters, the plural of Persian, abbreviations that end in one.
        f"[{_SHAPED}][{_JOINERS}].",
        f"[^\u200b{_JOINERS}][{_JOINERS}][{_SHAPED}]",
        # Where words stand without spaces, this one marks their ends.
        f"[{_SHAPED}]\N{ZERO WIDTH SPACE}[{_SHAPED}]",
        # Emoji: the picture rather than the sign, a keycap, several joined into one.
        f"[{_SYMBOLS}][\ufe00\ufe0e\ufe0f].",
        "[0-9#*]\ufe0f\N{COMBINING ENCLOSING KEYCAP}",
        f"[{_SYMBOLS}\ufe0f]\N{ZERO WIDTH JOINER}[{_SYMBOLS}]",
        # The form of an ideograph, by which the names of some people and places differ; of a letter in
        # Myanmar and in Phags-pa.
        f"[{_IDEOGRAPHS}][\ufe00-\ufe02\U000e0100-\U000e01ef].",
        "[\u1000-\u109f\ua840-\ua877]\ufe00.",
        # Korean of old: a syllable without its first consonant or without its vowel.
        f"[^{_LEADING}\u115f]\N{HANGUL CHOSEONG FILLER}[{_VOWELS}{_TRAILING}]",
        f"[{_LEADING}]\N{HANGUL JUNGSEONG FILLER}.",
        f"\N{HANGUL CHOSEONG FILLER}\N{HANGUL JUNGSEONG FILLER}[{_TRAILING}]",
        # Mongolian: the form of a letter; a final vowel written apart.
        f"[{_MONGOLIAN}][{_SELECTORS}].",
        f"[{_MONGOLIAN}{_SELECTORS}]\N{MONGOLIAN VOWEL SEPARATOR}[{_MONGOLIAN}]",
        "[\u1780-\u17b3\u17b6-\u17ff][\u17b4\u17b5].",
        # It keeps two marks from changing places.
        "[^\u034f]\N{COMBINING GRAPHEME JOINER}[\u0300-\u034e\u0350-\u036f\u0591-\u05c7]",
        f"[{_NOTATION}][\U0001bca0-\U0001bca3\U0001d173-\U0001d17a].",
    ]
)
# The flags of England, Scotland, Wales and the like: a black flag and the region in tags.
_FLAG = "\N{WAVING BLACK FLAG}"
_REGION = re.compile("[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\N{CANCEL TAG}")


def without_invisible(text: str) -> str:
    """The text without the characters that nobody sees and that shape nothing.

    Of the fillers of Hangul those stay that stand for a letter in a syllable of Old Korean; the one of the
    compatibility block, which no font composes with anything, is a blank for names and goes.

    >>> without_invisible("党\u200b员\u202e👨\u200d👩")
    '党员👨\u200d👩'
    """
    return replace_invisible(text, lambda _: "")


def replace_invisible(text: str, stand_in: Callable[[str], str]) -> str:
    """The text with ``stand_in(character)`` in the place of each that ``without_invisible`` drops."""
    parts: list[str] = []
    done = 0
    for start, end, needed in _judged(text):
        parts.append(text[done:start])
        parts += [c if stays else stand_in(c) for c, stays in zip(text[start:end], needed, strict=True)]
        done = end
    return "".join([*parts, text[done:]])


def needless_runs(text: str) -> Iterator[tuple[int, int, str]]:
    """Start and end of each run of characters that nobody sees, and what of it must stay, if that is less."""
    for start, end, needed in _judged(text):
        if not all(needed):
            yield start, end, "".join(c for c, stays in zip(text[start:end], needed, strict=True) if stays)


def _judged(text: str) -> Iterator[tuple[int, int, list[bool]]]:
    for found in _RUN.finditer(text):
        start, end = found.span()
        yield start, end, _needed(text[start - 1 : start] or "\n", found[0], text[end : end + 1] or "\n")


def _needed(before: str, run: str, behind: str) -> list[bool]:
    """Which characters of a run must stay; looked at once more, those that stayed would all stay again."""
    region = _REGION.match(run) if before == _FLAG else None
    needed = [True] * region.end() if region else []
    previous = run[len(needed) - 1] if needed else before
    for c in run[len(needed) :]:
        stays = _shaping().fullmatch(previous + c + behind) is not None
        needed.append(stays)
        previous = c if stays else previous
    return needed


@cache
def _shaping() -> re.Pattern[str]:
    # Takes 3 ms, which a start without such characters need not pay.
    return re.compile(_SHAPING, re.DOTALL)
