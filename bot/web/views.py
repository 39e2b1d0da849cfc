"""What the pages show of sources and documents: built from a snapshot, masked for the reader, then marked.

Whatever is cut out of a document for somebody is cut at its line ends before numbers of persons are masked
in it, so that no choice of a beginning and an end shows half of a number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.answering.view import DocumentView
from bot.reading import PassageView, find_document, find_passage
from ingest.records import Edit
from retrieval.authority import Register
from retrieval.records import DocumentInfo
from retrieval.snapshot import Snapshot

_WINDOW_CHARS = 4_000
PART_CHARS = 12_000
"""How much of a document stands on one page."""


@dataclass(frozen=True, slots=True)
class SourceView:
    """A quote in its place: ``text`` are the lines around it, ``raw`` the same before cleaning.

    ``quote`` is empty where nothing is to be marked; it begins at ``offset`` of ``text`` unless masking has
    moved it. ``part`` and ``line`` say where the whole document has it, both from 1.
    """

    place: PassageView
    text: str
    quote: str
    offset: int
    raw: str
    part: int
    line: int

    @property
    def pieces(self) -> tuple[str, str, str]:
        """What stands before the quote, the quote, and what stands behind it."""
        at = self.offset
        if self.text[at : at + len(self.quote)] != self.quote:
            at = self.text.find(self.quote)
        if not self.quote or at < 0:
            return self.text, "", ""
        return self.text[:at], self.quote, self.text[at + len(self.quote) :]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a document: its number from 1, and whether it is a heading."""

    number: int
    text: str
    is_heading: bool


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """One part of a document as it is read; ``lines`` are made of ``text``, the whole of that part."""

    document: DocumentInfo
    passages: int
    first_id: str
    text: str
    first_line: int
    part: int
    parts: int
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Filters:
    """Which documents are wanted; empty fields ask for nothing."""

    words: str = ""
    status: str = ""
    kind: str = ""
    audience: str = ""

    def match(self, document: DocumentInfo) -> bool:
        """Whether a document is wanted."""
        described = f"{document.title} {document.source} {document.metadata.get('issuer', '')}"
        return (
            all(word.lower() in described.lower() for word in self.words.split())
            and self.status in ("", document.status or "未注明")
            and self.kind in ("", document.metadata.get("kind", "") or "未注明")
            and self.audience in ("", document.audience)
        )


@dataclass(frozen=True, slots=True)
class Shelf:
    """A page of the list of documents: ``choices`` are the values of each filter, with how many have them."""

    documents: tuple[DocumentInfo, ...]
    total: int
    held: int
    page: int
    pages: int
    choices: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)


def source_view(snapshot: Snapshot, register: Register, passage_id: str, start: int, end: int) -> SourceView:
    """The passage with its quote ``[start, end)`` of the document; Gone where it is not there."""
    place = find_passage(snapshot, passage_id)
    place = replace(place, passage=register.shown(place.passage))
    passage = place.passage
    text = snapshot.document_text(passage.document.id)
    if not (0 <= start < end <= len(text) and end - start <= _WINDOW_CHARS):
        start = end = 0
    is_near = bool(end) and abs(start - passage.start) <= _WINDOW_CHARS
    first = min(passage.start, start) if is_near else passage.start
    last = max(passage.end, end) if is_near else passage.end
    first, last = _whole_lines(text, first, last)
    edits = [Edit(**each) for each in snapshot.document_edits(passage.document.id)]
    line = text.count("\n", 0, start if is_near else passage.start) + 1
    return SourceView(
        place,
        text[first:last],
        text[start:end] if is_near else "",
        start - first if is_near else 0,
        _raw_of(text, edits, first, last),
        part_of(text, line),
        line,
    )


def document_page(snapshot: Snapshot, register: Register, document_id: str, part: int) -> DocumentPage:
    """A part of a document, from 1; the nearest one where there is no such part. Gone as above."""
    view = find_document(snapshot, document_id)
    starts = _part_starts(snapshot.document_text(document_id))
    text = snapshot.document_text(document_id)
    part = min(max(part, 1), len(starts))
    first, last = starts[part - 1], (*starts, len(text))[part]
    return DocumentPage(
        register.effective(view.document),
        view.total,
        view.first_id,
        text[first:last].rstrip("\n"),
        text.count("\n", 0, first) + 1,
        part,
        len(starts),
    )


def lines_of(page: DocumentPage) -> tuple[Line, ...]:
    """The lines of a page as its reader may see them; headings are found in just that."""
    headings = {unit.start for unit in DocumentView(page.text).units if unit.kind == "heading"}
    lines, at = [], 0
    for number, text in enumerate(page.text.split("\n"), start=page.first_line):
        indent = len(text) - len(text.lstrip())
        lines.append(Line(number, text, at + indent in headings or at in headings))
        at += len(text) + 1
    return tuple(lines)


def part_of(text: str, line: int) -> int:
    """On which part of a document a line stands, both from 1."""
    starts = [text.count("\n", 0, start) + 1 for start in _part_starts(text)]
    return sum(first <= line for first in starts) or 1


def shelf(documents: Sequence[DocumentInfo], wanted: Filters, page: int, size: int) -> Shelf:
    """The documents that are wanted, ``size`` on a page; a page that is not there becomes the nearest."""
    found = [each for each in documents if wanted.match(each)]
    pages = max(1, -(-len(found) // size))
    page = min(max(page, 1), pages)
    choices = {
        "status": _tally(each.status for each in documents),
        "kind": _tally(each.metadata.get("kind", "") for each in documents),
        "audience": _tally(each.audience for each in documents),
    }
    shown = tuple(found[(page - 1) * size : page * size])
    return Shelf(shown, len(found), len(documents), page, pages, choices)


def state_of(document: DocumentInfo) -> str:
    """Issuer, number, date and status of a document, as far as they are known."""
    known: Mapping[str, Any] = document.metadata
    parts = [known.get("issuer", ""), known.get("number", ""), known.get("date", ""), document.status]
    return " · ".join(str(part) for part in parts if part)


def _tally(values: Any) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for value in values:
        counts[value or "未注明"] = counts.get(value or "未注明", 0) + 1
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))


def _whole_lines(text: str, first: int, last: int) -> tuple[int, int]:
    end = text.find("\n", last - 1 if last and text[last - 1 : last] == "\n" else last)
    return text.rfind("\n", 0, first) + 1, len(text) if end < 0 else end


def _raw_of(text: str, edits: Sequence[Edit], first: int, last: int) -> str:
    """The lines of the raw text that became the cleaned ``[first, last)``."""
    from ingest.cleaning import undo_edits

    raw = undo_edits(text, edits)
    start, end = _raw_position(edits, first), _raw_position(edits, last)
    begin, stop = _whole_lines(raw, start, max(start, end))
    return raw[begin : min(stop, begin + 3 * _WINDOW_CHARS)]


def _raw_position(edits: Sequence[Edit], position: int) -> int:
    """Where a place of the cleaned text stands in the raw one."""
    shift = 0
    for edit in edits:
        start = edit.start - shift
        if start + len(edit.after) > position:
            return edit.start if start <= position else position + shift
        shift += len(edit.before) - len(edit.after)
    return position + shift


def _part_starts(text: str) -> list[int]:
    """Where the parts of a document begin: at line ends, each of about ``PART_CHARS``."""
    starts, at = [0], 0
    while len(text) - at > PART_CHARS * 5 // 4:
        end = text.find("\n", at + PART_CHARS)
        if end < 0 or end + 1 >= len(text):
            break
        at = end + 1
        starts.append(at)
    return starts
