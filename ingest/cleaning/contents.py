"""Contents lists that were printed with dots and page numbers, which are no use without the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ingest.cleaning.lines import Line, lines_of
from ingest.cleaning.trace import Replacement

_ENTRY = re.compile(
    r"(?P<name>\S.{0,60}?)\s*(?:(?:[.．·•…。-]\s?){4,}|\t+|…{2,})\s*[（(\[]?\s*-?\s*(?P<page>\d{1,4}|[ivxIVX]{1,6})\s*-?\s*[）)\]]?"
)
_HEAD = re.compile(r"目\s*[录錄次]")
_ENTRIES_MIN = 2
_NAMED_SHARE = 0.5
_SPACE = re.compile(r"\s+")


def dotted_contents(text: str) -> Iterator[Replacement]:
    """The entries of a contents list, with the word 目录 above them.

    Neighbouring lines that end in leaders and a page number, whose names stand again as lines below them and
    whose page numbers rise; a price list names nothing again.
    """
    lines = [line for line in lines_of(text) if line.text]
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and _ENTRY.fullmatch(lines[end].text):
            end += 1
        if end - at >= _ENTRIES_MIN and _is_of_what_follows(lines[at:end], lines[end:]):
            first = lines[at - 1] if at and _HEAD.fullmatch(lines[at - 1].text) else lines[at]
            yield Replacement(first.start, lines[end - 1].end, "")
        at = max(end, at + 1)


def _is_of_what_follows(entries: Sequence[Line], below: Sequence[Line]) -> bool:
    found = [match for entry in entries if (match := _ENTRY.fullmatch(entry.text))]
    pages = [int(match["page"]) for match in found if match["page"].isdigit()]
    starts = [_SPACE.sub("", line.text) for line in below]
    named = sum(any(start.startswith(_SPACE.sub("", match["name"])) for start in starts) for match in found)
    return pages == sorted(pages) and named >= _NAMED_SHARE * len(found)
