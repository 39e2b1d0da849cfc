"""Carrying an ingest out: scan, plan, read, clean, cut, embed, publish.

Nothing that a reader can see changes before the last step, which is one transaction. What was done before
a crash (stored revisions, cached embeddings) is taken up by the next run.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.fingerprint import document_fingerprint
from ingest.outlook import as_info, missing_now, planned_missing
from ingest.parts import IngestParts, Progress, no_progress, standard_parts
from ingest.plan import DocumentChange
from ingest.publishing import Approve, Candidate, Withheld, Work, batches, bring_live, whoami
from ingest.report import IngestReport
from ingest.sources import document_id
from ingest.survey import Survey, shaped, take_survey
from retrieval.edition_files import known_editions
from retrieval.leftovers import OCR_NAME
from retrieval.locking import ingest_lock, utc_now
from retrieval.overrides import keep_override
from retrieval.publication import Amendment, NewPassage, NewRevision, stage
from retrieval.removal import take_back
from retrieval.retention import VERSIONS_KEPT
from retrieval.store import Store
from retrieval.vectors import VectorHome

if TYPE_CHECKING:
    from retrieval.models.embedder import Embedder

__all__ = ["IngestParts", "PlainText", "Progress", "ingest", "ingest_texts", "plan_ingest", "standard_parts"]

_STAGE_AT_ONCE = 64


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
    follows_links: bool | None = None,
) -> IngestReport:
    """What ``ingest`` would do, with nothing written; ``store`` is ``None`` where none exists yet.

    ``exclude`` is the data folder, never a source. Documents are cleaned to see which ones are
    quarantined or broken; pictures are only counted. InputError for a path that does not exist.
    """
    parts = replace(parts or standard_parts(), pictures="count")
    survey = take_survey(paths, store, exclude, parts, progress, follows_links)
    known, made, documents = known_editions(exclude), [], []
    for change, revision in shaped(survey, store, parts, progress):
        documents.append(change)
        if revision is not None and revision.quarantine is None:
            made.append(as_info(revision))
    current = store.current() if store else None
    missing = planned_missing(survey, store, made, known)
    name = current.name if current else ""
    return IngestReport(name, False, tuple(documents), 0, survey.problems, missing=missing)


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
    keep: int = VERSIONS_KEPT,
    within: AbstractContextManager[object] | None = None,
    approve: Approve | None = None,
    follows_links: bool | None = None,
) -> IngestReport:
    """Synchronise the corpus with ``paths`` (bare: the remembered roots) and publish it if it changed.

    All of it is done inside of ``within``, which is entered once the lock is held. Unchanged input writes
    nothing. A document that cannot be read keeps what it had, is reported as broken, and does not stop the
    others. Where ``approve`` says no to the new version, the current one stays and the report is that of a
    plan. ``follows_links`` is remembered with the roots that ``paths`` are, ``None`` leaves it as it was.
    InputError for a path that does not exist, StoreBusy when another ingest holds the lock for longer
    than ``wait_s``.
    """
    parts = replace(parts or standard_parts(), ocr_home=store.data_dir / OCR_NAME)
    work = Work(store, embedder, vectors, parts, progress, author or whoami(), now, keep)
    with ingest_lock(store.data_dir, wait_s=wait_s, now=now), within or nullcontext():
        known = known_editions(store.data_dir)
        survey = take_survey(paths, store, store.data_dir, work.parts, progress, follows_links)
        revisions, documents = _stage_changes(work, survey)
        amend = _upkeep_of(survey, work.now()) if survey.taken_back or survey.inherited else None
        candidate = Candidate(revisions, survey.scope.roots, documents, amend=amend, approve=approve)
        try:
            version, embedded = bring_live(work, candidate)
            is_withheld = False
        except Withheld as withheld:
            version, embedded, is_withheld = store.current(), withheld.embedded, True
        missing = missing_now(store, known) if version else ()
        # What pictures say stands in the corpus now; until here it was kept for a run that is cut short.
        shutil.rmtree(store.data_dir / OCR_NAME, ignore_errors=True)
    name = version.name if version else ""
    return IngestReport(name, not is_withheld, documents, embedded, survey.problems, is_withheld, missing)


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
    work = Work(store, embedder, vectors, parts or standard_parts(), progress, now=now)
    with ingest_lock(store.data_dir, now=now):
        new = [_plain_revision(each, work.parts) for each in texts]
        revisions = frozenset(stage(store, new))
        documents = tuple(
            DocumentChange(each.document_id, each.source, "new", "", len(each.passages)) for each in new
        )
        version, embedded = bring_live(work, Candidate(revisions, (), documents))
    return IngestReport(version.name if version else "", True, documents, embedded)


def _upkeep_of(survey: Survey, at: datetime) -> Amendment:
    """Forgets the removal of what is taken in again; moved documents keep what was stated of them."""

    def amend(connection: sqlite3.Connection) -> None:
        take_back(connection, survey.taken_back)
        for moved, fields in survey.inherited.items():
            keep_override(connection, moved, fields, at)

    return amend


def _stage_changes(work: Work, survey: Survey) -> tuple[frozenset[int], tuple[DocumentChange, ...]]:
    """Store the new revisions; gives all revisions the corpus is to hold, and what changed."""
    revisions = {
        each.document_id: each.revision_id
        for each in survey.stored.values()
        if each.document_id not in survey.removed
    }
    documents: list[DocumentChange] = []
    for batch in batches(shaped(survey, work.store, work.parts, work.progress), _STAGE_AT_ONCE):
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
