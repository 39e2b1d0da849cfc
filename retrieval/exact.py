"""Dense search without an index: the question beside every cached vector of a version.

Exact, and nothing is opened or written for it but the database that is open already; fast enough while the
vectors are few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from retrieval.publication import read_embeddings

if TYPE_CHECKING:
    from retrieval.snapshot import Snapshot


def compare_all(snapshot: Snapshot, vector: Any, k: int) -> list[tuple[str, float]]:
    """The ``k`` content keys of the snapshot that are nearest to ``vector``, with their similarity 0 to 1."""
    import numpy as np

    wanted = {key for audience in snapshot.audiences for key in snapshot.keys(audience)}
    cached = read_embeddings(snapshot.connection, snapshot.info.model, sorted(wanted))
    if not cached:
        return []
    rows = np.frombuffer(b"".join(cached.values()), dtype="<f4").reshape(len(cached), -1)
    similarities = np.clip(rows @ vector, 0.0, 1.0)
    best = np.argsort(-similarities, kind="stable")[:k]
    keys = list(cached)
    return [(keys[at], float(similarities[at])) for at in best]
