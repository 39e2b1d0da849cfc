"""What became of a document's wording from one version to the next, short enough to be told in passing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.comparing.alignment import Change, ClausePair, compare, joined_label
from ingest.comparing.wording import replacements
from retrieval.history import internal_documents
from retrieval.publication import manifest_of, texts
from retrieval.store import Store

CLAUSES_MAX = 20
"""So many clauses are told of, the others counted."""
_SIDE_CHARS = 60
# A longer text is worth a look of its own, not a wait in the middle of an ingest.
_TEXT_CHARS_MAX = 400_000
_DOCUMENTS_MAX = 50


@dataclass(frozen=True, slots=True)
class Reworded:
    """A place where the wording changed: ``old`` became ``new``, one of them empty where nothing stood."""

    change: Change
    label: str
    old: str
    new: str

    def as_json(self) -> dict[str, str]:
        return {"change": self.change, "label": self.label, "old": self.old, "new": self.new}


@dataclass(frozen=True, slots=True)
class Rewording:
    """How many clauses of a document differ from its former text, by kind, and the first of the places."""

    counts: Mapping[Change, int]
    places: tuple[Reworded, ...]

    def as_json(self) -> dict[str, object]:
        return {"counts": dict(self.counts), "places": [each.as_json() for each in self.places]}


def reworded(old: str, new: str) -> Rewording | None:
    """What changed from one text of a document to the next; ``None`` where no clause did."""
    if old == new or max(len(old), len(new)) > _TEXT_CHARS_MAX:
        return None
    found = compare(old, new)
    counts: dict[Change, int] = {
        change: count for change, count in found.counts().items() if change != "same"
    }
    places = [place for pair in found.differing[:CLAUSES_MAX] for place in _places(pair)]
    return Rewording(counts, tuple(places[:CLAUSES_MAX])) if counts else None


def _places(pair: ClausePair) -> Iterator[Reworded]:
    label = joined_label(pair.new or pair.old)
    old, new = ("".join(each.text for each in side) for side in (pair.old, pair.new))
    if pair.change != "changed":
        yield Reworded(pair.change, label, _short(old), "" if pair.change == "moved" else _short(new))
        return
    for before, after in replacements(old, new):
        yield Reworded("changed", label, _short(before), _short(after))


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SIDE_CHARS else flat[: _SIDE_CHARS - 1] + "…"


@dataclass(frozen=True, slots=True)
class DocumentRewording:
    """A document of a version, and what became of its wording since the version before."""

    document_id: str
    source: str
    rewording: Rewording

    def as_json(self) -> dict[str, object]:
        return {"id": self.document_id, "source": self.source, **self.rewording.as_json()}


def version_rewordings(
    store: Store, number: int, before: int, *, is_public: bool = False
) -> list[DocumentRewording]:
    """What a version worded otherwise than one before it, by source; both must be kept whole.

    Documents that came or went are not among them, nor those that are held back in either version;
    ``is_public`` leaves out those that were for internal use in either.
    """
    new, old = manifest_of(store, number), manifest_of(store, before)
    if is_public:
        internal = internal_documents(store, number) | internal_documents(store, before)
        new = {key: each for key, each in new.items() if key not in internal}
    changed = [
        (each, old[each.document_id])
        for each in new.values()
        if each.document_id in old
        and each.revision_id != old[each.document_id].revision_id
        and each.quarantine is None
        and old[each.document_id].quarantine is None
    ]
    changed = sorted(changed, key=lambda pair: pair[0].source)[:_DOCUMENTS_MAX]
    held = dict(texts(store, {revision.revision_id for pair in changed for revision in pair}))
    found = [(each, reworded(held[former.revision_id], held[each.revision_id])) for each, former in changed]
    return [DocumentRewording(each.document_id, each.source, what) for each, what in found if what]


def successive(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Each of these version numbers, which are kept, with the kept one before it, newest first."""
    ordered = sorted(numbers, reverse=True)
    yield from pairwise(ordered)
