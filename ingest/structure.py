"""The tree of a cleaned document: chapters, clauses, headed sections and lists, by offsets.

Enumerators are taken as structure only where they count up: 一、 needs no partner as a heading line, but
一是 without 二是 is running text. The tree never holds text of its own; it points into the document.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ingest.markers import NEXT, Marker, find_markers, is_heading_line
from retrieval.sentences import split_lines, split_sentences

NodeKind = Literal["document", "section", "clause", "item"]

_CLAUSE_RANK = 3
# A group of enumerators may miss a few numbers (a hole is a warning elsewhere, not the end of the list).
_HOLE_MAX = 3
_ANNOUNCEMENT_MAX = 300
_FAMILY_ALIASES = {"first": "is", "its": "is", "bare": "decimal"}


@dataclass(frozen=True, slots=True)
class Node:
    """A stretch of the document that belongs together.

    ``[start, end)`` is the whole; ``[start, heading_end)`` its heading, empty where there is none;
    ``label_end`` ends the enumerator. ``children`` are in order and disjoint; consecutive children with
    the same ``group`` are one list. ``group`` is unique in the document.
    """

    kind: NodeKind
    start: int
    end: int
    label_end: int
    heading_end: int
    family: str = ""
    ordinal: int = 0
    group: int = -1
    children: tuple[Node, ...] = ()

    def walk(self) -> Iterator[Node]:
        """The node and all below it, in reading order."""
        yield self
        for child in self.children:
            yield from child.walk()


def parse(text: str) -> Node:
    """The tree of a cleaned document; its root spans the whole text."""
    return _Parser(text).document()


@dataclass(frozen=True, slots=True)
class _Group:
    members: tuple[Marker, ...]
    end: int


class _Parser:
    """One pass over the markers; every look-up is by bisection, so long documents stay linear."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.markers = _of_one_list(_with_plain_headings(text, find_markers(text)))
        self.starts = [m.start for m in self.markers]
        self.by_family: dict[str, list[int]] = defaultdict(list)
        for index, marker in enumerate(self.markers):
            self.by_family[_family(marker)].append(index)
        self.decimals = [index for index, marker in enumerate(self.markers) if marker.parts]
        self.groups = 0

    def document(self) -> Node:
        size = len(self.text)
        return Node("document", 0, size, 0, 0, children=tuple(self._children(0, size)))

    def _children(self, start: int, end: int) -> list[Node]:
        nodes: list[Node] = []
        index = bisect.bisect_left(self.starts, start)
        while index < len(self.markers) and self.starts[index] < end:
            group = self._group(index, end)
            if group is None:
                index += 1
                continue
            nodes += self._nodes(group)
            index = bisect.bisect_left(self.starts, max(group.end, self.starts[index] + 1))
        return nodes

    def _group(self, index: int, end: int) -> _Group | None:
        """The list that begins with this marker inside ``end``, or ``None`` where it is running text."""
        first = self.markers[index]
        limit = self._interruption(index, end)
        members = [first]
        ordinal = first.ordinal
        position = index
        while True:
            foreign = self._next_foreign(position, limit)
            following = self._successor(position, ordinal, limit)
            if following is None or self.starts[following[0]] > foreign:
                limit = foreign
                break
            position, ordinal = following
            members.append(self.markers[position])
        if len(members) == 1 and not _stands_alone(first):
            return None
        return _Group(tuple(members), self._group_end(members, limit))

    def _interruption(self, index: int, end: int) -> int:
        """Where a marker that must stand above this one begins, or ``end``."""
        marker = self.markers[index]
        inline_end = end if marker.at_line or marker.rank < 9 else _line_end(self.text, marker.start, end)
        limit = inline_end
        for family, rank in (("part", 0), ("chapter", 1), ("paragraph", 2), ("clause", 3)):
            if rank < marker.rank:
                limit = min(limit, self._next_of(family, index, limit))
        if marker.rank > 4 and not marker.is_heading:
            limit = min(limit, self._next_heading(marker, index, limit))
        return limit

    def _next_of(self, family: str, index: int, end: int) -> int:
        indices = self.by_family.get(family, [])
        at = bisect.bisect_right(indices, index)
        return min(end, self.starts[indices[at]]) if at < len(indices) else end

    def _next_heading(self, marker: Marker, index: int, end: int) -> int:
        """Where the next headed section of higher rank begins: it ends any list of running text."""
        for other in self.markers[index + 1 : index + 40]:
            if other.start >= end:
                break
            if other.rank < marker.rank and (other.is_heading or other.family == "han"):
                return other.start
        return end

    def _next_foreign(self, position: int, end: int) -> int:
        """Where the next decimal number begins that is not below this: 2.2, or 2.2.1 without 2.2."""
        own = self.markers[position].parts
        if not own:
            return end
        for later in self.decimals[bisect.bisect_right(self.decimals, position) :]:
            other = self.markers[later]
            if other.start >= end:
                break
            if other.parts[: len(own)] != own:
                return other.start
        return end

    def _successor(self, position: int, ordinal: int, limit: int) -> tuple[int, int] | None:
        current = self.markers[position]
        indices = self.by_family[_family(current)]
        at = bisect.bisect_right(indices, position)
        nested_last = 0
        for later in indices[at : at + 400]:
            marker = self.markers[later]
            if marker.start >= limit:
                return None
            # What is missing between the numbers printed is not for us to say.
            are_headings = marker.is_heading and current.is_heading and marker.ordinal > 1
            if marker.rank <= _CLAUSE_RANK or are_headings:
                return later, marker.ordinal
            wanted = ordinal + 1 if marker.ordinal == NEXT else marker.ordinal
            if nested_last and wanted == nested_last + 1 and wanted != 1:
                nested_last = wanted
            elif wanted == 1 and ordinal >= 1:
                nested_last = 1
            elif ordinal < wanted <= ordinal + (_HOLE_MAX if marker.at_line else 1):
                return later, wanted
        return None

    def _group_end(self, members: Sequence[Marker], limit: int) -> int:
        last = members[-1]
        if last.is_heading or last.family in {"part", "chapter", "paragraph", "clause"}:
            return limit
        line_end = _line_end(self.text, last.start, limit)
        if not last.at_line and _short_items(self.text, members):
            return _first_sentence_end(self.text, last.start, line_end)
        return _before_announcement(self.text, last.start, line_end)

    def _nodes(self, group: _Group) -> list[Node]:
        self.groups += 1
        number = self.groups
        ends = [m.start for m in group.members[1:]] + [group.end]
        nodes = []
        for marker, end in zip(group.members, ends, strict=True):
            body = max(marker.heading_end, marker.label_end)
            nodes.append(
                Node(
                    _kind(marker),
                    marker.start,
                    end,
                    marker.label_end,
                    marker.heading_end if marker.is_heading else marker.start,
                    _family(marker),
                    marker.ordinal,
                    number,
                    tuple(self._children(body, end)),
                )
            )
        return nodes


