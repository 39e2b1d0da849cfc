"""Small real corpora for tests: files on the disk, the real store and Chroma, a model made of hashes.

``python -m tests.corpus`` is the other process of the tests that need two.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.random  # numpy loads it late; a process that gave up its rights may not read it any more

from ingest import workers
from ingest.pipeline import IngestParts, ingest
from ingest.records import CleanedDocument, PassageSpan
from ingest.report import IngestReport
from retrieval.errors import DangwuError, SourceError
from retrieval.lexical import TERM_TABLES, index_terms
from retrieval.models.embedder import Embedder
from retrieval.records import Audience
from retrieval.snapshot import Snapshot
from retrieval.store import Store
from retrieval.vectors import VectorFolders, nearest

if TYPE_CHECKING:
    from bot.answering.adviser import Adviser
    from bot.answering.answerer import Answerer
    from bot.answering.cache import AnswerCache
    from retrieval.models.embedder import Matrix
    from retrieval.reading.records import Reader
    from retrieval.retriever import Retriever

QUARANTINE_MARK = "乱码"


@cache
def bundled_reader() -> Reader:
    """The reader that the program ships with, loaded once."""
    from retrieval.reading.neural import NeuralReader

    return NeuralReader()


def answering(
    retriever: Retriever, adviser: Adviser | None = None, *, cache: AnswerCache | None = None
) -> Answerer:
    """An answerer with the bundled reader."""
    from bot.answering.answerer import Answerer

    return Answerer(retriever, bundled_reader(), adviser=adviser, cache=cache)


def open_way(folder: Path) -> None:
    """Let an ordinary user come to a folder below the temporary ones, however many there are above it."""
    root = Path(tempfile.gettempdir()).resolve()
    for each in (folder, *folder.parents):
        if each == root:
            break
        each.chmod(0o755)


class HashEmbedder(Embedder):
    """Vectors drawn from the hash of each text: equal texts are nearest to each other, at 1."""

    def __init__(self, name: str = "hash", dimension: int = 8) -> None:
        self.fingerprint = f"{name}-{dimension}"
        self.dimension = dimension
        self.embedded: list[str] = []

    def passages(self, texts: Sequence[str]) -> Matrix:
        self.embedded += texts
        return np.array([self._vector(text) for text in texts], dtype=np.float32)

    def query(self, text: str) -> Matrix:
        return self._vector(text)

    def _vector(self, text: str) -> Matrix:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        vector = np.random.default_rng(seed).standard_normal(self.dimension).astype(np.float32)
        return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def read_plain(data: bytes, name: str, sidecar: bytes | None) -> CleanedDocument:
    """UTF-8 taken as it is; the first line is the title, a sidecar's text the status."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise SourceError(f"不是文本：{name}", position=exc.start) from exc
    return CleanedDocument(
        title=text.partition("\n")[0],
        text=text,
        raw=text,
        metadata={"status": sidecar.decode()} if sidecar else {},
        edits=(),
        warnings=(),
        quarantine="全是乱码" if text.startswith(QUARANTINE_MARK) else None,
    )


def read_or_die(data: bytes, name: str, sidecar: bytes | None) -> CleanedDocument:
    """``read_plain``, but some documents kill the process, raise, take three gigabytes or keep it waiting."""
    if data.startswith(b"kill"):
        _die()
    if data.startswith(b"raise"):
        raise IndexError("parser")
    if data.startswith(b"hog"):
        bytearray(3 << 30)
    if data.startswith(b"wait "):
        with Path(data.split()[1].decode()).open("a") as note:
            print(os.getpid(), file=note)
        time.sleep(60)
    return read_plain(data, name, sidecar)


def cut_lines(text: str, title: str) -> list[PassageSpan]:
    """Every line that is not blank, as a passage."""
    spans, start = [], 0
    for line in text.split("\n"):
        if line.strip():
            spans.append(PassageSpan(start, start + len(line), "", "paragraph"))
        start += len(line) + 1
    return spans


def plain_parts(seeds: Path, **changes: Any) -> IngestParts:
    """The parts of an ingest that cleans nothing, with the program's own search terms."""
    parts: dict[str, Any] = {
        "read_document": read_plain,
        "make_passages": cut_lines,
        "index_terms": index_terms,
        "shaping": "plain",
        "lexical": "1",
        "seeds": seeds,
    }
    return IngestParts(**{**parts, **changes})


def write_files(folder: Path, **texts: str) -> Path:
    """Write ``name=text`` as ``folder/name.txt`` and give the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


def run_ingest(
    data_dir: Path, *paths: Path, embedder: Embedder | None = None, **changes: Any
) -> IngestReport:
    """One ingest with plain parts into ``data_dir``; ``changes`` replace parts."""
    store = Store.open(data_dir, create=True)
    vectors = VectorFolders(store)
    try:
        parts = plain_parts(data_dir.parent / "seeds", **changes)
        return ingest(paths, store, embedder or HashEmbedder(), vectors, parts=parts)
    finally:
        vectors.close()
        store.close()


def served(snapshot: Snapshot) -> dict[str, list[str]]:
    """The passages of every document by source, checked against the document's text and the index."""
    rowids: dict[str, list[int]] = {
        each.source: snapshot.document_passages(each.id) for each in snapshot.documents()
    }
    every = [rowid for some in rowids.values() for rowid in some]
    passages = snapshot.passages(every)
    indexed = {
        row[0]
        for table in TERM_TABLES.values()
        for row in snapshot.connection.execute(f"SELECT rowid FROM {table}")
    }
    assert indexed == set(every) and len(every) == snapshot.passage_count
    for each in passages.values():
        assert snapshot.document_text(each.document.id)[each.start : each.end] == each.text
    return {source: [passages[rowid].text for rowid in some] for source, some in rowids.items()}


