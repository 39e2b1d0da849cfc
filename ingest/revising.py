"""One file to one revision, ready to be stored: read, clean, cut, sketch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from ingest.audience import AUDIENCES, marked_name
from ingest.fingerprint import document_fingerprint
from ingest.parts import IngestParts
from ingest.records import CleanedDocument
from ingest.resemblance import sketch
from ingest.sources import SourceFile, read_source
from retrieval.publication import NewPassage, NewRevision


def _marked(cleaned: CleanedDocument, source: str) -> CleanedDocument:
    """The document, for internal use where a folder above it is marked so and nobody says otherwise."""
    found = marked_name(PurePosixPath(source))
    if not found or "audience_from" in cleaned.metadata:
        return cleaned
    marked = {"audience": AUDIENCES[1], "audience_from": found}
    return replace(cleaned, metadata={**cleaned.metadata, **marked})


def new_revision(file: SourceFile, parts: IngestParts) -> NewRevision:
    """What is to be stored of a file as it is now; SourceError where it cannot be read."""
    read = read_source(file)
    cleaned = _marked(parts.read_document(read.data, file.name, read.sidecar), file.source)
    spans = [] if cleaned.quarantine is not None else parts.make_passages(cleaned.text, cleaned.title)
    return NewRevision(
        document_id=file.document_id,
        source=file.source,
        location=file.location,
        fingerprint=document_fingerprint(read.data, file.name, read.sidecar, parts.shaping),
        raw=read.data,
        title=cleaned.title,
        text=cleaned.text,
        metadata=cleaned.metadata,
        edits=[edit.as_json() for edit in cleaned.edits],
        warnings=cleaned.warnings,
        quarantine=cleaned.quarantine,
        format=cleaned.format,
        encoding=cleaned.encoding,
        passages=[NewPassage(span.start, span.end, span.section, span.kind) for span in spans],
        sketch=b"" if cleaned.quarantine is not None else sketch(cleaned.text),
        remarks=cleaned.remarks,
    )
