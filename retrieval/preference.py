"""Which of passages that match about equally comes first: the one in force, the higher in rank."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from retrieval.authority import Register, is_order, standing
from retrieval.period import AskedTime
from retrieval.ranking import Ranked
from retrieval.records import DocumentInfo
from retrieval.scoring import PassageTerms

# What a passage of the wrong edition loses, as a share of its score: more than separates two editions of
# one clause, less than separates the clause asked for from others.
OUT_OF_TIME_LOSS = 0.2
# What took its place goes before it from this share of its score on: below, it speaks of another matter.
FOLLOWED = 0.5
_BEHIND = 1e-6
# How near two scores must be for the document's rank to decide alone; chosen on the development files
# and on planted conflicts.
RANK_MARGIN = 0.005
# and where both speak of the same matter and the higher document lays down rules.
RULE_MARGIN = 0.15
# Of one matter are passages that share this much of the shorter one's bigrams, or that both hold nearly
# all that the question names.
SHARED = 0.3
COVERED = 0.15
COVERED_FULLY = 0.85
COVERAGE_MARGIN = 0.1
_DEPTH = 10


def prefer(
    ranked: Sequence[Ranked],
    register: Register,
    asked: AskedTime,
    terms: Mapping[int, PassageTerms],
    coverage: Callable[[PassageTerms], float],
    *,
    is_of_a_clause: bool = False,
) -> list[Ranked]:
    """The passages in order of relevance and authority; ``parts.authority`` says what each won or lost.

    ``ranked`` is best first; ``terms`` holds the indexed terms by rowid, ``coverage`` tells what share of
    the question is among some. Only the first ten places are decided by rank. Where the question
    ``is_of_a_clause``, named by its number, what took its place need not go before it.
    """
    late = {each.rowid for each in ranked if register.is_passage_out_of_time(each.passage, asked)}
    best: dict[str, float] = {}
    for each in ranked:
        if each.rowid not in late and not is_of_a_clause:
            best.setdefault(each.passage.document.id, each.parts.score)
    timely = sorted(
        (_in_time(each, best, register) if each.rowid in late else each for each in ranked),
        key=lambda r: (-r.parts.score, r.passage.document.source, r.passage.start),
    )
    order = _Order(terms, coverage)
    preferred: list[Ranked] = []
    while timely and len(preferred) < _DEPTH:
        head = timely[0].parts.score
        at = order.first(timely)
        preferred.append(_raised(timely.pop(at), head))
    return preferred + timely


def _in_time(ranked: Ranked, best: Mapping[str, float], register: Register) -> Ranked:
    """A passage out of time with what it loses: it stands behind the text that took its place.

    ``best`` has the best score of each document that is of the time asked about.
    """
    score = ranked.parts.score
    follower = register.follower(ranked.passage)
    ahead = best.get(follower.id, 0.0) if follower else 0.0
    loss = OUT_OF_TIME_LOSS * score
    if ahead >= FOLLOWED * score:
        loss = max(loss, score - ahead + _BEHIND)
    return replace(ranked, parts=replace(ranked.parts, authority=-loss), out_of_time=True)


def _raised(ranked: Ranked, score: float) -> Ranked:
    """The passage at the score of the one that it was preferred to."""
    gain = score - ranked.parts.score
    if gain <= 0:
        return ranked
    return replace(ranked, parts=replace(ranked.parts, authority=ranked.parts.authority + gain))


class _Order:
    """Decides between passages, looking at each of them and at each pair of them once."""

    def __init__(self, terms: Mapping[int, PassageTerms], coverage: Callable[[PassageTerms], float]) -> None:
        self._terms = terms
        self._coverage = coverage
        self._covered: dict[int, float] = {}
        self._standing: dict[str, tuple[int, int]] = {}
        self._one_matter: dict[tuple[int, int], bool] = {}

    def first(self, ranked: Sequence[Ranked]) -> int:
        """Where the passage stands that comes before all others of this list, best score first."""
        chosen = 0
        least = ranked[0].parts.score - RULE_MARGIN
        for at, each in enumerate(ranked):
            if each.parts.score < least:
                break
            if self._overtakes(each, ranked[chosen]):
                chosen = at
        return chosen

    def _overtakes(self, later: Ranked, earlier: Ranked) -> bool:
        if self._of(later.passage.document) >= self._of(earlier.passage.document):
            return False
        if earlier.parts.score - later.parts.score <= RANK_MARGIN:
            return True
        return is_order(later.passage.document) and self._are_of_one_matter(later, earlier)

    def _are_of_one_matter(self, later: Ranked, earlier: Ranked) -> bool:
        pair = later.rowid, earlier.rowid
        if pair not in self._one_matter:
            self._one_matter[pair] = self._compare(later, earlier)
        return self._one_matter[pair]

    def _compare(self, later: Ranked, earlier: Ranked) -> bool:
        """Whether both passages speak of what is asked, the later one not much less than the earlier."""
        a, b = self._covers(later), self._covers(earlier)
        if a < max(COVERED, b - COVERAGE_MARGIN):
            return False
        return min(a, b) >= COVERED_FULLY or self._shares(later, earlier) >= SHARED

    def _of(self, document: DocumentInfo) -> tuple[int, int]:
        if document.id not in self._standing:
            self._standing[document.id] = standing(document)
        return self._standing[document.id]

    def _covers(self, ranked: Ranked) -> float:
        if ranked.rowid not in self._covered:
            self._covered[ranked.rowid] = self._coverage(self._terms[ranked.rowid])
        return self._covered[ranked.rowid]

    def _shares(self, one: Ranked, other: Ranked) -> float:
        a, b = (self._terms[each.rowid].bigrams for each in (one, other))
        return len(a & b) / max(1, min(len(a), len(b)))
