"""A document as answers are made of it: its units, its lists and its clauses, by offsets."""

from __future__ import annotations

import bisect
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

from bot.answering.tables import Table, tables_of
from ingest.structure import Node, heading_of, parse
from ingest.units import cut_units
from retrieval.reading.records import Unit
from retrieval.records import SECTION_SEPARATOR


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of the document: its items, and the unit that announces it (an empty span if none does).

    ``above`` is the innermost heading that it stands under.
    """

    lead_start: int
    lead_end: int
    items: tuple[Node, ...]
    above: str = ""

    @property
    def start(self) -> int:
        return self.lead_start

    @property
    def end(self) -> int:
        return self.items[-1].end


class DocumentView:
    """The units, lists and clauses of one document text; made once."""

    def __init__(self, text: str) -> None:
        self.text = text
        tree = parse(text)
        self.units = cut_units(text, tree)
        self._starts = [unit.start for unit in self.units]
        self.clauses = [node for node in tree.walk() if node.kind == "clause"]
        self._clause_starts = [node.start for node in self.clauses]
        self.listings = sorted(_listings(self, tree, ""), key=lambda each: each.end - each.items[0].start)

    @cached_property
    def tables(self) -> list[Table]:
        """The tables whose columns have names."""
        return tables_of(self.text, self.units)

    def within(self, start: int, end: int) -> list[Unit]:
        """The units that begin inside ``[start, end)``."""
        return self.units[bisect.bisect_left(self._starts, start) : bisect.bisect_left(self._starts, end)]

    def touching(self, start: int, end: int) -> list[Unit]:
        """The units that have any part inside ``[start, end)``."""
        first = max(0, bisect.bisect_right(self._starts, start) - 1)
        found = self.units[first : bisect.bisect_left(self._starts, end)]
        return found[1:] if found and found[0].end <= start else found

    def before(self, position: int) -> Unit | None:
        """The last unit that begins before ``position``."""
        index = bisect.bisect_left(self._starts, position) - 1
        return self.units[index] if index >= 0 else None

    def after(self, unit: Unit) -> Unit | None:
        """The unit that follows."""
        index = bisect.bisect_right(self._starts, unit.start)
        return self.units[index] if index < len(self.units) else None

    def said_after(self, unit: Unit) -> Unit | None:
        """The next unit that is no heading."""
        following = self.after(unit)
        while following is not None and following.kind == "heading":
            following = self.after(following)
        return following

    def section_at(self, position: int) -> str:
        """The headings above the unit at a place, as passages name theirs."""
        index = bisect.bisect_right(self._starts, position) - 1
        return SECTION_SEPARATOR.join(self.units[index].path) if index >= 0 else ""

    def lists_around(self, unit: Unit) -> Sequence[Listing]:
        """The lists that a unit announces or is of, the innermost first."""
        return [each for each in self.listings if each.lead_start <= unit.start < each.end]

    def clause_around(self, unit: Unit) -> Node | None:
        """The clause (条) that a unit is of."""
        index = bisect.bisect_right(self._clause_starts, unit.start) - 1
        return self.clauses[index] if index >= 0 and unit.start < self.clauses[index].end else None


def trimmed_end(text: str, start: int, end: int) -> int:
    """The end of a stretch without the white space at its end."""
    while end > start and text[end - 1].isspace():
        end -= 1
    return end


def _listings(view: DocumentView, node: Node, above: str) -> Iterator[Listing]:
    groups: OrderedDict[int, list[Node]] = OrderedDict()
    if node.heading_end > node.start:
        above = heading_of(view.text, node)
    begun: dict[int, int] = {}
    end = node.start
    for child in node.children:
        begun.setdefault(child.group, end)
        groups.setdefault(child.group, []).append(child)
        end = child.end
        yield from _listings(view, child, above)
    for group, members in groups.items():
        if len(members) > 1:
            lead = view.before(members[0].start)
            # What stands in front of the list, and is no part of another one.
            inside = lead is not None and lead.start >= begun[group]
            span = (lead.start, lead.end) if lead and inside else (members[0].start, members[0].start)
            yield Listing(*span, tuple(members), above)


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
