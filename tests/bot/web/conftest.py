"""A corpus and an open site for the tests of the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.web.harness import Running, make_corpus, serving


@pytest.fixture(scope="module")
def library(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with public, internal and hostile documents, for tests that may write records to it."""
    return make_corpus(seeded, tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def site(library: Path) -> Iterator[Running]:
    """A site without accounts: everybody is staff."""
    with serving(library) as running:
        yield running
