"""Carrying an ingest out: scan, plan, read, clean, cut, embed, publish.

Nothing that a reader can see changes before the last step, which is one transaction. What was done before
a crash (stored revisions, cached embeddings) is taken up by the next run.
"""

from __future__ import annotations

import getpass
import hashlib
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from ingest.fingerprint import document_fingerprint, lexical_fingerprint, shaping_fingerprint
from ingest.plan import DocumentChange, FoundDocument, plan_changes, removed_documents
from ingest.records import CleanedDocument, PassageSpan
from ingest.report import IngestReport
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
from retrieval.locking import ingest_lock, utc_now
from retrieval.publication import (
    Draft,
    IndexTerms,
    NewPassage,
    NewRevision,
    Root,
    StoredRevision,
    cache_embeddings,
    manifest,
    publish,
    remember_roots,
    roots,
    stage,
    unembedded,
)
from retrieval.snapshot import Version
from retrieval.store import Store
from retrieval.vectors import VectorHome

if TYPE_CHECKING:
    from retrieval.embeddings import Embedder

ReadDocument = Callable[[bytes, str, bytes | None], CleanedDocument]
MakePassages = Callable[[str, str], list[PassageSpan]]
_STAGE_AT_ONCE = 64
_T = TypeVar("_T")

_log = logging.getLogger(__name__)


class Progress(Protocol):
    """Called as work goes on: ``stage`` is one of scan, clean, embed, publish."""

    def __call__(self, stage: str, done: int, total: int) -> None: ...


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


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text to be searched as it is, without cleaning, as in a retrieval benchmark."""

    source: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class _Survey:
    """The disk compared with the store, before anything is cleaned."""

    scope: Scope
    stored: Mapping[str, StoredRevision]
    changes: tuple[DocumentChange, ...]
    files: Mapping[str, SourceFile]
    removed: frozenset[str]

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(
            f"资料来源不见了：{root.location}。其中的资料保持原样，没有删除；请恢复这个路径，"
            "或对新的位置运行 dangwu ingest。"
            for root in self.scope.vanished
        )


def no_progress(stage: str, done: int, total: int) -> None:
    """Shows nothing."""


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


def plan_ingest(
    paths: Sequence[Path],
    store: Store | None,
    *,
    exclude: Path,
    parts: IngestParts | None = None,
    progress: Progress = no_progress,
) -> IngestReport:
    """What ``ingest`` would do, with nothing written; ``store`` is ``None`` where none exists yet.

    ``exclude`` is the data folder, never a source. Documents are cleaned to see which ones are
    quarantined or broken. InputError for a path that does not exist.
    """
    parts = parts or standard_parts()
    survey = _survey(paths, store, exclude, parts, progress)
    documents = tuple(change for change, _ in _shaped(survey, parts, progress))
    current = store.current() if store else None
    return IngestReport(current.name if current else "", False, documents, 0, survey.problems)


def ingest(
    paths: Sequence[Path],
    store: Store,
    embedder: Embedder | None,
    vectors: VectorHome,
    *,
    parts: IngestParts | None = None,
    progress: Progress = no_progress,
    wait_s: float = 0.0,
    author: str = "",
    now: Callable[[], datetime] = utc_now,
) -> IngestReport:
    """Synchronise the corpus with ``paths`` (bare: the remembered roots) and publish it if it changed.

    Unchanged input writes nothing. A document that cannot be read keeps what it had, is reported as
    broken, and does not stop the others. InputError for a path that does not exist, StoreBusy when
    another ingest holds the lock for longer than ``wait_s``.
    """
    work = _Work(store, embedder, vectors, parts or standard_parts(), progress, author or _whoami(), now)
    with ingest_lock(store.data_dir, wait_s=wait_s, now=now):
        survey = _survey(paths, store, store.data_dir, work.parts, progress)
        revisions, documents = _stage_changes(work, survey)
        version, embedded = _bring_live(work, revisions, survey.scope.roots, documents)
    return IngestReport(version.name if version else "", True, documents, embedded, survey.problems)


def ingest_texts(
    texts: Iterable[PlainText],
    store: Store,
    embedder: Embedder | None,
    vectors: VectorHome,
    *,
    parts: IngestParts | None = None,
    progress: Progress = no_progress,
    now: Callable[[], datetime] = utc_now,
) -> IngestReport:
    """Make the store hold exactly these texts, uncleaned; a document's id comes from its source."""
    work = _Work(store, embedder, vectors, parts or standard_parts(), progress, _whoami(), now)
    with ingest_lock(store.data_dir, now=now):
        new = [_plain_revision(each, work.parts) for each in texts]
        revisions = frozenset(stage(store, new))
        documents = tuple(
            DocumentChange(each.document_id, each.source, "new", "", len(each.passages)) for each in new
        )
        version, embedded = _bring_live(work, revisions, (), documents)
    return IngestReport(version.name if version else "", True, documents, embedded)


@dataclass(frozen=True, slots=True)
class _Work:
    """What every step of one ingest works with."""

    store: Store
    embedder: Embedder | None
    vectors: VectorHome
    parts: IngestParts
    progress: Progress
    author: str
    now: Callable[[], datetime]


