"""The weights of retrieval's parts, chosen over several corpora: ``python -m benchmarks.weights``.

Weights are tried on every corpus at once. For each corpus those are named that are best on all the others,
with what they reach on the one left out. Without ``--shared DIR`` only the repository's own take part.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from benchmarks.ingestion import ROOT
from benchmarks.report import circumstances, table, write_section
from bot.compose import Application
from bot.settings import Settings
from retrieval import scoring
from retrieval.evaluation import contains_all

TOP = 6
"""So many passages are read."""
_DRAWN = 400
_FIRST_COUNTS = 0.3
_GRID = ((0.5, 1.0, 1.5), (1.5, 2.0, 3.0), (0.5, 1.0, 1.5, 2.0), (0.75, 1.5, 2.5, 3.5))
Floats = NDArray[np.float64]
Weights = tuple[float, ...]
SHIPPED = (
    scoring.WORD_WEIGHT,
    scoring.BIGRAM_WEIGHT,
    scoring.HEADING_WEIGHT,
    scoring.DENSE_WEIGHT,
)
"""Of words, bigrams, headings and vectors."""


@dataclass(frozen=True)
class Wanted:
    """A question, the wording that its evidence must hold, and of which document (empty: of any)."""

    question: str
    must: tuple[str, ...]
    document: str = ""


@dataclass(frozen=True)
class Tried:
    """What one question found: a row of parts for each passage, and which wording it holds."""

    parts: Floats
    holds: NDArray[np.bool_]

    def reaches(self, weights: Weights, top: int) -> bool:
        """Whether the best passages together hold all that is wanted."""
        if not len(self.parts):
            return False
        order = np.argsort(-marks(self.parts, weights), kind="stable")
        return bool(self.holds[order[:top]].any(0).all())


def marks(parts: Floats, weights: Weights) -> Floats:
    """The scores that ``retrieval.scoring.Parts`` would give with these weights."""
    lexical, dense = np.array(weights[:3]), weights[3]
    base = parts[:, :3] @ lexical
    known = parts[:, 3] >= 0
    both = (base + dense * np.maximum(parts[:, 3], 0)) / (lexical.sum() + dense)
    mean = np.where(known, both, base / lexical.sum())
    lifted = mean + (1 - mean) * parts[:, 4]
    return np.asarray(lifted + np.minimum(parts[:, 5], 0))


def corpora(shared: Path | None) -> Iterator[tuple[str, list[Path], list[Wanted]]]:
    """Name, documents and questions of each corpus; nothing of retrieval was learned from any of them."""
    seeds = ROOT / "seeds"
    yield "seeds", [seeds], list(_plain(ROOT / "tests" / "questions" / "others.jsonl"))
    yield "training", [ROOT / "training" / "data" / "documents"], _authored()
    if shared is None:
        return
    corpus, questions = shared / "corpus", shared / "eval"
    yield "newcomer", [seeds], list(_plain(questions / "newcomer.jsonl"))
    yield "legal", [corpus / "legal"], list(_plain(questions / "legal.jsonl"))
    party = [seeds, corpus / "regulations", corpus / "news"]
    yield "regulations", party, list(_plain(questions / "regulations.jsonl"))


def _plain(path: Path) -> Iterator[Wanted]:
    for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        if row["must"]:
            yield Wanted(row["question"], tuple(row["must"]))


def _authored() -> list[Wanted]:
    found = []
    for path in sorted((ROOT / "training" / "data" / "questions").glob("*.jsonl")):
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            if row["answerable"] and row["doc"][0].isalpha():
                found.append(Wanted(row["question"], tuple(row["spans"][:1]), row["doc"]))
    return Random(3).sample(found, _DRAWN)


def tried(documents: Sequence[Path], wanted: Sequence[Wanted]) -> list[Tried]:
    """Every question searched once in a corpus of these documents."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), _env_file=None)  # type: ignore[call-arg]
        with Application(settings, announce=print) as application:
            application.ingest(documents, lambda *_: None)
            for each in wanted:
                with application.retriever.searching(each.question) as search:
                    ranked = [r for r in search.ranked if r.passage.document.source.endswith(each.document)]
                    parts = [
                        (p.words, p.bigrams, p.headings, p.dense, p.lift, p.authority)
                        for p in (r.parts for r in ranked)
                    ]
                    holds = [[contains_all([r.passage.text], [m]) for m in each.must] for r in ranked]
                    found.append(Tried(np.array(parts, float).reshape(-1, 6), np.array(holds, bool)))
    return found


def reached(questions: Sequence[Tried], weights: Weights) -> tuple[float, float]:
    """The shares of questions whose evidence is among the passages read, and is the first of them."""
    within = float(np.mean([each.reaches(weights, TOP) for each in questions]))
    return within, float(np.mean([each.reaches(weights, 1) for each in questions]))


def chosen(reaches: Mapping[Weights, Mapping[str, tuple[float, float]]], names: Sequence[str]) -> Weights:
    """The weights that are best on these corpora, each of which counts the same."""

    def worth(weights: Weights) -> float:
        figures = [reaches[weights][name] for name in names]
        return float(np.mean([within + _FIRST_COUNTS * first for within, first in figures]))

    return max(reaches, key=worth)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--shared", type=Path, help="a folder with corpus/ and eval/")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    arguments = parser.parse_args()
    asked = {name: tried(paths, wanted) for name, paths, wanted in corpora(arguments.shared)}
    every = [*itertools.product(*_GRID), SHIPPED]
    reaches = {w: {name: reached(questions, w) for name, questions in asked.items()} for w in every}
    rows = []
    for name, questions in asked.items():
        best = chosen(reaches, [other for other in asked if other != name])
        ours, theirs = reaches[SHIPPED][name], reaches[best][name]
        shown = [
            f"{ours[0]:.3f} / {ours[1]:.3f}",
            " ".join(map(str, best)),
            f"{theirs[0]:.3f} / {theirs[1]:.3f}",
        ]
        rows.append([name, str(len(questions)), *shown])
    head = ["corpus", "questions", f"shipped: within {TOP} / first", "best on all others", "they reach here"]
    body = f"{circumstances()}. Shipped: {' '.join(map(str, SHIPPED))}.\n\n{table(head, rows)}"
    print(body)
    if arguments.write:
        write_section("weights", body)


if __name__ == "__main__":
    main()
