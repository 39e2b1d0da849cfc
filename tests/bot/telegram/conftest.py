"""A data folder that a bot may write to."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def private_copy(seeded: Path, tmp_path: Path) -> Path:
    """A data folder of its own with the seeds."""
    return Path(shutil.copytree(seeded, tmp_path / "data"))
