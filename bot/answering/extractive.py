"""The extractive answerer: whole sentences and list items of the corpus, chosen for the question asked.

It never writes a word of its own. A draft names stretches of documents; what they say is read from the
documents themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.answering.kinds import Asked, holds_kind
from bot.answering.support import ContentTerm, coverage
from bot.answering.view import DocumentView, Listing, Unit
from retrieval.definitions import defines
from retrieval.normalise import search_key
from retrieval.records import Passage
from retrieval.retriever import Ranked

PASSAGES_READ = 8
"""Sentences are taken from this many of the best passages."""
SHORT_CHARS = 220
"""An answer of running text is kept to about this length."""
LIST_CHARS = 380
"""A list longer than this is given by the heads of its items."""
_HEAD_CHARS = 60
_LINES_MAX = 20


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a document that becomes one quote; ``lines`` are the lines of it that are shown."""

    passage: Passage
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What the extractive answerer proposes: pieces in order and how well they support the question.

    ``support`` is the coverage of the question's content, 0 to 1; ``mark`` ranks drafts among each other.
    """

    pieces: tuple[Piece, ...]
    mark: float
    is_list: bool = False
    items: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """A ranked passage with the view of its document."""

    ranked: Ranked
    view: DocumentView

    @property
    def passage(self) -> Passage:
        return self.ranked.passage

    @property
    def score(self) -> float:
        return self.ranked.parts.score

    def context(self) -> str:
        """Search key of what stands above the passage: the title and the headings."""
        return search_key(f"{self.passage.document.title}\n{self.passage.section}")


def propose(asked: Asked, terms: Sequence[ContentTerm], sources: Sequence[Source]) -> Draft | None:
    """The best draft from these sources, or ``None`` where there is not even a sentence."""
    drafts = [*_sentence_drafts(asked, terms, sources)]
    if asked.kind in {"list", "how", "why", "definition", "other"}:
        drafts += _list_drafts(asked, terms, sources)
    return max(drafts, key=lambda d: d.mark, default=None)


def _sentence_drafts(
    asked: Asked, terms: Sequence[ContentTerm], sources: Sequence[Source]
) -> Iterator[Draft]:
    for source in sources:
        context = source.context()
        whole = source.view.key(source.passage.start, source.passage.end)
        units = [u for u in source.view.within(source.passage.start, source.passage.end) if not u.is_heading]
        if not units:
            continue
        marks = [_unit_mark(asked, terms, source, unit, whole, context) for unit in units]
        best = max(range(len(units)), key=lambda i: (marks[i], -i))
        yield _grown(asked, terms, source, units, best, marks[best])


def _unit_mark(
    asked: Asked, terms: Sequence[ContentTerm], source: Source, unit: Unit, whole: str, context: str
) -> float:
    key = source.view.key(unit.start, unit.end)
    own = coverage(terms, [(key, 1.0), (context, 0.5)])
    around = coverage(terms, [(key, 1.0), (whole, 0.8), (context, 0.7)])
    mark = 0.5 * own + 0.2 * around + 0.3 * source.score
    if asked.kind in {"number", "period", "date", "place", "person"}:
        mark += 0.12 if holds_kind(asked.kind, key) else -0.12
    if asked.subject and defines(source.view.text[unit.start : unit.end], asked.subject):
        mark += 0.2
    if asked.kind == "list":
        mark += _enumeration_bonus(key, asked.count)
    if asked.kind == "why":
        mark += 0.06 if re.search(r"因为|由于|因此|所以|是为了|为了|就会|否则|只有|原因", key) else 0.0
    return mark


def _enumeration_bonus(key: str, count: int) -> float:
    """What a sentence gains by being a list in itself: the longest run of members parted by 、 or ;."""
    runs = re.findall(r"[^。；;:：，,]*(?:、[^。；;:：，,、]+)+", key)
    members = max((run.count("、") + 1 for run in runs), default=1)
    members = max(members, key.count(";") + 1, key.count("，") + 1 if count else 1)
    if count and members == count:
        return 0.15
    return 0.05 if members >= 3 else 0.0


def _grown(
    asked: Asked,
    terms: Sequence[ContentTerm],
    source: Source,
    units: Sequence[Unit],
    best: int,
    mark: float,
) -> Draft:
    """The best sentence, and its neighbours where they say what it leaves open."""
    first = last = best
    covered = _covered(terms, source, units[best])
    while last + 1 < len(units):
        size = units[last + 1].end - units[first].start
        opens = _opens(source.view, units[last]) or (_is_head(units[last]) and last == best)
        adds = _covered(terms, source, units[last + 1]) - covered
        gain = sum(t.weight for t in adds) / (sum(t.weight for t in terms) or 1)
        wanted = opens or gain >= 0.15 or (asked.parts > 1 and gain > 0)
        if not wanted or size > (2 * SHORT_CHARS if opens else SHORT_CHARS):
            break
        last += 1
        covered |= _covered(terms, source, units[last])
    piece = Piece(source.passage, units[first].start, units[last].end)
    return Draft((piece,), mark)


def _covered(terms: Sequence[ContentTerm], source: Source, unit: Unit) -> frozenset[ContentTerm]:
    key = source.view.key(unit.start, unit.end)
    return frozenset(t for t in terms if t.credit(key) >= 0.9)


def _opens(view: DocumentView, unit: Unit) -> bool:
    """Whether a sentence only announces what follows."""
    return bool(re.search(r"[:：]\s*$", view.text[unit.start : unit.end]))


def _is_head(unit: Unit) -> bool:
    return unit.end - unit.start <= 20


def _list_drafts(asked: Asked, terms: Sequence[ContentTerm], sources: Sequence[Source]) -> Iterator[Draft]:
    seen: set[tuple[str, int]] = set()
    for source in sources:
        for listing in source.view.listings:
            identity = (source.passage.document.id, listing.items[0].start)
            overlaps = listing.lead_start < source.passage.end and listing.end > source.passage.start
            if overlaps and identity not in seen:
                seen.add(identity)
                yield _list_draft(asked, terms, source, listing)


def _list_draft(asked: Asked, terms: Sequence[ContentTerm], source: Source, listing: Listing) -> Draft:
    view = source.view
    lead = view.key(listing.lead_start, listing.lead_end)
    headings = search_key("\n".join(view.text[n.start : n.heading_end] for n in listing.path[-1:]))
    title = search_key(source.passage.document.title)
    above = coverage(terms, [(lead, 1.0), (headings, 1.0), (title, 0.5)])
    body = view.key(listing.lead_start, min(listing.end, listing.lead_start + 3000))
    whole = coverage(terms, [(body, 1.0), (headings, 0.8), (title, 0.5)])
    mark = 0.5 * above + 0.2 * whole + 0.3 * source.score
    mark += _count_bonus(asked, len(listing.items))
    if asked.kind != "list":
        mark -= 0.12
    pieces = tuple(_list_pieces(source, listing))
    return Draft(pieces, mark, is_list=True, items=len(listing.items))


def _count_bonus(asked: Asked, items: int) -> float:
    if not asked.count:
        return 0.08
    return 0.3 if items == asked.count else -0.15


def _list_pieces(source: Source, listing: Listing) -> Iterator[Piece]:
    """The list whole where it is short; else its lead-in and the head of every item."""
    view, passage = source.view, source.passage
    lead_start = listing.lead_start if _leads(view, listing) else listing.items[0].start
    if listing.end - lead_start <= LIST_CHARS:
        yield Piece(passage, lead_start, _trimmed_end(view.text, lead_start, listing.end))
        return
    if lead_start < listing.items[0].start:
        yield Piece(passage, lead_start, _trimmed_end(view.text, lead_start, listing.items[0].start))
    for item in listing.items[:_LINES_MAX]:
        yield Piece(passage, item.start, _head_end(view, item.start, item.end, item.heading_end))


def _leads(view: DocumentView, listing: Listing) -> bool:
    size = listing.lead_end - listing.lead_start
    adjacent = not view.text[listing.lead_end : listing.items[0].start].strip()
    return 0 < size <= SHORT_CHARS and adjacent


def _head_end(view: DocumentView, start: int, end: int, heading_end: int) -> int:
    """The end of an item's heading, or of its first sentence."""
    if heading_end > start:
        return heading_end
    for unit in view.within(start, end):
        return unit.end
    return end


def _trimmed_end(text: str, start: int, end: int) -> int:
    while end > start and text[end - 1].isspace():
        end -= 1
    return end
