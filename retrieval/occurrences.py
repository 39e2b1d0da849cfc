"""Where a name stands in a text.

Patterns for what stands around a name are compiled once and held against each of its places: to compile a
pattern that has the name in it takes longer than to read the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator


def places(name: str, text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every place where the name stands, overlapping ones too."""
    start = text.find(name)
    while start >= 0:
        yield start, start + len(name)
        start = text.find(name, start + 1)


def is_followed(name: str, text: str, tail: re.Pattern[str]) -> bool:
    """Whether ``tail`` matches right behind the name somewhere."""
    return any(tail.match(text, end) for _, end in places(name, text))
