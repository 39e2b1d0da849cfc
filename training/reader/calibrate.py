"""Learns the decision's weights: ``python -m training.reader.calibrate --shared FOLDER --cache FOLDER``.

Every question is judged by weights that were learned without any question of its document.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from retrieval.evaluation import contains_all
from retrieval.normalise import match_key
from retrieval.reading.decision import (
    PASSAGE_FEATURES,
    UNIT_FEATURES,
    WHOLE_FEATURES,
    Weights,
    passage_features,
    unit_features,
    whole_features,
)
from retrieval.reading.lexical import LexicalReader
from retrieval.reading.records import Reader, Reading
from training.reader.evidence import Asked, choosing_sets, gather
from training.reader.examples import ROOT

FALSE_REFUSAL = 0.05
# So many wrong answers weigh as much as a wrong refusal: near misses are asked less often than the rest.
_WRONG_REFUSAL = 2.0
_FOLDS = 8
_PENALTY = 0.02
_STEPS = 60
DECISION = ROOT / "retrieval" / "reading" / "decision.json"
LEARNED_FROM = ("authors", "newcomer", "legal", "more_seeds", "more_legal", "more_regulations")
"""The others are measured and not learned from."""


# Weights of the features, and an offset.
Fitted = tuple[NDArray[np.float32], float]


@dataclass(frozen=True)
class Read:
    """A question with what the reader says of its passages."""

    set: str
    asked: Asked
    reading: Reading

    @property
    def is_answerable(self) -> bool:
        return bool(self.asked.must)


def load_reader(name: str, folder: Path | None) -> Reader:
    """The reader of this name."""
    if name == "lexical":
        return LexicalReader()
    from retrieval.reading.neural import NeuralReader

    return NeuralReader(folder)


def read_all(reader: Reader, name: str, asked: Sequence[Asked]) -> list[Read]:
    """Every question read; those for which nothing was found are left out."""
    return [Read(name, each, reader.read(each.question, each.passages)) for each in asked if each.passages]


def unit_labels(asked: Asked) -> list[bool]:
    """For each unit of the passages whether it holds something that must be in the answer."""
    keys = [match_key(each) for each in asked.must]
    units = [match_key(text) for passage in asked.passages for text in passage.units]
    return [any(key in unit or (len(unit) > 7 and unit in key) for key in keys) for unit in units]


def learned(reads: Sequence[Read], off: tuple[str, int] | None = None) -> Weights:
    """The weights that fit these questions best, each set counting the same.

    ``off`` is a feature that is to count nothing: ``unit``, ``passage`` or ``whole``, and its place.
    """
    counts = {name: sum(each.set == name for each in reads) for name in {each.set for each in reads}}
    family, place = off or ("", -1)
    unit, unit_offset = _unit_weights(reads, counts, place if family == "unit" else -1)
    passage, passage_offset = _passage_weights(reads, counts, place if family == "passage" else -1)
    whole, whole_offset = _whole_weights(reads, counts, place if family == "whole" else -1)
    chances = [
        float(_sigmoid(np.dot(whole, whole_features(each.asked.scores, each.reading)) + whole_offset))
        for each in reads
    ]
    threshold = _threshold(reads, chances, counts)
    return Weights(
        unit=tuple(map(float, unit)),
        unit_offset=unit_offset,
        passage=tuple(map(float, passage)),
        passage_offset=passage_offset,
        whole=tuple(map(float, whole)),
        whole_offset=whole_offset,
        threshold=threshold,
    )


def _threshold(reads: Sequence[Read], chances: Sequence[float], counts: Mapping[str, int]) -> float:
    """Where the share refused of what cannot be answered, less that of what can, is largest over the sets.

    A wrong refusal shows the nearest wording all the same; a wrong answer misleads.
    """
    both = [name for name in counts if any(r.set == name and not r.is_answerable for r in reads)]

    def gain(threshold: float) -> float:
        total = 0.0
        for name in both:
            for outcome, sign in ((False, 1), (True, -_WRONG_REFUSAL)):
                low = [
                    c < threshold
                    for r, c in zip(reads, chances, strict=True)
                    if r.set == name and r.is_answerable == outcome
                ]
                total += sign * float(np.mean(low))
        return total

    return max(sorted(set(chances)), key=gain)


def _unit_weights(reads: Sequence[Read], counts: Mapping[str, int], off: int) -> Fitted:
    """A logistic regression of whether a unit is part of the answer; every question counts the same."""
    features: list[tuple[float, ...]] = []
    labels: list[float] = []
    portions: list[float] = []
    for each in reads:
        is_part = unit_labels(each.asked) if each.is_answerable else []
        if any(is_part):
            asked = each.asked
            found = unit_features(asked.question, asked.passages, asked.scores, each.reading)
            features += [f for _, _, f in found]
            labels += map(float, is_part)
            portions += [
                1 / counts[each.set] / (2 * (sum(is_part) if part else len(is_part) - sum(is_part)))
                for part in is_part
            ]
    return _logistic(features, labels, portions, off)


def _passage_weights(reads: Sequence[Read], counts: Mapping[str, int], off: int) -> Fitted:
    """A logistic regression of whether a passage holds what must be in the answer."""
    features: list[tuple[float, ...]] = []
    labels: list[float] = []
    portions: list[float] = []
    for each in reads:
        holds = [is_hit(each.asked, p.units) for p in each.asked.passages] if each.is_answerable else []
        if any(holds):
            features += passage_features(each.asked.scores, each.reading)
            labels += map(float, holds)
            portions += [1 / counts[each.set] / len(holds)] * len(holds)
    return _logistic(features, labels, portions, off)


def _whole_weights(reads: Sequence[Read], counts: Mapping[str, int], off: int) -> Fitted:
    """A logistic regression of whether a question can be answered; both outcomes count the same in a set."""
    shares = {
        (name, bool(outcome)): max(1, sum(r.set == name and r.is_answerable == bool(outcome) for r in reads))
        for name in counts
        for outcome in (0, 1)
    }
    return _logistic(
        [whole_features(each.asked.scores, each.reading) for each in reads],
        [float(each.is_answerable) for each in reads],
        [1 / shares[each.set, each.is_answerable] for each in reads],
        off,
    )


def _logistic(
    features: Sequence[Sequence[float]], labels: Sequence[float], portions: Sequence[float], off: int
) -> Fitted:
    """``portions`` say how much each case counts, ``off`` which feature counts nothing."""
    features = [[0.0 if n == off else value for n, value in enumerate(each)] for each in features]
    inputs, wanted, shares = torch.tensor(features), torch.tensor(labels), torch.tensor(portions)
    weights = torch.zeros(inputs.shape[1], requires_grad=True)
    offset = torch.zeros(1, requires_grad=True)

    def wrong() -> torch.Tensor:
        losses = torch.nn.functional.binary_cross_entropy_with_logits(
            inputs @ weights + offset, wanted, reduction="none"
        )
        return (losses * shares).sum() / shares.sum() + _PENALTY * (weights**2).sum() / 20

    _minimise(wrong, [weights, offset])
    return weights.detach().numpy(), float(offset.detach())


def _minimise(wrong: Callable[[], torch.Tensor], parameters: list[torch.Tensor]) -> None:
    optimizer = torch.optim.LBFGS(parameters, max_iter=_STEPS, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        found = wrong()
        found.backward()  # type: ignore[no-untyped-call]
        return found

    optimizer.step(closure)  # type: ignore[no-untyped-call]


def _sigmoid(value: float) -> float:
    return float(1 / (1 + np.exp(-value)))


def held_out_weights(reads: Sequence[Read], off: tuple[str, int] | None = None) -> dict[str, Weights]:
    """For each document the weights learned without it, by its name; a document is in one fold."""
    groups = sorted({each.asked.group for each in reads})
    found: dict[str, Weights] = {}
    for fold in range(_FOLDS):
        left_out = set(groups[fold::_FOLDS])
        kept = [e for e in reads if e.asked.group not in left_out and e.set in LEARNED_FROM]
        weights = learned(kept, off)
        found |= dict.fromkeys(left_out, weights)
    return found


def is_hit(asked: Asked, units: Sequence[str]) -> bool:
    """Whether these units together hold all that must be in the answer."""
    return contains_all(["".join(units)], asked.must)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True, help="the folder with corpus/ and eval/")
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--more", type=Path, help="a folder with further files of questions")
    parser.add_argument("--data", type=Path, default=ROOT / "training" / "data")
    parser.add_argument("--model", type=Path, help="the neural reader's folder")
    parser.add_argument("--reader", choices=("neural", "lexical"), default="neural")
    parser.add_argument("--to", type=Path, default=DECISION)
    arguments = parser.parse_args()
    torch.manual_seed(1)
    reader = load_reader(arguments.reader, arguments.model)
    reads = [
        each
        for chosen in choosing_sets(arguments.shared, arguments.data, arguments.cache, arguments.more)
        if chosen.name in LEARNED_FROM
        for each in read_all(reader, chosen.name, gather(chosen, arguments.cache))
    ]
    weights = learned(reads)
    stated = {
        "unit": dict(zip(UNIT_FEATURES, (round(w, 4) for w in weights.unit), strict=True)),
        "unit_offset": round(weights.unit_offset, 4),
        "passage": dict(zip(PASSAGE_FEATURES, (round(w, 4) for w in weights.passage), strict=True)),
        "passage_offset": round(weights.passage_offset, 4),
        "whole": dict(zip(WHOLE_FEATURES, (round(w, 4) for w in weights.whole), strict=True)),
        "whole_offset": round(weights.whole_offset, 4),
        "threshold": round(weights.threshold, 4),
        "questions": len(reads),
    }
    known = json.loads(arguments.to.read_text(encoding="utf-8")) if arguments.to.is_file() else {}
    written = json.dumps(known | {reader.name: stated}, indent=2)
    arguments.to.write_text(written + "\n", encoding="utf-8")
    print(written)


if __name__ == "__main__":
    main()
