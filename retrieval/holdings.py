"""Every document the store holds, in the current version or not: found by name, read whole.

``removed`` documents were taken out by ``dangwu remove``; ``former`` ones stand in older versions only.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from retrieval.checksums import is_sound_revision
from retrieval.errors import Damaged, InputError
from retrieval.store import Store

State = Literal["current", "former", "removed"]
_CANDIDATES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class HeldDocument:
    """A document by the last state of it that the store holds."""

    document_id: str
    revision_id: int
    source: str
    location: str
    title: str
    state: State


@dataclass(frozen=True, slots=True)
class HeldRevision:
    """One state of one document, whole.

    ``metadata`` is what counts; ``described`` what the file and its sidecar say where a maintainer has
    stated otherwise since, else the same. ``edits`` are JSON objects.
    """

    revision_id: int
    document_id: str
    source: str
    location: str
    fingerprint: str
    raw: bytes
    title: str
    format: str
    encoding: str
    quarantine: str | None
    metadata: Mapping[str, str]
    described: Mapping[str, str]
    warnings: Sequence[str]
    text: str
    edits: Sequence[Mapping[str, Any]]


def held_documents(store: Store) -> list[HeldDocument]:
    """The documents of all kept versions and the removed ones, by source."""
    with store.reading() as connection:
        # Of each document the state that comes last: the current one, else the newest.
        rows = connection.execute(
            "WITH held AS ("
            " SELECT revision_id, version_id, 0 AS is_removed FROM version_revisions"
            " UNION ALL SELECT revision_id, 0, 1 FROM removals WHERE revision_id IS NOT NULL)"
            " SELECT r.document_id, r.id, r.source, r.location, r.title,"
            "  CASE WHEN h.is_removed THEN 'removed'"
            "   WHEN max(h.version_id) = (SELECT version_id FROM current_version) THEN 'current'"
            "   ELSE 'former' END"
            " FROM held h JOIN revisions r ON r.id = h.revision_id GROUP BY r.document_id ORDER BY r.source"
        )
        return [HeldDocument(*row) for row in rows]


def find_document(store: Store, wanted: str) -> HeldDocument:
    """The document with this id, source or path, or with this in its title.

    A present document is preferred to one of the same name that is not. InputError where there is none,
    or more than one, which it then lists.
    """
    documents = held_documents(store)
    for is_named in _ways_to_name(wanted):
        named = [each for each in documents if is_named(each)]
        named = [each for each in named if each.state == "current"] or named
        if len(named) == 1:
            return named[0]
        if named:
            raise _ambiguous(wanted, named)
    raise InputError(
        f"资料库里没有这份资料：{wanted}",
        remedy="写资料的编号、来源，或标题中独有的一段；全部资料见 dangwu report。",
    )


def past_places(store: Store, documents: Collection[str]) -> frozenset[str]:
    """The ids that these documents had before they were moved: of former documents of the same bytes."""
    with store.reading() as connection:
        states = connection.execute("SELECT DISTINCT document_id, raw_sha256 FROM revisions").fetchall()
        present = {
            row[0]
            for row in connection.execute(
                "SELECT r.document_id FROM current_version c JOIN version_revisions m USING (version_id)"
                " JOIN revisions r ON r.id = m.revision_id"
            )
        }
    known = set(documents)
    while True:
        contents = {raw for document, raw in states if document in known}
        more = {document for document, raw in states if raw in contents} - present - known
        if not more:
            return frozenset(known - set(documents))
        known |= more


def copies_elsewhere(store: Store, documents: Collection[str]) -> list[str]:
    """The sources of other documents of the current version with the same bytes as one of these."""
    ids = json.dumps(list(documents))
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT DISTINCT r.source FROM current_version c JOIN version_revisions m USING (version_id)"
            " JOIN revisions r ON r.id = m.revision_id"
            " WHERE r.document_id NOT IN (SELECT value FROM json_each(?1)) AND r.raw_sha256 IN"
            "  (SELECT raw_sha256 FROM revisions WHERE document_id IN (SELECT value FROM json_each(?1)))"
            " ORDER BY r.source",
            (ids,),
        )
        return [row[0] for row in rows]


def _ways_to_name(wanted: str) -> tuple[Callable[[HeldDocument], bool], ...]:
    # Not Path.resolve: links below a root are part of a document's name.
    place = Path(os.path.abspath(Path(wanted).expanduser())).as_posix()  # noqa: PTH100
    return (
        lambda each: each.document_id == wanted or each.source == wanted or each.location == place,
        lambda each: wanted == each.title,
        lambda each: wanted in each.title or wanted in each.source,
    )


def _ambiguous(wanted: str, named: Sequence[HeldDocument]) -> InputError:
    lines = [f"{each.document_id}  {each.source}  《{each.title}》" for each in named[:_CANDIDATES_SHOWN]]
    more = len(named) - len(lines)
    if more:
        lines.append(f"……另有 {more} 份")
    listed = "\n".join(f"    {line}" for line in lines)
    return InputError(
        f"有 {len(named)} 份资料与“{wanted}”相符：\n{listed}", remedy="写出其中一份的编号或完整的来源。"
    )


def read_revision(store: Store, revision_id: int) -> HeldRevision:
    """The revision in this row, which must be there; Damaged where it is not what was stored."""
    with store.reading() as connection:
        cursor = connection.cursor()
        cursor.row_factory = sqlite3.Row
        row = cursor.execute(
            "SELECT r.id AS revision_id, r.document_id, r.source, r.location, r.fingerprint,"
            " CAST(w.data AS BLOB) AS raw, r.title, r.format, r.encoding, r.quarantine, r.metadata,"
            " coalesce(r.described, r.metadata) AS described, r.warnings, r.text, r.edits"
            " FROM revisions r JOIN raws w ON w.sha256 = r.raw_sha256 WHERE r.id = ?",
            (revision_id,),
        ).fetchone()
        if not is_sound_revision(connection, revision_id):
            raise Damaged(f"资料 {row['source'] if row else revision_id} 在资料库里的内容已经损坏。")
    written = {key: json.loads(row[key]) for key in ("metadata", "described", "warnings", "edits")}
    return HeldRevision(**{**dict(row), **written})
