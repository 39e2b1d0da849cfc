"""A reader that goes by words alone: what the program reads with where the bundled model cannot run."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from retrieval.normalise import search_key
from retrieval.reading.records import PassageReading, Reading, ReadPassage

_K, _B = 1.2, 0.75


class LexicalReader:
    """BM25 over pairs of characters, among the units of the passages that are read.

    A logit is the share of the highest score that a unit could have, from 0 to 1; headings above count half.
    """

    name = "lexical"

    def read(self, question: str, passages: Sequence[ReadPassage]) -> Reading:
        """What each unit and each passage is worth as an answer."""
        asked = set(_pairs(question))
        units = [[Counter(_pairs(text)) for text in passage.units] for passage in passages]
        places = [set(_pairs(f"{passage.title}\n{passage.section}")) for passage in passages]
        every = [unit for each in units for unit in each]
        mean = sum(map(Counter.total, every)) / len(every) if every else 1.0
        rarity = {pair: _rarity(sum(pair in unit for unit in every), len(every)) for pair in asked}
        most = sum(rarity.values()) * (_K + 1) or 1.0

        def mark(unit: Counter[str], place: set[str]) -> float:
            damping = _K * (1 - _B + _B * unit.total() / max(mean, 1.0))
            own = sum(rarity[p] * unit[p] * (_K + 1) / (unit[p] + damping) for p in asked if unit[p])
            return (own + sum(rarity[p] / 2 for p in asked & place if not unit[p])) / most

        found = [tuple(mark(unit, place) for unit in each) for each, place in zip(units, places, strict=True)]
        return Reading(tuple(PassageReading(marks, max(marks, default=0.0)) for marks in found))


def _rarity(count: int, size: int) -> float:
    return math.log(1 + (size - count + 0.5) / (count + 0.5))


def _pairs(text: str) -> list[str]:
    low = search_key(text)
    return [low[at : at + 2] for at in range(len(low) - 1) if low[at : at + 2].isalnum()]
