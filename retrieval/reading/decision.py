"""From readings to a decision: which units to point at, and whether anything answers at all.

The weights are data, learned by ``python -m training.reader.calibrate`` on questions that the reader did not
learn from.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from retrieval.reading.records import Reading, ReadPassage

_LOW = 20.0
_FILE = Path(__file__).with_name("decision.json")


@dataclass(frozen=True, slots=True)
class Weights:
    """What each feature counts, of a unit, of a passage and of the question as a whole, and their offsets.

    ``threshold`` is the least probability that something answers with which the question is answered.
    """

    unit: tuple[float, ...]
    unit_offset: float
    passage: tuple[float, ...]
    passage_offset: float
    whole: tuple[float, ...]
    whole_offset: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Pointed:
    """A unit that may answer: of which passage, which of its units, and how likely, from 0 to 1."""

    passage: int
    unit: int
    chance: float


@dataclass(frozen=True, slots=True)
class Decision:
    """All units, the likeliest first; ``passages`` says of each passage how likely it holds the answer,
    ``answers`` how likely any unit answers.
    """

    pointed: tuple[Pointed, ...]
    passages: tuple[float, ...]
    answers: float
    is_answered: bool


@lru_cache
def learned_weights(reader: str) -> Weights:
    """The weights that the program ships with for the reader of this name."""
    stated = json.loads(_FILE.read_text(encoding="utf-8"))[reader]
    return Weights(
        tuple(stated["unit"].values()),
        stated["unit_offset"],
        tuple(stated["passage"].values()),
        stated["passage_offset"],
        tuple(stated["whole"].values()),
        stated["whole_offset"],
        stated["threshold"],
    )


def decide(
    question: str,
    passages: Sequence[ReadPassage],
    scores: Sequence[float],
    reading: Reading,
    weights: Weights,
) -> Decision:
    """What retrieval's ``scores`` and the reading come to; no passages, no answer."""
    features = unit_features(question, passages, scores, reading)
    if not features:
        return Decision((), (0.0,) * len(passages), 0.0, False)
    found = [
        Pointed(passage, unit, _chance(weights.unit, each, weights.unit_offset))
        for passage, unit, each in features
    ]
    found.sort(key=lambda each: -each.chance)
    holding = tuple(
        _chance(weights.passage, each, weights.passage_offset) for each in passage_features(scores, reading)
    )
    answers = _chance(weights.whole, whole_features(scores, reading), weights.whole_offset)
    return Decision(tuple(found), holding, answers, answers >= weights.threshold)


def moved(chance: float, by: float) -> float:
    """The probability with so much added to its logit."""
    kept = min(1 - 1e-9, max(1e-9, chance))
    return 1 / (1 + math.exp(-(math.log(kept / (1 - kept)) + by)))


def _chance(weights: Sequence[float], features: Sequence[float], offset: float) -> float:
    mark = sum(map(float.__mul__, weights, features)) + offset
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, mark))))


UNIT_FEATURES = ("unit", "passage", "score", "shared", "best_shared")


def unit_features(
    question: str, passages: Sequence[ReadPassage], scores: Sequence[float], reading: Reading
) -> list[tuple[int, int, tuple[float, ...]]]:
    """Passage, unit and features: both logits, retrieval's score, the share of the question's pairs."""
    pairs = _pairs(question)
    found: list[tuple[int, int, tuple[float, ...]]] = []
    for number, (passage, score, read) in enumerate(zip(passages, scores, reading.passages, strict=True)):
        shares = [len(pairs & _pairs(text)) / max(1, len(pairs)) for text in passage.units]
        best = max(shares, default=0.0)
        for unit, (logit, share) in enumerate(zip(read.units, shares, strict=True)):
            found.append((number, unit, (logit, read.answers, float(score), share, float(share == best))))
    return found


PASSAGE_FEATURES = ("score", "answers", "best_unit")


def passage_features(scores: Sequence[float], reading: Reading) -> list[tuple[float, ...]]:
    """For each passage retrieval's score, its own logit and the highest of its units."""
    return [
        (float(score), read.answers, max(read.units, default=-_LOW))
        for score, read in zip(scores, reading.passages, strict=True)
    ]


WHOLE_FEATURES = ("score", "answers", "best_unit")


def whole_features(scores: Sequence[float], reading: Reading) -> tuple[float, ...]:
    """The highest score of retrieval, the highest logits of a passage and of a unit."""
    return (
        float(max(scores)),
        max(each.answers for each in reading.passages),
        max(value for each in reading.passages for value in each.units),
    )


def _pairs(text: str) -> set[str]:
    low = text.lower()
    return {low[at : at + 2] for at in range(len(low) - 1) if low[at : at + 2].isalnum()}
