"""How often terms stand in the corpus, counted once a version."""

from __future__ import annotations

from pathlib import Path

from retrieval.lexical import read_statistics
from retrieval.scoring import BIGRAMS, TermStatistics
from retrieval.store import Store
from tests.corpus import run_ingest, write_files

TERMS = ["议事", "程序", "没有"]


def statistics(store: Store) -> TermStatistics:
    with store.snapshot() as snapshot:
        return read_statistics(snapshot, TERMS)


def test_a_new_version_is_counted_anew_and_an_unchanged_one_is_not(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "docs", a="议事程序\n议事规则", b="别的一段")
    run_ingest(tmp_path / "data", folder)
    store = Store.open(tmp_path / "data", create=False)
    first = statistics(store)
    assert (first.frequency[BIGRAMS, "议事"], first.frequency[BIGRAMS, "程序"]) == (2, 1)
    assert (BIGRAMS, "没有") not in first.frequency
    statements: list[str] = []
    with store.snapshot() as snapshot:
        snapshot.connection.set_trace_callback(statements.append)
        assert read_statistics(snapshot, TERMS) == first
        snapshot.connection.set_trace_callback(None)
    assert statements and not any("_counts WHERE" in each for each in statements)
    write_files(folder, b="议事程序没有变")
    run_ingest(tmp_path / "data", folder)
    assert statistics(store).frequency[BIGRAMS, "议事"] == 3
    assert statistics(store).frequency[BIGRAMS, "没有"] == 1
    store.close()
