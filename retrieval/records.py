"""The records that travel between ingest, retrieval and the answerers: frozen and typed.

Offsets are half-open ``[start, end)`` and count Unicode code points of the cleaned document text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Audience = Literal["公开", "内部"]
EVERYONE: frozenset[Audience] = frozenset({"公开"})
STAFF: frozenset[Audience] = frozenset({"公开", "内部"})
PassageKind = Literal["paragraph", "list", "clause", "table", "heading"]

SECTION_SEPARATOR = " › "


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """What is said of a document wherever it is cited; its text stays in the store.

    ``id`` is stable across re-ingestion of the same path. ``source`` is the path as ingested, POSIX,
    relative to the parent of its root. ``metadata`` holds only known fields (issuer, number, date,
    kind, author, supersedes, …).
    """

    id: str
    source: str
    title: str
    status: str = ""
    audience: Audience = "公开"
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Passage:
    """One retrievable unit of a document: ``text == document.text[start:end]``.

    ``section`` is the heading path joined by ``SECTION_SEPARATOR``; ``key`` names the content, so equal
    texts share one vector and one embedding.
    """

    id: str
    document: DocumentInfo
    section: str
    kind: PassageKind
    start: int
    end: int
    text: str
    key: str


@dataclass(frozen=True, slots=True)
class ScoredPassage:
    """A passage with its relevance from 0 to 1, higher is better.

    ``also_in`` counts further documents that carry nearly the same passage.
    """

    passage: Passage
    score: float
    also_in: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one search found: ranked passages, best first, and the corpus version they come from."""

    question: str
    passages: tuple[ScoredPassage, ...]
    index_version: str
    notices: tuple[str, ...] = ()
