"""Where a name stands in a text.

Patterns for what stands around a name are compiled once and held against each of its places: to compile a
pattern that has the name in it takes longer than to read the text.
"""

from __future__ import annotations

from collections.abc import Iterator


def places(name: str, text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every place where the name stands, overlapping ones too."""
    start = text.find(name)
    while start >= 0:
        yield start, start + len(name)
        start = text.find(name, start + 1)
