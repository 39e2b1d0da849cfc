"""Passages: the units that are searched and quoted, cut from the tree at whole sentences.

A clause is one passage, a list stays with the sentence that announces it, a long section is cut at
sentence ends. Every passage is a contiguous stretch of the document; nothing but white space is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from ingest.records import PassageSpan
from ingest.rows import is_row
from ingest.structure import Node, heading_of, parse
from retrieval.records import SECTION_SEPARATOR, PassageKind
from retrieval.sentences import Span, split_lines, split_segments, split_sentences

TARGET_CHARS = 320
"""Running text is packed up to this length; a sentence longer than that stands alone."""
LIMIT_CHARS = 600
"""No passage of running text is longer (contract)."""
WHOLE_UNIT_CHARS = 1500
"""A clause or a list may be this long (contract)."""
LIST_CHARS = 700
"""A list of running-text items longer than this is cut into its items."""
_TINY_CHARS = 60
_NAMED_ITEM_CHARS = 150
_OPENING_CHARS = 40
_OPENING = re.compile(r"(?:再|还)?(?:比如|例如|譬如)|首先|其次|一是|第一|一方面|同时")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch that must not be cut further, with the section that it belongs to."""

    start: int
    end: int
    section: str
    kind: PassageKind
    closed: bool = False  # never packed together with its neighbours


def make_passages(text: str, title: str = "") -> list[PassageSpan]:
    """The passages of a cleaned document in order: disjoint, none blank, nothing but white space between."""
    tree = parse(text)
    pieces = [p for p in _node_pieces(text, tree, ()) if text[p.start : p.end].strip()]
    return [_trimmed(text, span) for span in _packed(text, pieces)]


def section_label(path: Sequence[str]) -> str:
    """The heading path as printed: parts joined by ``›``, outermost first."""
    return SECTION_SEPARATOR.join(path)


def _node_pieces(text: str, node: Node, path: tuple[str, ...]) -> Iterator[_Piece]:
    """The pieces of a node; what stands before its first child belongs to the node itself."""
    size = node.end - node.start
    named = node.kind in {"section", "clause"} or (node.kind == "item" and size > _NAMED_ITEM_CHARS)
    own = (*path, heading_of(text, node)) if named else path
    if node.kind == "clause" and size <= WHOLE_UNIT_CHARS:
        yield _Piece(node.start, node.end, section_label(own), "clause", closed=True)
        return
    if node.kind == "item" and _NAMED_ITEM_CHARS < size <= LIMIT_CHARS:
        yield _Piece(node.start, node.end, section_label(own), "paragraph", closed=True)
        return
    position = node.start
    for _, members in groupby(node.children, key=lambda child: child.group):
        group = list(members)
        start, end = group[0].start, group[-1].end
        lead = _lead_in(text, position, start)
        if _is_list(group) and end - lead <= LIST_CHARS:
            yield from _running_text(text, position, lead, section_label(own))
            yield _Piece(lead, end, section_label(own), "list", closed=end - lead > _TINY_CHARS)
        else:
            yield from _running_text(text, position, start, section_label(own))
            for child in group:
                yield from _node_pieces(text, child, own)
        position = end
    yield from _running_text(text, position, node.end, section_label(own))


def _is_list(group: Sequence[Node]) -> bool:
    return len(group) > 1 and all(n.kind == "item" for n in group)


def _lead_in(text: str, start: int, end: int) -> int:
    """Where the sentence that announces a list begins: the last one before it."""
    window = max(start, end - LIMIT_CHARS)
    spans = split_sentences(text, window, end)
    if not spans:
        return end
    last = spans[-1]
    # A sentence cut open by the list itself («表现在四个方面:一是…») leads in as much as a whole one.
    return last[0] if end - last[0] <= LIMIT_CHARS // 2 else end


def _running_text(text: str, start: int, end: int, section: str) -> Iterator[_Piece]:
    for line_start, line_end in split_lines(text, start, end):
        if is_row(text, line_start, line_end):
            yield from (_Piece(*span, section, "table") for span in _hard_cut(text, line_start, line_end))
            continue
        for span in _short_spans(text, line_start, line_end):
            yield _Piece(*span, section, "paragraph")


def _short_spans(text: str, start: int, end: int) -> Iterator[Span]:
    """Sentences of a line; one longer than a passage may be is cut at semicolons, commas, or anywhere."""
    for sentence in split_sentences(text, start, end):
        if sentence[1] - sentence[0] <= LIMIT_CHARS:
            yield sentence
            continue
        for segment in split_segments(text, *sentence):
            yield from _hard_cut(text, *segment)


def _hard_cut(text: str, start: int, end: int) -> Iterator[Span]:
    while end - start > LIMIT_CHARS:
        stop = max(text.rfind(mark, start + TARGET_CHARS, start + LIMIT_CHARS) for mark in "，,、：: 　")
        stop = stop + 1 if stop > 0 else start + LIMIT_CHARS
        yield start, stop
        start = stop
    if end > start:
        yield start, end


def _packed(text: str, pieces: Sequence[_Piece]) -> Iterator[PassageSpan]:
    """Neighbouring pieces of one section joined up to the target; a heading is joined to what follows."""
    pack: list[_Piece] = []
    for piece in pieces:
        if pack and not _joins(text, pack, piece):
            kept, carried = _parted(text, pack, piece)
            yield _span(kept)
            pack = carried
        pack.append(piece)
    if pack:
        yield _span(pack)


def _parted(text: str, pack: list[_Piece], piece: _Piece) -> tuple[list[_Piece], list[_Piece]]:
    """The pack, and of it the short last sentence that rather opens what follows."""
    last = pack[-1]
    opens = last.end - last.start <= _OPENING_CHARS and _OPENING.match(text, last.start)
    alike = piece.section == last.section and not piece.closed and not last.closed
    if len(pack) > 1 and opens and alike:
        return pack[:-1], [last]
    return pack, []


def _joins(text: str, pack: Sequence[_Piece], piece: _Piece) -> bool:
    start, last = pack[0].start, pack[-1]
    size = piece.end - start
    heading_only = last.end - start <= _TINY_CHARS and not _ends_sentence(text, last.end)
    if heading_only and not last.closed and _within(last.section, piece.section):
        return size <= (WHOLE_UNIT_CHARS if piece.closed else LIMIT_CHARS)
    tiny_opening = last.end - start <= _TINY_CHARS and not last.closed and piece.kind == "list"
    if tiny_opening and piece.section == last.section:
        return size <= LIST_CHARS
    if piece.closed or last.closed or piece.section != last.section:
        return False
    tiny_rest = piece.end - piece.start <= _TINY_CHARS and size <= TARGET_CHARS + _TINY_CHARS
    return size <= TARGET_CHARS or tiny_rest


def _within(outer: str, inner: str) -> bool:
    return inner == outer or inner.startswith(outer + SECTION_SEPARATOR) or not outer


def _ends_sentence(text: str, end: int) -> bool:
    return text[max(0, end - 8) : end].rstrip()[-1:] in set("。！？!?；;”’」』")


def _span(pack: Sequence[_Piece]) -> PassageSpan:
    kinds = {p.kind for p in pack}
    kind = pack[-1].kind if len(kinds) == 1 or pack[-1].closed else "paragraph"
    return PassageSpan(pack[0].start, pack[-1].end, pack[-1].section, kind)


def _trimmed(text: str, span: PassageSpan) -> PassageSpan:
    start, end = span.start, span.end
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return PassageSpan(start, end, span.section, span.kind)
