"""What extractive answers are made of: sources, the question as texts are weighed by it, and drafts."""

from __future__ import annotations

from dataclasses import dataclass

from bot.answering.kinds import Asked
from bot.answering.support import ContentTerm, Wording
from bot.answering.view import DocumentView
from retrieval.normalise import heading_key
from retrieval.records import Passage
from retrieval.retriever import Ranked

_OUT_OF_TIME = 0.15
_OF_RANK = 0.05


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a document that becomes one quote, and the passage that led to it."""

    passage: Passage
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What the extractive answerer proposes.

    ``mark`` ranks drafts among each other; ``items`` counts the members of a list, 0 for running text;
    ``is_spelt_out`` tells that they are the members of the counting name asked about.
    ``pieces`` are in reading order and belong to ``passage``'s document, apart from those of ``also``.
    """

    passage: Passage
    pieces: tuple[Piece, ...]
    mark: float
    items: int = 0
    is_spelt_out: bool = False

    @property
    def is_list(self) -> bool:
        return self.items > 0


@dataclass(frozen=True, slots=True)
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

    @property
    def preference(self) -> float:
        """What its edition and its rank add to the mark of whatever is drawn from it."""
        if self.ranked.out_of_time:
            return -_OUT_OF_TIME
        return _OF_RANK if self.ranked.parts.authority > 0 else 0.0

    def context(self) -> str:
        """Search key of what stands above the passage: the title and the headings."""
        return heading_key(f"{self.passage.document.title}\n{self.passage.section}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The question as the answerer weighs texts by it."""

    asked: Asked
    terms: tuple[ContentTerm, ...]
    wording: Wording
    key: str