def _stage_changes(work: _Work, survey: _Survey) -> tuple[frozenset[int], tuple[DocumentChange, ...]]:
    """Store the new revisions; gives all revisions the corpus is to hold, and what changed."""
    revisions = {
        each.document_id: each.revision_id
        for each in survey.stored.values()
        if each.document_id not in survey.removed
    }
    documents: list[DocumentChange] = []
    for batch in _batches(_shaped(survey, work.parts, work.progress), _STAGE_AT_ONCE):
        documents += [change for change, _ in batch]
        new = [revision for _, revision in batch if revision]
        if new:
            staged = stage(work.store, new)
            revisions.update(zip((each.document_id for each in new), staged, strict=True))
    return frozenset(revisions.values()), tuple(documents)


def _survey(
    paths: Sequence[Path], store: Store | None, exclude: Path, parts: IngestParts, progress: Progress
) -> _Survey:
    scope = plan_scope(paths, roots(store) if store else [], parts.seeds)
    listing = list_files(scope, parts.seeds, exclude=exclude)
    stored = manifest(store) if store else {}
    found = list(_found(listing, parts, progress))

    def is_covered(location: str) -> bool:
        return scope.covers(location) and not any(
            is_within(location, each.location) for each in listing.unreadable
        )

    return _Survey(
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


def _shaped(
    survey: _Survey, parts: IngestParts, progress: Progress
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
    change: DocumentChange, survey: _Survey, parts: IngestParts
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


def _plain_revision(plain: PlainText, parts: IngestParts) -> NewRevision:
    raw = plain.text.encode("utf-8", "surrogatepass")
    spans = parts.make_passages(plain.text, plain.title)
    return NewRevision(
        document_id=document_id(plain.source),
        source=plain.source,
        location=plain.source,
        fingerprint=document_fingerprint(raw, plain.title, None, parts.shaping),
        raw=raw,
        title=plain.title,
        text=plain.text,
        metadata={},
        edits=[],
        warnings=[],
        quarantine=None,
        format="text",
        encoding="utf-8",
        passages=[NewPassage(span.start, span.end, span.section, span.kind) for span in spans],
    )


def _bring_live(
    work: _Work, revisions: frozenset[int], wanted: tuple[Root, ...], documents: Sequence[DocumentChange]
) -> tuple[Version | None, int]:
    """Publish the revisions if they differ from the current version; else mend what is damaged.

    Gives the version that is current then, and how many embeddings were computed.
    """
    draft = Draft(
        revisions=revisions,
        roots=wanted,
        model=work.embedder.fingerprint if work.embedder else "",
        dimension=work.embedder.dimension if work.embedder else 0,
        vectors="",
        lexical=work.parts.lexical,
    )
    current = work.store.current()
    if current is None and not revisions:
        return None, 0
    if current and not _differs(work.store, draft, current):
        return current, _mend(work, draft, current)
    return _publish(work, draft, documents)


def _publish(work: _Work, draft: Draft, documents: Sequence[DocumentChange]) -> tuple[Version, int]:
    embedded = _embed_missing(work, draft.revisions)
    work.progress("publish", 0, 1)
    if work.embedder:
        name = work.vectors.prepare(draft.model, draft.dimension, draft.revisions)
        draft = replace(draft, vectors=name)
    changed = [each.as_json() for each in documents if each.change != "unchanged"]
    version = publish(
        work.store,
        draft,
        index_terms=work.parts.index_terms,
        author=work.author,
        report={"documents": changed, "embedded": embedded},
        at=work.now(),
    )
    work.vectors.settle()
    work.progress("publish", 1, 1)
    return version, embedded


def _differs(store: Store, draft: Draft, current: Version) -> bool:
    held = {each.revision_id for each in manifest(store).values()}
    return held != draft.revisions or (draft.model, draft.lexical) != (current.model, current.lexical)


def _mend(work: _Work, draft: Draft, current: Version) -> int:
    """Remember changed roots and restore damaged vectors; gives the number of embeddings computed."""
    if set(roots(work.store)) != set(draft.roots):
        remember_roots(work.store, draft.roots, work.now())
    if not work.vectors.damage(current):
        return 0
    embedded = _embed_missing(work, draft.revisions)
    with work.store.snapshot() as snapshot:
        keys = snapshot.keys()
    work.vectors.restore(current, keys)
    return embedded


def _embed_missing(work: _Work, revisions: frozenset[int]) -> int:
    """Compute and cache the vectors that no earlier run computed, batch by batch; gives their number."""
    store, embedder = work.store, work.embedder
    if embedder is None:
        return 0
    missing = unembedded(store, revisions, embedder.fingerprint)
    done = 0
    for batch in _batches(iter(missing), embedder.batch_size):
        rows = embedder.passages([text for _, text in batch]).astype("<f4")
        vectors = {key: row.tobytes() for (key, _), row in zip(batch, rows, strict=True)}
        cache_embeddings(store, embedder.fingerprint, embedder.dimension, vectors)
        done += len(batch)
        work.progress("embed", done, len(missing))
    return done


def _batches(items: Iterator[_T], size: int) -> Iterator[list[_T]]:
    while batch := list(islice(items, size)):
        yield batch


def _whoami() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return str(os.getuid())
