"""The pieces of a text that are set beside those of another: clauses, headings, else single lines.

Every piece is a stretch of the text; pieces are in order and disjoint, and nothing but white space is left
out. A piece bears the number that is printed in front of it, and none where none is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ingest.markers import Marker, find_markers
from retrieval.sentences import Span, split_lines

# What stands above clauses and ends one.
_DIVISIONS = frozenset({"part", "chapter", "paragraph"})
# 第十二条之一 is a number of its own.
_INSERTED = re.compile(r"之[一二三四五六七八九十]{1,3}(?=[\s　]|$)")
_BLANKS = re.compile(r"[\s　]*")
_HASHES = re.compile(r"#{1,6}[ \t　]+")


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece ``[start, end)`` of a document: the label printed in front, and the text behind it.

    ``body`` is where the text behind the label begins; without a label it is ``start``.
    """

    label: str
    text: str
    start: int
    body: int
    end: int


def cut_clauses(text: str) -> list[Clause]:
    """The pieces of a cleaned text, in order.

    A clause (条) goes on to the next one or to the next heading; what belongs to no clause is cut at its
    lines, so that a text without clauses is compared paragraph by paragraph.
    """
    return list(_pieces(text))


def _pieces(text: str) -> Iterator[Clause]:
    markers = {marker.start: marker for marker in find_markers(text) if marker.at_line}
    opening = _clause_starts(text, markers.values())
    begun: Span | None = None
    for start, end in split_lines(text):
        marker = markers.get(start)
        is_division = marker is not None and marker.family in _DIVISIONS and marker.is_heading
        if begun is not None and not is_division and start not in opening:
            begun = (begun[0], end)
            continue
        if begun is not None:
            yield _piece(text, *begun, markers[begun[0]])
            begun = None
        if start in opening:
            begun = (start, end)
        else:
            yield _piece(text, start, end, marker)
    if begun is not None:
        yield _piece(text, *begun, markers[begun[0]])


def _clause_starts(text: str, markers: Iterable[Marker]) -> frozenset[int]:
    """Where clauses begin: 第九条所称… at the start of a line is none where numbers stand apart."""
    found = [each for each in markers if each.family == "clause"]
    apart = [each for each in found if _stands_apart(text, each)]
    return frozenset(each.start for each in (apart if 2 * len(apart) >= len(found) else found))


def _stands_apart(text: str, marker: Marker) -> bool:
    end = _label_end(text, marker)
    return end == len(text) or text[end].isspace()


def _label_end(text: str, marker: Marker) -> int:
    inserted = _INSERTED.match(text, marker.label_end) if marker.family == "clause" else None
    return inserted.end() if inserted else marker.label_end


def _piece(text: str, start: int, end: int, marker: Marker | None) -> Clause:
    hashes = _HASHES.match(text, start, end)
    start = hashes.end() if hashes and hashes.end() < end else start
    label_end = start if marker is None else max(start, _label_end(text, marker))
    blanks = _BLANKS.match(text, label_end, end)
    body = blanks.end() if blanks and label_end > start else start
    return Clause("".join(text[start:label_end].split()), text[body:end], start, body, end)
