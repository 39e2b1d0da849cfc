"""How much of an ingest's time the embedding model itself takes, on real text with the bundled model.

    python -m benchmarks.ingestion [--sizes 1000,2000] [--corpus FOLDER] [--write]

The documents of the folder (default: the seeds) are written out again and again, a few words of every
sentence changed, until they make so many passages; then they are ingested as by ``dangwu ingest``. The
model is loaded before the clock starts. Each size is a corpus of its own.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.report import circumstances, table, write_section
from ingest.documents import read_document
from ingest.passages import make_passages
from ingest.pipeline import ingest
from retrieval.models.bundled import BundledEmbedder
from retrieval.store import Store
from retrieval.vectors import vector_home

if TYPE_CHECKING:
    from retrieval.models.embedder import Matrix

ROOT = Path(__file__).resolve().parent.parent


class TimedEmbedder(BundledEmbedder):
    """The bundled model; ``seconds`` is the time spent in it."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def passages(self, texts: Sequence[str]) -> Matrix:
        begun = time.perf_counter()
        try:
            return super().passages(texts)
        finally:
            self.seconds += time.perf_counter() - begun


class StageClock:
    """When each stage was first heard of: stages follow each other."""

    def __init__(self) -> None:
        self.begun: dict[str, float] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        self.begun.setdefault(stage, time.perf_counter())


def write_copies(corpus: Path, folder: Path, passages: int) -> None:
    """Write copies of the corpus' documents, each a little different, until they make so many passages."""
    originals = [path for path in sorted(corpus.rglob("*")) if path.suffix in (".txt", ".md")]
    texts = [read_document(path.read_bytes(), path.name, None).text for path in originals]
    made = 0
    for copy in count():
        for path, text in zip(originals, texts, strict=True):
            if made >= passages:
                return
            written = varied(text, copy)
            (folder / f"{copy:03}_{path.name}").write_text(written, encoding="utf-8")
            made += len(make_passages(written, path.stem))


def varied(text: str, copy: int) -> str:
    """The text with a few words in each sentence that tell this copy from the others."""
    return text.replace("。", f"，见第{copy}稿。")


def measure(corpus: Path, size: int, embedder: TimedEmbedder) -> list[str]:
    """Ingest so many passages into a new store: a row of the table."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "files"
        folder.mkdir()
        write_copies(corpus, folder, size)
        store = Store.open(Path(scratch) / "data", create=True)
        vectors = vector_home(store)
        clock, embedder.seconds = StageClock(), 0.0
        begun = time.perf_counter()
        report = ingest([folder], store, embedder, vectors, progress=clock)
        ended = time.perf_counter()
        vectors.close()
        store.close()
    embedding, publishing = clock.begun["embed"], clock.begun["publish"]
    parts = (embedding - begun, publishing - embedding - embedder.seconds, ended - publishing)
    return [
        f"{report.embedded:,}",
        f"{ended - begun:.1f}",
        f"{embedder.seconds:.1f}",
        f"{embedder.seconds / (ended - begun):.1%}",
        *(f"{seconds:.1f}" for seconds in parts),
        f"{report.embedded / embedder.seconds:.1f}",
    ]


HEADER = (
    "passages embedded",
    "ingest s",
    "in the model s",
    "share",
    "reading and cleaning s",
    "keeping vectors s",
    "publishing s",
    "passages a second in the model",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", default="1000")
    parser.add_argument("--corpus", type=Path, default=ROOT / "seeds")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    arguments = parser.parse_args()
    embedder = TimedEmbedder()
    embedder.query("党")
    sizes = [int(each) for each in arguments.sizes.split(",")]
    rows = [measure(arguments.corpus, size, embedder) for size in sizes]
    body = f"{circumstances()}.\n\n{table(HEADER, rows)}"
    print(body)
    if arguments.write:
        write_section("ingestion", body)


if __name__ == "__main__":
    main()
