"""Which lines of a raw text belong beside which of the cleaned one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.records import Edit


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines ``[start, end)`` of the raw text and the edits within them; no edit crosses its bounds."""

    start: int
    end: int
    edits: tuple[Edit, ...]


def blocks(raw: str, edits: Sequence[Edit]) -> Iterator[Block]:
    """The raw text in blocks, in order and without gaps: single lines, more where an edit joins them."""
    rest = list(reversed(edits))
    start = 0
    while start < len(raw) or rest:
        end = _line_end(raw, start)
        held: list[Edit] = []
        while rest and (rest[-1].start < end or end == len(raw)):
            held.append(rest.pop())
            if held[-1].end > end:
                end = _line_end(raw, held[-1].end - 1)
        yield Block(start, end, tuple(held))
        start = end


def _line_end(raw: str, at: int) -> int:
    newline = raw.find("\n", at)
    return len(raw) if newline < 0 else newline + 1
