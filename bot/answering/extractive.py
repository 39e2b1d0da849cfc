"""The extractive answerer: whole sentences and list items of the corpus, chosen for the question asked.

It never writes a word of its own. A draft names stretches of documents; what they say is read from the
documents themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.answering.fitness import explains, holds, members
from bot.answering.kinds import Asked
from bot.answering.support import ContentTerm, coverage
from bot.answering.view import DocumentView, Listing, Unit
from ingest.structure import heading_of
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
# An explanation shorter than this takes its next sentence along.
_BRIEF_CHARS = 90
_SHORT_KINDS = frozenset({"number", "period", "date", "place", "person", "blank"})
_CARRIES_ON = re.compile(r"如|比如|例如|譬如|即|其中|具体|也就是|包括|主要|同时|一是|首先|要(?!求)|并")
_LEANS_BACK = re.compile(
    r"其(?!他|它|余|中|次)|这(?:种|个|些|样|一)|该|他们|它们|她们|上述|此(?:举|外|类)|对此|为此|因此"
)
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
        mark += 0.15 if holds(asked, key) else -0.15
    if asked.subject and asked.kind in {"definition", "list"}:
        mark += _explanation_bonus(asked.subject, source.view.text[unit.start : unit.end], key, context)
    if asked.kind == "list":
        mark += _enumeration_bonus(key, asked.count)
    if asked.kind == "why":
        mark += 0.06 if re.search(r"因为|由于|因此|所以|是为了|为了|就会|否则|只有|原因", key) else 0.0
    return mark


def _explanation_bonus(subject: str, text: str, key: str, context: str) -> float:
    if defines(text, subject):
        return 0.45
    return 0.25 if explains(key, context, subject) else 0.0


def _enumeration_bonus(key: str, count: int) -> float:
    """What a sentence gains by being a list in itself, and one of the size that is asked for."""
    counts = members(key)
    if count:
        return 0.3 if count in counts else -0.15
    return 0.08 if max(counts, default=0) >= 3 else 0.0


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
    text = source.view.text
    while first > 0 and _leans_back(text, units[first]) and not units[first].is_heading:
        if units[last].end - units[first - 1].start > SHORT_CHARS:
            break
        first -= 1
    covered = _covered(terms, source, units[best])
    while last + 1 < len(units):
        size = units[last + 1].end - units[first].start
        adds = _covered(terms, source, units[last + 1]) - covered
        gain = sum(t.weight for t in adds) / (sum(t.weight for t in terms) or 1)
        opens = _opens(text, units[last]) or (last == best and _is_head(units[last]))
        continues = _continues(asked, text, units, last, units[last].end - units[first].start)
        wanted = opens or continues or gain >= 0.15 or (asked.parts > 1 and gain > 0)
        if not wanted or size > (LIST_CHARS if opens else SHORT_CHARS):
            break
        last += 1
        covered |= _covered(terms, source, units[last])
    piece = Piece(source.passage, units[first].start, units[last].end)
    return Draft((piece,), mark)


def _continues(asked: Asked, text: str, units: Sequence[Unit], last: int, size: int) -> bool:
    """Whether the next sentence of the same paragraph carries on what an explaining answer began."""
    unit, following = units[last], units[last + 1]
    if asked.kind in _SHORT_KINDS or "\n" in text[unit.end : following.start]:
        return False
    carries_on = bool(_CARRIES_ON.match(text, following.start))
    same_item = following.node is unit.node or following.start >= unit.node.start
    return carries_on or (size < _BRIEF_CHARS and same_item)


def _leans_back(text: str, unit: Unit) -> bool:
    """Whether a sentence cannot be understood without the one before it."""
    return bool(_LEANS_BACK.match(text, unit.start)) and unit.start != unit.node.start


def _covered(terms: Sequence[ContentTerm], source: Source, unit: Unit) -> frozenset[ContentTerm]:
    key = source.view.key(unit.start, unit.end)
    return frozenset(t for t in terms if t.credit(key) >= 0.9)


def _opens(text: str, unit: Unit) -> bool:
    """Whether a sentence only announces what follows, or breaks off at the end of its line."""
    return bool(re.search(r"[:：;；,，、]\s*$", text[unit.start : unit.end]))


def _is_head(unit: Unit) -> bool:
    """Whether a sentence is the heading of an item: short, and the first of it."""
    size = unit.end - unit.start
    return size <= 15 or (size <= _HEAD_CHARS and unit.start == unit.node.start)


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
    headings = search_key(heading_of(view.text, listing.path[-1], limit=80)) if len(listing.path) > 1 else ""
    title = search_key(source.passage.document.title)
    above = coverage(terms, [(lead, 1.0), (headings, 1.0), (title, 0.5)])
    body = view.key(listing.lead_start, min(listing.end, listing.lead_start + 3000))
    whole = coverage(terms, [(body, 1.0), (headings, 0.8), (title, 0.5)])
    mark = 0.5 * above + 0.2 * whole + 0.3 * source.score
    mark += _count_bonus(asked, len(listing.items))
    if asked.kind != "list":
        mark -= (
            0.05 if view.text[listing.lead_start : listing.lead_end].rstrip().endswith((":", "：")) else 0.15
        )
    pieces = tuple(_list_pieces(source, listing))
    return Draft(pieces, mark, is_list=True, items=len(listing.items))


def _count_bonus(asked: Asked, items: int) -> float:
    if not asked.count:
        return 0.12
    return 0.35 if items == asked.count else -0.15


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
