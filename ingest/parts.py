"""The steps that an ingest is made of, and how it tells of its progress."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ingest.fingerprint import lexical_fingerprint, shaping_fingerprint
from ingest.loaders.ocr import Mode
from ingest.records import CleanedDocument, PassageSpan
from retrieval.publication import IndexTerms

ReadDocument = Callable[[bytes, str, bytes | None], CleanedDocument]
MakePassages = Callable[[str, str], list[PassageSpan]]


class Progress(Protocol):
    """Called as work goes on: ``stage`` is one of scan, clean, ocr, embed, publish."""

    def __call__(self, stage: str, done: int, total: int) -> None: ...


def no_progress(stage: str, done: int, total: int) -> None:
    """Shows nothing."""


@dataclass(frozen=True, slots=True)
class IngestParts:
    """The steps an ingest is made of; ``shaping`` and ``lexical`` name their present behaviour.

    ``seeds`` is the folder of the program's own documents, the root where no other is remembered.
    ``processes`` may share the reading and cleaning; with more than one, the steps must be functions of
    modules, which other processes can import. ``isolates``: so too for what takes a parser,
    whatever its size. ``pictures`` says what becomes of text in pictures; ``ocr_home`` keeps what has been
    read of it meanwhile.
    """

    read_document: ReadDocument
    make_passages: MakePassages
    index_terms: IndexTerms
    shaping: str
    lexical: str
    seeds: Path
    processes: int = 1
    isolates: bool = False
    pictures: Mode = "read"
    ocr_home: Path | None = None


def standard_parts() -> IngestParts:
    """The parts of this program, which load when the first document is read: often there is none to read."""
    return IngestParts(
        read_document=_read_document,
        make_passages=_make_passages,
        index_terms=_index_terms,
        shaping=shaping_fingerprint(),
        lexical=lexical_fingerprint(),
        seeds=Path(__file__).resolve().parent.parent / "seeds",
        processes=usable_processors(),
        isolates=hasattr(signal, "pthread_sigmask"),
    )


def usable_processors() -> int:
    """How many processors this process may use; one on Windows, where signals cannot be held back."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1 if hasattr(signal, "pthread_sigmask") else 1


def _read_document(data: bytes, name: str, sidecar: bytes | None) -> CleanedDocument:
    from ingest.documents import read_document

    return read_document(data, name, sidecar)


def _make_passages(text: str, title: str) -> list[PassageSpan]:
    from ingest.passages import make_passages

    return make_passages(text, title)


def _index_terms(text: str, section: str, title: str) -> tuple[str, str, str]:
    from retrieval.lexical import index_terms

    return index_terms(text, section, title)
