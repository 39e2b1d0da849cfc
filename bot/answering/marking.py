"""How well single sentences answer a question: a mark from the words they cover and the form they have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.answering.drafts import Source, Wanted
from bot.answering.fitness import explains, holds, holds_phrase, members, names_parts
from bot.answering.kinds import Asked
from bot.answering.support import ContentTerm, Credits, credits_of, share_covered
from bot.answering.view import DocumentView, Unit
from retrieval.definitions import defines_in_key
from retrieval.occurrences import is_followed

CLAUSE_CHARS = 260
"""A clause up to this length is given whole."""

SHORT_KINDS = frozenset({"number", "period", "date", "place", "person", "blank"})
_HEAD_CHARS = 60
_ITEM_CHARS = 300
# Beyond this length a sentence covers words by chance; a tenth of a mark for 120 characters more.
_PLAIN_CHARS = 120
_OPENING_CHARS = 14
# A heading that the question repeats word for word, from this many characters on.
_NAME_CHARS = 5
_NAMED = 0.3
_MEANS = ("方式", "形式", "办法", "方法")
_SPELT_OUT = 0.3
_SPOKEN = 0.25
_LABEL = re.compile(r"^\s*(?:#+\s*)?(?:第\d+条|[((]?\d{1,2}[))、.．])\s*")
_NUMBER_NEAR = re.compile(r"[^，。,;；、\d]{0,6}\d")
_SERIES_LABEL = re.compile(
    rf"{_LABEL.pattern}|^\s*(?:第?\d+(?:是|要|方面)?[、,，]?|首先|其次|再次|最后)[,，]?"
)
_EXAMPLE = re.compile(r"(?:如|比如|例如|譬如|像)")
_ASKS_EXAMPLES = re.compile(r"例子|举例|哪些做法|比如|实例|案例")
_REASONING = re.compile(r"因为|由于|因此|所以|是为了|为了|就会|否则|只有|原因|如果|不仅|使得|造成|导致|从而")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around the sentences of a passage, read once for all of them."""

    context: str
    above: Credits
    whole: Credits

    @classmethod
    def of(cls, wanted: Wanted, source: Source) -> Surroundings:
        context = source.context()
        whole = source.view.key(source.passage.start, source.passage.end)
        return cls(context, credits_of(wanted.terms, context), credits_of(wanted.terms, whole))


def mark_of(wanted: Wanted, source: Source, unit: Unit, around: Surroundings) -> float:
    """How well one sentence answers: its own coverage first, then its surroundings and its form."""
    asked, terms = wanted.asked, wanted.terms
    key = source.view.key(unit.start, unit.end)
    said = credits_of(terms, key)
    body = credits_of(terms, _body_key(source.view, unit))
    own = share_covered(terms, [(said, 1.0), (body, 0.9), (around.above, 0.7)])
    near = share_covered(terms, [(said, 1.0), (around.whole, 0.8), (around.above, 0.7)])
    literal = 0.5 if asked.kind == "blank" else 0.15
    mark = 0.4 * own + 0.2 * near + 0.3 * source.score + literal * wanted.wording.share(key)
    mark -= 0.08 / 120 * max(0, unit.end - unit.start - _PLAIN_CHARS)
    if asked.kind in SHORT_KINDS:
        return mark + _fact_mark(wanted, key)
    return mark + _account_mark(wanted, source.view, unit, around)


def _fact_mark(wanted: Wanted, key: str) -> float:
    """What a sentence gains by holding the bare fact asked for."""
    asked, terms = wanted.asked, wanted.terms
    mark = 0.15 if holds(asked, key) else -0.15
    mark += 0.1 if _beside_a_number(terms, key) else 0.0
    mark += 0.15 if asked.deed and asked.deed in key else 0.0
    return mark + (0.08 if _is_about(terms, key) else 0.0)


def _account_mark(wanted: Wanted, view: DocumentView, unit: Unit, around: Surroundings) -> float:
    """What a sentence gains by having the form of an explanation, a list, a reason or a speech."""
    asked, key = wanted.asked, view.key(unit.start, unit.end)
    mark = _NAMED if is_named(wanted, view, unit) else 0.0
    if asked.subject and asked.kind in {"definition", "list"}:
        mark += _explanation_bonus(asked.subject, key, around.context)
    if asked.kind == "list":
        mark += _list_mark(asked, key)
        # The lead-in of a list answers only together with its list, which is a draft of its own.
        mark -= 0.2 if unit.start in view.leads else 0.0
    if asked.speech and view.text[unit.start] == "“":
        mark += _SPOKEN
    if asked.kind == "why" and _REASONING.search(key):
        mark += 0.08
    if _ASKS_EXAMPLES.search(wanted.key) and _EXAMPLE.match(view.text, unit.start):
        mark += 0.2
    return mark


def _list_mark(asked: Asked, key: str) -> float:
    """What a sentence gains by having the things asked for in a row."""
    mark = _enumeration_bonus(key, asked.count)
    mark += 0.15 if asked.count and asked.noun and key.count(asked.noun) >= asked.count else 0.0
    mark += 0.12 if asked.noun and _announces(asked.noun, key) else 0.0
    mark += 0.25 if asked.noun and _sums_up(asked.noun, key) else 0.0
    mark += _SPELT_OUT if asked.whole and names_parts(key, asked.whole) else 0.0
    return mark + (_SPELT_OUT if asked.characters and holds_phrase(key, asked.characters) else 0.0)


def _announces(noun: str, key: str) -> bool:
    """Whether a sentence says outright what the things asked for are: 困难:…, 存在着…不够的问题."""
    if noun not in key:
        return False
    name = re.escape(noun)
    return bool(re.search(rf"{name}[^，。]{{0,4}}:|存在(?!诸多|很多|许多|哪些)[^，。]{{4,24}}{name}", key))


def _sums_up(noun: str, key: str) -> bool:
    """Whether a sentence names the things asked for in a row or as a means: A、B等板块, 采取投票方式."""
    if noun[-2:] not in key:
        return False
    row = rf"、[^，。,;；、]{{1,14}}?(?:等|等?\d[个种项类大]){re.escape(noun)}"
    means = rf"(?:采取|采用|以|通过)[^，。,;；]{{2,20}}{noun[-2:]}" if noun.endswith(_MEANS) else row
    return bool(re.search(f"{row}|{means}", key))


def _body_key(view: DocumentView, unit: Unit) -> str:
    """Search key of the item that a heading sentence stands for; empty for any other sentence."""
    if not is_head(unit) or unit.start != unit.node.start:
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


def is_head(unit: Unit) -> bool:
    """Whether a sentence is the heading of an item: short, and the first of it."""
    size = unit.end - unit.start
    return size <= 15 or (size <= _HEAD_CHARS and unit.start == unit.node.start)


def is_named(wanted: Wanted, view: DocumentView, unit: Unit) -> bool:
    """Whether a sentence is the heading of an item, and the question asks about the very words of it."""
    if unit.node.kind != "item" or unit.start != unit.node.start or not is_head(unit):
        return False
    head = _SERIES_LABEL.sub("", view.key(unit.start, unit.end)).strip("。:： \n,，;；")
    return len(head) >= _NAME_CHARS and head in wanted.key
