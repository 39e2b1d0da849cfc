"""A data folder that a bot may write to, and a Bot API for it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.telegram.fake_api import FakeApi


@pytest.fixture
def private_copy(seeded: Path, tmp_path: Path) -> Path:
    """A data folder of its own with the seeds."""
    return Path(shutil.copytree(seeded, tmp_path / "data"))


@pytest.fixture
def api() -> Iterator[FakeApi]:
    """A running Bot API."""
    with FakeApi().serving() as running:
        yield running
