"""What answers are made of: ranked passages with the view of their document, and stretches of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from bot.answering.view import DocumentView
from retrieval.reading.records import ReadPassage, Unit
from retrieval.records import Passage
from retrieval.retriever import Ranked


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a document that becomes one quote, and the passage that led to it.

    ``section`` is where it stands, if that is not where the passage does.
    """

    passage: Passage
    start: int
    end: int
    section: str = ""

    @property
    def place(self) -> Passage:
        """The passage, under the section that the piece stands in."""
        return replace(self.passage, section=self.section) if self.section else self.passage


@dataclass(frozen=True)
class Source:
    """A ranked passage with the view of its document."""

    ranked: Ranked
    view: DocumentView

    @property
    def passage(self) -> Passage:
        return self.ranked.passage

    @property
    def score(self) -> float:
        return self.ranked.parts.score

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """The units that the passage has any part of, whole."""
        return tuple(self.view.touching(self.passage.start, self.passage.end))

    def as_read(self) -> ReadPassage:
        """The passage as a reader sees it."""
        texts = tuple(self.view.text[unit.start : unit.end] for unit in self.units)
        return ReadPassage(self.passage.document.title, self.passage.section, texts)
