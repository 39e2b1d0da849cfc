"""Which versions are kept, and what goes with the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.pipeline import ingest
from retrieval.history import past_versions
from retrieval.publication import cache_embeddings, content_key, manifest_of
from retrieval.store import Store
from retrieval.vectors import VectorFolders
from tests.corpus import HashEmbedder, plain_parts, write_files


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


def publish_rounds(data_dir: Path, docs: Path, rounds: int, keep: int) -> Store:
    """As many versions of one changing document beside one that stays."""
    store = Store.open(data_dir, create=True)
    vectors = VectorFolders(store)
    for number in range(rounds):
        write_files(docs, a=f"甲\n第{number}轮", b="乙")
        ingest([docs], store, HashEmbedder(), vectors, parts=plain_parts(docs / "none"), keep=keep)
    vectors.close()
    return store


def held(store: Store, sql: str) -> set[str]:
    with store.reading() as connection:
        return {row[0] for row in connection.execute(sql)}


def test_the_newest_versions_are_kept_and_of_the_others_a_line(data_dir: Path, tmp_path: Path) -> None:
    store = publish_rounds(data_dir, tmp_path / "docs", rounds=5, keep=3)
    history = past_versions(store)
    assert [each.version.number for each in history] == [5, 4, 3, 2, 1]
    assert [each.is_kept for each in history] == [True, True, True, False, False]
    assert [each.is_current for each in history] == [True, False, False, False, False]
    assert [len(manifest_of(store, number)) for number in range(1, 6)] == [0, 0, 2, 2, 2]
    assert history[-1].counts() == {"new": 2} and history[0].counts() == {"changed": 1}


def test_what_only_a_forgotten_version_held_is_gone(data_dir: Path, tmp_path: Path) -> None:
    store = publish_rounds(data_dir, tmp_path / "docs", rounds=5, keep=2)
    assert held(store, "SELECT text FROM revisions") == {"甲\n第3轮", "甲\n第4轮", "乙"}
    assert held(store, "SELECT CAST(data AS TEXT) FROM raws") == {"甲\n第3轮", "甲\n第4轮", "乙"}
    kept = {content_key(text) for text in ("甲", "乙", "第3轮", "第4轮")}
    assert held(store, "SELECT key FROM embeddings") == held(store, "SELECT key FROM passages") == kept


def test_vectors_that_a_killed_ingest_computed_are_not_lost(data_dir: Path, tmp_path: Path) -> None:
    store = publish_rounds(data_dir, tmp_path / "docs", rounds=2, keep=2)
    cache_embeddings(store, HashEmbedder().fingerprint, 8, {content_key("还没有发布的"): b"\0" * 32})
    publish_rounds(data_dir, tmp_path / "docs", rounds=4, keep=2)
    assert content_key("还没有发布的") in held(store, "SELECT key FROM embeddings")
