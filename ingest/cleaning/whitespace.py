"""Line ends, invisible characters, blank lines and white space at the edges of lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.cleaning.lines import lines_of
from ingest.cleaning.trace import Replacement

_LINE_END = re.compile("\r\n|[\r\v\f\x85\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}]")
# Nothing of these is ever printed; a bidirectional mark or a soft hyphen has no business in Chinese text.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f\x80-\x84\x86-\x9f"
    "\N{SOFT HYPHEN}\N{ZERO WIDTH SPACE}\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
    "\N{LEFT-TO-RIGHT MARK}\N{RIGHT-TO-LEFT MARK}\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f"
    "\N{ZERO WIDTH NO-BREAK SPACE}\ufff9-\ufffb]+"
)
# Two or three spaces align the columns of a form; what is wider is left over from markup.
_WIDE_GAP = re.compile("(?<![\t\xa0 ])[\t\xa0 ]{4,}+")
_ODD_SPACE = re.compile("[\t\xa0\u2000-\u200a\u202f\u205f]+")


def line_ends(text: str) -> Iterator[Replacement]:
    """``\\r\\n`` and the other line ends as ``\\n``."""
    return (Replacement(found.start(), found.end(), "\n") for found in _LINE_END.finditer(text))


def invisible(text: str) -> Iterator[Replacement]:
    """Control characters, zero-width characters and marks of direction go."""
    return (Replacement(found.start(), found.end(), "") for found in _INVISIBLE.finditer(text))


def spaces(text: str) -> Iterator[Replacement]:
    """No-break and other odd spaces as a plain one, long gaps as one; the ideographic space stays."""
    for found in _WIDE_GAP.finditer(text):
        yield Replacement(found.start(), found.end(), " ")
    for found in _ODD_SPACE.finditer(text):
        yield Replacement(found.start(), found.end(), " ")


def blank_lines(text: str) -> Iterator[Replacement]:
    """White space at both edges of every line, blank lines at both ends, and all but one in between."""
    body_end = len(text.rstrip())
    blanks = 2  # so that blank lines at the beginning go
    for line in lines_of(text):
        if line.start >= body_end:
            break
        if not line.text:
            blanks += 1
            yield Replacement(line.start, line.end, "\n" if blanks < 2 else "")
            continue
        blanks = 0
        yield Replacement(line.start, line.text_start, "")
        if line.text_end < body_end:
            yield Replacement(line.text_end, line.end, "\n")
    yield Replacement(body_end, len(text), "")
