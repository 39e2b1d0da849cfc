"""How well retrieval finds the evidence: question files, retrieval benchmarks, rank metrics.

Shares are from 0 to 1, ``None`` where nothing was there to count. Answers are judged in
``bot.evaluation``, which uses the same records and the same matching.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.json_lines import read_json_lines
from retrieval.normalise import fold_width, to_simplified
from retrieval.records import ScoredPassage

UNANSWERABLE = "unanswerable"
PASSAGES_FILE = "passages.jsonl"
QUESTIONS_FILE = "questions.jsonl"
HIT_DEPTH = 5
METRICS = ("hit@1", "hit@5", "complete", "cited", "citation_valid", "refused", "false_refusal")
# The others are better the higher they are.
LOWER_IS_BETTER = frozenset({"false_refusal"})


@dataclass(frozen=True, slots=True)
class EvaluationQuestion:
    """A question with the strings that evidence and answer must contain."""

    id: str
    type: str
    question: str
    must: tuple[str, ...]

    @property
    def is_unanswerable(self) -> bool:
        """Whether the question must be refused."""
        return self.type == UNANSWERABLE and not self.must


@dataclass(frozen=True, slots=True)
class BenchmarkQuestion:
    """A question of a retrieval benchmark and the passage that answers it."""

    id: str
    question: str
    gold: str


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A retrieval benchmark: texts by passage id, each a document of its own, and questions."""

    passages: Mapping[str, str]
    questions: tuple[BenchmarkQuestion, ...]
    problems: tuple[str, ...]


def comparison_key(text: str) -> str:
    """The text as ``must`` strings are compared: no white space or punctuation, one width, one script.

    Narrower than search keys on purpose: numerals stay as they are written.
    """
    folded = fold_width(to_simplified(text))
    return "".join(c for c in folded if unicodedata.category(c)[0] not in "PZC")


def contains_all(texts: Iterable[str], must: Iterable[str]) -> bool:
    """Whether each ``must`` string stands within one of the texts."""
    keys = [comparison_key(text) for text in texts]
    return all(any(wanted in key for key in keys) for wanted in map(comparison_key, must))


def is_hit(passages: Sequence[ScoredPassage], must: Iterable[str], depth: int) -> bool:
    """Whether the first ``depth`` passages together hold every ``must`` string."""
    return contains_all((each.passage.text for each in passages[:depth]), must)


def share(flags: Iterable[bool]) -> float | None:
    """The share of true flags, to four decimals; ``None`` for none at all."""
    values = list(flags)
    return round(sum(values) / len(values), 4) if values else None


def latency_summary(milliseconds: Sequence[float]) -> dict[str, float | None]:
    """The 50th and 95th percentile by nearest rank."""
    ordered = sorted(milliseconds)

    def at(percent: float) -> float | None:
        if not ordered:
            return None
        return round(ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)], 1)

    return {"p50": at(50), "p95": at(95)}


def read_questions(path: Path) -> tuple[list[EvaluationQuestion], list[str]]:
    """The questions of a file and a Chinese sentence for each line that is none; blank ones are skipped.

    InputError when the file cannot be read.
    """
    questions: list[EvaluationQuestion] = []
    problems: list[str] = []
    for number, record in _records(path, problems):
        question, must = record.get("question"), record.get("must", [])
        if not isinstance(question, str) or not _is_strings(must):
            problems.append(f"{path.name} 第 {number} 行缺少 question，或 must 不是文字列表")
        elif question.strip():
            made = EvaluationQuestion(
                id=str(record.get("id", number)),
                type=str(record.get("type", "")),
                question=question.strip(),
                must=tuple(each for each in must if comparison_key(each)),
            )
            questions.append(made)
    return questions, problems


def read_benchmark(folder: Path) -> Benchmark:
    """The passages and questions of a retrieval folder; blank questions are skipped.

    InputError when either file is missing; broken lines are among the ``problems``.
    """
    problems: list[str] = []
    passages: dict[str, str] = {}
    for number, record in _records(folder / PASSAGES_FILE, problems):
        if isinstance(record.get("text"), str) and "id" in record:
            passages[str(record["id"])] = record["text"]
        else:
            problems.append(f"{PASSAGES_FILE} 第 {number} 行缺少 id 或 text")
    questions = []
    for number, record in _records(folder / QUESTIONS_FILE, problems):
        if not isinstance(record.get("question"), str) or "gold_passage_id" not in record:
            problems.append(f"{QUESTIONS_FILE} 第 {number} 行缺少 question 或 gold_passage_id")
        elif record["question"].strip():
            gold = str(record["gold_passage_id"])
            questions.append(
                BenchmarkQuestion(str(record.get("id", number)), record["question"].strip(), gold)
            )
    return Benchmark(passages, tuple(questions), tuple(problems))


def evaluate_benchmark(
    questions: Sequence[BenchmarkQuestion],
    search: Callable[[str], Sequence[ScoredPassage]],
    *,
    clock: Callable[[], float],
    progress: Callable[[int, int], None],
) -> dict[str, Any]:
    """The JSON report of a retrieval benchmark; a hit is a passage whose document is the gold one.

    ``search`` gives passages whose ``document.source`` is the benchmark's passage id, best first.
    """
    ranks: list[int | None] = []
    elapsed: list[float] = []
    misses = []
    for done, each in enumerate(questions, start=1):
        begun = clock()
        found = search(each.question)[:HIT_DEPTH]
        elapsed.append((clock() - begun) * 1e3)
        sources = [scored.passage.document.source for scored in found]
        ranks.append(sources.index(each.gold) + 1 if each.gold in sources else None)
        if ranks[-1] != 1:
            miss = {"id": each.id, "question": each.question, "gold": each.gold, "rank": ranks[-1]}
            misses.append(miss | {"found": sources[:1]})
        progress(done, len(questions))
    return {
        "n": len(questions),
        "hit@1": share(rank == 1 for rank in ranks),
        "hit@5": share(rank is not None for rank in ranks),
        "latency_ms": latency_summary(elapsed),
        "by_type": {},
        "misses": misses,
    }


def _records(path: Path, problems: list[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The JSON objects of a file with their line numbers; other lines are added to ``problems``."""
    for line in read_json_lines(path):
        if line.error:
            problems.append(f"{path.name} {line.error}")
        else:
            yield line.number, line.record


def _is_strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
