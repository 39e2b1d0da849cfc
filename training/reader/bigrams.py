"""BM25 over pairs of characters: what looks like an answer by its words alone."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_K, _B = 1.2, 0.75


class Bigrams:
    """An index of texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(_pairs(text)) for text in texts]
        lengths = np.array([sum(c.values()) for c in counts], dtype=np.float32)
        mean = max(float(lengths.mean()), 1.0) if len(lengths) else 1.0
        postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, count in enumerate(counts):
            for pair, occurs in count.items():
                postings[pair].append((number, occurs))
        self._size = len(texts)
        self._postings = {}
        for pair, entries in postings.items():
            numbers = np.array([n for n, _ in entries])
            times = np.array([t for _, t in entries], dtype=np.float32)
            weight = math.log(1 + (self._size - len(entries) + 0.5) / (len(entries) + 0.5))
            damped = times * (_K + 1) / (times + _K * (1 - _B + _B * lengths[numbers] / mean))
            self._postings[pair] = (numbers, weight * damped)

    def scores(self, question: str) -> NDArray[np.float32]:
        """One score for each text."""
        found = np.zeros(self._size, dtype=np.float32)
        for pair in set(_pairs(question)):
            if pair in self._postings:
                numbers, weights = self._postings[pair]
                found[numbers] += weights
        return found

    def best(self, question: str, count: int) -> list[int]:
        """The numbers of the texts with the highest scores, best first."""
        found = self.scores(question)
        return [int(n) for n in np.argsort(-found, kind="stable")[:count] if found[n] > 0]


def _pairs(text: str) -> list[str]:
    low = text.lower()
    return [low[at : at + 2] for at in range(len(low) - 1) if low[at : at + 2].isalnum()]
