"""The disk compared with the store, and changed files turned into revisions; nothing is written here."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.audience import AUDIENCES
from ingest.comparing.rewording import reworded
from ingest.fingerprint import document_fingerprint, stated_fingerprint
from ingest.loaders.ocr import expected
from ingest.members import with_members
from ingest.parts import IngestParts, Progress
from ingest.plan import DocumentChange, FoundDocument, plan_changes, removed_documents
from ingest.resemblance import Sketches, sketch, sketch_tag
from ingest.sources import (
    Listing,
    Scope,
    SourceFile,
    Unreadable,
    document_id,
    is_within,
    list_files,
    plan_scope,
    read_source,
)
from ingest.stored import stated_anew
from ingest.workers import Failure, Pending, attempts
from retrieval.errors import SourceError
from retrieval.overrides import Fields, overrides
from retrieval.publication import (
    NewRevision,
    StoredRevision,
    damaged_revisions,
    manifest,
    roots,
    sketches,
    texts,
)
from retrieval.removal import Removal, removals
from retrieval.store import Store

# Changes for which the file is read and cleaned.
_REREAD = frozenset({"new", "changed", "moved"})
_log = logging.getLogger(__name__)
_EXCLUDED = "用 dangwu remove 移除过，不再收录；要重新收录，请写明这个文件：dangwu ingest 文件"


@dataclass(frozen=True, slots=True)
class Survey:
    """The disk compared with the store, before anything is cleaned.

    ``removed`` are the stored documents that are no longer there; ``taken_back`` those that a maintainer
    had removed and now names; ``stated`` the fields that maintainers have stated, by document;
    ``inherited`` those among them that came with a move.
    """

    scope: Scope
    stored: Mapping[str, StoredRevision]
    changes: tuple[DocumentChange, ...]
    files: Mapping[str, SourceFile]
    removed: frozenset[str]
    taken_back: frozenset[str]
    stated: Mapping[str, Fields]
    inherited: Mapping[str, Fields]

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(
            f"资料来源不见了：{root.location}。其中的资料保持原样，没有删除；"
            f"恢复这个路径后再运行一次 dangwu ingest；不要了就运行 dangwu remove {root.location}。"
            for root in self.scope.vanished
        )


def take_survey(
    paths: Sequence[Path],
    store: Store | None,
    exclude: Path,
    parts: IngestParts,
    progress: Progress,
    follows_links: bool | None = None,
) -> Survey:
    """What stands below ``paths`` beside what the store holds; InputError as ``plan_scope`` raises it."""
    known = roots(store) if store else []
    scope = plan_scope(paths, known, parts.seeds, data_dir=exclude, follows_links=follows_links)
    return survey_of(scope, list_files(scope, parts.seeds, exclude=exclude), store, parts, progress)


def survey_of(
    scope: Scope, listing: Listing, store: Store | None, parts: IngestParts, progress: Progress
) -> Survey:
    """The files of a listing, and what containers among them hold, beside what the store has of the scope."""
    listing = with_members(listing)
    stored = _looked_through(store) if store else {}
    stated = overrides(store) if store else {}
    left_out, taken_back = _removed_before(removals(store) if store else {}, scope, listing)
    files = {file.document_id: file for file in listing.files if file.document_id not in left_out}
    found = list(_found(listing.unreadable, list(files.values()), stated, parts, progress))

    def is_covered(location: str) -> bool:
        return scope.covers(location) and not any(
            is_within(location, each.location) for each in listing.unreadable
        )

    removed = removed_documents(stored, found, is_covered=is_covered)
    changes = [
        *_explained(plan_changes(stored, found, is_covered=is_covered), stored, listing),
        *(
            DocumentChange(document_id(each.location), each.source, "excluded", each.message)
            for each in listing.left_out
            if document_id(each.location) not in removed
        ),
        *(
            DocumentChange(each.document_id, each.source, "excluded", _EXCLUDED)
            for each in listing.files
            if each.document_id in left_out
        ),
    ]
    inherited = {each.document_id: stated[each.origin] for each in changes if each.origin in stated}
    return Survey(
        scope=scope,
        stored=stored,
        changes=tuple(sorted(changes, key=lambda each: (each.source, each.document_id))),
        files=files,
        removed=frozenset(removed),
        taken_back=taken_back,
        stated={**stated, **inherited},
        inherited=inherited,
    )


def _explained(
    changes: Sequence[DocumentChange], stored: Mapping[str, StoredRevision], listing: Listing
) -> Iterator[DocumentChange]:
    """The changes; documents that go because links are no longer followed go for that reason."""
    for each in changes:
        if each.change == "deleted":
            location = stored[each.document_id].location
            reasons = (link.message for link in listing.left_out if is_within(location, link.location))
            each = replace(each, reason=next(reasons, each.reason))
        yield each


def _looked_through(store: Store) -> dict[str, StoredRevision]:
    """What the store holds; what of it is damaged is to be read again."""
    damaged = damaged_revisions(store)
    return {
        each.document_id: replace(each, is_damaged=each.revision_id in damaged)
        for each in manifest(store).values()
    }


def _removed_before(
    removed: Mapping[str, Removal], scope: Scope, listing: Listing
) -> tuple[frozenset[str], frozenset[str]]:
    """Of the files that a maintainer had removed, those to leave out and those to take in again.

    Naming the file, the container that it lies in, or the root that was removed with it, takes it in again.
    """
    named = {document_id(location) for location in scope.named}
    back = {each.document_id for each in removed.values() if {each.document_id, each.removed_with} & named}
    back |= {each.document_id for each in listing.files if document_id(each.container_location) in named}
    found = {file.document_id for file in listing.files} & removed.keys()
    return frozenset(found - back), frozenset(found & back)


def _found(
    unreadable: Sequence[Unreadable],
    files: Sequence[SourceFile],
    stated: Mapping[str, Fields],
    parts: IngestParts,
    progress: Progress,
) -> Iterator[FoundDocument]:
    for each in unreadable:
        yield FoundDocument(
            document_id(each.location), each.source, each.location, "", "", error=each.message
        )
    for done, file in enumerate(files, 1):
        try:
            read = read_source(file)
        except SourceError as exc:
            error = exc.message + exc.remedy
            yield FoundDocument(file.document_id, file.source, file.location, "", "", error=error)
        else:
            plain = document_fingerprint(read.data, file.name, read.sidecar, parts.shaping)
            yield FoundDocument(
                file.document_id,
                file.source,
                file.location,
                stated_fingerprint(plain, stated.get(file.document_id, {})),
                hashlib.sha256(read.data).hexdigest(),
                len(read.data),
            )
        progress("scan", done, len(files))


def shaped(
    survey: Survey, store: Store | None, parts: IngestParts, progress: Progress
) -> Iterator[tuple[DocumentChange, NewRevision | None]]:
    """Every change, those of new content with the revision to store, or turned into broken ones.

    A document that says nearly the same as one that stays, or as one before it, is marked so.
    """
    reread = [each for each in survey.changes if each.change in _REREAD]
    files = [survey.files[each.document_id] for each in reread]
    results = attempts(files, parts, size=sum(each.size for each in reread), progress=progress)
    others = _others(survey, store, {each.document_id for each in reread}) if reread else Sketches()
    done = 0
    for change in survey.changes:
        if change.change not in _REREAD:
            yield change, None
            continue
        made = next(results)
        if isinstance(made, Failure):
            yield _broken(change, made, survey), None
        elif isinstance(made, Pending):
            yield replace(change, reason=f"{change.reason}；{expected(made.pages)}", passages=0), None
        else:
            fields = survey.stated.get(change.document_id)
            made = stated_anew(made, fields, parts.make_passages) if fields else made
            yield _worded(_outcome(change, made, others), made, survey, store), made
        done += 1
        progress("clean", done, len(reread))


def _worded(change: DocumentChange, made: NewRevision, survey: Survey, store: Store | None) -> DocumentChange:
    """The change with what became of the wording, where a document had another text before."""
    stored = survey.stored.get(change.document_id)
    if change.change != "changed" or store is None or stored is None or stored.quarantine is not None:
        return change
    if stored.is_damaged:
        return change
    former = dict(texts(store, {stored.revision_id}))
    return replace(change, wording=reworded(former[stored.revision_id], made.text))


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
    said = "；".join((change.reason, *made.remarks))
    change = replace(change, passages=len(made.passages), reason=said)
    found = made.metadata.get("audience_from", "")
    if made.metadata.get("audience", AUDIENCES[0]) != AUDIENCES[0]:
        change = change.restricted(found)
    nearest = others.nearest(made.sketch) if change.change != "moved" else None
    others.add(made.document_id, made.source, made.sketch)
    return change.resembling(nearest) if nearest else change


def _broken(change: DocumentChange, failure: Failure, survey: Survey) -> DocumentChange:
    if failure.trace:
        _log.error("cannot process %s\n%s", change.source, failure.trace)
    kept = "；保留上一次的内容" if change.document_id in survey.stored else ""
    return replace(change, change="broken", reason=failure.reason.removesuffix("。" if kept else "") + kept)
