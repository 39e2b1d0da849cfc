"""How well a reader reads documents that it was not trained on: ``python -m training.reader.held_out``.

Each question of the held-out documents is asked of its own document, of the passages that look likest. No
store and no search take part, so that the figures belong to the reader alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from retrieval.reading.neural import NeuralReader
from retrieval.reading.records import Reader, ReadPassage
from training.reader.bigrams import Bigrams
from training.reader.examples import (
    ANSWERS,
    ROOT,
    Task,
    authors_tasks,
    is_held_out,
    load_document,
)

DATA = ROOT / "training" / "data"
PASSAGES = 4


@dataclass(frozen=True)
class Figures:
    """``first``: the share of answerable questions whose likeliest unit is part of the answer; ``whole``:
    with every unit of the answer among as many likeliest units as it has; ``separation``: how often a
    question that is answered has a higher logit than one that is not (area under the curve).
    """

    questions: int
    first: float
    whole: float
    separation: float


def held_out_tasks(data: Path = DATA) -> list[Task]:
    """The questions about documents that nothing is learned from."""
    paths = (path for path in sorted((data / "documents").iterdir()) if is_held_out(path.stem))
    documents = {path.stem: load_document(path) for path in paths}
    return list(authors_tasks(data / "questions", documents))


def measure(reader: Reader, tasks: Sequence[Task]) -> Figures:
    """What the reader makes of these questions."""
    firsts, wholes = [], []
    answered, others = [], []
    for task in tasks:
        labels = {each.passage: each.labels for each in task.answering}
        passages = [*labels, *task.tempting]
        read = _likest(task.question, passages)
        reading = reader.read(task.question, read).passages
        units = [
            (value, number, place) for number, p in enumerate(reading) for place, value in enumerate(p.units)
        ]
        units.sort(reverse=True)
        best = units[0][0]
        if not task.answering:
            others.append(best)
            continue
        answered.append(best)
        wanted = {
            read[number].units[place]
            for _, number, place in units
            if labels.get(read[number], ())[place : place + 1] == (ANSWERS,)
        }
        said = [read[number].units[place] for _, number, place in units]
        firsts.append(said[0] in wanted)
        wholes.append(bool(wanted) and wanted <= set(said[: len(wanted) + 1]))
    above = sum(one > other for one in answered for other in others)
    return Figures(
        len(tasks),
        sum(firsts) / len(firsts),
        sum(wholes) / len(wholes),
        above / max(1, len(answered) * len(others)),
    )


def _likest(question: str, passages: Sequence[ReadPassage]) -> list[ReadPassage]:
    index = Bigrams([f"{p.title} {p.section} {''.join(p.units)}" for p in passages])
    best = index.best(question, PASSAGES)
    return [passages[n] for n in best] or list(passages[:PASSAGES])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", type=Path, help="the reader's folder")
    parser.add_argument("--every", type=int, default=1, help="of the questions take one of so many")
    arguments = parser.parse_args()
    print(measure(NeuralReader(arguments.model), held_out_tasks()[:: arguments.every]))


if __name__ == "__main__":
    main()
