"""Working folders for the commands: empty, and with the seeds as the corpus."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.pipeline import ingest
from retrieval.store import Store
from retrieval.vectors import VectorFolders


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder; searches go by words alone, which needs no model."""
    monkeypatch.chdir(tmp_path)
    for name in [each for each in os.environ if each.upper().startswith("DANGWU_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DANGWU_EMBEDDING__MODEL", "none")
    return tmp_path


@pytest.fixture(scope="module")
def seeded() -> Iterator[Path]:
    """A data folder that holds the seeds, for tests that only read it."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder), create=True)
        ingest([], store, None, VectorFolders(store))
        store.close()
        yield Path(folder)


@pytest.fixture
def corpus(home: Path, seeded: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder with the seeds as its corpus."""
    monkeypatch.setenv("DANGWU_DATA_DIR", str(seeded))
    return home
