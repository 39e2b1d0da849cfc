"""A document as the answerer sees it: its tree and its sentences, each knowing where it stands."""

from __future__ import annotations

import bisect
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock

from ingest.structure import Node, parse
from retrieval.normalise import search_key
from retrieval.sentences import split_sentences


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence or a heading: the least that is ever quoted. ``path`` leads from the root to its node."""

    start: int
    end: int
    is_heading: bool
    path: tuple[Node, ...]

    @property
    def node(self) -> Node:
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of the document: its items and the sentence that announces it (empty span if none)."""

    lead_start: int
    lead_end: int
    items: tuple[Node, ...]
    path: tuple[Node, ...]

    @property
    def end(self) -> int:
        return self.items[-1].end


class DocumentView:
    """The tree, the units and the lists of one document text; built once, keys are remembered."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = parse(text)
        self.units = list(_units(text, self.tree, (self.tree,)))
        self._starts = [u.start for u in self.units]
        self._keys: dict[tuple[int, int], str] = {}
        self.listings = list(_listings(self, (self.tree,)))
        self.leads = frozenset(listing.lead_start for listing in self.listings)

    def key(self, start: int, end: int) -> str:
        """The search key of a stretch of the text."""
        span = (start, end)
        if span not in self._keys:
            self._keys[span] = search_key(self.text[start:end])
        return self._keys[span]

    def within(self, start: int, end: int) -> list[Unit]:
        """The units that begin inside ``[start, end)``."""
        return self.units[bisect.bisect_left(self._starts, start) : bisect.bisect_left(self._starts, end)]

    def before(self, position: int) -> Unit | None:
        """The last unit that begins before ``position``."""
        index = bisect.bisect_left(self._starts, position) - 1
        return self.units[index] if index >= 0 else None

    def after(self, unit: Unit) -> Unit | None:
        """The unit that follows."""
        index = bisect.bisect_right(self._starts, unit.start)
        return self.units[index] if index < len(self.units) else None


def trimmed_end(text: str, start: int, end: int) -> int:
    """The end of a stretch without the white space at its end."""
    while end > start and text[end - 1].isspace():
        end -= 1
    return end


def _units(text: str, node: Node, path: tuple[Node, ...]) -> Iterator[Unit]:
    """Headings and sentences in reading order, cut where a node or its heading begins or ends."""
    position = node.start
    if node.heading_end > node.start:
        yield Unit(node.start, node.heading_end, True, path)
        position = node.heading_end
    for child in node.children:
        yield from _sentences(text, position, child.start, path)
        yield from _units(text, child, (*path, child))
        position = child.end
    yield from _sentences(text, position, node.end, path)


def _sentences(text: str, start: int, end: int, path: tuple[Node, ...]) -> Iterator[Unit]:
    for span in split_sentences(text, start, end):
        yield Unit(*span, False, path)


def _listings(view: DocumentView, path: tuple[Node, ...]) -> Iterator[Listing]:
    groups: OrderedDict[int, list[Node]] = OrderedDict()
    for child in path[-1].children:
        groups.setdefault(child.group, []).append(child)
        yield from _listings(view, (*path, child))
    for members in groups.values():
        if len(members) > 1:
            lead = view.before(members[0].start)
            inside = lead is not None and lead.start >= path[-1].start
            span = (lead.start, lead.end) if lead and inside else (members[0].start, members[0].start)
            yield Listing(*span, tuple(members), path)


class ViewCache:
    """The last used views; equal texts of one document share one view."""

    def __init__(self, size: int = 64) -> None:
        self._size = size
        self._views: OrderedDict[tuple[str, str], DocumentView] = OrderedDict()
        self._lock = Lock()

    def get(self, document_id: str, version: str, read: Callable[[str], str]) -> DocumentView:
        """The view of a document in a version; ``read`` gives its text where it is not at hand."""
        key = (document_id, version)
        with self._lock:
            if key in self._views:
                self._views.move_to_end(key)
                return self._views[key]
        view = DocumentView(read(document_id))
        with self._lock:
            self._views[key] = view
            while len(self._views) > self._size:
                self._views.popitem(last=False)
        return view
