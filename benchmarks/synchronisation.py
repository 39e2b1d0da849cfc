"""Keeping a corpus in step with a folder, and LangChain's indexing API beside it on the same changes.

    python -m benchmarks.synchronisation [--documents 10000] [--beside 1000] [--write]

Documents of about 800 characters are made of the seeds' words, with a line of a raw seed in each, so that
cleaning has something to do. Vectors are random and lie in the embedding cache before they are needed; the
new passages of a changed file are embedded by the real model, and the time of that is taken off. Every run
of ours is the command line in a process of its own. Beside it, ``langchain_core.indexing.index`` keeps a
Chroma collection with a SQL record manager over the same files, raw and cut by its own splitter.

``pip install '.[benchmarks]'``
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from benchmarks.report import circumstances, table, write_section
from benchmarks.scale import ROOT, Vocabulary, fill_cache

CHARS = 800
FILES_A_FOLDER = 500
# What is added to a file and asked for, another each time.
MARKS = [f"{tree}路口的红色议事长廊" for tree in ("银杏", "梧桐", "槐树", "柳树", "枫树", "松树")]
TIMES = len(MARKS) // 2
# A hundredth of the files each.
CHANGED, ADDED, DELETED, MOVED = range(4)


@dataclass(frozen=True, slots=True)
class Ran:
    """One command: seconds that passed, processor seconds of it and its workers, and its JSON."""

    seconds: float
    cpu_s: float
    report: dict[str, Any]


def write_documents(folder: Path, start: int, stop: int) -> None:
    """Write the documents ``start`` to ``stop``, always the same ones."""
    vocabulary = Vocabulary()
    raw = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "seeds").glob("*.txt"))]
    damaged = [line for text in raw for line in text.splitlines() if 20 < len(line) < 300]
    for number in range(start, stop):
        draw = random.Random(number)
        lines = [vocabulary.passage(draw)[:20], draw.choice(damaged)]
        while sum(map(len, lines)) < CHARS - 120:
            lines.append(f"{vocabulary.passage(draw)}编号{number:06d}。")
        place = folder / f"{number // FILES_A_FOLDER:03d}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:06d}.txt").write_text("\n".join(lines), encoding="utf-8")


def prepare(data: Path, folder: Path) -> None:
    """Put a random vector of every passage of the folder's files into the embedding cache."""
    from ingest.parts import no_progress, standard_parts
    from ingest.survey import shaped, take_survey

    parts = standard_parts()
    survey = take_survey([folder], None, data, parts, no_progress)
    revisions = (revision for _, revision in shaped(survey, None, parts, no_progress) if revision)
    fill_cache(data, (made.text[at.start : at.end] for made in revisions for at in made.passages))


def dangwu(data: Path, *arguments: str | Path) -> Ran:
    """Run one command of the program over a data folder."""
    command = [sys.executable, "-m", "bot", *map(str, arguments), "--json"]
    environment = {**os.environ, "DANGWU_DATA_DIR": str(data)}
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.DEVNULL, cwd=ROOT, env=environment
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        return Ran(seconds, usage.ru_utime + usage.ru_stime, json.loads(output.read()))


def read_until_seen(data: Path, mark: str) -> None:
    """Ask as a running bot does until a marked passage is offered; say when that was."""
    from bot.compose import Application
    from bot.settings import Settings

    question = f"{mark}在哪里"
    with Application(Settings(_env_file=None, data_dir=data), announce=lambda _: None) as application:
        application.retriever.search(question)
        print("ready", flush=True)
        while not any(mark in each.passage.text for each in application.retriever.search(question).passages):
            time.sleep(0.02)
        print(time.time(), flush=True)


def seen_after(data: Path, changed: Path, mark: str, act: Callable[[], object]) -> float:
    """Add a mark to a file and ``act``: seconds until a reader, running already, is offered the passage."""
    reader = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.synchronisation", "--reader", mark, "--data", str(data)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert reader.stdout and reader.stdout.readline() == "ready\n"
    begun = time.time()
    changed.write_text(f"{changed.read_text(encoding='utf-8')}\n{mark}设在社区东门。", encoding="utf-8")
    act()
    seen = float(reader.stdout.readline()) - begun
    reader.wait()
    return seen


