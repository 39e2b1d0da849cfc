"""What is asked of a document itself: who wrote it, and its number (文号)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.answering.drafts import Draft, Piece, Source, Wanted
from bot.answering.support import coverage
from retrieval.normalise import search_key

_ASKED = (
    (
        "author",
        re.compile(
            r"作者(?:是|叫)?(?:谁|什么|哪)|谁(?:写|撰写|作)的|(?:是)?哪1?位?(?:写|撰写)的|"
            r"(?:作|做|发表)(?:这|那)?[篇次个]?(?:讲话|报告)的(?:人|同志)?是谁"
        ),
    ),
    ("affiliation", re.compile(r"在哪个?单位(?:工作|任职|上班)|作者的?单位")),
    ("number", re.compile(r"(?:文号|发文字号|文件号)(?:是|为)?(?:多少|什么|几|哪)?")),
)
_TITLE_SHARE = 0.6
_OF_THE_QUESTION = frozenset({"作者", "文号", "发文字号", "文件号", "文件", "文章"})


def asks_for(key: str) -> str | None:
    """The metadata field that a question (as search key) asks for, or ``None``."""
    return next((field for field, pattern in _ASKED if pattern.search(key)), None)


def particular_draft(wanted: Wanted, sources: Sequence[Source]) -> Draft | None:
    """The words of the document named that say what is asked of it, where its text holds them."""
    field = asks_for(wanted.key)
    if field is None:
        return None
    for source in sources:
        value = source.passage.document.metadata.get(field, "").split("；")[0]
        span = _find(source.view.text, value) if value and _is_named(wanted, source) else None
        if span:
            return Draft(source.passage, (Piece(source.passage, *span),), 1.0)
    return None


def _is_named(wanted: Wanted, source: Source) -> bool:
    """Whether the question names this document by its title."""
    terms = [t for t in wanted.terms if t.text not in _OF_THE_QUESTION]
    title = search_key(source.passage.document.title)
    return bool(terms) and coverage(terms, [(title, 1.0)]) >= _TITLE_SHARE


def _find(text: str, value: str) -> tuple[int, int] | None:
    """Where the value stands in the text, white space inside it aside."""
    pattern = r"\s*".join(re.escape(c) for c in value if not c.isspace())
    match = re.search(pattern, text)
    return match.span() if match else None
