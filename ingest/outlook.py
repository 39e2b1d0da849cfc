"""Which known editions of rules the corpus lacks: as it is, and as an ingest would make it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from ingest.survey import Survey
from retrieval.authority import make_register
from retrieval.editions import KnownEditions, Missing
from retrieval.publication import NewRevision
from retrieval.records import DocumentInfo
from retrieval.store import Store


def as_info(revision: NewRevision) -> DocumentInfo:
    """What is said of a document that is not stored yet."""
    return DocumentInfo(
        id=revision.document_id,
        source=revision.source,
        title=revision.title,
        status=revision.metadata.get("status", ""),
        metadata=revision.metadata,
    )


def planned_missing(
    survey: Survey, store: Store | None, made: Sequence[DocumentInfo], known: KnownEditions
) -> tuple[Missing, ...]:
    """The editions in force that the corpus would lack with these documents made anew."""
    gone = survey.removed | {each.id for each in made}
    staying: list[DocumentInfo] = []
    if store is not None and not store.is_empty:
        with store.snapshot() as snapshot:
            staying = [each for each in snapshot.documents() if each.id not in gone]
    return _missing([*staying, *made], known)


def missing_now(store: Store, known: KnownEditions) -> tuple[Missing, ...]:
    """The editions in force that the current version lacks."""
    with store.snapshot() as snapshot:
        return _missing(snapshot.documents(), known)


def _missing(documents: Iterable[DocumentInfo], known: KnownEditions) -> tuple[Missing, ...]:
    held = list(documents)
    replaced = make_register(held).replaced
    return tuple(each for each in known.missing(held, date.today()) if each.document.id not in replaced)
