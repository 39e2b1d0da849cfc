"""The disk compared with the store, and changed files turned into revisions; nothing is written here."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ingest.fingerprint import document_fingerprint
from ingest.parts import IngestParts, Progress
from ingest.plan import DocumentChange, FoundDocument, plan_changes, removed_documents
from ingest.sources import (
    Listing,
    Scope,
    SourceFile,
    document_id,
    is_within,
    list_files,
    plan_scope,
    read_source,
)
from retrieval.errors import SourceError
from retrieval.publication import NewPassage, NewRevision, StoredRevision, manifest, roots
from retrieval.store import Store

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Survey:
    """The disk compared with the store, before anything is cleaned."""

    scope: Scope
    stored: Mapping[str, StoredRevision]
    changes: tuple[DocumentChange, ...]
    files: Mapping[str, SourceFile]
    removed: frozenset[str]

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(
            f"资料来源不见了：{root.location}。其中的资料保持原样，没有删除；"
            "恢复这个路径后再运行一次 dangwu ingest。"
            for root in self.scope.vanished
        )


def take_survey(
    paths: Sequence[Path], store: Store | None, exclude: Path, parts: IngestParts, progress: Progress
) -> Survey:
    """What stands below ``paths`` beside what the store holds; InputError for a path that does not exist."""
    scope = plan_scope(paths, roots(store) if store else [], parts.seeds)
    listing = list_files(scope, parts.seeds, exclude=exclude)
    stored = manifest(store) if store else {}
    found = list(_found(listing, parts, progress))

    def is_covered(location: str) -> bool:
        return scope.covers(location) and not any(
            is_within(location, each.location) for each in listing.unreadable
        )

    return Survey(
        scope=scope,
        stored=stored,
        changes=tuple(plan_changes(stored, found, is_covered=is_covered)),
        files={file.document_id: file for file in listing.files},
        removed=frozenset(removed_documents(stored, found, is_covered=is_covered)),
    )


def _found(listing: Listing, parts: IngestParts, progress: Progress) -> Iterator[FoundDocument]:
    for each in listing.unreadable:
        yield FoundDocument(document_id(each.location), each.source, each.location, "", "", each.message)
    for done, file in enumerate(listing.files, 1):
        try:
            read = read_source(file)
        except SourceError as exc:
            yield FoundDocument(file.document_id, file.source, file.location, "", "", exc.message)
        else:
            yield FoundDocument(
                file.document_id,
                file.source,
                file.location,
                document_fingerprint(read.data, file.path.name, read.sidecar, parts.shaping),
                hashlib.sha256(read.data).hexdigest(),
            )
        progress("scan", done, len(listing.files))


def shaped(
    survey: Survey, parts: IngestParts, progress: Progress
) -> Iterator[tuple[DocumentChange, NewRevision | None]]:
    """Every change, those of new content with the revision to store, or turned into broken ones."""
    total = sum(each.change in ("new", "changed", "moved") for each in survey.changes)
    done = 0
    for change in survey.changes:
        if change.change not in ("new", "changed", "moved"):
            yield change, None
            continue
        yield _shape(change, survey, parts)
        done += 1
        progress("clean", done, total)


def _shape(
    change: DocumentChange, survey: Survey, parts: IngestParts
) -> tuple[DocumentChange, NewRevision | None]:
    try:
        revision = _new_revision(survey.files[change.document_id], parts)
    except SourceError as exc:
        reason = exc.message
    # One document that trips a parser must not keep the others out; the log has the traceback.
    except Exception as exc:
        _log.exception("cannot process %s", change.source)
        reason = f"处理时出错（{type(exc).__name__}：{exc}）"
    else:
        if revision.quarantine is not None:
            return replace(change, change="quarantined", reason=revision.quarantine, passages=0), revision
        return replace(change, passages=len(revision.passages)), revision
    kept = "；保留上一次的内容" if change.document_id in survey.stored else ""
    return replace(change, change="broken", reason=reason + kept), None


def _new_revision(file: SourceFile, parts: IngestParts) -> NewRevision:
    read = read_source(file)
    cleaned = parts.read_document(read.data, file.path.name, read.sidecar)
    spans = [] if cleaned.quarantine is not None else parts.make_passages(cleaned.text, cleaned.title)
    return NewRevision(
        document_id=file.document_id,
        source=file.source,
        location=file.location,
        fingerprint=document_fingerprint(read.data, file.path.name, read.sidecar, parts.shaping),
        raw=read.data,
        title=cleaned.title,
        text=cleaned.text,
        metadata=cleaned.metadata,
        edits=[asdict(edit) for edit in cleaned.edits],
        warnings=cleaned.warnings,
        quarantine=cleaned.quarantine,
        format=cleaned.format,
        encoding=cleaned.encoding,
        passages=[NewPassage(span.start, span.end, span.section, span.kind) for span in spans],
    )
