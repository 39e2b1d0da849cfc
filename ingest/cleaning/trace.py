"""Traced text: a text that knows, for each character, where in the raw text it came from.

A traced text is a list of pieces, in order. A kept piece is a slice of the raw text as it stands; a
replaced piece is a span of the raw text together with what now stands there and which steps put it there.
A step hands over replacements on the current text; they are folded into the pieces, so that at the end
every repair is an ``Edit`` against the raw text, however many steps met in one place.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ingest.records import Edit

STEP_SEPARATOR = "+"


class Replacement(NamedTuple):
    """``text[start:end]`` of the current text becomes ``after``; never an insertion (``start < end``)."""

    start: int
    end: int
    after: str


class Piece(NamedTuple):
    """A span of the raw text and what stands for it now; ``text`` is ``None`` where nothing was changed.

    A kept piece holds no text of its own: the rest of a long text is cut off again and again.
    """

    start: int
    end: int
    text: str | None
    steps: tuple[str, ...]

    @property
    def width(self) -> int:
        """How many characters stand there now."""
        return self.end - self.start if self.text is None else len(self.text)


@dataclass(frozen=True, slots=True)
class TracedText:
    """A text with its pieces: their texts joined are ``text``, and their spans cover the raw text."""

    raw: str
    text: str
    pieces: tuple[Piece, ...]

    @classmethod
    def of(cls, raw: str) -> TracedText:
        """The raw text itself, nothing changed yet."""
        return cls(raw, raw, (Piece(0, len(raw), None, ()),) if raw else ())

    def replace(self, step: str, replacements: Iterable[Replacement]) -> TracedText:
        """This text with ``replacements`` made, each credited to ``step``.

        Replacements are taken in order of place; one that overlaps an earlier one, or changes nothing,
        is left out.
        """
        chosen = _in_order(self.text, replacements)
        if not chosen:
            return self
        pieces = _fold(self.text, self.pieces, chosen, step)
        texts = (self.raw[piece.start : piece.end] if piece.text is None else piece.text for piece in pieces)
        return TracedText(self.raw, "".join(texts), tuple(pieces))

    def edits(self) -> tuple[Edit, ...]:
        """The repairs so far: sorted, disjoint, ``before == raw[start:end]``, no more than what differs."""
        found = (_trimmed(self.raw, piece, piece.text) for piece in self.pieces if piece.text is not None)
        return tuple(edit for edit in found if edit is not None)


def apply_edits(raw: str, edits: Sequence[Edit]) -> str:
    """``raw`` with all ``edits`` made at once; they must be sorted, disjoint and fit ``raw``.

    Raises ``ValueError`` where an edit's ``before`` is not what stands in ``raw``.
    """
    parts: list[str] = []
    done = 0
    for edit in edits:
        if edit.start < done or raw[edit.start : edit.end] != edit.before:
            raise ValueError(f"edit at {edit.start} does not fit the raw text: {edit.before!r}")
        parts += (raw[done : edit.start], edit.after)
        done = edit.end
    parts.append(raw[done:])
    return "".join(parts)


def undo_edits(text: str, edits: Sequence[Edit]) -> str:
    """The raw text that ``apply_edits`` made ``text`` of: what is stored need not be loaded again.

    Raises ``ValueError`` where an edit's ``after`` is not what stands in ``text``.
    """
    parts: list[str] = []
    raw_done = done = 0
    for edit in edits:
        start = done + edit.start - raw_done
        end = start + len(edit.after)
        if start < done or text[start:end] != edit.after:
            raise ValueError(f"edit at {edit.start} does not fit the cleaned text: {edit.after!r}")
        parts += (text[done:start], edit.before)
        raw_done, done = edit.end, end
    parts.append(text[done:])
    return "".join(parts)


class Origins:
    """Where spans of the cleaned text stand in the raw text, from the edits alone.

    >>> Origins((Edit("x", 2, 4, "cd", "C"),)).raw_span(3, 5)
    (4, 6)
    """

    def __init__(self, edits: Sequence[Edit]) -> None:
        """Prepare for the edits of one document; a look-up then takes logarithmic time."""
        self._edits = tuple(edits)
        self._starts: list[int] = []
        shift = 0
        for edit in self._edits:
            self._starts.append(edit.start + shift)
            shift += len(edit.after) - (edit.end - edit.start)

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """The raw span behind ``[start, end)`` of the cleaned text; an edit that is touched counts whole."""
        if end <= start:
            place = self._locate(start)[0]
            return place, place
        return self._locate(start)[0], self._locate(end - 1)[1]

    def _locate(self, offset: int) -> tuple[int, int]:
        # Several edits may begin at one cleaned offset (deletions leave no width): the last of them
        # is the one whose text, if any, stands there.
        index = bisect_right(self._starts, offset) - 1
        if index < 0:
            return offset, offset + 1
        edit = self._edits[index]
        inside = offset - self._starts[index]
        if inside < len(edit.after):
            return edit.start, edit.end
        place = edit.end + inside - len(edit.after)
        return place, place + 1


def _in_order(text: str, replacements: Iterable[Replacement]) -> list[Replacement]:
    """The replacements that change something and do not overlap; neighbours become one."""
    chosen: list[Replacement] = []
    done = -1
    parts: list[str] = []
    for item in sorted(replacements):
        if item.start < done or item.start >= item.end or text[item.start : item.end] == item.after:
            continue
        if item.start == done:
            parts.append(item.after)
            chosen[-1] = Replacement(chosen[-1].start, item.end, "")
        else:
            if chosen:
                chosen[-1] = chosen[-1]._replace(after="".join(parts))
            chosen.append(item)
            parts = [item.after]
        done = item.end
    if chosen:
        chosen[-1] = chosen[-1]._replace(after="".join(parts))
    return chosen


def _fold(text: str, pieces: Sequence[Piece], replacements: Sequence[Replacement], step: str) -> list[Piece]:
    """The pieces of ``text`` with the replacements worked in, in one walk along both lists."""
    folded: list[Piece] = []
    index = 0
    piece = pieces[0]
    offset = 0  # where ``piece`` begins in ``text``
    place = 0
    while place < len(replacements):
        first = replacements[place]
        while offset + piece.width <= first.start:
            folded.append(piece)
            offset += piece.width
            index += 1
            piece = pieces[index]
        begin, touched = offset, [piece]
        cluster: list[Replacement] = []
        offset += piece.width
        # All replacements that touch one replaced piece must be worked in together.
        while place < len(replacements) and _belongs(replacements[place], cluster, touched[-1], offset):
            cluster.append(replacements[place])
            place += 1
            while offset < cluster[-1].end:
                index += 1
                touched.append(pieces[index])
                offset += pieces[index].width
        rest = _merge(text, touched, cluster, begin, offset, step, folded)
        if rest is None:
            index += 1
            piece = pieces[index] if index < len(pieces) else _NOTHING
        else:
            piece = rest
            offset -= rest.width
    return [*folded, piece, *pieces[index + 1 :]] if index < len(pieces) else folded


_NOTHING = Piece(0, 0, "", ())


def _belongs(item: Replacement, cluster: Sequence[Replacement], last: Piece, offset: int) -> bool:
    return not cluster or (item.start < offset and last.text is not None)


def _merge(
    text: str,
    touched: Sequence[Piece],
    cluster: Sequence[Replacement],
    begin: int,
    end: int,
    step: str,
    folded: list[Piece],
) -> Piece | None:
    """Append the kept text in front and one replaced piece; give back the kept text behind, if any.

    ``[begin, end)`` is the stretch of ``text`` that the touched pieces make up.
    """
    first, last = touched[0], touched[-1]
    raw_start, raw_end = first.start, last.end
    rest: Piece | None = None
    if first.text is None and (kept := cluster[0].start - begin) > 0:
        begin = cluster[0].start
        raw_start += kept
        folded.append(Piece(first.start, raw_start, None, ()))
    if last.text is None and (kept := end - cluster[-1].end) > 0:
        end = cluster[-1].end
        raw_end -= kept
        rest = Piece(raw_end, last.end, None, ())
    parts: list[str] = []
    for item in cluster:
        parts += (text[begin : item.start], item.after)
        begin = item.end
    parts.append(text[begin:end])
    steps = dict.fromkeys(name for piece in touched for name in piece.steps)
    folded.append(Piece(raw_start, raw_end, "".join(parts), tuple(dict.fromkeys((*steps, step)))))
    return rest


def _trimmed(raw: str, piece: Piece, after: str) -> Edit | None:
    """The piece as an edit without the characters that both sides share; ``None`` if nothing differs."""
    before = raw[piece.start : piece.end]
    if before == after:
        return None
    most = min(len(before) - 1, len(after))
    head = 0
    while head < most and before[head] == after[head]:
        head += 1
    most = min(len(before) - head - 1, len(after) - head)
    tail = 0
    while tail < most and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    stop = len(before) - tail
    return Edit(
        STEP_SEPARATOR.join(piece.steps),
        piece.start + head,
        piece.start + stop,
        before[head:stop],
        after[head : len(after) - tail],
    )
