"""Lists of the corpus as answers: whole where they are short, else lead-in and the heads of the items."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.answering.drafts import Draft, Piece, Source, Wanted
from bot.answering.support import coverage
from bot.answering.view import DocumentView, Listing, trimmed_end
from ingest.structure import heading_of
from retrieval.normalise import heading_key

WHOLE_CHARS = 380
"""A list longer than this is given by the heads of its items."""
_LEAD_CHARS = 220
_ITEMS_MAX = 20
# How much of a list's text is weighed: lists of whole chapters would cover anything.
_WEIGHED_CHARS = 1500
_NOUN_ANNOUNCED = 0.15
_STEPS_ANNOUNCED = 0.25
# A list of what is to be done is asked for by its steps, whatever it calls them.
_STEP = re.compile(r"第?[几\d]步|步骤")
_STEPS = re.compile("程序|步骤|流程|环节|阶段")
_ANNOUNCEMENT_CHARS = 14
# Covering so much more of the question, the sentence before the lead-in belongs to it.
_SAYS_MORE = 0.3
_ANNOUNCES = re.compile(r"[:：]\s*$|如下|以下|下列|几个|\d个?方面")


def list_drafts(wanted: Wanted, sources: Sequence[Source]) -> Iterator[Draft]:
    """Every list that a source touches, once."""
    seen: set[tuple[str, int]] = set()
    for source in sources:
        for listing in source.view.listings:
            identity = (source.passage.document.id, listing.items[0].start)
            overlaps = listing.lead_start < source.passage.end and listing.end > source.passage.start
            if overlaps and identity not in seen:
                seen.add(identity)
                yield _draft(wanted, source, listing)


def _draft(wanted: Wanted, source: Source, listing: Listing) -> Draft:
    mark = 0.4 * _announced(wanted, source, listing) + 0.2 * _covered(wanted, source, listing)
    mark += source.preference + 0.3 * source.score + 0.15 * wanted.wording.share(_lead(source, listing))
    mark += _count_bonus(wanted, len(listing.items))
    if _announces_noun(wanted, source, listing):
        mark += _NOUN_ANNOUNCED
    if wanted.asked.kind != "list":
        lead = source.view.text[listing.lead_start : listing.lead_end]
        mark -= 0.1 if _ANNOUNCES.search(lead) else 0.2
    if _STEP.search(wanted.key) and _STEPS.search(_lead(source, listing)):
        mark += _STEPS_ANNOUNCED
    items = len(listing.items)
    ordinal = wanted.asked.item
    if ordinal and ordinal <= items:
        item = listing.items[ordinal - 1]
        end = _head_end(source.view, item.start, item.end, item.heading_end, whole=True)
        return Draft(source.passage, (Piece(source.passage, item.start, end),), mark + 0.2, items)
    return Draft(source.passage, tuple(_pieces(wanted, source, listing)), mark, items)


def _announces_noun(wanted: Wanted, source: Source, listing: Listing) -> bool:
    """Whether the sentence before the list announces the very thing asked for: «五个议事程序:» for 程序."""
    noun = wanted.asked.noun
    lead = source.view.key(listing.lead_start, listing.lead_end).rstrip()
    return bool(noun) and lead.endswith((":", "如下", "以下")) and noun in lead[-_ANNOUNCEMENT_CHARS:]


def _lead(source: Source, listing: Listing) -> str:
    """Search key of what announces the list: the sentence before it and the heading above it."""
    view = source.view
    above = heading_of(view.text, listing.path[-1], limit=80) if len(listing.path) > 1 else ""
    return view.key(listing.lead_start, listing.lead_end) + "\n" + heading_key(above)


def _announced(wanted: Wanted, source: Source, listing: Listing) -> float:
    title = heading_key(source.passage.document.title)
    return coverage(wanted.terms, [(_lead(source, listing), 1.0), (title, 0.5)])


def _covered(wanted: Wanted, source: Source, listing: Listing) -> float:
    body = source.view.key(listing.lead_start, min(listing.end, listing.lead_start + _WEIGHED_CHARS))
    return coverage(wanted.terms, [(body, 1.0), (_lead(source, listing), 0.8)])


def _count_bonus(wanted: Wanted, items: int) -> float:
    if wanted.asked.count:
        return 0.35 if items == wanted.asked.count else -0.15
    return 0.12


def _pieces(wanted: Wanted, source: Source, listing: Listing) -> Iterator[Piece]:
    view, passage = source.view, source.passage
    start = _opening(wanted, source, listing) if _leads(view, listing) else listing.items[0].start
    end = _list_end(view, listing)
    if end - start <= WHOLE_CHARS:
        yield Piece(passage, start, trimmed_end(view.text, start, end))
        return
    if start < listing.items[0].start:
        yield Piece(passage, start, trimmed_end(view.text, start, listing.items[0].start))
    for item in listing.items[:_ITEMS_MAX]:
        yield Piece(passage, item.start, _head_end(view, item.start, item.end, item.heading_end))


def _list_end(view: DocumentView, listing: Listing) -> int:
    """The end of the list proper: its last item may have swallowed the text behind the list."""
    sentences = max(len(view.within(item.start, item.end)) for item in listing.items[:-1])
    last = listing.items[-1]
    units = view.within(last.start, last.end)
    return units[sentences - 1].end if 0 < sentences < len(units) else listing.end


def _opening(wanted: Wanted, source: Source, listing: Listing) -> int:
    """Where the text that announces a list begins: one sentence before the last if that says it better."""
    view = source.view
    before = view.before(listing.lead_start)
    if before is None or before.is_heading or before.node is not listing.path[-1]:
        return listing.lead_start
    if "\n" in view.text[before.end : listing.lead_start] or listing.lead_end - before.start > _LEAD_CHARS:
        return listing.lead_start
    said = coverage(wanted.terms, [(view.key(before.start, before.end), 1.0)])
    lead = coverage(wanted.terms, [(view.key(listing.lead_start, listing.lead_end), 1.0)])
    return before.start if said > lead + _SAYS_MORE else listing.lead_start


def _leads(view: DocumentView, listing: Listing) -> bool:
    size = listing.lead_end - listing.lead_start
    adjacent = not view.text[listing.lead_end : listing.items[0].start].strip()
    return 0 < size <= _LEAD_CHARS and adjacent


def _head_end(view: DocumentView, start: int, end: int, heading_end: int, *, whole: bool = False) -> int:
    """The end of an item's heading or of its first sentence; of the item itself if ``whole`` and short."""
    if whole and end - start <= WHOLE_CHARS:
        return trimmed_end(view.text, start, end)
    if heading_end > start:
        return heading_end
    units = view.within(start, end)
    return units[0].end if units else trimmed_end(view.text, start, end)
