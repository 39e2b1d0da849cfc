"""Answers given before, by question, corpus version, audience and answerer; the least used one goes first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from threading import Lock

from bot.answering.answer import Answer
from retrieval.normalise import search_key
from retrieval.records import Audience


@dataclass(frozen=True, slots=True)
class CacheKey:
    """What must agree for an answer to serve again.

    ``question`` is normalised; ``answerer`` names the model and the prompt too, so that a change of either
    asks anew.
    """

    question: str
    index_version: str
    audiences: frozenset[Audience]
    answerer: str


def cache_key(question: str, index_version: str, audiences: Collection[Audience], answerer: str) -> CacheKey:
    """The key of a question: width, script, numerals, white space and the closing mark do not count."""
    folded = " ".join(search_key(question).split()).rstrip("?。!.,;~… ")
    return CacheKey(folded, index_version, frozenset(audiences), answerer)


class AnswerCache:
    """The last used answers, at most ``size``; safe to use from several threads."""

    def __init__(self, size: int = 256) -> None:
        self._size = size
        self._answers: OrderedDict[CacheKey, Answer] = OrderedDict()
        self._lock = Lock()

    def get(self, key: CacheKey) -> Answer | None:
        """The answer given before, or ``None``."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
            return self._answers.get(key)

    def put(self, key: CacheKey, answer: Answer) -> None:
        """Keep an answer; the one that was not used for longest makes room."""
        with self._lock:
            self._answers[key] = answer
            self._answers.move_to_end(key)
            while len(self._answers) > self._size:
                self._answers.popitem(last=False)

    def __len__(self) -> int:
        with self._lock:
            return len(self._answers)
