"""A raw text beside its cleaned text, edit by edit, within a bound on what is shown. Pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from bot.reporting.alignment import Block, blocks
from ingest.records import Edit

CONTEXT_CHARS = 60
"""How much unchanged text stands on either side of an edit where not all of it is shown."""
EDIT_CHARS = 400
"""Of an edit longer than this, the beginning and the end are shown then."""
PIECE_COST = 16
"""What a piece costs beside its characters: the markup around it."""

PieceKind = Literal["kept", "changed", "left out"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one side: unchanged, removed or added there, or (``text`` empty) ``chars`` left out.

    ``step`` names what changed it.
    """

    kind: PieceKind
    text: str
    chars: int
    step: str = ""

    @property
    def cost(self) -> int:
        """How much room it takes, in characters."""
        return len(self.text) + PIECE_COST


@dataclass(frozen=True, slots=True)
class Row:
    """Lines that belong beside each other; ``steps`` counts the edits in them by the steps that made them.

    Without edits both sides are the same.
    """

    before: tuple[Piece, ...]
    after: tuple[Piece, ...]
    steps: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both texts in rows; ``is_whole`` if nothing was left out.

    ``shown`` counts the edits in the rows, of ``edits``; ``cost`` is the room they take, in characters.
    """

    rows: tuple[Row, ...]
    is_whole: bool
    shown: int
    edits: int
    cost: int


def compare(raw: str, edits: Sequence[Edit], room: int) -> Comparison:
    """``raw`` beside what ``edits`` make of it, at a cost of about ``room`` for both sides together.

    The whole of both texts where that suffices, else the neighbourhood of the first edits.
    """
    grown = sum(len(edit.after) - len(edit.before) for edit in edits)
    # Each edit is a piece on either side, with a kept one before it.
    if 2 * len(raw) + grown + 4 * PIECE_COST * len(edits) > room:
        return _neighbourhoods(raw, edits, room)
    rows = tuple(_whole_rows(raw, edits))
    return Comparison(rows, True, len(edits), len(edits), sum(map(_cost, rows)))


def _whole_rows(raw: str, edits: Sequence[Edit]) -> Iterator[Row]:
    for is_edited, group in groupby(blocks(raw, edits), key=lambda block: bool(block.edits)):
        found = list(group)
        if is_edited:
            yield from (_row(raw, block, None) for block in found)
        else:
            yield _unchanged(_kept(raw[found[0].start : found[-1].end].rstrip("\n")))


def _neighbourhoods(raw: str, edits: Sequence[Edit], room: int) -> Comparison:
    rows: list[Row] = []
    shown = cost = passed = 0
    for block in blocks(raw, edits):
        if not block.edits:
            passed += block.end - block.start
            continue
        if rows and cost >= room:
            break
        if passed:
            rows.append(_unchanged(_left_out(passed)))
            passed = 0
        rows.append(_row(raw, block, room - cost))
        shown += sum(count for _, count in rows[-1].steps)
        cost += _cost(rows[-1])
    if passed:
        rows.append(_unchanged(_left_out(passed)))
    return Comparison(tuple(rows), False, shown, len(edits), cost)


def _row(raw: str, block: Block, room: int | None) -> Row:
    """Both sides of a block, whole where ``room`` is ``None``, else up to the edit that fills it."""
    is_whole = room is None
    before: list[Piece] = []
    after: list[Piece] = []
    steps: Counter[str] = Counter()
    used, at = 0, block.start
    for edit in block.edits:
        if room is not None and steps and used >= room:
            break
        kept = _stretch(raw[at : edit.start], is_whole, has_left=at > block.start, has_right=True)
        removed = _changed(edit.before, edit.step, is_whole)
        added = _changed(edit.after, edit.step, is_whole)
        before += (*kept, *removed)
        after += (*kept, *added)
        used += sum(piece.cost for piece in (*kept, *kept, *removed, *added))
        steps[edit.step] += 1
        at = edit.end
    rest = _stretch(raw[at : block.end].rstrip("\n"), is_whole, has_left=True, has_right=False)
    return Row((*before, *rest), (*after, *rest), tuple(steps.items()))


def _stretch(text: str, is_whole: bool, *, has_left: bool, has_right: bool) -> tuple[Piece, ...]:
    """Unchanged text, or of a long one the ends that touch an edit."""
    head = CONTEXT_CHARS if has_left else 0
    tail = CONTEXT_CHARS if has_right else 0
    return _kept(text) if is_whole else _shortened(Piece("kept", text, len(text)), head, tail)


def _changed(text: str, step: str, is_whole: bool) -> tuple[Piece, ...]:
    """What an edit removed or added, or of a long one the ends."""
    piece = Piece("changed", text, len(text), step)
    half = EDIT_CHARS // 2
    return _shortened(piece, half, half) if text and not is_whole else (piece,) * bool(text)


def _shortened(piece: Piece, head: int, tail: int) -> tuple[Piece, ...]:
    """The first ``head`` and the last ``tail`` characters of a piece, and what is left out between."""
    cut = piece.chars - tail
    if cut <= head:
        return (piece,) if piece.text else ()
    parts = (
        replace(piece, text=piece.text[:head], chars=head),
        *_left_out(cut - head),
        replace(piece, text=piece.text[cut:], chars=tail),
    )
    return tuple(each for each in parts if each.chars)


def _unchanged(pieces: tuple[Piece, ...]) -> Row:
    return Row(pieces, pieces)


def _kept(text: str) -> tuple[Piece, ...]:
    return (Piece("kept", text, len(text)),) if text else ()


def _left_out(chars: int) -> tuple[Piece, ...]:
    return (Piece("left out", "", chars),)


def _cost(row: Row) -> int:
    return sum(piece.cost for piece in (*row.before, *row.after))