def seen_by_watch(data: Path, files: Sequence[Path]) -> list[float]:
    """The same while ``dangwu ingest --watch`` runs, which is told of nothing."""
    environment = {**os.environ, "DANGWU_DATA_DIR": str(data)}
    watch = subprocess.Popen(
        [sys.executable, "-m", "bot", "ingest", "--watch"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    assert watch.stderr
    while "守着" not in watch.stderr.readline():
        pass
    time.sleep(10)  # it looks once more when it has begun to watch
    seen = [
        seen_after(data, file, mark, lambda: None) for file, mark in zip(files, MARKS[TIMES:], strict=True)
    ]
    watch.terminate()
    watch.communicate()
    return seen


def embedding_s(changed: Path) -> float:
    """How long the real model takes for the last passage of a file, the one with the mark."""
    from ingest.parts import standard_parts
    from retrieval.models.bundled import BundledEmbedder

    parts, model = standard_parts(), BundledEmbedder()
    text = parts.read_document(changed.read_bytes(), changed.name, None).text
    last = parts.make_passages(text, "")[-1]
    model.query("预热")
    begun = time.perf_counter()
    model.passages([text[last.start : last.end]])
    return time.perf_counter() - begun


def measure_ours(base: Path, count: int) -> list[list[str]]:
    """The rows of the first table."""
    data, folder = base / "data", base / "files"
    write_documents(folder, 0, count)
    data.mkdir()
    plan = dangwu(data, "ingest", "--plan", folder)
    prepare(data, folder)
    first, second = dangwu(data, "ingest", folder), dangwu(data, "ingest")
    files = sorted(folder.rglob("*.txt"))[: 2 * TIMES]
    commands: list[Ran] = []
    by_command = [
        seen_after(data, file, mark, lambda: commands.append(dangwu(data, "ingest")))
        for file, mark in zip(files[:TIMES], MARKS[:TIMES], strict=True)
    ]
    by_watch = seen_by_watch(data, files[TIMES:])
    embedding = statistics.median(map(embedding_s, files))
    change = sorted(commands, key=lambda ran: ran.seconds)[TIMES // 2]
    rows = [
        ("plan, all new", plan),
        ("first ingest, vectors cached", first),
        ("second run, nothing changed", second),
    ]
    return [
        *([name, *_figures(ran), str(ran.report["embedded"])] for name, ran in rows),
        ["one file changed, the command", *_figures(change), str(change.report["embedded"])],
        ["… from its start until a running bot has it", f"{statistics.median(by_command):.1f}", "", ""],
        [
            "one file changed under `--watch`, until a running bot has it",
            f"{statistics.median(by_watch):.1f}",
            "",
            "",
        ],
        ["of that, embedding its new passage", f"{embedding:.1f}", "", ""],
    ]


def _figures(ran: Ran) -> tuple[str, str]:
    return f"{ran.seconds:.1f}", f"{ran.cpu_s:.1f}"


def change_set(folder: Path, count: int) -> dict[str, str]:
    """Change a hundredth of the files in each of four ways; gives the deleted files' words by name."""
    files = sorted(folder.rglob("*.txt"))
    share = max(1, count // 100)
    parts = [files[at * share : (at + 1) * share] for at in range(4)]
    for path in parts[CHANGED]:
        path.write_text(path.read_text(encoding="utf-8") + "\n今天又添了一句话。", encoding="utf-8")
    write_documents(folder, count, count + share)
    deleted = {path.name: path.read_text(encoding="utf-8") for path in parts[DELETED]}
    for path in parts[DELETED]:
        path.unlink()
    for path in parts[MOVED]:
        path.rename(path.with_name(f"moved-{path.name}"))
    return deleted


class CountingVectors:
    """Random vectors by text for both sides, and how many were asked for."""

    fingerprint = "random-384"
    dimension = 384
    batch_size = 256

    def __init__(self) -> None:
        self.count = 0

    def passages(self, texts: Sequence[str]) -> Any:
        import numpy as np

        self.count += len(texts)
        seeds = [int.from_bytes(text.encode()[-8:], "big") for text in texts]
        rows = np.array([np.random.default_rng(seed).standard_normal(self.dimension) for seed in seeds])
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    def query(self, text: str) -> Any:
        return self.passages([text])[0]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[float(number) for number in row] for row in self.passages(texts)]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


class Ours:
    """Our ingest in this process."""

    name = "dangwu"

    def __init__(self, base: Path) -> None:
        from retrieval.store import Store
        from retrieval.vectors import vector_home

        self.vectors = CountingVectors()
        self._store = Store.open(base, create=True)
        self._home = vector_home(self._store)

    def synchronise(self, folder: Path) -> int:
        """Bring the store in step; how many passages entered or left the index."""
        from ingest.pipeline import ingest

        before = self._rows()
        ingest([folder], self._store, self.vectors, self._home)  # type: ignore[arg-type]
        return len(before ^ self._rows())

    def texts(self) -> Iterator[str]:
        """Every text that an answer could hold."""
        with self._store.snapshot() as snapshot:
            yield from (each.text for each in snapshot.passages(self._rows()).values())

    def _rows(self) -> set[int]:
        with self._store.reading() as connection:
            return {row[0] for row in connection.execute("SELECT rowid FROM passage_terms")}


class Theirs:
    """LangChain's indexing API over Chroma, with one way of cleaning up."""

    def __init__(self, base: Path, cleanup: Any) -> None:
        from langchain_chroma import Chroma
        from langchain_classic.indexes import SQLRecordManager

        self.name = f"LangChain index, cleanup={cleanup}"
        self.vectors = CountingVectors()
        self._cleanup = cleanup
        base.mkdir(parents=True)
        self._store = Chroma("files", embedding_function=self.vectors, persist_directory=str(base / "chroma"))  # type: ignore[arg-type]
        self._records = SQLRecordManager("files", db_url=f"sqlite:///{base / 'records.sqlite3'}")
        self._records.create_schema()

    def synchronise(self, folder: Path) -> int:
        """Bring the collection in step; how many entries were written, deleted or dated anew."""
        from langchain_core.documents import Document
        from langchain_core.indexing import index
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        splitter = RecursiveCharacterTextSplitter(chunk_size=500, chunk_overlap=50)
        documents = [
            Document(text, metadata={"source": str(path)})
            for path in sorted(folder.rglob("*.txt"))
            for text in splitter.split_text(path.read_text(encoding="utf-8"))
        ]
        outcome = index(
            documents,
            self._records,
            self._store,
            cleanup=self._cleanup,
            source_id_key="source",
            batch_size=500,
        )
        # It dates every entry anew that it meets again.
        return sum(outcome.values())

    def texts(self) -> Iterator[str]:
        yield from self._store.get(include=["documents"])["documents"]


def compare(base: Path, system: Ours | Theirs, count: int) -> list[str]:
    """A system's row of the second table: first run, second run, the change set, what is left behind."""
    folder = base / "files"
    write_documents(folder, 0, count)
    cells, deleted = [system.name], {}
    for step in range(3):
        if step == 2:
            deleted = change_set(folder, count)
        embedded, begun = system.vectors.count, time.perf_counter()
        writes = system.synchronise(folder)
        cells += [f"{time.perf_counter() - begun:.1f}", f"{writes:,}", f"{system.vectors.count - embedded:,}"]
    served = list(system.texts())
    marks = {f"编号{name[:6]}。" for name in deleted}
    stale = sum(any(mark in text for mark in marks) for text in served)
    return [*cells, str(stale), str(len(served) - len(set(served)))]


OURS = ("run", "seconds", "processor seconds", "embedded")
SIDE_BY_SIDE = (
    "system",
    *chain.from_iterable((f"{run}: s", "writes", "embedded") for run in ("first", "unchanged", "changes")),
    "stale",
    "double",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--beside", type=int, default=1_000, help="documents of the side-by-side table")
    parser.add_argument("--write", action="store_true", help="put the tables into benchmarks/README.md")
    parser.add_argument("--reader", help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.reader:
        read_until_seen(arguments.data, arguments.reader)
        return
    with tempfile.TemporaryDirectory() as scratch:
        base = Path(scratch)
        (base / "ours").mkdir()
        ours = measure_ours(base / "ours", arguments.documents)
        print(table(OURS, ours), flush=True)
        rows = []
        for number, cleanup in enumerate(("", "incremental", "full")):
            place = base / f"beside{number}"
            place.mkdir()
            system = Theirs(place / "data", cleanup) if cleanup else Ours(place / "data")
            rows.append(compare(place, system, arguments.beside))
            print(table(SIDE_BY_SIDE, rows[-1:]), flush=True)
    body = "\n\n".join(
        [
            f"{circumstances()}; {arguments.documents:,} documents.",
            table(OURS, ours),
            f"{arguments.beside:,} documents, random vectors on both sides; a hundredth each of the files"
            " changed, new, deleted and moved.",
            table(SIDE_BY_SIDE, rows),
        ]
    )
    if arguments.write:
        write_section("synchronisation", body)


if __name__ == "__main__":
    main()
