"""A clause asked for by its number: 支部工作条例第十三条."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.answering.extractive import Draft, Piece, Source, Wanted
from bot.answering.support import coverage
from retrieval.normalise import search_key
from retrieval.records import SECTION_SEPARATOR

_TITLE_SHARE = 0.6


def clause_draft(wanted: Wanted, sources: Sequence[Source]) -> Draft | None:
    """The clause with the number asked for, from a document whose title is the one named."""
    label = f"第{wanted.asked.clause}条"
    for source in sources:
        passage = source.passage
        last = search_key(passage.section.split(SECTION_SEPARATOR)[-1])
        if re.sub(r"\s", "", last) == label and _is_named(wanted, source):
            return Draft(passage, (Piece(passage, *_body(source)),), 1.0)
    return None


def _is_named(wanted: Wanted, source: Source) -> bool:
    terms = [t for t in wanted.terms if not t.text.startswith("第")]
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
