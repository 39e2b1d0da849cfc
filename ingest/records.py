"""What passes between the stages of an ingest: bytes, decoded text, cleaned text with its edits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from retrieval.records import PassageKind


@dataclass(frozen=True, slots=True)
class Margin:
    """A line of a file outside of its text; ``place`` says in Chinese where it stands, such as 页眉."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class RawDocument:
    """A file as decoded text, before any cleaning.

    ``text`` is what every edit's offsets refer to: for plain text the decoded bytes, for html, docx and
    pdf what the loader extracted. ``format`` names the recognised format, ``encoding`` the charset of a
    text format. ``metadata`` holds what the container itself says (docx properties, html meta),
    ``margins`` what stands around the text (running heads, watermarks), read for marks alone.
    ``remarks`` are warnings that a plan shows as well, about the file as a whole. ``recognised`` says in
    Chinese which part of the text was read from pictures, empty for none.
    """

    text: str
    format: str
    encoding: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    margins: tuple[Margin, ...] = ()
    remarks: tuple[str, ...] = ()
    recognised: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """One repair: ``before == raw[start:end]`` was replaced by ``after``.

    ``step`` names the step in the table, several joined by ``+`` where they met in one place.
    """

    step: str
    start: int
    end: int
    before: str
    after: str

    def as_json(self) -> dict[str, str | int]:
        """The edit as it is stored and printed."""
        return {name: getattr(self, name) for name in Edit.__slots__}


@dataclass(frozen=True, slots=True)
class CleanedDocument:
    """A cleaned document: applying all ``edits`` to ``raw`` at once gives ``text``.

    ``edits`` are sorted and disjoint. ``warnings`` name what was left alone and looks wrong;
    ``quarantine`` is the reason to hold the document back, or ``None``. ``remarks`` are those of the
    warnings that a plan shows.
    """

    title: str
    text: str
    raw: str
    metadata: Mapping[str, str]
    edits: tuple[Edit, ...]
    warnings: tuple[str, ...]
    quarantine: str | None
    format: str = "text"
    encoding: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PassageSpan:
    """Where a passage stands in the cleaned text, before it has an id."""

    start: int
    end: int
    section: str
    kind: PassageKind
