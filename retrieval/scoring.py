"""How relevant a passage is to a question: BM25 of words, bigrams and headings, and the dense cosine.

Every part is brought to 0..1 at its own edge, higher is better, and does not depend on the other
candidates: a BM25 sum is divided by what a passage full of the question's terms would reach. The weights
were chosen over several corpora at once, each shown on the others: ``benchmarks/weights.py``.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

_K1 = 1.2
_B = 0.5
WORD_WEIGHT = 1.0
BIGRAM_WEIGHT = 3.0
HEADING_WEIGHT = 1.5
DENSE_WEIGHT = 2.5
# e5 cosines of unrelated and of equal Chinese texts, as measured: the span that carries information.
_COSINE_UNRELATED = 0.75
_COSINE_EQUAL = 0.95

Field = int
WORDS, BIGRAMS, HEADINGS = 0, 1, 2
FIELDS = (WORDS, BIGRAMS, HEADINGS)


@dataclass(frozen=True, slots=True)
class TermStatistics:
    """What the corpus says of the question's terms: passages in all, and passages that hold each."""

    passages: int
    frequency: Mapping[tuple[Field, str], int]

    def rarity(self, field: Field, term: str) -> float:
        """Inverse document frequency of a term, always positive; highest for a term that never occurs."""
        n = self.frequency.get((field, term), 0)
        return math.log(1 + (self.passages - n + 0.5) / (n + 0.5))


@dataclass(frozen=True)
class PassageTerms:
    """The indexed terms of one passage: a column for each field, as the term index holds them.

    Terms are parted by single spaces and only counted when asked for: a search counts the few terms of a
    question in many passages. To count them all takes longer wherever passages do not come back soon.
    """

    columns: tuple[str, str, str]

    def count(self, field: Field, term: str) -> int:
        """How often a term stands in a field."""
        if term not in self.columns[field]:
            return 0
        return self._parted[field].count(f" {term} ")

    @cached_property
    def lengths(self) -> tuple[int, ...]:
        """The number of terms in each field."""
        return tuple(column.count(" ") + 1 if column else 0 for column in self.columns)

    @cached_property
    def bigrams(self) -> frozenset[str]:
        """The different bigrams."""
        return frozenset(self.columns[BIGRAMS].split())

    @cached_property
    def _parted(self) -> tuple[str, ...]:
        # Every term with spaces of its own: str.count passes over what overlaps.
        return tuple(f" {column} ".replace(" ", "  ") for column in self.columns)


@dataclass(frozen=True, slots=True)
class WeightedTerms:
    """The terms of a question as a field weighs them; ``ceiling`` is what a sum over them never passes."""

    field: Field
    weights: tuple[tuple[str, float], ...]
    ceiling: float


@dataclass(frozen=True)
class Parts:
    """The parts of a score for the retrieval trace, each from 0 to 1.

    ``dense`` and ``rerank`` are -1 where there is none. ``authority``, from -1 to 1, is what the passage
    won or lost by the standing of its document.
    """

    words: float
    bigrams: float
    headings: float
    dense: float
    lift: float = 0.0
    rerank: float = -1.0
    authority: float = 0.0

    @cached_property
    def score(self) -> float:
        """The relevance moved by the authority, 0 to 1."""
        return min(1.0, max(0.0, self.relevance + self.authority))

    @property
    def relevance(self) -> float:
        """The weighted mean of the parts that apply, or the reranker's mark in its place, 0 to 1.

        A definition or a named clause is lifted.
        """
        base = self.rerank if self.rerank >= 0 else self._matching
        return base + (1 - base) * self.lift

    @property
    def _matching(self) -> float:
        total = WORD_WEIGHT + BIGRAM_WEIGHT + HEADING_WEIGHT
        mark = WORD_WEIGHT * self.words + BIGRAM_WEIGHT * self.bigrams + HEADING_WEIGHT * self.headings
        if self.dense >= 0:
            total += DENSE_WEIGHT
            mark += DENSE_WEIGHT * self.dense
        return mark / total


def mean_lengths(passages: Collection[PassageTerms]) -> tuple[float, ...]:
    """Mean number of terms in each field of these passages, at least 1.

    Taken over the candidates of a search: near enough to the corpus' own, and free of a count over all.
    """
    count = max(1, len(passages))
    return tuple(max(1.0, sum(p.lengths[f] for p in passages) / count) for f in FIELDS)


def weighted(terms: Mapping[str, float], statistics: TermStatistics, field: Field) -> WeightedTerms:
    """The terms with their weights times their rarity in a field."""
    weights = tuple((term, weight * statistics.rarity(field, term)) for term, weight in terms.items())
    # An expansion (weight below 1) can add evidence but must not raise the ceiling.
    own = sum(rarity for (_, rarity), weight in zip(weights, terms.values(), strict=True) if weight >= 1)
    return WeightedTerms(field, weights, own * (_K1 + 1))


def bm25(terms: WeightedTerms, passage: PassageTerms, mean_length: float) -> float:
    """BM25 of weighted terms in their field of a passage, divided by its ceiling: 0 to 1."""
    if not terms.ceiling:
        return 0.0
    length = passage.lengths[terms.field] / mean_length
    damping = _K1 * (1 - _B + _B * length)
    column = passage.columns[terms.field]
    reached = 0.0
    for term, weight in terms.weights:
        if term in column and (count := passage.count(terms.field, term)):
            reached += weight * count * (_K1 + 1) / (count + damping)
    return min(1.0, reached / terms.ceiling)


def dense_part(cosine: float | None) -> float:
    """A cosine as 0..1 over the span in which this model tells texts apart; -1 where there is none."""
    if cosine is None:
        return -1.0
    return min(1.0, max(0.0, (cosine - _COSINE_UNRELATED) / (_COSINE_EQUAL - _COSINE_UNRELATED)))
