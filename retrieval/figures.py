"""Evaluation figures by corpus version: written by whoever evaluates, read for the report."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from retrieval.evaluation import METRICS
from retrieval.snapshot import Version
from retrieval.store import Store


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one question file on one version.

    ``questions`` is the file's name and ``digest`` that of its bytes: figures of different digests do not
    compare. ``metrics`` holds shares from 0 to 1, those of ``METRICS`` that apply; ``at`` is UTC in ISO
    format.
    """

    version: int
    index_version: str
    questions: str
    digest: str
    n: int
    metrics: Mapping[str, float]
    at: str


def record_evaluation(
    store: Store, version: Version, questions: Path, outcome: Mapping[str, Any], *, at: datetime
) -> None:
    """Keep the report of an evaluation of ``version``; it replaces an earlier one of the same questions.

    StoreError or StoreBusy where the store cannot be written.
    """
    metrics = {name: outcome[name] for name in METRICS if outcome.get(name) is not None}
    digest = hashlib.sha256(questions.read_bytes()).hexdigest()
    with store.writing() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO evaluations"
            " (version_id, index_version, questions, digest, n, metrics, at) VALUES (?,?,?,?,?,?,?)",
            (
                *(version.number, version.name, questions.name, digest),
                *(outcome["n"], json.dumps(metrics), at.isoformat(timespec="seconds")),
            ),
        )


def recorded_evaluations(store: Store) -> list[Figures]:
    """All figures, those of one question file together, by version."""
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT version_id, index_version, questions, digest, n, metrics, at FROM evaluations"
            " ORDER BY questions, digest, version_id"
        )
        return [
            Figures(version, name, questions, digest, n, json.loads(metrics), at)
            for version, name, questions, digest, n, metrics, at in rows
        ]
