"""Groups of passages to learn from: one that answers beside some that only look like it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random

from retrieval.reading.records import ReadPassage
from training.reader.bigrams import Bigrams
from training.reader.examples import ANSWERS, OTHER, Labelled, Task
from training.reader.variation import asked_otherwise, keywords, of_another, of_another_year, owner

_TARGETS = (60, 90, 120, 150, 180, 240)
_CANDIDATES = 10
_TITLED = 0.85
_UNANSWERED = 1.4
_AS_KEYWORDS = 0.04
# How often a passage of another document stands beside the one that answers.
_ELSEWHERE = 0.25
_LIKE_MAX = 40
# So many of the likest passages of other documents may answer a question that names nobody.
_MAY_ANSWER = 10
_CHUNK_CHARS = 300


@dataclass(frozen=True)
class Group:
    """A question as it is asked this time, with the passages it is asked of."""

    question: str
    passages: tuple[Labelled, ...]


class Sampler:
    """Draws groups from tasks; the same random numbers draw the same groups."""

    def __init__(self, comprehension: Sequence[Task], own: Sequence[Task]) -> None:
        self._random = Random(0)
        self._comprehension, self._own = list(comprehension), list(own)
        self._pool = [chunk for task in _first_of_each(comprehension) for chunk in _chunks(task.answering[0])]
        self._index = Bigrams([f"{p.title} {''.join(p.units)}" for p in self._pool])
        self._documents: dict[str, tuple[list[ReadPassage], Bigrams]] = {}
        self._ranked: dict[str, list[ReadPassage]] = {}
        self._written = list(
            dict.fromkeys(p for t in own for p in (*t.tempting, *(a.passage for a in t.answering)))
        )
        self._written_index = Bigrams([f"{p.title} {p.section} {''.join(p.units)}" for p in self._written])
        self._owners = sorted({o for t in own for a in t.answering if (o := owner(a.passage.title))})
        weights = {"authors": 1.0, "project": 0.8, "form": 0.25}
        # What is not answered is rarer, and harder to tell.
        self._weights = [
            weights[task.origin.partition("-")[0]] * (1.0 if task.answering else _UNANSWERED) for task in own
        ]

    def groups(self, own_share: float, count: int, random: Random) -> Iterator[Group]:
        """``count`` groups, this share of them of our own kind."""
        self._random = random
        ours = round(count * own_share)
        tasks = self._random.choices(self._own, self._weights, k=ours) if ours else []
        tasks += self._random.sample(self._comprehension, count - ours)
        for task in tasks:
            group = self._group(task)
            if group:
                yield group

    def _group(self, task: Task) -> Group | None:
        if not task.answering:
            return self._unanswered(task)
        changed = self._swapped(task)
        if changed:
            return changed
        asked = self._named(task)
        # Not of what is not answered: without the words that ask, it may be.
        is_short = self._random.random() < _AS_KEYWORDS
        question = keywords(asked) if is_short else asked_otherwise(asked, self._random)
        titled = self._random.random() < _TITLED
        gold = self._random.choice(task.answering)
        parts = [self._cropped(gold)]
        others = self._negatives(task)
        elsewhere = self._elsewhere(task, question) if self._random.random() < _ELSEWHERE else None
        if elsewhere:
            parts.append(self._cropped(_none_of(elsewhere)))
        elif others and self._random.random() < 0.75:
            parts.append(self._cropped(_none_of(self._pick(others))))
        without = _without_answer(gold)
        if without and (len(parts) < 2 or self._random.random() < 0.4):
            parts.append(self._cropped(without))
        if titled:
            return Group(question, tuple(parts))
        return Group(question, tuple(_untitled(part) for part in parts))

    def _unanswered(self, task: Task) -> Group:
        others = self._negatives(task)
        picked = dict.fromkeys(self._pick(others) for _ in range(2))
        question = asked_otherwise(task.question, self._random)
        return Group(question, tuple(self._cropped(_none_of(each)) for each in picked))

    def _named(self, task: Task) -> str:
        """The question, at times with its owner said in front."""
        own = owner(task.answering[0].passage.title)
        if own and task.origin != "project" and self._random.random() < 0.1 and own[:2] not in task.question:
            return f"{own}的{task.question}" if self._random.random() < 0.6 else f"{own}，{task.question}"
        return task.question

    def _swapped(self, task: Task) -> Group | None:
        """At times: the question about another owner or another year, which the passage does not answer."""
        if task.origin not in {"authors", "project"} or self._random.random() > 0.14:
            return None
        gold = self._random.choice(task.answering)
        own, text = owner(gold.passage.title), "".join(gold.passage.units)
        question = of_another_year(task.question, text, self._random)
        if question is None and self._owners:
            question = of_another(task.question, own, self._random.choice(self._owners))
        if question is None:
            return None
        asked = asked_otherwise(question, self._random)
        return Group(asked, (self._cropped(_none_of(gold.passage)),))

    def _elsewhere(self, task: Task, question: str) -> ReadPassage | None:
        """A passage of another document that looks alike.

        The likest may well answer, unless the question names whose matter it asks about.
        """
        if task.origin != "authors":
            return None
        title = task.answering[0].passage.title
        own = owner(title)
        found = [self._written[n] for n in self._written_index.best(question, _LIKE_MAX)]
        others = [p for p in found if p.title != title and not (own and owner(p.title)[:2] == own[:2])]
        if not (own and own[:2] in question):
            others = others[_MAY_ANSWER:]
        return self._pick(others) if others else None

    def _negatives(self, task: Task) -> list[ReadPassage]:
        """Passages without the answer, the likest first."""
        if task.id not in self._ranked:
            self._ranked[task.id] = self._rank(task)
        return self._ranked[task.id]

    def _rank(self, task: Task) -> list[ReadPassage]:
        if task.tempting:
            passages, index = self._document(task)
            tempting = set(task.tempting)
            alike = (passages[n] for n in index.best(task.question, len(passages)))
            ranked = islice((p for p in alike if p in tempting and p not in task.near), _CANDIDATES)
            return [*task.near, *ranked] or [task.tempting[0]]
        gold = task.answering[0]
        words = [gold.passage.units[unit][a:b] for unit, a, b in gold.exact]
        context = "".join(gold.passage.units)
        near = [self._pool[n] for n in self._index.best(task.question, 3 * _CANDIDATES)]
        apart = [p for p in near if p.units[0] not in context]
        return [p for p in apart if not any(w in "".join(p.units) for w in words)][:_CANDIDATES]

    def _document(self, task: Task) -> tuple[list[ReadPassage], Bigrams]:
        """All passages of the task's document, and their index."""
        if task.document not in self._documents:
            passages = [*task.tempting, *(each.passage for each in task.answering)]
            index = Bigrams([f"{p.title} {p.section} {''.join(p.units)}" for p in passages])
            self._documents[task.document] = (passages, index)
        return self._documents[task.document]

    def _pick(self, ranked: Sequence[ReadPassage]) -> ReadPassage:
        return ranked[min(int(self._random.expovariate(0.45)), len(ranked) - 1)]

    def _cropped(self, whole: Labelled) -> Labelled:
        """The passage, or neighbouring units of it around one that answers."""
        size = sum(map(len, whole.passage.units))
        target = self._random.choice(_TARGETS)
        if size <= target or (size <= 320 and self._random.random() < 0.2):
            return whole
        wanted = [n for n, each in enumerate(whole.labels) if each == ANSWERS]
        first = last = self._random.choice(wanted or range(len(whole.labels)))
        if wanted and self._random.random() < 0.7 and last - first < 12:
            first, last = wanted[0], wanted[-1]
        while True:
            ways = [(first - 1, last)] * (first > 0) + [(first, last + 1)] * (last < len(whole.labels) - 1)
            ways = [way for way in ways if sum(map(len, whole.passage.units[way[0] : way[1] + 1])) <= target]
            if not ways:
                return whole.only(range(first, last + 1))
            first, last = self._random.choice(ways)


def _first_of_each(tasks: Sequence[Task]) -> list[Task]:
    return list({task.answering[0].passage.units: task for task in tasks}.values())


def _chunks(whole: Labelled) -> Iterator[ReadPassage]:
    """The passage in pieces of the usual size."""
    start, size = 0, 0
    for number, text in enumerate(whole.passage.units):
        if size and size + len(text) > _CHUNK_CHARS:
            yield whole.only(range(start, number)).passage
            start, size = number, 0
        size += len(text)
    yield whole.only(range(start, len(whole.passage.units))).passage


def _none_of(passage: ReadPassage) -> Labelled:
    return Labelled(passage, (OTHER,) * len(passage.units))


def _without_answer(gold: Labelled) -> Labelled | None:
    """The passage without the units that answer, or might."""
    kept = [number for number, each in enumerate(gold.labels) if each == OTHER]
    return gold.only(kept) if kept else None


def _untitled(part: Labelled) -> Labelled:
    return Labelled(ReadPassage("", "", part.passage.units), part.labels, part.exact)
