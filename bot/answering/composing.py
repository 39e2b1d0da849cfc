"""An answer made of the units pointed at: verbatim, lists and clauses whole, and nothing twice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bot.answering.pointing import Pointed
from bot.answering.sources import Piece
from bot.answering.view import DocumentView, Listing, trimmed_end
from ingest.rows import BARS
from ingest.structure import Node
from retrieval.authority import is_order, standing
from retrieval.normalise import match_key
from retrieval.reading.records import Unit
from retrieval.sentences import split_sentences

UNITS_MAX = 4
SHORT_CHARS = 260
"""Running text is added to an answer up to about this length."""
CLAUSE_CHARS = 260
"""A clause up to this length is given whole."""
ITEM_CHARS = 200
LIST_CHARS = 900
"""A list that is longer is given by the heads of its items; none is left out."""
_LEAD_CHARS = 220
_ITEMS_MAX = 60
# A unit is part of the answer if it is about as likely as the likeliest one.
_AS_LIKELY = 0.5
# So of another document than the likeliest.
_ELSEWHERE_AS_LIKELY = 0.8
# Of a list that is asked for so many items are pointed at, each at least so likely.
_ITEMS_SHARE = 0.5
_ITEM_AS_LIKELY = 0.35
# The last item of a list that is so much longer than all others has swallowed what follows the list.
_SWALLOWED = 2
_ANNOUNCES = re.compile(
    r"[:：]\s*$|(?:如下|下列)[^。；]{0,12}[。:：]?\s*$"
    r"|以下(?:[几两三四五六七八九十\d]|内容|条件|情形|要求|程序|步骤|材料|事项|原则|方面|任务|职责|措施)[^。；]{0,8}[。:：]?\s*$"
)
_HASHES = re.compile(r"#{1,6}[ \t]+")


def compose(pointed: Sequence[Pointed]) -> list[Piece]:
    """The pieces of the answer that begins with the likeliest unit; none where nothing was pointed at."""
    found: list[Piece] = []
    views = {each.source.passage.document.id: each.source.view for each in pointed}
    has_list = False
    for each in _chosen(pointed):
        whole = _whole(each, pointed)
        room = SHORT_CHARS - sum(piece.end - piece.start for piece in found)
        is_list = _is_list(whole, each)
        # Of two lists only one is asked for.
        if not found or (sum(p.end - p.start for p in whole) <= room and not (is_list and has_list)):
            found += [piece for piece in whole if not _is_told(piece, found, views)]
            has_list = has_list or is_list
    return [settled(piece, views[piece.passage.document.id]) for piece in _joined(found, views)]


def _chosen(pointed: Sequence[Pointed]) -> Iterator[Pointed]:
    """The units to be quoted, the likeliest first; beside a rule no document of lower standing."""
    for each in pointed[:UNITS_MAX]:
        one, other = pointed[0].source.passage.document, each.source.passage.document
        share = _AS_LIKELY if one.id == other.id else _ELSEWHERE_AS_LIKELY
        is_lower = is_order(one) and standing(other) > standing(one)
        if each.chance >= pointed[0].chance * share and not is_lower:
            yield each


def _is_list(whole: Sequence[Piece], each: Pointed) -> bool:
    """Whether the unit led to a whole list."""
    start, end = whole[0].start, whole[-1].end
    lists = each.source.view.lists_around(each.unit)
    return any(start <= one.items[0].start and one.items[-1].start < end for one in lists)


def _whole(each: Pointed, pointed: Sequence[Pointed]) -> list[Piece]:
    """The unit, or what it is a part of: the list that is asked for, the clause, the item."""
    view, unit, passage = each.source.view, each.unit, each.source.passage
    for listing in view.lists_around(unit):
        if _is_asked_for(listing, each, pointed):
            return [Piece(passage, *span) for span in _list_spans(view, listing, unit)]
    if unit.kind == "row":
        return [Piece(passage, *span) for span in _row_spans(view, unit)]
    clause, item = view.clause_around(unit), _item_around(view, unit.start)
    for node, most in ((clause, CLAUSE_CHARS), (item, ITEM_CHARS)):
        if node is not None and node.end - node.start <= most:
            return [Piece(passage, node.start, trimmed_end(view.text, node.start, node.end))]
    # What announces or heads something says nothing without it.
    opens = unit.kind == "heading" or _announces(view, unit)
    following = view.said_after(unit) if opens else None
    return [Piece(passage, unit.start, following.end if following else unit.end)]


def _announces(view: DocumentView, unit: Unit) -> bool:
    return bool(_ANNOUNCES.search(view.text[unit.start : unit.end]))


def _is_asked_for(listing: Listing, each: Pointed, pointed: Sequence[Pointed]) -> bool:
    """Whether the list as a whole answers: what announces it was pointed at, or most of its items read."""
    first = listing.items[0]
    if first.kind == "clause" or len(listing.items) > _ITEMS_MAX:
        return False
    if each.unit.start < first.start:
        return each.unit.kind == "heading" or _announces(each.source.view, each.unit)
    same = [p for p in pointed if p.source.passage.document.id == each.source.passage.document.id]
    chances = []
    for item in listing.items:
        # Of a section its heading alone speaks for the list of sections.
        end = item.heading_end if item.heading_end > item.start else item.end
        chances += [max((p.chance for p in same if item.start <= p.unit.start < end), default=-1.0)]
    read = [chance for chance in chances if chance >= 0]
    likely = [chance for chance in read if chance >= _ITEM_AS_LIKELY * each.chance]
    return len(likely) > 1 and len(likely) >= _ITEMS_SHARE * len(read)


def _list_spans(view: DocumentView, listing: Listing, unit: Unit) -> Iterator[tuple[int, int]]:
    """The list as it stands, or where it is long its lead-in and the head of every item; ``unit`` whole."""
    first, size = listing.items[0].start, listing.lead_end - listing.lead_start
    is_led = 0 < size <= _LEAD_CHARS or unit.start == listing.lead_start
    start, end = listing.lead_start if is_led else first, list_end(view, listing)
    if unit.start >= end:  # what the last item has swallowed was meant
        yield unit.start, unit.end
        return
    if end - start <= LIST_CHARS:
        yield start, trimmed_end(view.text, start, end)
        return
    if start < first:
        yield start, trimmed_end(view.text, start, first)
    for item in listing.items:
        said = split_sentences(view.text, item.start, item.end)
        head = item.heading_end if item.heading_end > item.start else said[0][1] if said else item.end
        yield item.start, head
        if head <= unit.start < item.end:
            yield unit.start, unit.end


def list_end(view: DocumentView, listing: Listing) -> int:
    """The end of the list proper: its last item may have swallowed what follows it."""
    *others, last = listing.items
    longest = max(item.end - item.start for item in others)
    if last.kind != "item" or last.end - last.start <= _SWALLOWED * longest:
        return listing.end
    sentences = max(len(split_sentences(view.text, item.start, item.end)) for item in others)
    said = split_sentences(view.text, last.start, last.end)
    return said[sentences - 1][1] if 0 < sentences < len(said) else listing.end


def _row_spans(view: DocumentView, unit: Unit) -> Iterator[tuple[int, int]]:
    """The row; between bars under the first row of its table, which says what the cells are."""
    head, before = unit, view.before(unit.start)
    while before is not None and before.kind == "row":
        head, before = before, view.before(before.start)
    if head.start < unit.start and BARS in view.text[unit.start : unit.end]:
        yield head.start, head.end
    yield unit.start, unit.end


def _item_around(view: DocumentView, position: int) -> Node | None:
    """The innermost item of a list that a place is in."""
    items = (item for listing in view.listings for item in listing.items if item.kind == "item")
    return next((item for item in items if item.start <= position < item.end), None)


def _is_told(piece: Piece, others: Sequence[Piece], views: Mapping[str, DocumentView]) -> bool:
    """Whether other pieces hold this one, or its words."""
    key = _key(piece, views)
    return any(
        (_same_document(piece, other) and other.start <= piece.start and piece.end <= other.end)
        or key in _key(other, views)
        for other in others
    )


def _joined(pieces: Sequence[Piece], views: Mapping[str, DocumentView]) -> list[Piece]:
    """The pieces in reading order, those of the likeliest document first; what touches is made one."""
    rank = {p.passage.document.id: n for n, p in reversed(list(enumerate(pieces)))}
    found: list[Piece] = []
    for piece in sorted(pieces, key=lambda p: (rank[p.passage.document.id], p.start, -p.end)):
        last = found[-1] if found else None
        if last and _same_document(last, piece):
            between = views[piece.passage.document.id].text[last.end : piece.start]
            if piece.start <= last.end or not between.strip():
                found[-1] = replace(last, end=max(last.end, piece.end))
                continue
        found.append(piece)
    return found


def _same_document(one: Piece, other: Piece) -> bool:
    return one.passage.document.id == other.passage.document.id


def _key(piece: Piece, views: Mapping[str, DocumentView]) -> str:
    return match_key(views[piece.passage.document.id].text[piece.start : piece.end])


def settled(piece: Piece, view: DocumentView) -> Piece:
    """The piece past the hashes of a Markdown heading, with the section that it stands in."""
    hashes = _HASHES.match(view.text, piece.start, piece.end)
    start = hashes.end() if hashes and hashes.end() < piece.end else piece.start
    is_within = piece.passage.start <= start < piece.passage.end
    return replace(piece, start=start, section="" if is_within else view.section_at(piece.start))
