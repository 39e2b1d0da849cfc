"""The disk compared with the store, and changed files turned into revisions; nothing is written here."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.fingerprint import document_fingerprint
from ingest.parts import IngestParts, Progress
from ingest.plan import DocumentChange, FoundDocument, plan_changes, removed_documents
from ingest.resemblance import Sketches, sketch, sketch_tag
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
from ingest.workers import Failure, attempts
from retrieval.errors import SourceError
from retrieval.publication import NewRevision, StoredRevision, manifest, roots, sketches, texts
from retrieval.store import Store

# Changes for which the file is read and cleaned.
_REREAD = frozenset({"new", "changed", "moved"})
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
    scope = plan_scope(paths, roots(store) if store else [], parts.seeds, data_dir=exclude)
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
        yield FoundDocument(
            document_id(each.location), each.source, each.location, "", "", error=each.message
        )
    for done, file in enumerate(listing.files, 1):
        try:
            read = read_source(file)
        except SourceError as exc:
            yield FoundDocument(file.document_id, file.source, file.location, "", "", error=exc.message)
        else:
            yield FoundDocument(
                file.document_id,
                file.source,
                file.location,
                document_fingerprint(read.data, file.path.name, read.sidecar, parts.shaping),
                hashlib.sha256(read.data).hexdigest(),
                len(read.data),
            )
        progress("scan", done, len(listing.files))


def shaped(
    survey: Survey, store: Store | None, parts: IngestParts, progress: Progress
) -> Iterator[tuple[DocumentChange, NewRevision | None]]:
    """Every change, those of new content with the revision to store, or turned into broken ones.

    A document that says nearly the same as one that stays, or as one before it, is marked so.
    """
    reread = [each for each in survey.changes if each.change in _REREAD]
    results = attempts([survey.files[each.document_id] for each in reread], parts)
    others = _others(survey, store, {each.document_id for each in reread}) if reread else Sketches()
    done = 0
    for change in survey.changes:
        if change.change not in _REREAD:
            yield change, None
            continue
        made = next(results)
        if isinstance(made, Failure):
            yield _broken(change, made, survey), None
        else:
            yield _outcome(change, made, others), made
        done += 1
        progress("clean", done, len(reread))


def _others(survey: Survey, store: Store | None, reread: AbstractSet[str]) -> Sketches:
    """The documents that stay as they are, for others to resemble."""
    staying = {
        each.revision_id: each
        for each in survey.stored.values()
        if each.document_id not in survey.removed | reread and each.quarantine is None
    }
    others = Sketches()
    if store is None or not staying:
        return others
    held = sketches(store, staying, sketch_tag())
    for revision_id, text in texts(store, staying.keys() - held.keys()):
        held[revision_id] = sketch(text)
    for each in sorted(staying.values(), key=lambda one: (one.source, one.document_id)):
        others.add(each.document_id, each.source, held[each.revision_id])
    return others


def _outcome(change: DocumentChange, made: NewRevision, others: Sketches) -> DocumentChange:
    if made.quarantine is not None:
        return replace(change, change="quarantined", reason=made.quarantine, passages=0)
    change = replace(change, passages=len(made.passages))
    nearest = others.nearest(made.sketch) if change.change != "moved" else None
    others.add(made.document_id, made.source, made.sketch)
    return change.resembling(nearest) if nearest else change


def _broken(change: DocumentChange, failure: Failure, survey: Survey) -> DocumentChange:
    if failure.trace:
        _log.error("cannot process %s\n%s", change.source, failure.trace)
    kept = "；保留上一次的内容" if change.document_id in survey.stored else ""
    return replace(change, change="broken", reason=failure.reason + kept)
