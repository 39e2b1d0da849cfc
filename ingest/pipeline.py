"""Carrying an ingest out: scan, plan, read, clean, cut, embed, publish.

Nothing that a reader can see changes before the last step, which is one transaction. What was done before
a crash (stored revisions, cached embeddings) is taken up by the next run.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ingest.fingerprint import document_fingerprint
from ingest.parts import IngestParts, Progress, no_progress, standard_parts
from ingest.plan import DocumentChange
from ingest.report import IngestReport
from ingest.sources import document_id
from ingest.survey import Survey, shaped, take_survey
from retrieval.locking import ingest_lock, utc_now
from retrieval.publication import (
    Draft,
    NewPassage,
    NewRevision,
    Root,
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

__all__ = ["IngestParts", "PlainText", "Progress", "ingest", "ingest_texts", "plan_ingest", "standard_parts"]

_STAGE_AT_ONCE = 64
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text to be searched as it is, without cleaning, as in a retrieval benchmark."""

    source: str
    title: str
    text: str


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
    survey = take_survey(paths, store, exclude, parts, progress)
    documents = tuple(change for change, _ in shaped(survey, parts, progress))
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
        survey = take_survey(paths, store, store.data_dir, work.parts, progress)
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


def _stage_changes(work: _Work, survey: Survey) -> tuple[frozenset[int], tuple[DocumentChange, ...]]:
    """Store the new revisions; gives all revisions the corpus is to hold, and what changed."""
    revisions = {
        each.document_id: each.revision_id
        for each in survey.stored.values()
        if each.document_id not in survey.removed
    }
    documents: list[DocumentChange] = []
    for batch in _batches(shaped(survey, work.parts, work.progress), _STAGE_AT_ONCE):
        documents += [change for change, _ in batch]
        new = [revision for _, revision in batch if revision]
        if new:
            staged = stage(work.store, new)
            revisions.update(zip((each.document_id for each in new), staged, strict=True))
    return frozenset(revisions.values()), tuple(documents)


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
