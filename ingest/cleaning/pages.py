"""Where a document was cut into pages: the markers of a preview, the numbers of printed pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from ingest.cleaning.lines import Line, ends_sentence, lines_of
from ingest.cleaning.trace import Replacement

_MARKER = re.compile(r"(?P<n>\d{1,4})\s*[、.．]\s*")
_CHAIN_MIN = 3
# Pages are long and broken anywhere; items of a list are short or closed.
_PAGE_CHARS_MIN = 80
_BROKEN_SHARE_MIN = 0.6
_COVER_MIN = 0.5
_TITLE_MIN = 6
_PAGE_NUMBER = re.compile(
    r"[-—–－·\s]*(?:第\s*)?(\d{1,4})(?:\s*页)?(?:\s*[/／共]\s*共?\s*\d{1,4}\s*页?)?[-—–－·\s]*"
)


def page_markers(text: str) -> Iterator[Replacement]:
    """The markers of a preview that shows a document page by page, with the line breaks around them.

    ``…关于组织 ⏎⏎ 2、工作十条要求`` becomes ``…关于组织工作十条要求``. The markers count up through the
    document and stand where no sentence ends; a list is numbered too, but its items are closed.
    """
    lines = [line for line in lines_of(text) if line.text]
    chain = _marker_chain(lines)
    if chain is None:
        return
    first = lines[chain[0]]
    found = _MARKER.match(first.text)
    if found is not None and chain[0] > 0 and found["n"] == "1":
        yield _first_page(lines[0], first, found.end())
    for index in chain:
        line = lines[index]
        mark = _MARKER.match(line.text)
        if mark is None or mark["n"] == "1" or index == 0:
            continue
        before = lines[index - 1]
        start = before.text_end
        yield Replacement(start, line.text_start + mark.end(), "")


def _first_page(title: Line, page: Line, marker_chars: int) -> Replacement:
    """The first marker, together with the title behind it if that stands at the top already."""
    repeats = len(title.text) >= _TITLE_MIN and page.text.startswith(title.text, marker_chars)
    end = marker_chars + (len(title.text) if repeats else 0)
    return Replacement(page.text_start, page.text_start + end, "")


def _marker_chain(lines: list[Line]) -> list[int] | None:
    """Indices of the lines that begin with 1, 2, 3 … as pages do; ``None`` if they are no pages."""
    chain: list[int] = []
    for index, line in enumerate(lines):
        found = _MARKER.match(line.text)
        if found is None:
            continue
        number = int(found["n"])
        if chain and number == expected:
            chain.append(index)
            expected += 1
        elif not chain and number in (1, 2):
            chain = [index]
            expected = number + 1
    if len(chain) < _CHAIN_MIN:
        return None
    pages = [sum(len(line.text) for line in lines[a:b]) for a, b in pairwise([*chain, len(lines)])]
    inner = [
        lines[index - 1].text for index in chain if index > 0 and _MARKER.match(lines[index].text)["n"] != "1"
    ]
    broken = sum(not ends_sentence(before) and before[-1] not in "：:" for before in inner)
    if broken < _BROKEN_SHARE_MIN * len(inner) or sum(n >= _PAGE_CHARS_MIN for n in pages) < 0.8 * len(pages):
        return None
    if sum(pages) < _COVER_MIN * sum(len(line.text) for line in lines):
        return None
    return chain


def page_numbers(text: str) -> Iterator[Replacement]:
    """Lines that hold a page number alone, where at least three of them count up; broken lines are joined."""
    lines = [line for line in lines_of(text) if line.text]
    numbered = [
        (index, int(found[1]))
        for index, line in enumerate(lines)
        if len(line.text) <= 20 and (found := _PAGE_NUMBER.fullmatch(line.text))
    ]
    if len(numbered) < _CHAIN_MIN or any(b[1] - a[1] != 1 for a, b in pairwise(numbered)):
        return
    if any(b[0] - a[0] < 3 for a, b in pairwise(numbered)):
        return
    for index, _ in numbered:
        line = lines[index]
        if (
            0 < index < len(lines) - 1
            and not ends_sentence(lines[index - 1].text)
            and len(lines[index - 1].text) > 20
        ):
            yield Replacement(lines[index - 1].text_end, lines[index + 1].text_start, "")
        else:
            yield Replacement(line.start, line.end, "")
