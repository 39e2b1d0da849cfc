"""The extractive answerer: whole sentences and list items of the corpus, chosen for the question asked.

It never writes a word of its own. A draft names stretches of documents; what they say is read from the
documents themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.answering.fitness import explains, holds, holds_phrase, members, names_parts
from bot.answering.kinds import Asked
from bot.answering.support import ContentTerm, Credits, Wording, credits_of, share_covered
from bot.answering.view import DocumentView, Unit
from retrieval.definitions import defines_in_key
from retrieval.normalise import heading_key
from retrieval.occurrences import is_followed
from retrieval.records import Passage
from retrieval.retriever import Ranked

PASSAGES_READ = 8
"""Sentences are taken from this many of the best passages."""
SHORT_CHARS = 220
"""An answer of running text is kept to about this length."""
OPEN_CHARS = 380
"""A sentence that announces what follows may take it along up to this length."""
CLAUSE_CHARS = 260
"""A clause up to this length is given whole."""

_WHOLE_ITEM_KINDS = frozenset({"how", "why", "definition"})
_SHORT_KINDS = frozenset({"number", "period", "date", "place", "person", "blank"})
# An explanation shorter than this takes its next sentence along.
_BRIEF_CHARS = 90
_HEAD_CHARS = 60
_ITEM_CHARS = 300
# Beyond this length a sentence covers words by chance; a tenth of a mark for 120 characters more.
_PLAIN_CHARS = 120
# A neighbour that is nearly as good as the best sentence belongs to the answer.
_OPENING_CHARS = 14
# A heading that the question repeats word for word, from this many characters on.
_NAME_CHARS = 5
_NAMED = 0.3
_MEANS = ("方式", "形式", "办法", "方法")
_SPELT_OUT = 0.3
_SPOKEN = 0.25
_OUT_OF_TIME = 0.15
_OF_RANK = 0.05
_NEIGHBOUR_SHARE = 0.9

_CARRIES_ON = re.compile(r"如|比如|例如|譬如|即|其中|具体|也就是|包括|主要|同时|一是|首先|要(?!求)|并")
_LEANS_BACK = re.compile(
    r"其(?!他|它|余|中|次)|这(?:种|个|些|样|一)|该|他们|它们|她们|上述|此(?:举|外|类)|对此|为此|因此"
)
# A conclusion: the reason stands before it.
_CONCLUDES = re.compile(r"我们|要|必须|所以|因此|为此|这就")
_LABEL = re.compile(r"^\s*(?:#+\s*)?(?:第\d+条|[((]?\d{1,2}[))、.．])\s*")
_NUMBER_NEAR = re.compile(r"[^，。,;；、\d]{0,6}\d")
_SERIES_LABEL = re.compile(
    rf"{_LABEL.pattern}|^\s*(?:第?\d+(?:是|要|方面)?[、,，]?|首先|其次|再次|最后)[,，]?"
)
_EXAMPLE = re.compile(r"(?:如|比如|例如|譬如|像)")
_ASKS_EXAMPLES = re.compile(r"例子|举例|哪些做法|比如|实例|案例")
_REASONING = re.compile(r"因为|由于|因此|所以|是为了|为了|就会|否则|只有|原因|如果|不仅|使得|造成|导致|从而")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a document that becomes one quote, and the passage that led to it."""

    passage: Passage
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What the extractive answerer proposes.

    ``mark`` ranks drafts among each other; ``items`` counts the members of a list, 0 for running text;
    ``is_spelt_out`` tells that they are the members of the counting name asked about.
    ``pieces`` are in reading order and belong to ``passage``'s document, apart from those of ``also``.
    """

    passage: Passage
    pieces: tuple[Piece, ...]
    mark: float
    items: int = 0
    is_spelt_out: bool = False

    @property
    def is_list(self) -> bool:
        return self.items > 0


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

    @property
    def preference(self) -> float:
        """What its edition and its rank add to the mark of whatever is drawn from it."""
        if self.ranked.out_of_time:
            return -_OUT_OF_TIME
        return _OF_RANK if self.ranked.parts.authority > 0 else 0.0

    def context(self) -> str:
        """Search key of what stands above the passage: the title and the headings."""
        return heading_key(f"{self.passage.document.title}\n{self.passage.section}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The question as the answerer weighs texts by it."""

    asked: Asked
    terms: tuple[ContentTerm, ...]
    wording: Wording
    key: str


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What stands around the sentences of a passage, read once for all of them."""

    context: str
    above: Credits
    whole: Credits

    @classmethod
    def of(cls, wanted: Wanted, source: Source) -> _Surroundings:
        context = source.context()
        whole = source.view.key(source.passage.start, source.passage.end)
        return cls(context, credits_of(wanted.terms, context), credits_of(wanted.terms, whole))


def sentence_drafts(wanted: Wanted, sources: Sequence[Source]) -> Iterator[Draft]:
    """From each source the sentence that answers best, with the neighbours it needs."""
    for source in sources:
        units = [u for u in source.view.within(source.passage.start, source.passage.end) if not u.is_heading]
        if not units:
            continue
        around = _Surroundings.of(wanted, source)
        marks = {unit.start: _mark(wanted, source, unit, around) for unit in units}
        draft = _grown(wanted, source, _best(units, marks), marks)
        if wanted.asked.kind in _SHORT_KINDS and not _holds_fact(wanted, source, draft):
            # The sentence that names the subject is not always the one that tells the fact.
            telling = [u for u in units if holds(wanted.asked, source.view.key(u.start, u.end))]
            draft = _grown(wanted, source, _best(telling, marks), marks) if telling else draft
        yield draft


def _best(units: Sequence[Unit], marks: dict[int, float]) -> Unit:
    return max(units, key=lambda u: (marks[u.start], -u.start))


def _holds_fact(wanted: Wanted, source: Source, draft: Draft) -> bool:
    return any(holds(wanted.asked, source.view.key(piece.start, piece.end)) for piece in draft.pieces)


def _mark(wanted: Wanted, source: Source, unit: Unit, around: _Surroundings) -> float:
    """How well one sentence answers: its own coverage first, then its surroundings and its form."""
    asked, terms = wanted.asked, wanted.terms
    text = source.view.text
    key = source.view.key(unit.start, unit.end)
    said = credits_of(terms, key)
    body = credits_of(terms, _body_key(source.view, unit))
    own = share_covered(terms, [(said, 1.0), (body, 0.9), (around.above, 0.7)])
    near = share_covered(terms, [(said, 1.0), (around.whole, 0.8), (around.above, 0.7)])
    literal = 0.5 if asked.kind == "blank" else 0.15
    mark = 0.4 * own + 0.2 * near + 0.3 * source.score + literal * wanted.wording.share(key)
    mark -= 0.08 / 120 * max(0, unit.end - unit.start - _PLAIN_CHARS)
    if asked.kind in _SHORT_KINDS:
        mark += 0.15 if holds(asked, key) else -0.15
        mark += 0.1 if _beside_a_number(terms, key) else 0.0
        mark += 0.15 if asked.deed and asked.deed in key else 0.0
        mark += 0.08 if _is_about(terms, key) else 0.0
    if asked.kind not in _SHORT_KINDS and _is_named(wanted, source.view, unit):
        mark += _NAMED
    if asked.subject and asked.kind in {"definition", "list"}:
        mark += _explanation_bonus(asked.subject, key, around.context)
    if asked.kind == "list":
        mark += _enumeration_bonus(key, asked.count)
        mark += 0.15 if asked.count and asked.noun and key.count(asked.noun) >= asked.count else 0.0
        # The lead-in of a list answers only together with its list, which is a draft of its own.
        mark -= 0.2 if unit.start in source.view.leads else 0.0
        mark += 0.12 if asked.noun and _announces(asked.noun, key) else 0.0
        mark += 0.25 if asked.noun and _sums_up(asked.noun, key) else 0.0
    if asked.speech and text[unit.start] == "“":
        mark += _SPOKEN
    if asked.whole and names_parts(key, asked.whole):
        mark += _SPELT_OUT
    if asked.characters:
        mark += _SPELT_OUT if holds_phrase(key, asked.characters) else 0.0
    if asked.kind == "why" and _REASONING.search(key):
        mark += 0.08
    if _ASKS_EXAMPLES.search(wanted.key) and _EXAMPLE.match(text, unit.start):
        mark += 0.2
    return mark


def _announces(noun: str, key: str) -> bool:
    """Whether a sentence says outright what the things asked for are: 困难:…, 存在着…不够的问题."""
    if noun not in key:
        return False
    name = re.escape(noun)
    return bool(re.search(rf"{name}[^，。]{{0,4}}:|存在(?!诸多|很多|许多|哪些)[^，。]{{4,24}}{name}", key))


def _sums_up(noun: str, key: str) -> bool:
    """Whether a sentence names the things asked for in a row or as a means: A、B等板块, 采取投票方式."""
    row = rf"、[^，。,;；、]{{1,14}}?(?:等|等?\d[个种项类大]){re.escape(noun)}"
    means = rf"(?:采取|采用|以|通过)[^，。,;；]{{2,20}}{noun[-2:]}" if noun.endswith(_MEANS) else row
    return bool(re.search(f"{row}|{means}", key))


def _body_key(view: DocumentView, unit: Unit) -> str:
    """Search key of the item that a heading sentence stands for; empty for any other sentence."""
    if not _is_head(unit) or unit.start != unit.node.start:
        return ""
    if unit.node.kind == "clause" and unit.node.end - unit.node.start > CLAUSE_CHARS:
        return ""  # only a part of it will be given
    return view.key(unit.start, min(unit.node.end, unit.start + _ITEM_CHARS))


def _is_about(terms: Sequence[ContentTerm], key: str) -> bool:
    """Whether a sentence begins with the word that says most of what the question is about."""
    heaviest = max(terms, key=lambda t: t.weight, default=None)
    opening = _LABEL.sub("", key)[:_OPENING_CHARS]
    return heaviest is not None and heaviest.text in opening


def _beside_a_number(terms: Sequence[ContentTerm], key: str) -> bool:
    """Whether a content word stands right before a number, as in 预备期为1年."""
    return any(is_followed(t.text, key, _NUMBER_NEAR) for t in terms if t.weight > 1)


def _explanation_bonus(subject: str, key: str, context: str) -> float:
    if defines_in_key(key, subject):
        return 0.45
    return 0.25 if explains(key, context, subject) else 0.0


def _enumeration_bonus(key: str, count: int) -> float:
    """What a sentence gains by being a list in itself, and one of the size that is asked for."""
    counts = members(key)
    if count:
        return 0.3 if count in counts else -0.15
    return 0.1 if max(counts, default=0) >= 3 else 0.0


def _grown(wanted: Wanted, source: Source, best: Unit, marks: dict[int, float]) -> Draft:
    """The best sentence, and its neighbours where they say what it leaves open."""
    whole = _clause_span(wanted, source, best) or _item_span(wanted, source, best)
    start, end = whole or _sentence_span(wanted, source, best, marks)
    if wanted.asked.kind not in _SHORT_KINDS:
        end = _series_end(source.view, start, end)
    mark = marks[best.start] + source.preference
    return Draft(source.passage, (Piece(source.passage, start, end),), mark)


def _clause_span(wanted: Wanted, source: Source, best: Unit) -> tuple[int, int] | None:
    """The whole clause (条) around a sentence, where it is short and an explanation is wanted."""
    passage = source.passage
    if passage.kind != "clause" or wanted.asked.kind in _SHORT_KINDS:
        return None
    clause = next((node for node in reversed(best.path) if node.kind == "clause"), None)
    if clause is None or clause.end - clause.start > CLAUSE_CHARS:
        return None
    return clause.start, _trimmed_end(source.view.text, clause.start, clause.end)


def _item_span(wanted: Wanted, source: Source, best: Unit) -> tuple[int, int] | None:
    """The whole list item around a sentence, where it is short and an explanation is wanted."""
    node = best.node
    is_named = wanted.asked.kind not in _SHORT_KINDS and _is_named(wanted, source.view, best)
    if node.kind != "item" or not (is_named or wanted.asked.kind in _WHOLE_ITEM_KINDS):
        return None
    size = node.end - node.start
    if size > (OPEN_CHARS if is_named else SHORT_CHARS) or size == best.end - best.start:
        return None
    return node.start, _trimmed_end(source.view.text, node.start, node.end)


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
            return _trimmed_end(view.text, start, listing.end)
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
    explaining = wanted.asked.kind not in _SHORT_KINDS
    return explaining and marks.get(unit.start, 0.0) >= _NEIGHBOUR_SHARE * marks[best.start]


def _gain(wanted: Wanted, view: DocumentView, covered: frozenset[ContentTerm], unit: Unit) -> float:
    """Share of the question's weight that a sentence adds to what is covered already."""
    adds = _covered(wanted, view, unit) - covered
    return sum(t.weight for t in adds) / (sum(t.weight for t in wanted.terms) or 1)


