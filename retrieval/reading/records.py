"""What readers are given and what they give: units, passages to read, readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

UnitKind = Literal["sentence", "item", "paragraph", "row", "heading"]


@dataclass(frozen=True, slots=True)
class Unit:
    """The least that an answer points at: ``[start, end)`` of the document's text.

    ``paragraph`` is one of a clause. ``path`` names the headings above it, outermost first.
    """

    start: int
    end: int
    kind: UnitKind
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadPassage:
    """A passage as a reader sees it: where it stands, and the texts of its units in order."""

    title: str
    section: str
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PassageReading:
    """What a reader says of a passage: the logit of each unit to be the answer or a part of it, and that of
    the passage to hold one. Higher is better; ``decision`` makes probabilities of them.
    """

    units: tuple[float, ...]
    answers: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader says of all passages, in their order."""

    passages: tuple[PassageReading, ...]


class Reader(Protocol):
    """Points at the units that answer a question; it never writes. ``name`` says whose weights decide."""

    name: str

    def read(self, question: str, passages: Sequence[ReadPassage]) -> Reading:
        """What each unit and each passage is worth as an answer to the question."""
        ...
