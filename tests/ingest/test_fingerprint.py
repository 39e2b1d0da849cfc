"""What must, and what must not, make a document count as changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import ingest
import retrieval
from ingest.fingerprint import document_fingerprint, lexical_fingerprint, shaping_fingerprint


def test_every_part_of_a_document_counts() -> None:
    same = document_fingerprint(b"a", "a.txt", None, "1")
    assert same == document_fingerprint(b"a", "a.txt", None, "1") and len(same) == 32
    others = {
        document_fingerprint(b"b", "a.txt", None, "1"),
        document_fingerprint(b"a", "a.html", None, "1"),
        document_fingerprint(b"a", "a.txt", b"title = 'x'", "1"),
        document_fingerprint(b"a", "a.txt", None, "2"),
    }
    assert len(others) == 4 and same not in others


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the two packages that the fingerprints are taken from."""
    home = Path(ingest.__file__).parents[1]
    for package in ("ingest", "retrieval"):
        shutil.copytree(home / package, tmp_path / package)
    monkeypatch.setattr(ingest, "__file__", str(tmp_path / "ingest" / "__init__.py"))
    monkeypatch.setattr(retrieval, "__file__", str(tmp_path / "retrieval" / "__init__.py"))
    return tmp_path


def both() -> tuple[str, str]:
    return shaping_fingerprint.__wrapped__(), lexical_fingerprint.__wrapped__()


@pytest.mark.parametrize(
    ("module", "shaping_differs", "lexical_differs"),
    [
        ("ingest/passages.py", True, False),
        ("ingest/cleaning/__init__.py", True, False),
        ("ingest/pipeline.py", False, False),
        ("retrieval/sentences.py", True, False),
        ("retrieval/normalise.py", True, True),
        ("retrieval/lexical.py", False, True),
        ("retrieval/store.py", False, False),
    ],
)
def test_only_the_code_that_does_the_work_counts(
    copy: Path, module: str, shaping_differs: bool, lexical_differs: bool
) -> None:
    shaping, lexical = both()
    with (copy / module).open("a") as file:
        file.write("\n# edited\n")
    assert [each != old for each, old in zip(both(), (shaping, lexical), strict=True)] == [
        shaping_differs,
        lexical_differs,
    ]


def test_where_the_program_is_installed_does_not_count(copy: Path) -> None:
    assert both() == (shaping_fingerprint(), lexical_fingerprint())