def _carries_on(wanted: Wanted, text: str, unit: Unit, following: Unit, size: int) -> bool:
    """Whether the next sentence of the same paragraph carries on what an explaining answer began."""
    if wanted.asked.kind in _SHORT_KINDS or "\n" in text[unit.end : following.start]:
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


def _is_head(unit: Unit) -> bool:
    """Whether a sentence is the heading of an item: short, and the first of it."""
    size = unit.end - unit.start
    return size <= 15 or (size <= _HEAD_CHARS and unit.start == unit.node.start)


def _is_named(wanted: Wanted, view: DocumentView, unit: Unit) -> bool:
    """Whether a sentence is the heading of an item, and the question asks about the very words of it."""
    if unit.node.kind != "item" or unit.start != unit.node.start or not _is_head(unit):
        return False
    head = _SERIES_LABEL.sub("", view.key(unit.start, unit.end)).strip("。:： \n,，;；")
    return len(head) >= _NAME_CHARS and head in wanted.key


def _heads(text: str, unit: Unit, following: Unit) -> bool:
    """Whether a sentence is the heading of what follows it, and not a short item that is complete."""
    return _is_head(unit) and (following.start < unit.node.end or text[unit.end - 1] not in "。！？!?")


def _trimmed_end(text: str, start: int, end: int) -> int:
    while end > start and text[end - 1].isspace():
        end -= 1
    return end
