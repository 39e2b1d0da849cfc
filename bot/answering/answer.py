"""The one answer type: statements with their citations, or a refusal, whatever channel shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from retrieval.records import DocumentInfo, ScoredPassage

Status = Literal["answered", "refused", "error"]


@dataclass(frozen=True, slots=True)
class Citation:
    """A verbatim quote: ``quote == document.text[start:end]``; the passage ``passage_id`` led to it.

    ``n`` is the number that stands as 〔n〕 in the answer, counted from 1 in order of first use.
    """

    n: int
    passage_id: str
    document: DocumentInfo
    section: str
    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Statement:
    """One line of an answer and the numbers of the citations that carry it (none for a lead-in)."""

    text: str
    citations: tuple[int, ...] = ()

    def marked(self) -> str:
        """The text with its marks, such as ``…〔1〕``."""
        return self.text + "".join(f"〔{n}〕" for n in self.citations)


@dataclass(frozen=True, slots=True)
class Elapsed:
    """Milliseconds spent on finding, on composing, and in all."""

    retrieve: float = 0.0
    answer: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to a question.

    ``statements`` are empty unless ``answered``; ``message`` is what a refusal or an error says;
    ``nearest`` quotes the wording that comes nearest to what is refused, which is no answer.
    ``suggestions`` are questions that the corpus does answer. ``passages`` are what retrieval offers,
    best first, also when refused. Where what is cited is not in force, the first
    statement says so. Every citation is used by a statement and every mark has its citation.
    """

    question: str
    status: Status
    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    passages: tuple[ScoredPassage, ...] = ()
    message: str = ""
    nearest: tuple[Citation, ...] = ()
    suggestions: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    answerer: str = "extractive"
    index_version: str = ""
    elapsed: Elapsed = field(default_factory=Elapsed)

    @property
    def notices_behind(self) -> tuple[str, ...]:
        """The notices that the answer has not begun with."""
        first = self.text.partition("\n")[0]
        return tuple(each for each in self.notices if each not in first)

    @property
    def text(self) -> str:
        """The answer as plain text with its marks, one statement a line; a refusal's or error's message."""
        if self.status != "answered":
            return self.message
        return "\n".join(statement.marked() for statement in self.statements)
