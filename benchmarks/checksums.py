"""What it costs to notice rot: checksums of what is read, of the vector files, and of everything.

    python -m benchmarks.checksums [--size 10000] [--data FOLDER] [--write]

Over the synthetic corpus of ``benchmarks.scale``. Processor time, the best of five, each with a store that
has just been opened.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.report import circumstances, table, write_section
from benchmarks.scale import fill_cache, synchronise, write_corpus
from retrieval.checksums import PASSAGE, SOUND_CARD, SOUND_TEXT
from retrieval.lexical import is_index_sound
from retrieval.marker import marker_damage
from retrieval.publication import are_indexes_sound, damaged_embeddings, damaged_revisions
from retrieval.snapshot import Snapshot
from retrieval.store import Store

_CANDIDATES = 120
_RUNS = 5
_PASSAGE = "SELECT p.public_id, p.start, p.stop, p.section FROM passages p WHERE p.id = ?"
_TEXT = (
    "SELECT r.title, r.metadata, r.text FROM passages p JOIN revisions r ON r.id = p.revision_id"
    " JOIN checksums c ON c.revision_id = r.id WHERE p.id = ?"
)


def milliseconds(data: Path, work: Callable[[Store], object]) -> float:
    """The least processor time of ``work`` with a fresh store."""
    spent = []
    for _ in range(_RUNS):
        store = Store.open(data, create=False)
        begun = time.process_time()
        work(store)
        spent.append((time.process_time() - begun) * 1e3)
        store.close()
    return min(spent)


def in_snapshot(work: Callable[[Snapshot], object]) -> Callable[[Store], None]:
    """``work`` in a snapshot of the store."""

    def run(store: Store) -> None:
        with store.snapshot() as snapshot:
            work(snapshot)

    return run


def read_candidates(condition: str, sql: str) -> Callable[[Snapshot], None]:
    """Reads what the candidates of one search need, each from another place, on a condition."""

    def run(snapshot: Snapshot) -> None:
        count = snapshot.passage_count
        for rowid in random.Random(1).sample(range(1, count + 1), _CANDIDATES):
            snapshot.connection.execute(f"{sql}{condition}", (rowid,)).fetchone()

    return run


def vectors(store: Store) -> None:
    """The whole check of the vector files of the current version."""
    version = store.current()
    assert version
    for each in version.vector_sets():
        assert not marker_damage(store.vectors_dir / each.name, each.keys)


def measure(data: Path) -> list[list[str]]:
    """The rows of the table."""
    plain = milliseconds(data, in_snapshot(lambda snapshot: None))
    rows: list[tuple[str, str, float]] = [
        ("record of the version and its members", "once a version", plain),
        ("term index", "once a version", milliseconds(data, in_snapshot(is_index_sound)) - plain),
        ("vector files", "once an opening", milliseconds(data, vectors)),
    ]
    for name, sql, condition in (
        (f"{_CANDIDATES} passages", _PASSAGE, f" AND {PASSAGE} IS p.checksum"),
        (f"{_CANDIDATES} documents with their texts", _TEXT, f" AND {SOUND_CARD} AND {SOUND_TEXT}"),
    ):
        without = milliseconds(data, in_snapshot(read_candidates("", sql)))
        with_check = milliseconds(data, in_snapshot(read_candidates(condition, sql)))
        rows.append((f"reading {name}, without", "a search that finds nothing in memory", without - plain))
        rows.append((f"reading {name}, with its checksums", "", with_check - plain))
    rows += [
        (
            "all documents: texts, edits, raw bytes, passages",
            "an ingest, doctor",
            milliseconds(data, damaged_revisions),
        ),
        ("term indexes with all terms", "an ingest, doctor", milliseconds(data, are_indexes_sound)),
        ("cached embeddings", "an ingest, doctor", milliseconds(data, damaged_embeddings)),
    ]
    return [[name, when, f"{figure:.1f}"] for name, when, figure in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--data", type=Path, help="keep the store and the files here, or use those there")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        base = (arguments.data or Path(scratch)).absolute()
        data, folder = base / "data", base / "files"
        if not data.exists():
            folder.mkdir(parents=True, exist_ok=True)
            fill_cache(data, write_corpus(folder, 0, arguments.size))
            synchronise(data, folder)
        version = Store.open(data, create=False).current()
        assert version
        rows = measure(data)
    body = f"{circumstances()}; {version.passages:,} passages in {version.documents:,} documents.\n\n"
    body += table(("what is checked", "when", "ms"), rows)
    print(body)
    if arguments.write:
        write_section("checksums", body)


if __name__ == "__main__":
    main()
