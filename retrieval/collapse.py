"""Near-identical passages of several documents as one hit that counts the others."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from retrieval.authority import Register, first_day, standing
from retrieval.normalise import match_key
from retrieval.period import AskedTime
from retrieval.ranking import Ranked
from retrieval.records import DocumentInfo, ScoredPassage
from retrieval.scoring import PassageTerms

# Only what can still reach the first places is compared with each other.
_DEPTH = 25
_OVERLAP = 0.9
# In near-identical passages the question finds nearly the same: at most this share more or less.
_PART_SHARE = 0.2
# A copy that matches this much worse by its headings is not the one that was asked for.
_KEPT_MARGIN = 0.12
# 不得 for 应当, 支部 for 党委, 2年 for 1年: such a difference is another statement, not another copy.
_REPLACED_CHARS = 2
_TELLING = re.compile(r"[\d不未无非没勿禁免否]")


@dataclass(slots=True)
class _Group:
    """Copies of one passage, in order of score."""

    copies: list[Ranked]
    bigrams: AbstractSet[str]
    keys: set[str] = field(default_factory=set)


def collapse(
    ranked: Sequence[Ranked], terms: Mapping[int, PassageTerms], register: Register, asked: AskedTime
) -> list[Ranked]:
    """The passages with copies in other documents left out, in unchanged order of the best copies.

    ``ranked`` is best first; ``terms`` holds the indexed terms by rowid. The copy kept is that of the
    document with most authority at the time asked about, then the earlier one; its score is that of the
    best copy. Different passages of one document are never taken together.
    """
    groups: list[_Group] = []
    for each in ranked[:_DEPTH]:
        bigrams = terms[each.rowid].bigrams
        group = next((g for g in groups if _is_copy(each, bigrams, g)), None)
        if group is None:
            group = _Group([], bigrams)
            groups.append(group)
        group.copies.append(each)
        group.keys.add(each.passage.key)
    return [_kept(group, register, asked) for group in groups] + list(ranked[_DEPTH:])


def _kept(group: _Group, register: Register, asked: AskedTime) -> Ranked:
    best = group.copies[0]
    if len(group.copies) == 1:
        return best

    def authority(copy: Ranked) -> tuple[bool, int, int, bool, str]:
        document = copy.passage.document
        day = first_day(document)
        return (register.is_passage_out_of_time(copy.passage, asked), *standing(document), not day, day)

    near = [each for each in group.copies if each.parts.score >= best.parts.score - _KEPT_MARGIN]
    kept = min(near, key=authority)
    others = {each.passage.document.id for each in group.copies} - {kept.passage.document.id}
    if kept is not best:
        kept = replace(kept, parts=best.parts)
    return replace(kept, also_in=len(others))


def _is_copy(each: Ranked, bigrams: AbstractSet[str], group: _Group) -> bool:
    """Whether a passage says the same as a group; of one document only if it is the same to the letter."""
    best = group.copies[0]
    if each.passage.key in group.keys:
        return True
    a, b = sorted((each.parts.bigrams, best.parts.bigrams))
    if b - a > _PART_SHARE * b:
        return False
    if any(each.passage.document.id == copy.passage.document.id for copy in group.copies):
        return False
    return overlap(bigrams, group.bigrams) >= _OVERLAP and says_the_same(each.passage.text, best.passage.text)


def overlap(one: AbstractSet[str], other: AbstractSet[str]) -> float:
    """Shared members over all members, 0 to 1; 0 where either is empty."""
    smaller, larger = sorted((len(one), len(other)))
    if not smaller or smaller < _OVERLAP * larger:
        return 0.0
    shared = len(one & other)
    return shared / (smaller + larger - shared)


def says_the_same(one: str, other: str) -> bool:
    """Whether two near-identical texts differ by slips and additions only, not by a word or a number."""
    a, b = match_key(one), match_key(other)
    if a == b:
        return True
    for kind, a_start, a_end, b_start, b_end in difflib.SequenceMatcher(None, a, b, False).get_opcodes():
        if kind == "equal":
            continue
        if _TELLING.search(a[a_start:a_end] + b[b_start:b_end]):
            return False
        if kind == "replace" and min(a_end - a_start, b_end - b_start) >= _REPLACED_CHARS:
            return False
    return True


def repost_notices(cited: Iterable[ScoredPassage]) -> tuple[str, ...]:
    """A sentence for each cited document whose passage stands in others as well: 另见 n 处."""
    most: dict[str, tuple[DocumentInfo, int]] = {}
    for each in cited:
        document = each.passage.document
        known = most.get(document.id, (document, 0))[1]
        if each.also_in > known:
            most[document.id] = (document, each.also_in)
    return tuple(
        f"《{document.title.strip('《》')}》的这段文字另见 {n} 处。" for document, n in most.values()
    )
