"""The steps that an ingest is made of, and how it tells of its progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ingest.fingerprint import lexical_fingerprint, shaping_fingerprint
from ingest.records import CleanedDocument, PassageSpan
from retrieval.publication import IndexTerms

ReadDocument = Callable[[bytes, str, bytes | None], CleanedDocument]
MakePassages = Callable[[str, str], list[PassageSpan]]


class Progress(Protocol):
    """Called as work goes on: ``stage`` is one of scan, clean, embed, publish."""

    def __call__(self, stage: str, done: int, total: int) -> None: ...


def no_progress(stage: str, done: int, total: int) -> None:
    """Shows nothing."""


@dataclass(frozen=True, slots=True)
class IngestParts:
    """The steps an ingest is made of; ``shaping`` and ``lexical`` name their present behaviour.

    ``seeds`` is the folder of the program's own documents, the root where no other is remembered.
    """

    read_document: ReadDocument
    make_passages: MakePassages
    index_terms: IndexTerms
    shaping: str
    lexical: str
    seeds: Path


def standard_parts() -> IngestParts:
    """The parts of this program."""
    from ingest.documents import read_document
    from ingest.passages import make_passages
    from retrieval.lexical import index_terms

    return IngestParts(
        read_document=read_document,
        make_passages=make_passages,
        index_terms=index_terms,
        shaping=shaping_fingerprint(),
        lexical=lexical_fingerprint(),
        seeds=Path(__file__).resolve().parent.parent / "seeds",
    )
