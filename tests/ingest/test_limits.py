"""What takes too long or too much memory ends alone; what takes a parser is told by its first bytes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ingest import limits, workers
from ingest.limits import seconds_limited, starts_like_binary
from ingest.sources import SourceFile
from retrieval.errors import SourceError
from retrieval.publication import NewRevision
from tests.corpus import plain_parts, read_or_die

FORMATS = Path(__file__).parent / "formats"
needs_limits = pytest.mark.skipif(sys.platform == "win32", reason="the system has no such limits")


@needs_limits
def test_a_loop_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SECONDS_MAX", 0.2)
    with pytest.raises(SourceError, match="异常文件"):
        _compute_without_end()
    with seconds_limited():
        assert sum(range(10)) == 45


def _compute_without_end() -> None:
    with seconds_limited():
        while True:
            sum(range(1000))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is bounded where the system does it")
def test_what_takes_too_much_memory_is_the_only_one_lost(tmp_path: Path) -> None:
    # Archives are read apart, whatever their size.
    files = []
    for number, text in enumerate(("好", "hog", "也好")):
        path = tmp_path / f"{number}.txt"
        path.write_text(text, encoding="utf-8")
        files.append(SourceFile(str(path), path.name, path))
    zipped = tmp_path / "3.docx"
    zipped.write_bytes(b"PK\x03\x04")
    files.append(SourceFile(str(zipped), zipped.name, zipped))
    parts = plain_parts(tmp_path, read_document=read_or_die, isolates=True)
    good, hog, better, _ = workers.attempts(files, parts, size=1)
    assert isinstance(good, NewRevision) and isinstance(better, NewRevision)
    assert isinstance(hog, workers.Failure) and ("MemoryError" in hog.reason or "内存" in hog.reason)


@pytest.mark.parametrize("name", ["办法.doc", "办法.rtf", "办法.odt", "办法.ofd", "资料包.zip"])
def test_what_takes_a_parser_begins_like_it(name: str) -> None:
    assert starts_like_binary(FORMATS / name)


def test_text_takes_none(tmp_path: Path) -> None:
    for name, text in (("a.txt", "党员应当按月交纳党费。"), ("b.html", "<html><body>党员</body></html>")):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert not starts_like_binary(tmp_path / name)
