"""Documents read back from the store: as cleaning gave them, or with fields stated anew.

No file is needed for either, and nothing is cleaned again.
"""

from __future__ import annotations

from dataclasses import replace

from ingest.fingerprint import stated_fingerprint, unstated
from ingest.parts import MakePassages
from ingest.records import CleanedDocument, Edit
from retrieval.holdings import HeldRevision
from retrieval.overrides import Fields
from retrieval.publication import NewPassage, NewRevision


def as_cleaned(held: HeldRevision) -> CleanedDocument:
    """The document as cleaning gave it, its raw text included."""
    from ingest.cleaning import undo_edits

    edits = tuple(Edit(**edit) for edit in held.edits)
    return CleanedDocument(
        title=held.title,
        text=held.text,
        raw=undo_edits(held.text, edits),
        metadata=held.metadata,
        edits=edits,
        warnings=tuple(held.warnings),
        quarantine=held.quarantine,
        format=held.format,
        encoding=held.encoding,
    )


def restated(held: HeldRevision, fields: Fields, make_passages: MakePassages) -> NewRevision:
    """The stored revision with exactly these fields stated."""
    new = NewRevision(
        document_id=held.document_id,
        source=held.source,
        location=held.location,
        fingerprint=held.fingerprint,
        raw=held.raw,
        title=held.title,
        text=held.text,
        metadata=held.metadata,
        described=held.described,
        edits=held.edits,
        warnings=held.warnings,
        quarantine=held.quarantine,
        format=held.format,
        encoding=held.encoding,
        passages=(),
    )
    return stated_anew(new, fields, make_passages)


def stated_anew(new: NewRevision, fields: Fields, make_passages: MakePassages) -> NewRevision:
    """The revision with exactly these fields stated; its text and raw bytes stay as they are."""
    metadata = new.metadata if new.described is None else new.described
    described = {"title": new.title, **metadata}
    title = fields.get("title", described["title"])
    named = {f"{key}_from": "标注" for key in fields.keys() & {"title", "status", "audience"}}
    spans = [] if new.quarantine is not None else make_passages(new.text, title)
    return replace(
        new,
        fingerprint=stated_fingerprint(unstated(new.fingerprint), fields),
        title=title,
        metadata={key: value for key, value in {**described, **fields, **named}.items() if value},
        described=described,
        passages=[NewPassage(span.start, span.end, span.section, span.kind) for span in spans],
    )
