"""What an ingest did, or with ``--plan`` would do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ingest.plan import DocumentChange
from retrieval.editions import Missing


@dataclass(frozen=True, slots=True)
class IngestReport:
    """The outcome of one ingest.

    ``version`` names the corpus version that is current afterwards, empty when there is none. ``embedded``
    counts the passages whose vectors were computed; in a plan it is 0. ``problems`` are Chinese sentences
    about what concerns no single document, such as a root that has vanished. ``is_withheld``: the new version
    was ready and was not approved. ``missing`` are the editions in force that are known and that the corpus,
    as it is afterwards, does not hold.
    """

    version: str
    is_applied: bool
    documents: tuple[DocumentChange, ...]
    embedded: int
    problems: tuple[str, ...] = ()
    is_withheld: bool = False
    missing: tuple[Missing, ...] = ()

    @property
    def has_failures(self) -> bool:
        """Whether part of the work failed: the exit status is then 1."""
        return bool(self.problems) or any(each.change == "broken" for each in self.documents)

    def counts(self) -> dict[str, int]:
        """How many documents each kind of change concerns; kinds that do not occur are left out."""
        return dict(Counter(each.change for each in self.documents))

    @property
    def near_duplicates(self) -> int:
        """How many documents say nearly the same as another."""
        return sum(each.resembles is not None for each in self.documents)

    @property
    def visible_changes(self) -> list[DocumentChange]:
        """The changes that readers see once they are applied."""
        unseen = ("unchanged", "excluded", "broken")
        return [each for each in self.documents if each.change not in unseen]

    def as_json(self) -> dict[str, object]:
        """The JSON document of the contract."""
        return {
            "version": self.version or None,
            "applied": self.is_applied,
            "documents": [_with_wording(each) for each in self.documents],
            "embedded": self.embedded,
            "problems": list(self.problems),
            "missing": [each.as_json() for each in self.missing],
        }


def _with_wording(change: DocumentChange) -> dict[str, object]:
    return change.as_json() | ({"wording": change.wording.as_json()} if change.wording else {})
