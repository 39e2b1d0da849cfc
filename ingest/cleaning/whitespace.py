"""Line ends, invisible characters, blank lines and white space at the edges of lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.cleaning.lines import lines_of
from ingest.cleaning.trace import Replacement
from retrieval.invisible import LINE_END, needless_runs

# Two or three spaces align the columns of a form; what is wider is left over from markup.
_WIDE_GAP = re.compile("(?<![\t\xa0 ])[\t\xa0 ]{4,}+")
# In Mongolian the narrow one joins a suffix to its word and shapes both.
_ODD_SPACE = re.compile("(?:[\t\xa0\u2000-\u200a\u205f]|\u202f(?![\u1820-\u18aa]))+")


def line_ends(text: str) -> Iterator[Replacement]:
    """``\\r\\n`` and the other line ends as ``\\n``."""
    return (Replacement(found.start(), found.end(), "\n") for found in LINE_END.finditer(text))


def invisible(text: str) -> Iterator[Replacement]:
    """Characters that nobody sees go, but for those that shape what stands around them.

    Those are the joiners of emoji and of scripts that need them, the variation selectors of emoji and of
    ideographs, the fillers of Old Korean: see ``retrieval.invisible``.

    >>> [item.after for item in invisible("党\u2060员 \u0646\u0645\u06cc\u200c\u202e\u062e")]
    ['', '\u200c']
    """
    return (Replacement(start, end, needed) for start, end, needed in needless_runs(text))


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
