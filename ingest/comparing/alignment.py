"""Which clause of the new text is which of the old one: by wording first, by number where that is unclear."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal

from ingest.comparing.clauses import Clause, cut_clauses

Change = Literal["same", "changed", "moved", "new", "gone", "split", "merged"]
CHANGES: tuple[Change, ...] = ("same", "changed", "moved", "new", "gone", "split", "merged")

# Two clauses are one that was changed if they share half of their pairs of characters, or with one number a
# quarter: 第三条 rewritten from end to end is still the answer to what became of 第三条.
_LIKE = 0.5
_LIKE_OF_ONE_NUMBER = 0.25
_ONE_NUMBER = 0.2
# A part holds little else than words of the whole, and the parts make up most of it.
_PART = 0.75
_PART_OWN = 0.6
_WHOLE = 0.75
_PART_PAIRS_MIN = 4
# A clause is compared with so many others, told by so many of its rarest pairs of characters.
_NEAREST = 12
_RAREST = 40


@dataclass(frozen=True, slots=True)
class ClausePair:
    """What became of a clause: one on either side, none on one where it is new or gone, several on one
    where it was split or merged.

    ``same`` is the wording in its place, whatever its number is now; ``moved`` the same wording in another
    place; whatever is worded otherwise is ``changed``.
    """

    change: Change
    old: tuple[Clause, ...]
    new: tuple[Clause, ...]

    def as_json(self) -> dict[str, object]:
        """The pair in the form of ``dangwu compare --json``; a side without clauses is empty strings."""
        return {"change": self.change, "old": _side(self.old), "new": _side(self.new)}


@dataclass(frozen=True)
class Comparison:
    """All clauses of two texts in the order of the new one; what is gone stands where it stood."""

    pairs: tuple[ClausePair, ...]

    @cached_property
    def differing(self) -> tuple[ClausePair, ...]:
        """The pairs that are not the same."""
        return tuple(each for each in self.pairs if each.change != "same")

    def counts(self) -> dict[Change, int]:
        """How many pairs there are of each kind that occurs, in the order of ``CHANGES``."""
        found = Counter(each.change for each in self.pairs)
        return {change: found[change] for change in CHANGES if found[change]}


def compare(old: str, new: str) -> Comparison:
    """The clauses of two cleaned texts, aligned."""
    return Comparison(tuple(_Alignment(cut_clauses(old), cut_clauses(new)).pairs()))


def joined_label(clauses: Sequence[Clause]) -> str:
    """The numbers of clauses, such as 第五条、第六条."""
    return "、".join(each.label for each in clauses if each.label)


def _side(clauses: Sequence[Clause]) -> dict[str, str]:
    return {"label": joined_label(clauses), "text": "\n".join(each.text for each in clauses)}


class _Alignment:
    """The steps from two lists of clauses to pairs; clauses are known by their places in the lists."""

    def __init__(self, old: Sequence[Clause], new: Sequence[Clause]) -> None:
        self.old, self.new = old, new
        self.found: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
        self.free_old, self.free_new = set(range(len(old))), set(range(len(new)))

    def pairs(self) -> Iterator[ClausePair]:
        self._pair_equals()
        grams = _Grams(self.old, self.new, self.free_old, self.free_new)
        self._pair_parts(grams)
        self._pair_likes(grams)
        yield from self._in_order()

    def _take(self, old: tuple[int, ...], new: tuple[int, ...]) -> None:
        self.found.append((old, new))
        self.free_old.difference_update(old)
        self.free_new.difference_update(new)

    def _pair_equals(self) -> None:
        """Equal wording, of several places those of one number first, then one after another."""
        places: dict[str, list[int]] = defaultdict(list)
        for at, clause in enumerate(self.new):
            places[_key(clause)].append(at)
        left: list[tuple[int, str]] = []
        for at, clause in enumerate(self.old):
            key = _key(clause)
            named = [each for each in places[key] if self.new[each].label == clause.label]
            if named and key:
                places[key].remove(named[0])
                self._take((at,), (named[0],))
            else:
                left.append((at, key))
        for at, key in left:
            if places[key] and key:
                self._take((at,), (places[key].pop(0),))

    def _pair_parts(self, grams: _Grams) -> None:
        """Clauses that were split in several, and several that were merged in one."""
        for at in sorted(self.free_old):
            parts = _parts(grams.old[at], {n: grams.new[n] for n in grams.near(at) & self.free_new})
            if parts:
                self._take((at,), parts)
        for at in sorted(self.free_new):
            parts = _parts(grams.new[at], {n: grams.old[n] for n in grams.near_old(at) & self.free_old})
            if parts:
                self._take(parts, (at,))

    def _pair_likes(self, grams: _Grams) -> None:
        candidates = []
        for at in self.free_old:
            for other in grams.near(at) & self.free_new:
                share = _share(grams.old[at], grams.new[other])
                is_named = bool(self.old[at].label) and self.old[at].label == self.new[other].label
                if share >= (_LIKE_OF_ONE_NUMBER if is_named else _LIKE):
                    candidates.append((-share - _ONE_NUMBER * is_named, abs(at - other), at, other))
        for _, _, at, other in sorted(candidates):
            if at in self.free_old and other in self.free_new:
                self._take((at,), (other,))

    def _in_order(self) -> Iterator[ClausePair]:
        found = sorted(self.found, key=lambda pair: pair[1])
        staying = self._staying(found)
        rows: list[tuple[float, float, ClausePair]] = []
        place_of: dict[int, float] = {}
        for index, (old, new) in enumerate(found):
            rows.append((new[0], -1.0, self._pair(old, new, is_moved=index not in staying)))
            if index in staying:
                place_of |= dict.fromkeys(old, float(new[-1]))
        rows += [(at, -1.0, ClausePair("new", (), (self.new[at],))) for at in self.free_new]
        last = -1.0
        for at in range(len(self.old)):
            last = place_of.get(at, last)
            if at in self.free_old:
                rows.append((last, float(at), ClausePair("gone", (self.old[at],), ())))
        yield from (pair for _, _, pair in sorted(rows, key=lambda row: row[:2]))

    def _pair(self, old: tuple[int, ...], new: tuple[int, ...], *, is_moved: bool) -> ClausePair:
        before, after = tuple(self.old[at] for at in old), tuple(self.new[at] for at in new)
        if len(new) > 1:
            return ClausePair("split", before, after)
        if len(old) > 1:
            return ClausePair("merged", before, after)
        if _key(before[0]) != _key(after[0]):
            return ClausePair("changed", before, after)
        return ClausePair("moved" if is_moved else "same", before, after)

    def _staying(self, found: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]) -> set[int]:
        """Which of the pairs, which are in the order of the new text, are in that of the old one too.

        As many as possible; of two that have changed places the one that has kept its number.
        """
        weights = [1000 + (self.old[old[0]].label == self.new[new[0]].label) for old, new in found]
        return _heaviest_rise([old[0] for old, _ in found], weights)


def _heaviest_rise(values: Sequence[int], weights: Sequence[int]) -> set[int]:
    """The places of the rising subsequence of distinct values with the greatest sum of weights."""
    ranks = {value: rank for rank, value in enumerate(sorted(values), 1)}
    # Of each prefix of the ranks the heaviest rise that ends in it, as a tree of maxima.
    tree: list[tuple[int, int]] = [(0, -1)] * (len(values) + 1)
    before: list[int] = []
    for at, (value, weight) in enumerate(zip(values, weights, strict=True)):
        best, rank = (0, -1), ranks[value] - 1
        while rank:
            best = max(best, tree[rank])
            rank -= rank & -rank
        before.append(best[1])
        rank = ranks[value]
        while rank < len(tree):
            tree[rank] = max(tree[rank], (best[0] + weight, at))
            rank += rank & -rank
    at = max((node for node in tree), default=(0, -1))[1]
    found = set()
    while at >= 0:
        found.add(at)
        at = before[at]
    return found


class _Grams:
    """The pairs of characters of the clauses that are not the same, and which clauses may belong together.

    Those that share the most of their rarest pairs, and those of one number: so long texts stay quick.
    """

    def __init__(
        self, old: Sequence[Clause], new: Sequence[Clause], free_old: set[int], free_new: set[int]
    ) -> None:
        self.old = {at: _grams(old[at]) for at in free_old}
        self.new = {at: _grams(new[at]) for at in free_new}
        self._near: dict[int, set[int]] = defaultdict(set)
        self._near_old: dict[int, set[int]] = defaultdict(set)
        named = {new[at].label: at for at in sorted(free_new, reverse=True) if new[at].label}
        pairs = {(at, other) for at, other in _nearest(self.old, self.new)}
        pairs |= {(at, other) for other, at in _nearest(self.new, self.old)}
        pairs |= {(at, named[old[at].label]) for at in free_old if old[at].label in named}
        for at, other in pairs:
            self._near[at].add(other)
            self._near_old[other].add(at)

    def near(self, at: int) -> set[int]:
        """The new clauses that an old one may have become."""
        return self._near[at]

    def near_old(self, at: int) -> set[int]:
        """The old clauses that a new one may have been."""
        return self._near_old[at]


def _nearest(
    clauses: Mapping[int, Counter[str]], others: Mapping[int, Counter[str]]
) -> Iterator[tuple[int, int]]:
    """Each clause with the others that share the most of its rarest pairs of characters."""
    holding: dict[str, list[int]] = defaultdict(list)
    for other in sorted(others):
        for gram in others[other]:
            holding[gram].append(other)
    for at, grams in clauses.items():
        held = sorted((gram for gram in grams if gram in holding), key=lambda gram: len(holding[gram]))
        shared = Counter(other for gram in held[:_RAREST] for other in holding[gram])
        yield from ((at, other) for other, _ in shared.most_common(_NEAREST))


def _parts(whole: Counter[str], others: dict[int, Counter[str]]) -> tuple[int, ...]:
    """Which of the other clauses together are the whole, in order; none where no two or more are."""
    sized = {at: (_overlap(grams, whole), grams.total()) for at, grams in others.items()}
    within = [
        at for at, (shared, size) in sized.items() if size >= _PART_PAIRS_MIN and shared >= _PART * size
    ]
    left, covered, parts = whole.copy(), 0, []
    for at in sorted(within, key=lambda each: (-sized[each][0], each)):
        own = _overlap(others[at], left)
        if own >= _PART_OWN * sized[at][1]:
            left -= others[at]
            covered += own
            parts.append(at)
    return tuple(sorted(parts)) if len(parts) > 1 and covered >= _WHOLE * whole.total() else ()


def _overlap(one: Counter[str], other: Counter[str]) -> int:
    smaller, larger = sorted((one, other), key=len)
    return sum(min(count, larger[gram]) for gram, count in smaller.items() if gram in larger)


def _share(one: Counter[str], other: Counter[str]) -> float:
    """How alike two clauses are, 0 to 1."""
    return 2 * _overlap(one, other) / max(1, one.total() + other.total())


def _grams(clause: Clause) -> Counter[str]:
    key = _key(clause)
    return Counter("".join(pair) for pair in pairwise(key)) or Counter(key)


def _key(clause: Clause) -> str:
    """What is compared of a clause: its wording without white space."""
    return "".join(clause.text.split())
