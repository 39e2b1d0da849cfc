"""Whether two rules of one title can be of one body: by the places and bodies that their texts name.

Two towns adopt the same model rule; the later one of them repeals nothing of the other.
"""

from __future__ import annotations

from retrieval.normalise import match_key, to_simplified
from retrieval.places import bodies_named

# A rule names its own body in its title, its first clauses and its signature.
_OPENING_CHARS = 1_200
_CLOSING_CHARS = 200
_GRAM = 8
# Editions of one rule share much more of their wording, rules on one matter by two authors much less.
_SHARED = 0.1


def may_share_body(one: str, other: str) -> bool:
    """Whether two texts name a body in common, or none at all and share their wording; so do unknown ones."""
    if not one or not other:
        return True
    a, b = _bodies(one), _bodies(other)
    if a and b:
        return bool(a & b)
    return _shared(one, other) >= _SHARED


def _bodies(text: str) -> frozenset[str]:
    ends = to_simplified(text[:_OPENING_CHARS] + "\n" + text[-_CLOSING_CHARS:])
    return bodies_named(ends)


def _shared(one: str, other: str) -> float:
    """The share of the shorter text's stretches of eight characters that the longer one has too."""
    grams = [
        {key[at : at + _GRAM] for at in range(max(1, len(key) - _GRAM + 1))}
        for key in (match_key(one), match_key(other))
    ]
    smaller, larger = sorted(grams, key=len)
    return len(smaller & larger) / len(smaller)
