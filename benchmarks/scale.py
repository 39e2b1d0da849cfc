"""Search, start-up, memory and the change of one file, from a thousand passages to a hundred thousand.

    python -m benchmarks.scale [--sizes 1000,10000] [--profile] [--data FOLDER] [--write]

Passages are made of the seeds' words: lengths as in the seeds, each word drawn by what follows the last one
there or, every third time, by frequency alone. Their vectors are random and lie in the embedding cache
before the ingest, so that all but the model is measured; questions are embedded by the real model. Sizes
grow in one store, smallest first. Every stage is a process of its own. The processor time of a search is
given beside the time that passed, which other programs on the machine lengthen.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.report import circumstances, table, write_section

ROOT = Path(__file__).resolve().parent.parent
PASSAGES_A_FILE = 10
TITLE_CHARS = 20
QUESTIONS = ROOT / "tests" / "questions" / "seeds.jsonl"
_RANDOM_JUMP = 1 / 3
_CACHE_AT_ONCE = 2_000
# Where the time of a search goes: functions by module and name, in the order of a search.
STAGES = (
    *("question.analyse", "retriever._terms", "retriever._mended", "embeddings.query", "vectors.search"),
    *("snapshot.rowids_for_keys", "lexical.find_candidates", "snapshot.passages", "lexical.read_terms"),
    *("ranking.score_candidates", "collapse.collapse", "preference.prefer"),
)


class Vocabulary:
    """The words of the seeds: what follows each, how often each stands, and how long passages are."""

    def __init__(self) -> None:
        import rjieba

        from ingest.documents import read_document
        from ingest.passages import make_passages

        self.lengths: list[int] = []
        self.tokens: list[str] = []
        for path in sorted((ROOT / "seeds").glob("*.txt")):
            text = read_document(path.read_bytes(), path.name, None).text
            self.lengths += [each.end - each.start for each in make_passages(text, "")]
            self.tokens += [token for token in rjieba.cut(text) if token.strip()]
        self.followers: dict[str, list[str]] = defaultdict(list)
        for before, behind in zip(self.tokens, self.tokens[1:], strict=False):
            self.followers[before].append(behind)

    def passage(self, draw: random.Random) -> str:
        """One line of text as long as a passage of the seeds."""
        wanted = draw.choice(self.lengths)
        token, parts, size = draw.choice(self.tokens), [], 0
        while size < wanted:
            parts.append(token)
            size += len(token)
            jump = draw.random() < _RANDOM_JUMP or token not in self.followers
            token = draw.choice(self.tokens if jump else self.followers[token])
        return "".join(parts)


def write_corpus(folder: Path, start: int, stop: int) -> Iterator[str]:
    """Write the files of passages ``start`` to ``stop`` and give each passage; always the same ones."""
    vocabulary = Vocabulary()
    for first in range(start, stop, PASSAGES_A_FILE):
        draw = random.Random(first)
        # The number makes each text the only one of its kind.
        lines = [f"{vocabulary.passage(draw)}{first + n}号" for n in range(PASSAGES_A_FILE)]
        (folder / f"{first:07d}.txt").write_text("\n".join(lines), encoding="utf-8")
        yield from lines


def fill_cache(data: Path, texts: Iterator[str]) -> None:
    """Put a random vector of each text into the embedding cache."""
    import numpy as np

    from retrieval.models.bundled import BundledEmbedder
    from retrieval.publication import cache_embeddings, content_key
    from retrieval.store import Store

    store, model = Store.open(data, create=True), BundledEmbedder()
    draw = np.random.default_rng(len(list(data.iterdir())))
    batch: dict[str, bytes] = {}

    def keep() -> None:
        cache_embeddings(store, model.fingerprint, model.dimension, batch)
        batch.clear()

    for text in texts:
        vector = draw.standard_normal(model.dimension).astype("<f4")
        batch[content_key(text)] = (vector / np.linalg.norm(vector)).tobytes()
        if len(batch) == _CACHE_AT_ONCE:
            keep()
    keep()
    store.close()


def synchronise(data: Path, folder: Path) -> dict[str, Any]:
    """Ingest the folder as it is; every line is a passage, the first words are the title."""
    from dataclasses import replace

    from ingest.pipeline import ingest
    from retrieval.models.bundled import BundledEmbedder
    from retrieval.store import Store
    from retrieval.vectors import vector_home
    from tests.corpus import plain_parts, read_plain

    def read_titled(raw: bytes, name: str, sidecar: bytes | None) -> Any:
        document = read_plain(raw, name, sidecar)
        return replace(document, title=document.text[:TITLE_CHARS])

    parts = plain_parts(ROOT / "seeds", read_document=read_titled)
    begun = time.perf_counter()
    store = Store.open(data, create=True)
    vectors = vector_home(store)
    report = ingest([folder], store, BundledEmbedder(), vectors, parts=parts)
    vectors.close()
    store.close()
    return {"seconds": time.perf_counter() - begun, "embedded": report.embedded}


def search_all(data: Path, begun: float, profile: bool) -> dict[str, Any]:
    """Start-up until the first search is done, then every question warm, twice."""
    from retrieval.evaluation import latency_summary, read_questions
    from retrieval.models.bundled import BundledEmbedder
    from retrieval.retriever import Retriever
    from retrieval.store import Store
    from retrieval.vectors import vector_home

    store = Store.open(data, create=False)
    retriever = Retriever(store, BundledEmbedder(), vector_home(store))
    retriever.search("社区党员议事会有哪五个议事程序？")
    startup = time.time() - begun
    questions = [each.question for each in read_questions(QUESTIONS)[0]]
    for question in questions[:10]:
        retriever.search(question)
    elapsed, computed = [], []
    profiler = cProfile.Profile()
    for question in questions * 2:
        started, used = time.perf_counter(), time.process_time()
        retriever.search(question)
        elapsed.append((time.perf_counter() - started) * 1e3)
        computed.append((time.process_time() - used) * 1e3)
    if profile:
        profiler.enable()
        for question in questions:
            retriever.search(question)
        profiler.disable()
    stages = _stages(profiler, len(questions)) if profile else {}
    cpu = {f"cpu_{name}": value for name, value in latency_summary(computed).items()}
    return {"startup": startup, **latency_summary(elapsed), **cpu, "stages": stages}


def _stages(profiler: cProfile.Profile, searches: int) -> dict[str, float]:
    """Milliseconds a search by stage, the parts of a stage included."""
    found: dict[str, float] = {}
    for (path, _, name), row in pstats.Stats(profiler).stats.items():  # type: ignore[attr-defined]
        stage_name = f"{Path(path).stem}.{name}"
        if stage_name in STAGES:
            found[stage_name] = round(found.get(stage_name, 0.0) + row[3] * 1e3 / searches, 1)
    return {name: found[name] for name in STAGES if name in found}


def stage(*arguments: str) -> dict[str, Any]:
    """One stage as a process of its own: what it reports, and its peak memory in MB."""
    command = [sys.executable, "-m", "benchmarks.scale", *arguments, "--begun", repr(time.time())]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, cwd=ROOT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{arguments[0]} ended with status {process.returncode}")
        output.seek(0)
        return {**json.loads(output.read() or "{}"), "peak_mb": usage.ru_maxrss / 1024}


def measure(data: Path, folder: Path, start: int, size: int, profile: bool) -> list[str]:
    """Grow the corpus from ``start`` to ``size`` passages and measure it: a row of the table."""
    stage("--fill", str(start), str(size), "--data", str(data.parent))
    built = stage("--ingest", "--data", str(data.parent))
    searched = stage("--search", "--data", str(data.parent), *(["--profile"] if profile else []))
    changed = folder / f"{0:07d}.txt"
    text = changed.read_text(encoding="utf-8")
    changed.write_text(f"改动的一段，{size}。\n{text.partition(chr(10))[2]}", encoding="utf-8")
    change = stage("--ingest", "--data", str(data.parent))
    disk = sum(each.stat().st_size for each in data.rglob("*") if each.is_file()) / 1e6
    if profile:
        print(f"{size}: {searched['stages']}", flush=True)
    return [
        f"{size:,}",
        f"{searched['startup']:.1f}",
        f"{searched['p50']:.0f}",
        f"{searched['p95']:.0f}",
        f"{searched['cpu_p50']:.0f}",
        f"{searched['cpu_p95']:.0f}",
        f"{searched['peak_mb']:.0f}",
        f"{built['seconds']:.0f}",
        f"{built['peak_mb']:.0f}",
        f"{change['seconds']:.1f}",
        f"{change['peak_mb']:.0f}",
        f"{disk:.0f}",
    ]


HEADER = (
    "passages",
    "start-up s",
    "search p50 ms",
    "p95 ms",
    "CPU p50 ms",
    "p95 ms",
    "memory MB",
    "ingest of the new ones s",
    "its memory MB",
    "change of a file s",
    "its memory MB",
    "disk MB",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", default="1000,10000,30000")
    parser.add_argument("--profile", action="store_true", help="print where the time of a search goes")
    parser.add_argument("--data", type=Path, help="keep the store and the files here")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    parser.add_argument("--begun", type=float, default=0.0, help=argparse.SUPPRESS)
    parser.add_argument("--fill", nargs=2, type=int, help=argparse.SUPPRESS)
    parser.add_argument("--ingest", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--search", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.data:
        _run(arguments, arguments.data.absolute())
    else:
        with tempfile.TemporaryDirectory() as scratch:
            _run(arguments, Path(scratch))


def _run(arguments: argparse.Namespace, base: Path) -> None:
    data, folder = base / "data", base / "files"
    folder.mkdir(parents=True, exist_ok=True)
    if arguments.fill:
        fill_cache(data, write_corpus(folder, *arguments.fill))
    elif arguments.ingest:
        print(json.dumps(synchronise(data, folder)))
    elif arguments.search:
        print(json.dumps(search_all(data, arguments.begun, arguments.profile)))
    else:
        sizes = [int(each) for each in arguments.sizes.split(",")]
        held = len(list(folder.iterdir())) * PASSAGES_A_FILE
        rows = []
        for start, size in zip([held, *sizes], sizes, strict=False):
            rows.append(measure(data, folder, start, size, arguments.profile))
            print(table(HEADER, rows[-1:]), flush=True)
        body = f"{circumstances()}.\n\n{table(HEADER, rows)}"
        print(body)
        if arguments.write:
            write_section("scale", body)


if __name__ == "__main__":
    main()
