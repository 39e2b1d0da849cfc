"""What people look at beside an answer: a passage in its place, a document; as one snapshot has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from retrieval.records import DocumentInfo, Passage

if TYPE_CHECKING:
    from retrieval.snapshot import Snapshot


class Gone(LookupError):
    """What is pointed to is not in this version, or not for this audience: the two look the same."""


@dataclass(frozen=True, slots=True)
class PassageView:
    """A passage with its place in its document: the ``position``-th of ``total``, counted from 1.

    ``previous_id`` and ``next_id`` are its neighbours in reading order, empty at the ends.
    """

    passage: Passage
    position: int
    total: int
    previous_id: str = ""
    next_id: str = ""


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document, the number of its passages and the id of the first, empty where it has none."""

    document: DocumentInfo
    total: int
    first_id: str = ""


def find_passage(snapshot: Snapshot, passage_id: str) -> PassageView:
    """The passage and its neighbours as this version has them; Gone if the snapshot does not hold it."""
    document = _held(snapshot, passage_id.partition("-")[0])
    passages = _in_order(snapshot, document.id)
    ids = [each.id for each in passages]
    if passage_id not in ids:
        raise Gone(passage_id)
    at = ids.index(passage_id)
    return PassageView(passages[at], at + 1, len(ids), ids[at - 1] if at else "", (*ids, "")[at + 1])


def find_document(snapshot: Snapshot, document_id: str) -> DocumentView:
    """The document as this version has it; Gone if the snapshot does not hold it."""
    document = _held(snapshot, document_id)
    passages = _in_order(snapshot, document_id)
    return DocumentView(document, len(passages), passages[0].id if passages else "")


def _held(snapshot: Snapshot, document_id: str) -> DocumentInfo:
    try:
        return snapshot.document(document_id)
    except KeyError as exc:
        raise Gone(document_id) from exc


def _in_order(snapshot: Snapshot, document_id: str) -> list[Passage]:
    rowids = snapshot.document_passages(document_id)
    passages = snapshot.passages(rowids)
    return [passages[rowid] for rowid in rowids if rowid in passages]
