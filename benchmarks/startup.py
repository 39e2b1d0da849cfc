"""How long the program takes to start and to answer, and the memory it needs: prints a table.

Run from the checkout, with the program installed: ``python benchmarks/startup.py [--questions FILE]``.
The seeds are ingested into a temporary folder first. Figures are medians; a busy machine shows in them.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
QUESTION = "社区党员议事会有哪五个议事程序？"
PROGRAM = (sys.executable, "-m", "bot")


class Run(NamedTuple):
    """One process: seconds from start to end, peak resident memory in MB, and what it printed."""

    seconds: float
    peak_mb: float
    output: str


class Row(NamedTuple):
    """A line of the table."""

    name: str
    figure: float
    limit: float
    unit: str


def run(*args: str, cwd: Path) -> Run:
    """Run the program once; RuntimeError when it fails."""
    with tempfile.TemporaryFile() as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [*PROGRAM, *args],
            cwd=cwd,
            stdout=output,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        # wait4 tells the memory of this one child.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"dangwu {args[0]} ended with status {process.returncode}")
        output.seek(0)
        return Run(seconds, usage.ru_maxrss / 1024, output.read().decode())


def measure(folder: Path, questions: Path, repeats: int) -> list[Row]:
    """All rows of the table, in a data folder below ``folder``."""
    run("ingest", cwd=folder)
    helps = [run("--help", cwd=folder) for _ in range(repeats)]
    asks = [run("ask", QUESTION, cwd=folder) for _ in range(repeats)]
    answers = run("ask", "--jsonl", str(questions), cwd=folder).output.splitlines()
    warm = sorted(json.loads(line)["elapsed_ms"]["total"] for line in answers[1:])
    return [
        Row("dangwu --help", statistics.median(each.seconds for each in helps), 0.7, "s"),
        Row("dangwu ask, cold process", statistics.median(each.seconds for each in asks), 3.0, "s"),
        Row("dangwu ask, peak memory", max(each.peak_mb for each in asks), 700.0, "MB"),
        Row(f"warm question, p50 of {len(warm)}", statistics.median(warm), 150.0, "ms"),
        Row(f"warm question, p95 of {len(warm)}", warm[int(0.95 * (len(warm) - 1))], 0.0, "ms"),
    ]


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown; a limit of 0 is none."""
    lines = ["| what | measured | limit |", "| --- | ---: | ---: |"]
    for row in rows:
        limit = f"{row.limit:g} {row.unit}" if row.limit else ""
        lines.append(f"| {row.name} | {row.figure:.2f} {row.unit} | {limit} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=Path, default=ROOT / "tests" / "questions" / "seeds.jsonl")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder), arguments.questions.resolve(), arguments.repeats)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}, Python {sys.version.split()[0]}\n")
    print(table(rows))


if __name__ == "__main__":
    main()
