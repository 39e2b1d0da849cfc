"""What an ingest would change: two manifests in, one list of changes out, nothing touched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ingest.comparing.rewording import Rewording
from ingest.resemblance import Resemblance
from retrieval.publication import StoredRevision

Change = Literal["new", "changed", "unchanged", "moved", "deleted", "quarantined", "broken", "excluded"]


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """A document as it lies on the disk now, ``size`` in bytes; ``error`` says why it cannot be read."""

    document_id: str
    source: str
    location: str
    fingerprint: str
    raw_sha256: str
    size: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """One line of a plan or report.

    ``reason`` is Chinese, for people. ``passages`` counts those the document has after the ingest: in a
    plan that of the stored revision until the document has been read. ``size`` is that of the file in bytes,
    of a deleted one as it was. ``resembles`` is a remark beside the change: a new or changed document that
    says nearly the same as another is ingested all the same. ``origin`` is the id that a moved document had.
    ``audience`` is 内部 for a document that is new, changed or moved and for internal use, else empty.
    ``wording`` is what became of the text of a changed document; no version keeps it.
    """

    document_id: str
    source: str
    change: Change
    reason: str
    passages: int = 0
    size: int = 0
    resembles: Resemblance | None = None
    origin: str = ""
    audience: str = ""
    wording: Rewording | None = None

    def restricted(self, found_in: str) -> DocumentChange:
        """This change of a document for internal use, which its reason says with what makes it so."""
        return replace(self, audience="内部", reason=f"{self.reason}；内部（{found_in}）")

    def resembling(self, other: Resemblance) -> DocumentChange:
        """This change with the remark, which its reason ends in."""
        name = "另一处来源的同名文件" if other.source == self.source else other.source
        degree = "几乎逐字相同" if other.share == 1 else f"约 {other.share:.0%} 相同"
        return replace(self, resembles=other, reason=f"{self.reason}；与 {name} {degree}")

    def as_json(self) -> dict[str, object]:
        return {
            "id": self.document_id,
            "source": self.source,
            "change": self.change,
            "reason": self.reason,
            "passages": self.passages,
            "size": self.size,
            "resembles": self.resembles.as_json() if self.resembles else None,
            "audience": self.audience,
        }


def plan_changes(
    stored: Mapping[str, StoredRevision],
    found: Sequence[FoundDocument],
    *,
    is_covered: Callable[[str], bool],
) -> list[DocumentChange]:
    """The change of every found document and of every stored one that ``is_covered`` and gone.

    A document is moved when its bytes stand at a new location and no longer at the old one. A broken
    document keeps its stored revision. Stored documents outside the scope are not mentioned.
    """
    present = {each.document_id for each in found}
    gone = {
        each.document_id: each
        for each in stored.values()
        if each.document_id not in present and is_covered(each.location)
    }
    origins = _pair_moves(gone.values(), [each for each in found if each.document_id not in stored])
    moved = {origin.document_id for origin in origins.values()}
    changes = [_change(each, stored.get(each.document_id), origins.get(each.document_id)) for each in found]
    changes += [
        DocumentChange(each.document_id, each.source, "deleted", "文件已不在原处", size=each.size)
        for each in gone.values()
        if each.document_id not in moved
    ]
    return sorted(changes, key=lambda each: (each.source, each.document_id))


def removed_documents(
    stored: Mapping[str, StoredRevision],
    found: Sequence[FoundDocument],
    *,
    is_covered: Callable[[str], bool],
) -> set[str]:
    """The ids of stored documents that are no longer there, moved ones included."""
    present = {each.document_id for each in found}
    return {
        each.document_id
        for each in stored.values()
        if each.document_id not in present and is_covered(each.location)
    }


def _pair_moves(
    gone: Iterable[StoredRevision], arrived: Sequence[FoundDocument]
) -> dict[str, StoredRevision]:
    """For the arrived documents, by id, the gone one with the same bytes; each is used once."""
    by_content: dict[str, list[StoredRevision]] = {}
    for each in sorted(gone, key=lambda one: one.source, reverse=True):
        by_content.setdefault(each.raw_sha256, []).append(each)
    return {
        each.document_id: by_content[each.raw_sha256].pop()
        for each in arrived
        if not each.error and by_content.get(each.raw_sha256)
    }


def _change(
    found: FoundDocument, stored: StoredRevision | None, origin: StoredRevision | None
) -> DocumentChange:
    known = stored or origin
    change, reason = _verdict(found, stored, origin)
    return DocumentChange(
        found.document_id,
        found.source,
        change,
        reason,
        known.passages if known else 0,
        found.size,
        origin=origin.document_id if origin else "",
    )


def _verdict(
    found: FoundDocument, stored: StoredRevision | None, origin: StoredRevision | None
) -> tuple[Change, str]:
    if found.error:
        return "broken", found.error + ("；保留上一次的内容" if stored else "")
    if origin:
        return "moved", f"从 {origin.source} 移来"
    if stored is None:
        return "new", "新文件"
    if stored.source != found.source:
        return "moved", f"来源名由 {stored.source} 改变"
    if stored.is_damaged:
        return "changed", "库里的内容已经损坏，按文件重新收录"
    if stored.fingerprint == found.fingerprint:
        return "unchanged", f"仍被隔离：{stored.quarantine}" if stored.quarantine else ""
    if stored.raw_sha256 == found.raw_sha256:
        return "changed", "旁注文件或清洗规则有变"
    return "changed", "文件内容有变"
