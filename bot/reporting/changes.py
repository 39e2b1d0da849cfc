"""What the latest versions of the corpus worded otherwise than the ones before them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from bot.reporting.content import VersionChanges
from ingest.comparing.rewording import successive, version_rewordings
from retrieval.history import past_versions
from retrieval.records import DocumentInfo
from retrieval.store import Store

VERSIONS_MAX = 5


def recent_rewordings(
    store: Store, shown: Sequence[DocumentInfo], *, is_public: bool
) -> tuple[VersionChanges, ...]:
    """The latest versions with changed wording, newest first; only of documents that are ``shown``."""
    found = []
    for each in _changed(store, {each.id: each for each in shown}, is_public):
        found.append(each)
        if len(found) == VERSIONS_MAX:
            break
    return tuple(found)


def _changed(store: Store, shown: Mapping[str, DocumentInfo], is_public: bool) -> Iterator[VersionChanges]:
    versions = {each.version.number: each.version for each in past_versions(store) if each.is_kept}
    for number, before in successive(list(versions)):
        documents = [
            (shown[each.document_id].title or each.source, each.rewording)
            for each in version_rewordings(store, number, before, is_public=is_public)
            if each.document_id in shown
        ]
        if documents:
            at = datetime.fromisoformat(versions[number].created_at).astimezone()
            yield VersionChanges(versions[number].name, at, tuple(documents))
