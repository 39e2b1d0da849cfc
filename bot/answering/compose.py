"""Composing an answer: drafts of every kind, the best that the judge lets pass."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.answering.clauses import clause_draft
from bot.answering.drafts import Draft, Piece, Source, Wanted
from bot.answering.extractive import sentence_drafts
from bot.answering.judge import judge
from bot.answering.kinds import asked as kind_of_question
from bot.answering.lists import list_drafts
from bot.answering.numbered import numbered_drafts
from bot.answering.particulars import asks_for, particular_draft
from bot.answering.support import ContentTerm, content_terms, wording
from retrieval.question import Question
from retrieval.scoring import TermStatistics

_LISTABLE = frozenset({"list", "how", "why", "definition", "other"})
# What is said beside the subject of a definition only narrows it down.
_BESIDE_SUBJECT = 0.4
_HASHES = re.compile(r"#{1,6}[ \t]+")
# A draft that fails is followed by others only if they were marked about as high,
_TRIED = 3
_MARGIN = 0.12
# and cover as much of the question: else the form of an answer would win over its matter.
_COVERED_MARGIN = 0.06
# What is given beside the best may be marked, and cover the question, so much less.
_RIVAL_MARGIN = 0.2
# Questions that two stretches may answer; a bare fact or a definition is told once.
_TOLD_TWICE = frozenset({"how", "why", "list", "other"})
# Where a sentence is followed by the list that it announces, the list belongs to the answer.
_ANNOUNCED = frozenset({"how", "list"})
BOTH_CHARS = 320
"""Two stretches are given in one answer up to this length together."""


def wanted_by(question: Question, statistics: TermStatistics) -> Wanted:
    """The question as texts are weighed by it."""
    asked = kind_of_question(question)
    terms = content_terms(question, statistics)
    if asked.kind == "definition" and asked.subject:
        terms = tuple(_narrowed(term, asked.subject) for term in terms)
    return Wanted(asked, terms, wording(question, statistics), question.key)


def _narrowed(term: ContentTerm, subject: str) -> ContentTerm:
    return term if term.text in subject else replace(term, weight=term.weight * _BESIDE_SUBJECT)


def compose(wanted: Wanted, sources: Sequence[Source], *, is_part: bool = False) -> Draft | None:
    """The best draft that answers, without marks of layout, or ``None``: then the corpus is silent.

    ``is_part``: of an answer to several questions, which is kept short.
    """
    draft = _best(wanted, sources, is_part)
    if draft is None:
        return None
    texts = {source.passage.document.id: source.view.text for source in sources}
    pieces = (_past_hashes(piece, texts[piece.passage.document.id]) for piece in draft.pieces)
    return replace(draft, pieces=tuple(pieces))


def _past_hashes(piece: Piece, text: str) -> Piece:
    """The piece without the hashes of a Markdown heading in front of it."""
    hashes = _HASHES.match(text, piece.start, piece.end)
    return replace(piece, start=hashes.end()) if hashes and hashes.end() < piece.end else piece


def _best(wanted: Wanted, sources: Sequence[Source], is_part: bool) -> Draft | None:
    if wanted.asked.clause:
        return clause_draft(wanted, sources)
    if asks_for(wanted.key):
        return particular_draft(wanted, sources)
    drafts = [*sentence_drafts(wanted, sources)]
    if wanted.asked.kind in _LISTABLE:
        drafts += list_drafts(wanted, sources)
    drafts += numbered_drafts(wanted, sources)
    drafts.sort(key=lambda draft: -draft.mark)
    covered = 0.0
    for draft in drafts[:_TRIED]:
        if draft.mark < drafts[0].mark - _MARGIN:
            break
        verdict = judge(wanted, draft, sources)
        if verdict.answers and verdict.covered >= covered - _COVERED_MARGIN:
            draft = _listed(wanted, draft, drafts, sources)
            return draft if is_part else _with_rival(wanted, draft, verdict.covered, drafts, sources)
        if verdict.fits:
            covered = max(covered, verdict.covered)
    return None


def _listed(wanted: Wanted, draft: Draft, drafts: Sequence[Draft], sources: Sequence[Source]) -> Draft:
    """The list that the sentences of a draft announce, where one follows them and answers too."""
    if wanted.asked.kind not in _ANNOUNCED or draft.is_list:
        return draft
    for other in drafts:
        if other.is_list and _begins_with(other, draft) and judge(wanted, other, sources).answers:
            return other
    return draft


def _begins_with(whole: Draft, part: Draft) -> bool:
    one, other = whole.pieces[0], part.pieces[0]
    return _meet(one, other) and one.start == other.start and len(part.pieces) == 1


def _with_rival(
    wanted: Wanted, draft: Draft, covered: float, drafts: Sequence[Draft], sources: Sequence[Source]
) -> Draft:
    """The draft and, where it is no bare fact, the next best that answers about as well.

    What is marked almost alike cannot be told apart by its form: the reader gets both, each with its source.
    """
    if wanted.asked.kind not in _TOLD_TWICE or draft.is_list:
        return draft
    for other in drafts:
        if other.mark < draft.mark - _RIVAL_MARGIN:
            break
        if other.is_list or _overlap(draft, other) or _size(draft) + _size(other) > BOTH_CHARS:
            continue
        verdict = judge(wanted, other, sources)
        if verdict.answers and verdict.covered >= covered - _RIVAL_MARGIN:
            return replace(draft, pieces=draft.pieces + other.pieces)
    return draft


def joined(whole: Draft | None, parts: Sequence[Draft | None]) -> Draft | None:
    """One draft of those to the single questions; that to all of them goes first where one has none."""
    found = [part for part in parts if part is not None]
    if whole is not None and (not parts or len(found) < len(parts)):
        found.insert(0, whole)
    pieces: list[Piece] = []
    for draft in found:
        for piece in draft.pieces:
            pieces = _with(pieces, piece)
    return replace(found[0], pieces=tuple(pieces)) if found else None


def _with(pieces: Sequence[Piece], new: Piece) -> list[Piece]:
    """The pieces and a new one, which is made one with a piece that it overlaps."""
    for at, piece in enumerate(pieces):
        if _meet(piece, new):
            whole = replace(piece, start=min(piece.start, new.start), end=max(piece.end, new.end))
            return [*pieces[:at], whole, *pieces[at + 1 :]]
    return [*pieces, new]


def _meet(one: Piece, other: Piece) -> bool:
    same = one.passage.document.id == other.passage.document.id
    return same and one.start < other.end and other.start < one.end


def _overlap(one: Draft, other: Draft) -> bool:
    return any(_meet(mine, theirs) for mine in one.pieces for theirs in other.pieces)


def _size(draft: Draft) -> int:
    return sum(piece.end - piece.start for piece in draft.pieces)
