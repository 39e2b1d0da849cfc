"""Changing the corpus without its files: returning to an older version, removing documents, stating fields.

Each of these publishes a new version, so readers take it up at their next question as they do an ingest.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ingest.fingerprint import stated_fingerprint, unstated
from ingest.plan import DocumentChange
from ingest.publishing import Candidate, Work, bring_live
from ingest.report import IngestReport
from ingest.sources import document_id, is_within
from ingest.stored import restated
from retrieval.errors import Damaged, InputError
from retrieval.history import PastVersion, past_versions
from retrieval.holdings import held_documents, past_places, read_revision
from retrieval.locking import ingest_lock
from retrieval.overrides import Fields, keep_override, overrides
from retrieval.publication import (
    ASIDE,
    Root,
    StoredRevision,
    manifest,
    manifest_of,
    roots,
    sound_revision,
    stage,
)
from retrieval.removal import purge_documents, remove_documents
from retrieval.snapshot import Version
from retrieval.store import Store

_VERSION = re.compile(r"v?(?P<number>[1-9][0-9]{0,8})(?P<digest>-[0-9a-f]{8})?")


def rollback(work: Work, wanted: str = "") -> tuple[IngestReport, PastVersion]:
    """Publish a new version that holds what an older one held; by default the one before the current.

    Removed documents stay out, and what a maintainer has stated of a document keeps counting. InputError
    for a version that is unknown, no longer kept, or the current one.
    """
    with ingest_lock(work.store.data_dir, now=work.now):
        target = _target(past_versions(work.store), wanted)
        before, after = manifest(work.store), manifest_of(work.store, target.version.number)
        candidate = Candidate(
            frozenset(_as_now_stated(work, after.values())),
            tuple(roots(work.store)),
            _differences(before, after),
            action="rollback",
            details={"to": target.version.name},
        )
        return _publish(work, candidate), target


def remove(
    work: Work, documents: Collection[str], *, root: Root | None = None, purge: bool = False
) -> IngestReport:
    """Take documents out of all versions at once; with ``root``, theirs, that is forgotten as well.

    They are not taken in again until they, or the root, are named. With ``purge``, what the database holds
    of them is erased; ``retrieval.erasure`` then does the files.
    """
    with ingest_lock(work.store.data_dir, now=work.now):
        removed_with = {each: document_id(root.location) if root else each for each in documents}
        removed_with |= {each: each for each in past_places(work.store, documents)}
        before = manifest(work.store)
        after = {key: each for key, each in before.items() if key not in removed_with}
        at = work.now()

        def amend(connection: sqlite3.Connection) -> None:
            remove_documents(connection, removed_with, at)
            if purge:
                purge_documents(connection, removed_with)

        candidate = Candidate(
            frozenset(each.revision_id for each in after.values()),
            tuple(each for each in roots(work.store) if root is None or each.location != root.location),
            _differences(before, after),
            action="remove",
            amend=amend,
        )
        return _publish(work, candidate)


def state(work: Work, document: str, fields: Fields) -> IngestReport:
    """State fields of a document, which then count more than its text and sidecar; an empty one no longer.

    InputError where the current version does not hold the document.
    """
    with ingest_lock(work.store.data_dir, now=work.now):
        before = manifest(work.store)
        if document not in before:
            raise InputError("这份资料不在当前版本里，不能标注。", remedy="先用 dangwu ingest 重新收录它。")
        known = overrides(work.store).get(document, {})
        stated = {key: value for key, value in {**known, **fields}.items() if value}
        stored = before.pop(document)
        at = work.now()
        candidate = Candidate(
            frozenset([*(each.revision_id for each in before.values()), _restage(work, stored, stated)]),
            tuple(roots(work.store)),
            [DocumentChange(document, stored.source, "changed", _said(fields), stored.passages, stored.size)],
            action="tag",
            amend=lambda connection: keep_override(connection, document, stated, at),
        )
        return _publish(work, candidate)


def find_root(store: Store, named: str) -> Root | None:
    """The remembered root with this path, whether it is still there or not, or with this name."""
    # Not Path.resolve: the way that leads to a root is part of its name.
    places = {named, os.path.abspath(Path(named).expanduser()), str(Path(named).expanduser().resolve())}  # noqa: PTH100
    known = roots(store)
    found = [each for each in known if each.location in places]
    found = found or [each for each in known if each.name == named]
    return found[0] if len(found) == 1 else None


def documents_below(store: Store, root: Root) -> list[str]:
    """The ids of the documents that the store holds from below a root, removed ones left out."""
    return [
        each.document_id
        for each in held_documents(store)
        if each.state != "removed" and is_within(each.location, root.location)
    ]


def _publish(work: Work, candidate: Candidate) -> IngestReport:
    version, embedded = bring_live(work, candidate)
    return IngestReport(version.name if version else "", True, tuple(candidate.documents), embedded)


def _target(history: Sequence[PastVersion], wanted: str) -> PastVersion:
    kept = [each for each in history if each.is_kept and not each.is_current]
    if not wanted and kept:
        return kept[0]
    if not wanted:
        raise InputError("没有可以回到的版本。", remedy="各个版本见 dangwu history。")
    named = [each for each in history if _is_called(each.version, wanted)]
    if not named:
        raise InputError(f"没有这个版本：{wanted}", remedy="版本写成 v3 或 3；各个版本见 dangwu history。")
    if named[0].is_current:
        raise InputError(f"{named[0].version.name} 就是当前版本。", remedy="各个版本见 dangwu history。")
    if not named[0].is_kept:
        raise InputError(
            f"{named[0].version.name} 的内容已经不再保留。",
            remedy="标“可回退”的版本见 dangwu history；保留几个由 DANGWU_HISTORY__KEEP 决定。",
        )
    return named[0]


def _is_called(version: Version, wanted: str) -> bool:
    match = _VERSION.fullmatch(wanted.strip())
    if not match or version.number != int(match["number"]):
        return False
    return match["digest"] is None or version.name.endswith(match["digest"])


def _differences(
    before: Mapping[str, StoredRevision], after: Mapping[str, StoredRevision]
) -> list[DocumentChange]:
    """What becomes of each document, by source; those that stay as they are left out."""
    changes = [
        DocumentChange(key, each.source, "changed" if key in before else "new", "", each.passages, each.size)
        for key, each in after.items()
        if key not in before or before[key].revision_id != each.revision_id
    ]
    changes += [
        DocumentChange(key, each.source, "deleted", "", size=each.size)
        for key, each in before.items()
        if key not in after
    ]
    return sorted(changes, key=lambda each: (each.source, each.document_id))


def _as_now_stated(work: Work, revisions: Iterable[StoredRevision]) -> list[int]:
    """The row ids of revisions, each with the fields that are stated of its document today.

    Damaged where one of them is not what was stored, and has not been stored again since.
    """
    stated = overrides(work.store)
    return [_restage(work, _sound(work.store, each), stated.get(each.document_id, {})) for each in revisions]


def _sound(store: Store, stored: StoredRevision) -> StoredRevision:
    revision = sound_revision(store, stored.revision_id)
    if revision is None:
        raise Damaged(f"资料 {stored.source} 在那个版本里的内容已经损坏。")
    return replace(stored, revision_id=revision, fingerprint=stored.fingerprint.partition(ASIDE)[0])


def _restage(work: Work, stored: StoredRevision, fields: Fields) -> int:
    """The row id of the revision with exactly these fields stated, stored where it is not yet."""
    if stored.fingerprint == stated_fingerprint(unstated(stored.fingerprint), fields):
        return stored.revision_id
    held = read_revision(work.store, stored.revision_id)
    (revision,) = stage(work.store, [restated(held, fields, work.parts.make_passages)])
    return revision


def _said(fields: Fields) -> str:
    return "标注 " + "，".join(
        f"{key}={value}" if value else f"{key} 恢复原样" for key, value in fields.items()
    )
