"""The extractive answerer: whole sentences and list items of the corpus, chosen for the question asked.

It never writes a word of its own. A draft names stretches of documents; what they say is read from the
documents themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.answering.drafts import Draft, Piece, Source, Wanted
from bot.answering.fitness import holds
from bot.answering.marking import CLAUSE_CHARS, SHORT_KINDS, Surroundings, is_head, is_named, mark_of
from bot.answering.support import ContentTerm
from bot.answering.view import DocumentView, Unit, trimmed_end

PASSAGES_READ = 8
"""Sentences are taken from this many of the best passages."""
SHORT_CHARS = 220
"""An answer of running text is kept to about this length."""
OPEN_CHARS = 380
"""A sentence that announces what follows may take it along up to this length."""

_WHOLE_ITEM_KINDS = frozenset({"how", "why", "definition"})
# An explanation shorter than this takes its next sentence along.
_BRIEF_CHARS = 90
# A neighbour that is nearly as good as the best sentence belongs to the answer.
_NEIGHBOUR_SHARE = 0.9

_CARRIES_ON = re.compile(r"如|比如|例如|譬如|即|其中|具体|也就是|包括|主要|同时|一是|首先|要(?!求)|并")
_LEANS_BACK = re.compile(
    r"其(?!他|它|余|中|次)|这(?:种|个|些|样|一)|该|他们|它们|她们|上述|此(?:举|外|类)|对此|为此|因此"
)
# A conclusion: the reason stands before it.
_CONCLUDES = re.compile(r"我们|要|必须|所以|因此|为此|这就")


def sentence_drafts(wanted: Wanted, sources: Sequence[Source]) -> Iterator[Draft]:
    """From each source the sentence that answers best, with the neighbours it needs."""
    for source in sources:
        units = [u for u in source.view.within(source.passage.start, source.passage.end) if not u.is_heading]
        if not units:
            continue
        around = Surroundings.of(wanted, source)
        marks = {unit.start: mark_of(wanted, source, unit, around) for unit in units}
        draft = _grown(wanted, source, _best(units, marks), marks)
        if wanted.asked.kind in SHORT_KINDS and not _holds_fact(wanted, source, draft):
            # The sentence that names the subject is not always the one that tells the fact.
            telling = [u for u in units if holds(wanted.asked, source.view.key(u.start, u.end))]
            draft = _grown(wanted, source, _best(telling, marks), marks) if telling else draft
        yield draft


def _best(units: Sequence[Unit], marks: dict[int, float]) -> Unit:
    return max(units, key=lambda u: (marks[u.start], -u.start))


def _holds_fact(wanted: Wanted, source: Source, draft: Draft) -> bool:
    return any(holds(wanted.asked, source.view.key(piece.start, piece.end)) for piece in draft.pieces)


def _grown(wanted: Wanted, source: Source, best: Unit, marks: dict[int, float]) -> Draft:
    """The best sentence, and its neighbours where they say what it leaves open."""
    whole = _clause_span(wanted, source, best) or _item_span(wanted, source, best)
    start, end = whole or _sentence_span(wanted, source, best, marks)
    if wanted.asked.kind not in SHORT_KINDS:
        end = _series_end(source.view, start, end)
    mark = marks[best.start] + source.preference
    return Draft(source.passage, (Piece(source.passage, start, end),), mark)


def _clause_span(wanted: Wanted, source: Source, best: Unit) -> tuple[int, int] | None:
    """The whole clause (条) around a sentence, where it is short and an explanation is wanted."""
    passage = source.passage
    if passage.kind != "clause" or wanted.asked.kind in SHORT_KINDS:
        return None
    clause = next((node for node in reversed(best.path) if node.kind == "clause"), None)
    if clause is None or clause.end - clause.start > CLAUSE_CHARS:
        return None
    return clause.start, trimmed_end(source.view.text, clause.start, clause.end)


def _item_span(wanted: Wanted, source: Source, best: Unit) -> tuple[int, int] | None:
    """The whole list item around a sentence, where it is short and an explanation is wanted."""
    node = best.node
    named = wanted.asked.kind not in SHORT_KINDS and is_named(wanted, source.view, best)
    if node.kind != "item" or not (named or wanted.asked.kind in _WHOLE_ITEM_KINDS):
        return None
    size = node.end - node.start
    if size > (OPEN_CHARS if named else SHORT_CHARS) or size == best.end - best.start:
        return None
    return node.start, trimmed_end(source.view.text, node.start, node.end)


def _sentence_span(wanted: Wanted, source: Source, best: Unit, marks: dict[int, float]) -> tuple[int, int]:
    view = source.view
    first = last = best
    while (before := view.before(first.start)) and _leans_on(wanted, view, before, first):
        if last.end - before.start > SHORT_CHARS:
            break
        first = before
    covered = _covered(wanted, view, best)
    while following := view.after(last):
        opens = _opens(view.text, last) or (last is best and _heads(view.text, last, following))
        if following.is_heading or following.end - first.start > (OPEN_CHARS if opens else SHORT_CHARS):
            break
        if not opens and following.start in view.leads:
            break  # the lead-in of a list that is not taken along would be left hanging
        gain = _gain(wanted, view, covered, following)
        carries_on = _carries_on(wanted, view.text, last, following, last.end - first.start)
        adds = (
            gain >= 0.15 or (wanted.asked.parts > 1 and gain > 0) or _is_near(wanted, marks, following, best)
        )
        inside = following.start < source.passage.end
        if not (opens or carries_on or (adds and inside)):
            break
        last = following
        covered |= _covered(wanted, view, following)
    while (before := view.before(first.start)) and not before.is_heading and before.node is first.node:
        if last.end - before.start > SHORT_CHARS or not _is_near(wanted, marks, before, best):
            break
        first = before
    return first.start, last.end


def _series_end(view: DocumentView, start: int, end: int) -> int:
    """The end of the list that a stretch announces and has begun, where the whole of it is short."""
    for listing in view.listings:
        begun = start <= listing.lead_start < listing.items[0].start < end < listing.end
        if begun and listing.end - start <= OPEN_CHARS:
            return trimmed_end(view.text, start, listing.end)
    return end


def _leans_on(wanted: Wanted, view: DocumentView, before: Unit, first: Unit) -> bool:
    """Whether a sentence cannot be understood without the one before it."""
    if before.is_heading or first.start == first.node.start or before.end > first.start:
        return False
    if wanted.asked.kind == "why" and _CONCLUDES.match(view.text, first.start):
        return True
    return bool(_LEANS_BACK.match(view.text, first.start))


def _is_near(wanted: Wanted, marks: dict[int, float], unit: Unit, best: Unit) -> bool:
    """Whether a neighbour answers nearly as well, where more than a bare fact is wanted."""
    explaining = wanted.asked.kind not in SHORT_KINDS
    return explaining and marks.get(unit.start, 0.0) >= _NEIGHBOUR_SHARE * marks[best.start]


def _gain(wanted: Wanted, view: DocumentView, covered: frozenset[ContentTerm], unit: Unit) -> float:
    """Share of the question's weight that a sentence adds to what is covered already."""
    adds = _covered(wanted, view, unit) - covered
    return sum(t.weight for t in adds) / (sum(t.weight for t in wanted.terms) or 1)


def _carries_on(wanted: Wanted, text: str, unit: Unit, following: Unit, size: int) -> bool:
    """Whether the next sentence of the same paragraph carries on what an explaining answer began."""
    if wanted.asked.kind in SHORT_KINDS or "\n" in text[unit.end : following.start]:
        return False
    if wanted.asked.speech and text[unit.start] == text[following.start] == "“":
        return True
    opens_item = following.node not in unit.path
    return bool(_CARRIES_ON.match(text, following.start)) or (size < _BRIEF_CHARS and not opens_item)


def _covered(wanted: Wanted, view: DocumentView, unit: Unit) -> frozenset[ContentTerm]:
    key = view.key(unit.start, unit.end)
    return frozenset(t for t in wanted.terms if t.credit(key) >= 0.9)


def _opens(text: str, unit: Unit) -> bool:
    """Whether a sentence only announces what follows, or breaks off at the end of its line."""
    return bool(re.search(r"[:：;；,，、]\s*$", text[unit.start : unit.end]))


def _heads(text: str, unit: Unit, following: Unit) -> bool:
    """Whether a sentence is the heading of what follows it, and not a short item that is complete."""
    return is_head(unit) and (following.start < unit.node.end or text[unit.end - 1] not in "。！？!?")
