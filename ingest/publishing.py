"""Bringing a set of revisions live: embed what is missing, make the vectors, publish, tidy up.

Every command that changes the corpus ends here; whoever calls these functions holds the ingest lock.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from ingest.parts import IngestParts, Progress, no_progress, standard_parts
from ingest.plan import DocumentChange
from retrieval.catalogue import NAMED_AT_ONCE, keep_namings, unnamed
from retrieval.locking import utc_now
from retrieval.publication import (
    Amendment,
    Draft,
    Root,
    are_indexes_sound,
    cache_embeddings,
    drop_damaged_embeddings,
    manifest,
    publish,
    remember_roots,
    revision_keys,
    roots,
    unembedded,
)
from retrieval.records import Audience
from retrieval.retention import VERSIONS_KEPT, drop_orphans
from retrieval.snapshot import Version
from retrieval.store import Store
from retrieval.vectors import VectorHome

if TYPE_CHECKING:
    from retrieval.models.embedder import Embedder

_T = TypeVar("_T")
# Looks at a version that is complete but not current yet: whether it may become so.
Approve = Callable[[Draft], bool]


def whoami() -> str:
    """The name of the user on this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return str(os.getuid())


@dataclass(frozen=True, slots=True)
class Work:
    """What every step of a change to the corpus works with; ``keep`` versions stay whole."""

    store: Store
    embedder: Embedder | None
    vectors: VectorHome
    parts: IngestParts = field(default_factory=standard_parts)
    progress: Progress = no_progress
    author: str = field(default_factory=whoami)
    now: Callable[[], datetime] = utc_now
    keep: int = VERSIONS_KEPT


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is to be brought live: all revisions and roots, and what the history says of it.

    ``action`` is the command, ``details`` what the history keeps of it beside the changed documents;
    ``amend`` does its part in the transaction that makes it current. ``approve`` is asked before that, when
    everything else is in place, and may withhold it.
    """

    revisions: frozenset[int]
    roots: tuple[Root, ...]
    documents: Sequence[DocumentChange]
    action: str = "ingest"
    details: Mapping[str, Any] = field(default_factory=dict)
    amend: Amendment | None = None
    approve: Approve | None = None


class Withheld(Exception):
    """A candidate was not approved: what readers see has not changed; ``embedded`` vectors are cached."""

    def __init__(self, embedded: int) -> None:
        super().__init__()
        self.embedded = embedded


def bring_live(work: Work, candidate: Candidate) -> tuple[Version | None, int]:
    """Publish the candidate if it differs from the current version, or if that is damaged; else mend vectors.

    Gives the version that is current then, and how many embeddings were computed. Withheld where the
    candidate's ``approve`` says no.
    """
    draft = Draft(
        revisions=candidate.revisions,
        roots=candidate.roots,
        model=work.embedder.fingerprint if work.embedder else "",
        dimension=work.embedder.dimension if work.embedder else 0,
        lexical=work.parts.lexical,
    )
    current = work.store.current()
    is_whole = work.store.is_sound() and are_indexes_sound(work.store)
    if (current is None and not draft.revisions) or (
        current and is_whole and not _differs(work.store, draft, current)
    ):
        if candidate.amend:
            with work.store.writing() as connection:
                candidate.amend(connection)
        return current, _mend(work, draft, current) if current else 0
    return _publish(work, draft, candidate, rebuild=not is_whole)


def batches(items: Iterator[_T], size: int) -> Iterator[list[_T]]:
    """The items in order, ``size`` at a time; the last batch may be smaller."""
    while batch := list(islice(items, size)):
        yield batch


def _publish(work: Work, draft: Draft, candidate: Candidate, *, rebuild: bool) -> tuple[Version, int]:
    embedded = _embed_missing(work, draft.revisions)
    _name_missing(work, draft.revisions)
    work.progress("publish", 0, 1)
    if work.embedder:
        draft = replace(
            draft, vectors=_prepared(work, draft, "公开"), internal_vectors=_prepared(work, draft, "内部")
        )
    if candidate.approve and not candidate.approve(draft):
        _drop(work)
        raise Withheld(embedded)
    changed = [each.as_json() for each in candidate.documents if each.change not in ("unchanged", "excluded")]
    version = publish(
        work.store,
        draft,
        index_terms=work.parts.index_terms,
        author=work.author,
        report={"action": candidate.action, **candidate.details, "documents": changed, "embedded": embedded},
        at=work.now(),
        keep=work.keep,
        amend=candidate.amend,
        rebuild=rebuild,
    )
    work.vectors.settle()
    work.progress("publish", 1, 1)
    return version, embedded


def _prepared(work: Work, draft: Draft, audience: Audience) -> str:
    """The name of the vectors of a draft's passages for an audience, which are ready then."""
    keys = revision_keys(work.store, draft.revisions, audience)
    return work.vectors.prepare(draft.model, draft.dimension, keys, audience)


def _name_missing(work: Work, revisions: frozenset[int]) -> None:
    """Find the names in the documents of which they are not known yet."""
    missing = unnamed(work.store, revisions)
    done = 0
    for batch in batches(iter(missing), NAMED_AT_ONCE):
        keep_namings(work.store, batch)
        done += len(batch)
        work.progress("name", done, len(missing))


def _drop(work: Work) -> None:
    """Leave nothing of a candidate but its cached embeddings, which another attempt will want."""
    with work.store.writing() as connection:
        drop_orphans(connection)
    work.vectors.settle()


def _differs(store: Store, draft: Draft, current: Version) -> bool:
    held = {each.revision_id for each in manifest(store).values()}
    return held != draft.revisions or (draft.model, draft.lexical) != (current.model, current.lexical)


def _mend(work: Work, draft: Draft, current: Version) -> int:
    """Remember changed roots, restore damaged vectors, and find names that an older program did not know.

    Gives the number of embeddings computed.
    """
    _name_missing(work, draft.revisions)
    if set(roots(work.store)) != set(draft.roots):
        remember_roots(work.store, draft.roots, work.now())
    embedded = _embed_missing(work, draft.revisions)
    if not work.vectors.damage(current):
        return embedded
    with work.store.snapshot() as snapshot:
        work.vectors.restore(snapshot)
    return embedded


def _embed_missing(work: Work, revisions: frozenset[int]) -> int:
    """Compute and cache the vectors that no earlier run computed, batch by batch; gives their number.

    So too those that are not what was computed any more.
    """
    store, embedder = work.store, work.embedder
    if embedder is None:
        return 0
    drop_damaged_embeddings(store)
    missing = unembedded(store, revisions, embedder.fingerprint)
    done = 0
    if missing:
        work.progress("embed", done, len(missing))
    for batch in batches(iter(missing), embedder.batch_size):
        rows = embedder.passages([text for _, text in batch]).astype("<f4")
        vectors = {key: row.tobytes() for (key, _), row in zip(batch, rows, strict=True)}
        cache_embeddings(store, embedder.fingerprint, embedder.dimension, vectors)
        done += len(batch)
        work.progress("embed", done, len(missing))
    return done