def _of_one_list(markers: list[Marker]) -> list[Marker]:
    """The markers; one that opens a sentence goes with the heading that counts right before it.

    ``（一）填写借用单`` reads as a heading, and yet ``（二）由管理员签字，…。`` stands beside it, not below.
    """
    last: dict[str, Marker] = {}
    found = []
    for marker in markers:
        before = last.get(marker.family)
        follows = before is not None and before.goes_with_headings and marker.ordinal == before.ordinal + 1
        if marker.at_line and not marker.is_heading and follows and marker.rank > _CLAUSE_RANK:
            marker = replace(marker, beside_headings=True)
        if marker.rank <= _CLAUSE_RANK:
            last.clear()
        last[marker.family] = marker
        found.append(marker)
    return found


def _family(marker: Marker) -> str:
    family = _FAMILY_ALIASES.get(marker.family, marker.family)
    if family == "decimal":
        family = f"decimal{marker.depth}"
    return f"{family}-heading" if marker.goes_with_headings and marker.rank > _CLAUSE_RANK else family


def _kind(marker: Marker) -> NodeKind:
    if marker.family == "clause":
        return "clause"
    return "section" if marker.is_heading or marker.rank < _CLAUSE_RANK else "item"


def _stands_alone(marker: Marker) -> bool:
    """Whether one such enumerator is structure even without a second one."""
    return marker.rank <= _CLAUSE_RANK or marker.is_heading


def _line_end(text: str, start: int, limit: int) -> int:
    newline = text.find("\n", start, limit)
    return limit if newline < 0 else newline


def _first_sentence_end(text: str, start: int, limit: int) -> int:
    spans = split_sentences(text, start, min(limit, start + 2000))
    return spans[0][1] if spans else limit


def _before_announcement(text: str, start: int, end: int) -> int:
    """The end of a last item without a sentence that announces the next list: «…。最终商议为:»."""
    if text[max(start, end - 2) : end].rstrip()[-1:] not in {":", "："}:
        return end
    spans = split_sentences(text, max(start, end - _ANNOUNCEMENT_MAX), end)
    return spans[-1][0] if len(spans) > 1 else end


def _short_items(text: str, members: Sequence[Marker]) -> bool:
    """Whether the items of an inline list are one sentence or less each, so that the last one is too."""
    stops = [m.start for m in members[1:]]
    return all(
        len(split_sentences(text, m.start, stop)) <= 1 for m, stop in zip(members, stops, strict=False)
    )


def _with_plain_headings(text: str, markers: list[Marker]) -> list[Marker]:
    """The markers and, beside them, unnumbered heading lines: a short line before running text."""
    marked = {m.start for m in markers}
    lines = split_lines(text)
    plain = []
    for index, (start, end) in enumerate(lines[:-1]):
        following = lines[index + 1]
        short = end - start <= 30 and is_heading_line(text, start, end) and " | " not in text[start:end]
        longer = following[1] - following[0] > 60
        if index and short and longer and start not in marked:
            plain.append(Marker(start, start, end, "plain", 12, 1))
    return sorted([*markers, *plain], key=lambda m: m.start)


def heading_of(text: str, node: Node, *, limit: int = 40) -> str:
    """A short name of the node for a heading path: its heading, or its label with the first words."""
    if node.heading_end > node.start:
        name = text[node.start : node.heading_end]
    elif node.kind == "clause":
        name = text[node.start : node.label_end]
    else:
        name = text[node.start : _first_phrase_end(text, node)]
    name = " ".join(name.lstrip("#").split())
    return name if len(name) <= limit else name[: limit - 1] + "…"


def _first_phrase_end(text: str, node: Node) -> int:
    stop = min(node.end, node.start + 60)
    for position in range(node.label_end + 1, stop):
        if text[position] in "。；;：:，,！？\n":
            return position
    return stop
