"""Question and passage as one row of tokens, with marks where they share characters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from retrieval.models.tokenizer import Token, Tokenizer
from retrieval.reading.records import ReadPassage

START, PAD, END = 0, 1, 2
QUESTION, PASSAGE, PLACE = 0, 1, 2
TOKENS_MAX = 400
"""A longer passage is read in parts."""
_QUESTION_TOKENS = 64
_PLACE_TOKENS = 40
_UNIT_TOKENS = 300
# Characters that any question holds; sharing one says nothing.
_COMMON = frozenset(
    "的了是在有和与及或什么哪些个多少几如何怎样谁为吗呢吧啊呀请问我你他它这那就都也要可以能应该一下"
)


@dataclass(slots=True)
class Row:
    """Tokens of one input.

    ``units`` has the stretch of each unit, ``offsets`` its tokens' places in its text, ``numbers`` which unit
    of the passage it is.
    """

    ids: list[int] = field(default_factory=list)
    segments: list[int] = field(default_factory=list)
    matches: list[int] = field(default_factory=list)
    units: list[tuple[int, int]] = field(default_factory=list)
    offsets: list[Sequence[Token]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    def add(self, tokens: Sequence[Token], matches: Sequence[int], segment: int) -> None:
        self.ids += [token.id for token in tokens]
        self.matches += matches
        self.segments += [segment] * len(tokens)

    def close(self, segment: int) -> None:
        self.ids.append(END)
        self.matches.append(0)
        self.segments.append(segment)


class Shared:
    """Which characters of a text are also in another: 2 as a pair, 1 alone, 0 not."""

    def __init__(self, *texts: str) -> None:
        joined = "\n".join(texts).lower()
        self._single = {c for c in joined if c.isalnum() and c not in _COMMON}
        self._pairs = set(_pairs(joined))

    def marks(self, text: str, tokens: Sequence[Token]) -> list[int]:
        low = text.lower()
        if len(low) != len(text):
            return [0] * len(tokens)
        marks = [int(c in self._single) for c in low]
        for at in range(len(low) - 1):
            if low[at : at + 2] in self._pairs:
                marks[at] = marks[at + 1] = 2
        return [max(marks[token.start : token.end], default=0) for token in tokens]


def _pairs(text: str) -> Iterator[str]:
    for one, two in pairwise(text):
        if one.isalnum() and two.isalnum() and not (one in _COMMON and two in _COMMON):
            yield one + two


class Encoder:
    """Makes rows; a passage that is too long for one becomes several, cut between units."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def rows(self, question: str, passage: ReadPassage) -> list[Row]:
        """The rows of a passage; together they have all its units, in order."""
        asked = Shared(question)
        opening = self._opening(question, passage, asked)
        rows = [opening()]
        for number, text in enumerate(passage.units):
            tokens = self._tokenizer.spans(text)[:_UNIT_TOKENS]
            if rows[-1].units and len(rows[-1].ids) + len(tokens) >= TOKENS_MAX:
                rows.append(opening())
            row = rows[-1]
            row.units.append((len(row.ids), len(row.ids) + len(tokens)))
            row.offsets.append(tokens)
            row.numbers.append(number)
            row.add(tokens, asked.marks(text, tokens), PASSAGE)
        for row in rows:
            row.close(PASSAGE)
        return rows

    def _opening(self, question: str, passage: ReadPassage, asked: Shared) -> Callable[[], Row]:
        place = f"{passage.title} {passage.section}".strip()
        told = Shared(place, *passage.units)
        question_tokens = self._tokenizer.spans(question)[:_QUESTION_TOKENS]
        place_tokens = self._tokenizer.spans(place)[:_PLACE_TOKENS]
        question_marks = told.marks(question, question_tokens)
        place_marks = asked.marks(place, place_tokens)

        def opening() -> Row:
            row = Row([START], [QUESTION], [0])
            row.add(question_tokens, question_marks, QUESTION)
            row.close(QUESTION)
            if place_tokens:
                row.add(place_tokens, place_marks, PLACE)
                row.close(PLACE)
            return row

        return opening


def batch(rows: Sequence[Row]) -> dict[str, Any]:
    """The rows as padded arrays, by the names of the model's inputs."""
    import numpy as np

    length = max(len(row.ids) for row in rows)
    units = max(1, *(len(row.units) for row in rows))
    feed: dict[str, Any] = {
        "ids": np.full((len(rows), length), PAD, np.int64),
        "segments": np.zeros((len(rows), length), np.int64),
        "matches": np.zeros((len(rows), length), np.int64),
        "units": np.zeros((len(rows), units, length), np.float32),
    }
    for number, row in enumerate(rows):
        size = len(row.ids)
        feed["ids"][number, :size] = row.ids
        feed["segments"][number, :size] = row.segments
        feed["matches"][number, :size] = row.matches
        for unit, (start, end) in enumerate(row.units):
            feed["units"][number, unit, start:end] = 1
    return feed
