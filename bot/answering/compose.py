"""Composing an answer: drafts of every kind, the best that the judge lets pass."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.answering.clauses import clause_draft
from bot.answering.extractive import Draft, Piece, Source, Wanted, sentence_drafts
from bot.answering.judge import judge
from bot.answering.kinds import asked as kind_of_question
from bot.answering.lists import list_drafts
from bot.answering.particulars import asks_for, particular_draft
from bot.answering.support import ContentTerm, content_terms, wording
from retrieval.question import Question
from retrieval.scoring import TermStatistics

_LISTABLE = frozenset({"list", "how", "why", "definition", "other"})
# What is said beside the subject of a definition only narrows it down.
_BESIDE_SUBJECT = 0.4
# A draft that fails is followed by others only if they were marked about as high.
_HASHES = re.compile(r"#{1,6}[ \t]+")
_TRIED = 3
_MARGIN = 0.12
# and cover as much of the question: else the form of an answer would win over its matter.
_COVERED_MARGIN = 0.06
_TOLD_BY_SEVERAL = frozenset({"how", "why"})
_SECOND_SOURCE_CHARS = 150


def wanted_by(question: Question, statistics: TermStatistics) -> Wanted:
    """The question as texts are weighed by it."""
    asked = kind_of_question(question)
    terms = content_terms(question, statistics)
    if asked.kind == "definition" and asked.subject:
        terms = tuple(_narrowed(term, asked.subject) for term in terms)
    return Wanted(asked, terms, wording(question, statistics), question.key)


def _narrowed(term: ContentTerm, subject: str) -> ContentTerm:
    return term if term.text in subject else replace(term, weight=term.weight * _BESIDE_SUBJECT)


def compose(wanted: Wanted, sources: Sequence[Source]) -> Draft | None:
    """The best draft that answers, without marks of layout, or ``None``: then the corpus is silent."""
    draft = _best(wanted, sources)
    if draft is None:
        return None
    texts = {source.passage.document.id: source.view.text for source in sources}
    pieces = (_past_hashes(piece, texts[piece.passage.document.id]) for piece in draft.pieces)
    return replace(draft, pieces=tuple(pieces))


def _past_hashes(piece: Piece, text: str) -> Piece:
    """The piece without the hashes of a Markdown heading in front of it."""
    hashes = _HASHES.match(text, piece.start, piece.end)
    return replace(piece, start=hashes.end()) if hashes and hashes.end() < piece.end else piece


def _best(wanted: Wanted, sources: Sequence[Source]) -> Draft | None:
    if wanted.asked.clause:
        return clause_draft(wanted, sources)
    if asks_for(wanted.key):
        return particular_draft(wanted, sources)
    drafts = [*sentence_drafts(wanted, sources)]
    if wanted.asked.kind in _LISTABLE:
        drafts += list_drafts(wanted, sources)
    drafts.sort(key=lambda draft: -draft.mark)
    covered = 0.0
    for draft in drafts[:_TRIED]:
        if draft.mark < drafts[0].mark - _MARGIN:
            break
        verdict = judge(wanted, draft, sources)
        if verdict.answers and verdict.covered >= covered - _COVERED_MARGIN:
            return _with_second_source(wanted, draft, drafts, sources)
        covered = max(covered, verdict.covered)
    return None


def _with_second_source(
    wanted: Wanted, draft: Draft, drafts: Sequence[Draft], sources: Sequence[Source]
) -> Draft:
    """The draft and, where ways are asked for, what another document says of them about as well."""
    if wanted.asked.kind not in _TOLD_BY_SEVERAL or draft.is_list or _size(draft) > _SECOND_SOURCE_CHARS:
        return draft
    for other in drafts:
        if other.mark < draft.mark - _MARGIN:
            break
        elsewhere = other.passage.document.id != draft.passage.document.id and not other.is_list
        if (
            elsewhere
            and _size(other) <= _SECOND_SOURCE_CHARS
            and judge(wanted, other, sources).covered >= 0.9
        ):
            return replace(draft, pieces=draft.pieces + other.pieces)
    return draft


def _size(draft: Draft) -> int:
    return sum(piece.end - piece.start for piece in draft.pieces)