def ask(store: Store, vectors: VectorFolders, question: str) -> dict[str, Any]:
    """What a reader sees at this moment: version, all passages, and the dense answer to a question."""
    with store.snapshot() as snapshot:
        found = nearest(vectors, snapshot, HashEmbedder(), question, 50)
        rowids = snapshot.rowids_for_keys(key for key, _ in found.hits)
        best = snapshot.passages(rowids[found.hits[0][0]]) if found.hits else {}
        return {
            "version": snapshot.version,
            "served": served(snapshot),
            "nearest": [each.text for each in best.values()],
            "hits": len(found.hits),
            "keys": len(snapshot.keys("公开") | snapshot.keys("内部")),
            "notice": found.notice,
        }


class DyingVectors(VectorFolders):
    """Kills its process right after the vectors are in place, or right after the publication."""

    def __init__(self, store: Store, moment: str) -> None:
        super().__init__(store)
        self._moment = moment

    def prepare(self, model: str, dimension: int, keys: Collection[str], audience: Audience) -> str:
        name = super().prepare(model, dimension, keys, audience)
        if self._moment == "vectors ready":
            _die()
        return name

    def settle(self) -> None:
        if self._moment == "published":
            _die()
        super().settle()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _dying(function: Callable[..., Any], calls: int) -> Callable[..., Any]:
    """``function``, but the process is killed at the given call."""
    made = 0

    def call(*arguments: Any) -> Any:
        nonlocal made
        made += 1
        if made == calls:
            _die()
        return function(*arguments)

    return call


def ingest_and_die(data_dir: Path, folder: Path, moment: str) -> None:
    """Ingest ``folder``, killing this process with SIGKILL at a named moment."""
    store = Store.open(data_dir, create=True)
    embedder = HashEmbedder()
    embedder.batch_size = 1
    changes: dict[str, Any] = {}
    if moment.startswith("cleaning"):
        changes["read_document"] = _dying(read_plain, 2)
    if moment.startswith("indexing"):
        changes["index_terms"] = _dying(index_terms, int(moment.split()[1]))
    if moment.startswith("embedding"):
        embedder.passages = _dying(embedder.passages, int(moment.split()[1]))  # type: ignore[method-assign]
    ingest(
        [folder],
        store,
        embedder,
        DyingVectors(store, moment),
        parts=plain_parts(data_dir / "none", **changes),
    )


def ingest_slowly(data_dir: Path, folder: Path, gate: Path) -> None:
    """Ingest ``folder``, holding the lock until the file ``gate`` is there."""

    def read_at_the_gate(data: bytes, name: str, sidecar: bytes | None) -> CleanedDocument:
        print("holding", flush=True)
        while not gate.exists():
            time.sleep(0.01)
        return read_plain(data, name, sidecar)

    run_ingest(data_dir, folder, read_document=read_at_the_gate)


def ingest_in_processes(data_dir: Path, folder: Path) -> None:
    """Ingest ``folder`` with two workers, however little there is to do."""
    workers.WORTHWHILE_BYTES = 0
    run_ingest(data_dir, folder, read_document=read_or_die, processes=2)


def answer_lines(data_dir: Path) -> None:
    """Answer each line of the standard input with a line of JSON, keeping everything open between."""
    store = Store.open(data_dir, create=False)
    vectors = VectorFolders(store)
    for line in sys.stdin:
        print(json.dumps(ask(store, vectors, line.strip())), flush=True)


def give_up_rights() -> None:
    """Become nobody where the tests run as root, whom no permission stops.

    Chroma is loaded before: root's own Python may be out of nobody's reach.
    """
    if os.getuid() == 0:
        import chromadb

        chromadb.EphemeralClient().heartbeat()
        os.setuid(65534)


def ingest_in_little_room(data_dir: Path, folder: Path) -> None:
    """Ingest ``folder`` while no file may grow beyond 64 KiB, as on a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
    run_ingest(data_dir, folder)


def main(command: str, *arguments: str) -> None:
    paths = [Path(each) for each in arguments]
    if command == "die":
        ingest_and_die(paths[0], paths[1], arguments[2])
    elif command == "slowly":
        ingest_slowly(*paths)
    elif command == "in little room":
        ingest_in_little_room(*paths)
    elif command == "ingest in processes":
        ingest_in_processes(*paths)
    elif command == "ingest":
        run_ingest(paths[0], *paths[1:])
    elif command == "ingest as nobody":
        give_up_rights()
        run_ingest(paths[0], *paths[1:])
    elif command == "answer as nobody":
        give_up_rights()
        answer_lines(paths[0])
    else:
        answer_lines(paths[0])


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except DangwuError as exc:
        sys.exit(exc.message)
