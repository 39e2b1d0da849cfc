"""Scoring the candidates of a search: each passage with its place in the index and the parts of its score."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from retrieval.clause_labels import clause_key
from retrieval.definitions import defined_subject, defines
from retrieval.lexical import bigrams, words
from retrieval.question import Question
from retrieval.records import SECTION_SEPARATOR, Passage
from retrieval.scoring import (
    BIGRAMS,
    HEADINGS,
    WORDS,
    Parts,
    PassageTerms,
    TermStatistics,
    bm25,
    dense_part,
    mean_lengths,
    weighted,
)
from retrieval.synonyms import expansions

_EXPANSION_WEIGHT = 0.35
_DEFINITION_LIFT = 0.25
_CLAUSE_LIFT = 0.5
# Who asks about a document often asks what its head says: who wrote it, who issued it, when.
_HEAD_LIFT = 0.1
# Every pair of neighbours; figures and Latin words may be joined to what stands beside them in the index.
_CHINESE_PAIR = re.compile(r"(?=([\u4e00-\u9fff]{2}))")


@dataclass(frozen=True, slots=True)
class QueryTerms:
    """The weighted search terms of a question: 1 for its own, less for synonyms."""

    words: Mapping[str, float]
    bigrams: Mapping[str, float]

    @property
    def headings(self) -> Mapping[str, float]:
        return {**self.words, **self.bigrams}


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage with its place in the index and the parts of its score.

    ``also_in`` counts further documents that carry nearly the same passage; ``out_of_time`` says that the
    question wants another edition of its document.
    """

    rowid: int
    passage: Passage
    parts: Parts
    also_in: int = 0
    out_of_time: bool = False


def query_terms(question: Question) -> QueryTerms:
    """The question's own words and bigrams, and those of its synonyms at less weight."""
    own_words = dict.fromkeys(question.words, 1.0)
    own_bigrams = dict.fromkeys(question.bigrams, 1.0)
    for other in expansions(question.content):
        for word in words(other):
            own_words.setdefault(word, _EXPANSION_WEIGHT)
        for pair in bigrams(other):
            own_bigrams.setdefault(pair, _EXPANSION_WEIGHT)
    return QueryTerms(own_words, own_bigrams)


def score_candidates(
    question: Question,
    terms: QueryTerms,
    statistics: TermStatistics,
    passages: Mapping[int, Passage],
    indexed: Mapping[int, PassageTerms],
    cosines: Mapping[int, float],
) -> list[Ranked]:
    """The passages in order of score, best first, ties in document order."""
    lengths = mean_lengths(indexed.values())
    own_words = weighted(terms.words, statistics, WORDS)
    own_bigrams = weighted(terms.bigrams, statistics, BIGRAMS)
    headings = weighted(terms.headings, statistics, HEADINGS)
    subject = defined_subject(question.key)
    # A passage that only the words found is at best as near as the farthest that the vectors found.
    farthest = min(cosines.values(), default=None)
    ranked = []
    for rowid, passage in passages.items():
        stored = indexed[rowid]
        parts = Parts(
            words=bm25(own_words, stored, lengths[WORDS]),
            bigrams=bm25(own_bigrams, stored, lengths[BIGRAMS]),
            headings=bm25(headings, stored, lengths[HEADINGS]),
            dense=dense_part(cosines.get(rowid, farthest)),
            lift=_lift(question, passage, stored, subject),
        )
        ranked.append(Ranked(rowid, passage, parts))
    return sorted(ranked, key=lambda r: (-r.parts.score, r.passage.document.source, r.passage.start))


def _lift(question: Question, passage: Passage, stored: PassageTerms, subject: str | None) -> float:
    """What a passage gains by defining what is asked, by being the clause that is named, or the head of the
    document that is.
    """
    labelled = passage.section.split(SECTION_SEPARATOR)[-1] if passage.kind == "clause" else ""
    if question.clause and clause_key(labelled) == question.clause:
        return _CLAUSE_LIFT
    if question.is_of_document and passage.start == 0:
        return _HEAD_LIFT
    # To look for a definition takes long, so it is done only where the name stands.
    if subject is None or not _names(stored, subject):
        return 0.0
    return _DEFINITION_LIFT if defines(passage.text, subject) else 0.0


def _names(stored: PassageTerms, subject: str) -> bool:
    """Whether a passage holds all pairs of a name; where it does not, the name is not in it."""
    return all(stored.count(BIGRAMS, pair) for pair in _CHINESE_PAIR.findall(subject))


class Coverage:
    """Tells what share of a question's own terms, rare ones counting more, a passage or its headings hold."""

    def __init__(self, terms: QueryTerms, statistics: TermStatistics) -> None:
        self._rarity = [
            (field, term, statistics.rarity(field, term))
            for field, weighted in ((WORDS, terms.words), (BIGRAMS, terms.bigrams))
            for term, weight in weighted.items()
            if weight >= 1
        ]
        self._total = sum(rarity for _, _, rarity in self._rarity)

    def __call__(self, stored: PassageTerms) -> float:
        """The share, 0 to 1; 0 for a question without terms."""
        held = sum(
            rarity
            for field, term, rarity in self._rarity
            if stored.count(field, term) or stored.count(HEADINGS, term)
        )
        return held / self._total if self._total else 0.0
