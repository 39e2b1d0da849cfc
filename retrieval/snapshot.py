"""A reader's view: one version of the corpus, as some audience may see it, inside one read transaction.

Nothing that a snapshot gives depends on a document that its audience may not see.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, cast

from retrieval.checksums import (
    NAMING,
    PASSAGE,
    SOUND_CARD,
    SOUND_EDITS,
    SOUND_TEXT,
    is_corruption,
)
from retrieval.errors import Damaged
from retrieval.memo import Memo
from retrieval.records import STAFF, Audience, DocumentInfo, Passage, PassageKind
from retrieval.scoring import PassageTerms

# Cleaned texts kept in memory for slicing passages, in code points: two bytes each for Chinese.
TEXT_CACHE_CHARS = 16_000_000
# Passages kept in memory with their terms, about 40 kB each; one search looks at up to 120.
_PASSAGES_KEPT = 500
# SQLite's default bound on variables of one statement is 32,766.
_VARIABLES_AT_ONCE = 30_000
# The members of a version that an audience may see.
_SEEN = "m.version_id = ? AND m.is_internal BETWEEN ? AND ?"
# The version's membership is looked up for each passage; left to itself, SQLite goes through all of it.
_HELD = f"CROSS JOIN version_revisions m ON m.revision_id = p.revision_id WHERE {_SEEN}"
_INFO_COLUMNS = "r.document_id, r.source, r.title, r.metadata"
_CHECKED = "CROSS JOIN checksums c ON c.revision_id = r.id"
# The entry of the table ``meta`` that a restore changes.
GENERATION = "generation"
# The fields of ``Version`` in order, of the table ``versions`` as v.
VERSION_COLUMNS = (
    "v.id, v.digest, v.created_at, v.author, v.model, v.dimension, v.vectors, v.lexical,"
    " v.documents, v.passages, v.keys, v.internal_vectors, v.internal_keys"
)


@dataclass(frozen=True, slots=True)
class VectorSet:
    """The vectors of the passages for one audience: ``keys`` distinct texts, below the name ``name``."""

    audience: Audience
    name: str
    keys: int


@dataclass(frozen=True, slots=True)
class Version:
    """One published corpus: ``name`` is what answers call ``index_version``.

    ``model`` is the fingerprint of the embedding model, empty when the version holds no vectors;
    ``vectors`` the name of the folder of the public ones below the vectors folder; ``keys`` the number of
    distinct public passage texts, which is the number of vectors in it. Internal passages have a folder
    and a number of their own.
    """

    number: int
    digest: str
    created_at: str
    author: str
    model: str
    dimension: int
    vectors: str
    lexical: str
    documents: int
    passages: int
    keys: int
    internal_vectors: str
    internal_keys: int

    @property
    def name(self) -> str:
        return f"v{self.number}-{self.digest[:8]}"

    def vector_sets(self, audiences: Collection[Audience] = STAFF) -> list[VectorSet]:
        """What of its vectors these audiences may search; none where it was built without a model."""
        held = (
            VectorSet("公开", self.vectors, self.keys),
            VectorSet("内部", self.internal_vectors, self.internal_keys),
        )
        return [each for each in held if self.model and each.keys and each.audience in audiences]


@dataclass(frozen=True, slots=True)
class Holding:
    """A document of a version as its maintainer sees it; ``quarantine`` is ``None`` for one that is served.

    ``passages`` and ``edits`` are numbers.
    """

    info: DocumentInfo
    format: str
    quarantine: str | None
    warnings: tuple[str, ...]
    passages: int
    edits: int


@dataclass(frozen=True, slots=True)
class _Revision:
    info: DocumentInfo
    text: str


class VersionMemory:
    """What questions of one audience on one version have read of it: passages and their terms, by rowid.

    ``rowids`` are those of each content key, ascending; ``passage_count`` is unknown while negative;
    ``documents`` and ``is_index_sound`` while ``None``. A published version never changes. ``is_damaged``:
    something of it has turned out to be rotten, and is left out.
    """

    def __init__(self) -> None:
        self.passage_count = -1
        self.documents: list[DocumentInfo] | None = None
        self.is_damaged = False
        self.is_index_sound: bool | None = None
        self.passages: Memo[int, Passage] = Memo(_PASSAGES_KEPT)
        self.terms: Memo[int, PassageTerms] = Memo(_PASSAGES_KEPT)
        self.rowids: Memo[str, list[int]] = Memo(_PASSAGES_KEPT)


class Snapshot:
    """One version of the corpus, without what is not for ``audiences``; use it in the block that made it."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        info: Version,
        vectors_root: Path,
        revisions: RevisionCache,
        audiences: frozenset[Audience] = STAFF,
    ) -> None:
        self.connection = connection
        self.info = info
        self.audiences = audiences
        self._vectors_root = vectors_root
        self._revisions = revisions
        self._seen = (info.number, int("公开" not in audiences), int("内部" in audiences))
        self.memory = revisions.memory(info.number, audiences)

    @property
    def version(self) -> int:
        return self.info.number

    @property
    def index_version(self) -> str:
        """The name of the version, such as ``v3-1a2b3c4d``; equal names hold equal contents."""
        return self.info.name

    @property
    def passage_count(self) -> int:
        """How many passages this audience may see."""
        if self.memory.passage_count < 0:
            # As many as were stored: what is rare does not depend on what has rotted since.
            self.memory.passage_count = self.connection.execute(
                "SELECT coalesce(sum(c.passages), 0) FROM version_revisions m"  # nosec B608 # our own SQL alone
                f" JOIN checksums c ON c.revision_id = m.revision_id WHERE {_SEEN}",
                self._seen,
            ).fetchone()[0]
        return self.memory.passage_count

    @property
    def is_empty(self) -> bool:
        """Whether there is no passage at all that this audience may see."""
        return self.passage_count == 0

    @property
    def vectors_dir(self) -> Path | None:
        """The folder of this version's vectors, or ``None`` where it was built without a model."""
        return self._vectors_root / self.info.vectors if self.info.vectors else None

    @property
    def is_damaged(self) -> bool:
        """Whether anything of the version has turned out to be rotten so far, and is left out."""
        return self.memory.is_damaged

    def documents(self) -> list[DocumentInfo]:
        """Every document that can be cited, by source; quarantined and damaged ones are not among them."""
        if self.memory.documents is None:
            rows = self._members(f"{_INFO_COLUMNS}, r.quarantine", SOUND_CARD)
            self.memory.documents = [_document_info(row) for row in rows if row[-1] is None]
        return list(self.memory.documents)

    def document(self, document_id: str) -> DocumentInfo:
        """A document that can be cited; KeyError when this version holds none with this id."""
        row = self.connection.execute(
            f"SELECT {_INFO_COLUMNS} FROM revisions r CROSS JOIN version_revisions m ON m.revision_id = r.id"  # nosec B608 # our own SQL alone
            f" {_CHECKED} WHERE {_SEEN} AND r.document_id = ? AND r.quarantine IS NULL AND {SOUND_CARD}",
            (*self._seen, document_id),
        ).fetchone()
        if row is None:
            raise KeyError(document_id)
        return _document_info(row)

    def quarantined(self) -> list[tuple[DocumentInfo, str]]:
        """The documents held back, with the reason of each."""
        rows = self._members(f"{_INFO_COLUMNS}, r.quarantine", SOUND_CARD)
        return [(_document_info(row), str(row[-1])) for row in rows if row[-1] is not None]

    def holdings(self) -> list[Holding]:
        """Every document of the version by source, quarantined ones included; no damaged ones."""
        rows = self._members(
            f"{_INFO_COLUMNS}, r.format, r.quarantine, r.warnings,"  # nosec B608 # our own SQL alone
            " (SELECT count(*) FROM passages p WHERE p.revision_id = r.id), json_array_length(r.edits)",
            f"{SOUND_CARD} AND {SOUND_TEXT} AND {SOUND_EDITS}",
        )
        return [
            Holding(_document_info(row), row[4], row[5], tuple(json.loads(row[6])), row[7], row[8])
            for row in rows
        ]

    def _members(self, columns: str, are_sound: str) -> list[tuple[Any, ...]]:
        """These columns of every member that is sound, by source."""
        rows = self.connection.execute(
            f"SELECT {columns} FROM version_revisions m CROSS JOIN revisions r ON r.id = m.revision_id"  # nosec B608 # our own SQL alone
            f" {_CHECKED} WHERE {_SEEN} AND {are_sound} ORDER BY r.source, r.document_id",
            self._seen,
        ).fetchall()
        (members,) = self.connection.execute(
            f"SELECT count(*) FROM version_revisions m WHERE {_SEEN}",  # nosec B608 # our own SQL alone
            self._seen,  # nosec B608 # our own SQL alone
        ).fetchone()
        if len(rows) < members:
            self.memory.is_damaged = True
        return rows

    def document_edits(self, document_id: str) -> list[dict[str, Any]]:
        """The edits that made a document's text, as JSON objects; KeyError when it is not held.

        Damaged where they are not what was stored.
        """
        row = self.connection.execute(
            f"SELECT r.edits FROM revisions r {_CHECKED} WHERE r.id = ? AND {SOUND_EDITS}",  # nosec B608 # our own SQL alone
            (self._revision_of(document_id),),
        ).fetchone()
        if row is None:
            raise _damaged(document_id)
        return list(json.loads(row[0]))

    def document_text(self, document_id: str) -> str:
        """The cleaned text of a document; KeyError when this version does not hold it.

        Damaged where it is not what was stored.
        """
        revision_id = self._revision_of(document_id)
        revision = self._load_revisions({revision_id}).get(revision_id)
        if revision is None:
            raise _damaged(document_id)
        return revision.text

    def _revision_of(self, document_id: str) -> int:
        row = self.connection.execute(
            "SELECT r.id FROM revisions r CROSS JOIN version_revisions m ON m.revision_id = r.id"  # nosec B608 # our own SQL alone
            f" WHERE {_SEEN} AND r.document_id = ?",
            (*self._seen, document_id),
        ).fetchone()
        if row is None:
            raise KeyError(document_id)
        return int(row[0])

    def passages(self, rowids: Iterable[int]) -> dict[int, Passage]:
        """The passages with these rowids, in order; those that this version does not hold are left out."""
        return self.memory.passages.get(rowids, self._read_passages)

    def _read_passages(self, rowids: list[int]) -> dict[int, Passage]:
        rows = list(
            self._select(
                "SELECT p.id, p.revision_id, p.public_id, p.section, p.kind, p.start, p.stop, p.key"  # nosec B608 # our own SQL alone
                f" FROM passages p {_HELD} AND {PASSAGE} IS p.checksum AND p.id IN",
                rowids,
            )
        )
        revisions = self._load_revisions({row[1] for row in rows})
        passages = {row[0]: _passage(row, revisions[row[1]]) for row in rows if row[1] in revisions}
        if len(passages) < len(rowids):
            self.memory.is_damaged = True
        return passages

    def document_passages(self, document_id: str) -> list[int]:
        """The rowids of a document's passages in reading order, empty for an unknown document."""
        rows = self.connection.execute(
            "SELECT p.id FROM revisions r CROSS JOIN version_revisions m ON m.revision_id = r.id"  # nosec B608 # our own SQL alone
            " CROSS JOIN passages p ON p.revision_id = r.id"
            f" WHERE {_SEEN} AND r.document_id = ? ORDER BY p.ordinal",
            (*self._seen, document_id),
        )
        return [row[0] for row in rows]

    def namings(self, made_by: str) -> Iterator[tuple[int, str | None]]:
        """Each revision that can be cited, with the names that ``made_by`` found in it if they are kept."""
        yield from self.connection.execute(
            "SELECT m.revision_id, n.found FROM version_revisions m"  # nosec B608 # our own SQL alone
            f" CROSS JOIN revisions r ON r.id = m.revision_id {_CHECKED}"
            " LEFT JOIN namings n ON n.revision_id = m.revision_id AND n.made_by = ?"
            f" AND {NAMING} IS n.checksum"
            f" WHERE {_SEEN} AND r.quarantine IS NULL AND {SOUND_CARD} ORDER BY r.source, r.document_id",
            (made_by, *self._seen),
        )

    def texts_with_passages(self, revisions: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        """Of revisions, in order: (revision, text, passage, start, stop, section) for each passage."""
        for revision in revisions:
            yield from self.connection.execute(
                f"SELECT r.id, r.text, p.id, p.start, p.stop, p.section FROM revisions r {_CHECKED}"  # nosec B608 # our own SQL alone
                " CROSS JOIN passages p ON p.revision_id = r.id"
                f" WHERE r.id = ? AND {SOUND_TEXT} AND {PASSAGE} IS p.checksum ORDER BY p.ordinal",
                (revision,),
            )

    def rowids_for_keys(self, keys: Iterable[str]) -> dict[str, list[int]]:
        """For each content key that this version holds, the rowids of its passages, ascending."""
        return self.memory.rowids.get(keys, self._read_rowids)

    def _read_rowids(self, keys: list[str]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for key, rowid in self._select(f"SELECT p.key, p.id FROM passages p {_HELD} AND p.key IN", keys):  # nosec B608 # our own SQL alone
            found.setdefault(key, []).append(rowid)
        return {key: sorted(rowids) for key, rowids in found.items()}

    def keys(self, audience: Audience) -> set[str]:
        """The content keys of the passages for one audience: one for each distinct text."""
        rows = self.connection.execute(
            "SELECT DISTINCT p.key FROM version_revisions m JOIN passages p ON p.revision_id = m.revision_id"
            " WHERE m.version_id = ? AND m.is_internal = ?",
            (self.version, audience == "内部"),
        )
        return {row[0] for row in rows}

    def _select(self, sql: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        for at in range(0, len(values), _VARIABLES_AT_ONCE):
            part = values[at : at + _VARIABLES_AT_ONCE]
            marks = ",".join("?" * len(part))
            yield from self.connection.execute(f"{sql} ({marks})", (*self._seen, *part))

    def _load_revisions(self, wanted: set[int]) -> dict[int, _Revision]:
        """Those of these revisions that are sound."""
        known = self._revisions.get(wanted)
        for revision_id in wanted - known.keys():
            revision = self._read_revision(revision_id)
            if revision is None:
                self.memory.is_damaged = True
                continue
            known[revision_id] = revision
            self._revisions.add(revision_id, revision)
        return known

    def _read_revision(self, revision_id: int) -> _Revision | None:
        try:
            row = self.connection.execute(
                f"SELECT {_INFO_COLUMNS}, r.text FROM revisions r {_CHECKED}"  # nosec B608 # our own SQL alone
                f" WHERE r.id = ? AND {SOUND_CARD} AND {SOUND_TEXT}",
                (revision_id,),
            ).fetchone()
        except sqlite3.DatabaseError as exc:
            # The pages of one long text may be lost while all others are sound.
            if not is_corruption(exc):
                raise
            return None
        return _Revision(_document_info(row), row[-1]) if row else None


class RevisionCache:
    """Revisions are immutable and their ids are never used again, so they stay true across versions.

    A restored backup may use them again: it has another ``generation``.
    """

    def __init__(self, generation: str, budget_chars: int = TEXT_CACHE_CHARS) -> None:
        self.generation = generation
        self._budget = budget_chars
        self._held = 0
        self._items: dict[int, _Revision] = {}
        self._memories: dict[tuple[int, frozenset[Audience]], VersionMemory] = {}
        self._lock = Lock()

    def memory(self, version: int, audiences: frozenset[Audience]) -> VersionMemory:
        """What an audience has read of a version; only that of the last version asked for is kept."""
        with self._lock:
            if any(number != version for number, _ in self._memories):
                self._memories.clear()
            return self._memories.setdefault((version, audiences), VersionMemory())

    def get(self, wanted: set[int]) -> dict[int, _Revision]:
        with self._lock:
            return {each: self._items[each] for each in wanted & self._items.keys()}

    def add(self, revision_id: int, revision: _Revision) -> None:
        with self._lock:
            if revision_id in self._items:
                return
            self._items[revision_id] = revision
            self._held += len(revision.text)
            while self._held > self._budget and len(self._items) > 1:
                oldest = next(iter(self._items))
                self._held -= len(self._items.pop(oldest).text)


def _document_info(row: Sequence[Any]) -> DocumentInfo:
    metadata: Mapping[str, str] = json.loads(row[3])
    return DocumentInfo(
        id=row[0],
        source=row[1],
        title=row[2],
        status=metadata.get("status", ""),
        audience=_audience(metadata.get("audience", "")),
        metadata=metadata,
    )


def _damaged(document_id: str) -> Damaged:
    return Damaged(f"资料 {document_id} 在资料库里的内容已经损坏。")


def _audience(stated: str) -> Audience:
    # Whatever is not plainly public is treated as internal: a misspelt mark must not open a document.
    return "公开" if stated in ("", "公开") else "内部"


def _passage(row: Sequence[Any], revision: _Revision) -> Passage:
    _rowid, _revision_id, public_id, section, kind, start, stop, key = row
    return Passage(
        id=public_id,
        document=revision.info,
        section=section,
        kind=cast(PassageKind, kind),
        start=start,
        end=stop,
        text=revision.text[start:stop],
        key=key,
    )
