"""Where a document was cut into pages: the markers of a preview, the numbers of printed pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from ingest.cleaning.lines import Line, ends_sentence, lines_of
from ingest.cleaning.plausibility import words_of
from ingest.cleaning.trace import Replacement

# The styles in which previews number their pages in front of the text; one document uses one of them.
_STYLES = tuple(
    re.compile(style)
    for style in (
        r"(\d{1,4})\s?[、.．]\s?",
        r"第\s?(\d{1,4})\s?页\s?[:：、.]?\s?",
        r"[\[【(（]\s?(\d{1,4})\s?[\]】)）]\s?",
        r"[-—–]\s?(\d{1,4})\s?[-—–]\s?",
    )
)
_CHAIN_MIN = 3
# Pages are long and broken anywhere; items of a list are short or closed.
_PAGE_CHARS_MIN = 80
_PAGES_LONG_SHARE = 0.8
_BROKEN_SHARE_MIN = 0.6
# A program cuts where the page is full: often enough inside a word, or in front of a comma.
_SEVERED_SHARE_MIN = 0.25
_ALIKE_MAX = 0.02
_SEAM_CHARS = 6
_COVER_MIN = 0.5
_CLOSING = frozenset("，。、；：！？,;:!?”’）)》")
_LEADING = frozenset("的和与及或在把将对为从向、，,“‘（(《")
_TITLE_MIN = 6
_PAGE_NUMBER = re.compile(
    r"[-—–－·\s]*(?:第\s*)?(\d{1,4})(?:\s*页)?(?:\s*[/／共]\s*共?\s*\d{1,4}\s*页?)?[-—–－·\s]*"
)
_NUMBER_LINE_MAX = 20
_NUMBER_GAP_MIN = 3
_BARE_NUMBER_GAP_CHARS = 300
_HEADER_SHARE_MIN = 0.6
_HEADER_MAX = 60


class Marker(NamedTuple):
    """The line at ``place`` begins with page number ``number``, ``width`` characters long."""

    place: int
    number: int
    width: int


def page_markers(text: str) -> Iterator[Replacement]:
    """The markers of a preview that shows a document page by page, with the line breaks around them.

    ``…关于组织 ⏎⏎ 2、工作十条要求`` becomes ``…关于组织工作十条要求``. The markers count up through the
    document and stand where no sentence ends; a list is numbered too, but its items are closed.
    """
    lines = [line for line in lines_of(text) if line.text]
    chain = next((chain for style in _STYLES if (chain := _chain(lines, style))), [])
    for marker in chain:
        line = lines[marker.place]
        if marker.number == 1 or marker.place == 0:
            yield _first_page(lines[0], line, marker)
        else:
            start = lines[marker.place - 1].text_end
            yield Replacement(start, line.text_start + marker.width, "")


def _first_page(title: Line, page: Line, marker: Marker) -> Replacement:
    """The first marker, together with the title behind it if that stands at the top already."""
    repeats = (
        marker.place > 0 and len(title.text) >= _TITLE_MIN and page.text.startswith(title.text, marker.width)
    )
    end = marker.width + (len(title.text) if repeats else 0)
    return Replacement(page.text_start, page.text_start + end, "")


def _chain(lines: Sequence[Line], style: re.Pattern[str]) -> list[Marker]:
    """The markers of one style if they are those of pages, else an empty list."""
    chain: list[Marker] = []
    for marker in _candidates(lines, style):
        expected = chain[-1].number + 1 if chain else None
        if marker.number == expected or (expected is None and marker.number in (1, 2)):
            chain.append(marker)
        elif marker.number == _again(chain) and _is_broken(lines, marker):
            # A list on an early page may have begun the count; the page broken here is the better start.
            chain = [*chain[:-1], marker]
    return chain if len(chain) >= _CHAIN_MIN and _are_pages(lines, chain) else []


def _again(chain: Sequence[Marker]) -> int | None:
    """The number of the last marker, which a better candidate may still take over."""
    return chain[-1].number if chain else None


def _candidates(lines: Sequence[Line], style: re.Pattern[str]) -> Iterator[Marker]:
    for index, line in enumerate(lines):
        found = style.match(line.text)
        if found is not None:
            yield Marker(index, int(found[1]), found.end())


def _are_pages(lines: Sequence[Line], chain: Sequence[Marker]) -> bool:
    ends = [*(marker.place for marker in chain[1:]), len(lines)]
    sizes = [
        sum(len(line.text) for line in lines[marker.place : end])
        for marker, end in zip(chain, ends, strict=True)
    ]
    inner = [marker for marker in chain if marker.number > 1 and marker.place > 0]
    severed = sum(_is_severed(lines, marker) for marker in inner)
    broken = sum(_is_broken(lines, marker) for marker in inner)
    long = sum(size >= _PAGE_CHARS_MIN for size in sizes)
    return (
        broken >= max(2, _BROKEN_SHARE_MIN * len(inner))
        and (severed >= _SEVERED_SHARE_MIN * len(inner) or _are_alike(sizes[:-1]))
        and long >= _PAGES_LONG_SHARE * len(sizes)
        and sum(sizes) >= _COVER_MIN * sum(len(line.text) for line in lines)
    )


def _are_alike(sizes: Sequence[int]) -> bool:
    """Whether full pages hold nearly the same number of characters."""
    return len(sizes) >= _CHAIN_MIN - 1 and max(sizes) - min(sizes) <= _ALIKE_MAX * max(sizes)


def _is_broken(lines: Sequence[Line], marker: Marker) -> bool:
    """Whether the text in front of the marker stops inside a sentence."""
    if marker.place == 0:
        return False
    before = lines[marker.place - 1].text
    return len(before) >= _PAGE_CHARS_MIN / 2 and not ends_sentence(before) and before[-1] not in "：:"


def _is_severed(lines: Sequence[Line], marker: Marker) -> bool:
    """Whether the cut at the marker goes through a word, a number or the end of a clause."""
    before = lines[marker.place - 1].text[-_SEAM_CHARS:]
    behind = lines[marker.place].text[marker.width : marker.width + _SEAM_CHARS]
    if not behind:
        return False
    if behind[0] in _CLOSING or before[-1] in _LEADING or (before[-1].isdigit() and behind[0].isdigit()):
        return True
    place = len(before)
    for word in words_of(before + behind):
        if place < len(word):
            return place > 0
        place -= len(word)
    return False


def page_numbers(text: str) -> Iterator[Replacement]:
    """Lines that hold a page number alone, where at least three of them count up, and headers beside them.

    Where the page broke a sentence, its two halves are joined.
    """
    lines = [line for line in lines_of(text) if line.text]
    numbers = [
        (index, int(found[1]))
        for index, line in enumerate(lines)
        if len(line.text) <= _NUMBER_LINE_MAX and (found := _PAGE_NUMBER.fullmatch(line.text))
    ]
    if len(numbers) < _CHAIN_MIN or not all(_follows(lines, a, b) for a, b in pairwise(numbers)):
        return
    taken = {index for index, _ in numbers}
    taken |= _headers(lines, [index for index, _ in numbers])
    yield from _without(lines, taken)


def _follows(lines: Sequence[Line], before: tuple[int, int], behind: tuple[int, int]) -> bool:
    """Whether two lines are the numbers of successive pages: a bare digit may as well number a row."""
    (first, number), (second, next_number) = before, behind
    if next_number - number != 1 or second - first < _NUMBER_GAP_MIN:
        return False
    chars = lines[second].start - lines[first].end
    return not (lines[first].text.isdigit() and chars < _BARE_NUMBER_GAP_CHARS)


def _headers(lines: Sequence[Line], numbers: Sequence[int]) -> set[int]:
    """Lines directly beside the numbers that are the same on most pages."""
    found: set[int] = set()
    for side in (-1, 1):
        beside = [index + side for index in numbers if 0 <= index + side < len(lines)]
        count = Counter(lines[index].text for index in beside)
        for index in beside:
            line = lines[index].text
            if len(line) <= _HEADER_MAX and count[line] >= max(_CHAIN_MIN, _HEADER_SHARE_MIN * len(numbers)):
                found.add(index)
    return found


def _without(lines: Sequence[Line], taken: set[int]) -> Iterator[Replacement]:
    """The taken lines removed; a sentence that ran on behind them is closed up."""
    index = 0
    while index < len(lines):
        if index not in taken:
            index += 1
            continue
        first = index
        while index < len(lines) and index in taken:
            index += 1
        before = lines[first - 1] if first else None
        if (
            before
            and index < len(lines)
            and len(before.text) > _NUMBER_LINE_MAX
            and not ends_sentence(before.text)
        ):
            yield Replacement(before.text_end, lines[index].text_start, "")
        else:
            yield Replacement(lines[first].start, lines[index - 1].end, "")
