"""A clause asked for by its number: 支部工作条例第十三条."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.answering.drafts import Draft, Piece, Source, Wanted
from bot.answering.support import GENERAL_WORDS, coverage
from retrieval.normalise import search_key
from retrieval.records import SECTION_SEPARATOR

_TITLE_SHARE = 0.6
_SAME_NUMBER_MAX = 3
_GENERAL_TERM = re.compile(r"第|\d+条?$|规定|条款")


def clause_draft(wanted: Wanted, sources: Sequence[Source]) -> Draft | None:
    """The clause with the number asked for, from the document that is named.

    Where none is named, those of up to three documents: the reader sees which is which.
    """
    label = f"第{wanted.asked.clause}条"
    found = [source for source in sources if _label(source) == label and _is_named(wanted, source)]
    named = max((_title_share(wanted, source) for source in found), default=0.0)
    pieces: dict[str, Piece] = {}
    for source in found:
        if _title_share(wanted, source) == named:
            pieces.setdefault(source.passage.document.title, Piece(source.passage, *_body(source)))
    if not pieces:
        return None
    first, *others = pieces.values()
    return Draft(first.passage, (first, *others[: _SAME_NUMBER_MAX - 1]), 1.0)


def _label(source: Source) -> str:
    """The number of the clause that a passage is, such as 第13条."""
    return re.sub(r"\s", "", search_key(source.passage.section.split(SECTION_SEPARATOR)[-1]))


def _title_share(wanted: Wanted, source: Source) -> float:
    """How much of the question, by weight, the title of the document holds."""
    return coverage(wanted.terms, [(search_key(source.passage.document.title), 1.0)])


def _is_named(wanted: Wanted, source: Source) -> bool:
    terms = [t for t in wanted.terms if not _GENERAL_TERM.match(t.text) and t.text not in GENERAL_WORDS]
    title = search_key(source.passage.document.title)
    whole = source.view.key(source.passage.start, source.passage.end)
    return not terms or coverage(terms, [(title, 1.0), (whole, 0.8)]) >= _TITLE_SHARE


def _body(source: Source) -> tuple[int, int]:
    """The clause without a chapter heading that was packed in front of it."""
    passage = source.passage
    for unit in source.view.within(passage.start, passage.end):
        clause = next((node for node in reversed(unit.path) if node.kind == "clause"), None)
        if clause is not None:
            return clause.start, passage.end
    return passage.start, passage.end
