"""A new version tried before it goes live: published into a copy of the store, asked, and compared.

What is pinned is that no metric falls below that of the version that is current, on the same questions; or,
where ``FILE.floors.toml`` stands beside the question file, below the floors written there.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.evaluation import evaluate_current
from retrieval.errors import InputError
from retrieval.evaluation import LOWER_IS_BETTER, METRICS, read_questions
from retrieval.leftovers import TRIAL_NAME
from retrieval.locking import utc_now

if TYPE_CHECKING:
    from bot.compose import Application
    from ingest.pipeline import Progress
    from retrieval.publication import Draft
    from retrieval.snapshot import Version
    from retrieval.store import Store

FLOORS_SUFFIX = ".floors.toml"
# Shares are rounded to four decimals.
_EQUAL = 1e-6


@dataclass(frozen=True, slots=True)
class Fall:
    """A pinned metric that is worse than it must be."""

    metric: str
    pinned: float
    now: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the trial of a version found; ``before`` is empty where no version was current.

    ``broken`` are the questions that fail a fallen metric, those alone that did not before if there are any,
    in the form of an evaluation's ``misses``.
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    fallen: tuple[Fall, ...]
    broken: tuple[Mapping[str, Any], ...]

    @property
    def is_passed(self) -> bool:
        return not self.fallen

    def as_json(self) -> dict[str, Any]:
        return {
            "passed": self.is_passed,
            "before": {name: self.before[name] for name in METRICS} if self.before else None,
            "after": {name: self.after[name] for name in METRICS},
            "fallen": [
                {"metric": each.metric, "pinned": each.pinned, "now": each.now} for each in self.fallen
            ],
            "broken": list(self.broken),
        }


def judge(before: Mapping[str, Any], after: Mapping[str, Any], floors: Mapping[str, float]) -> Verdict:
    """The verdict on two evaluation reports; without ``floors``, ``before`` is what is pinned."""
    pinned = floors or {name: before[name] for name in METRICS if before.get(name) is not None}
    fallen = tuple(
        Fall(name, pinned[name], after[name])
        for name in METRICS
        if name in pinned and after[name] is not None and _is_worse(name, after[name], pinned[name])
    )
    metrics = {each.metric for each in fallen}
    failing = [each for each in after["misses"] if metrics & set(each["failed"])]
    known = {(each["id"], metric) for each in before.get("misses", ()) for metric in each["failed"]}
    new = [
        each
        for each in failing
        if any((each["id"], name) not in known for name in metrics & set(each["failed"]))
    ]
    return Verdict(before, after, fallen, tuple(new or failing))


def read_floors(questions: Path) -> dict[str, float]:
    """The floors beside a question file, empty where there are none; InputError for what are none."""
    path = questions.with_suffix(FLOORS_SUFFIX)
    if not path.is_file():
        return {}
    try:
        floors = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise InputError(f"读不了 {path}（{exc}）。", remedy='每行写成 "hit@1" = 0.9。') from exc
    for name, floor in floors.items():
        if name not in METRICS or isinstance(floor, bool) or not isinstance(floor, int | float):
            raise InputError(f"{path} 里的 {name} 不是指标和数。", remedy=f"指标有 {'、'.join(METRICS)}。")
    return floors


class Trial:
    """Approves a draft, or does not; ``verdict`` says why, ``None`` until one has been tried.

    InputError for a question file without questions, or with lines that are none.
    """

    def __init__(self, application: Application, questions: Path, progress: Progress) -> None:
        self._application = application
        self._path = questions
        self._progress = progress
        self._questions, problems = read_questions(questions)
        self._floors = read_floors(questions)
        self.verdict: Verdict | None = None
        if problems or not self._questions:
            raise InputError(
                "；".join(problems) or f"{questions} 里没有题目。", remedy="改正题目文件后再试。"
            )

    def approve(self, draft: Draft) -> bool:
        """Whether no pinned metric falls; the live version is evaluated, then the draft in a copy."""
        before: dict[str, Any] = {}
        if not self._application.is_empty:
            version, before = self._evaluate(self._application, 0)
            self._record(version, before)
        with _copied(self._application, draft) as copy:
            _, after = self._evaluate(copy, 1)
        self.verdict = judge(before, after, self._floors)
        return self.verdict.is_passed

    def record(self) -> None:
        """Keep the figures of the draft, which has become the current version."""
        version = self._application.open_store().current()
        if self.verdict and version:
            self._record(version, self.verdict.after)

    def _record(self, version: Version, outcome: Mapping[str, Any]) -> None:
        from retrieval.figures import record_evaluation

        record_evaluation(self._application.open_store(), version, self._path, outcome, at=utc_now())

    def _evaluate(self, application: Application, run: int) -> tuple[Version, dict[str, Any]]:
        count = len(self._questions)
        return evaluate_current(
            application.open_store(),
            self._questions,
            application.answerer.answer,
            clock=time.perf_counter,
            progress=lambda done, _: self._progress("answer", run * count + done, 2 * count),
        )


def _is_worse(metric: str, now: float, pinned: float) -> bool:
    lack = now - pinned if metric in LOWER_IS_BETTER else pinned - now
    return lack > _EQUAL


@contextmanager
def _copied(application: Application, draft: Draft) -> Iterator[Application]:
    """The program over a copy of the store in which the draft is current; the copy is gone afterwards."""
    from ingest.parts import standard_parts
    from retrieval.publication import publish

    store = application.open_store()
    folder = store.data_dir / TRIAL_NAME
    try:
        _copy(store, folder, draft)
        with application.beside(folder) as copy:
            publish(
                copy.open_store(),
                draft,
                index_terms=standard_parts().index_terms,
                author="",
                report={},
                at=utc_now(),
            )
            yield copy
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy(store: Store, folder: Path, draft: Draft) -> None:
    from retrieval.vectors import copy_folder

    vectors = folder / store.vectors_dir.name
    vectors.mkdir(parents=True)
    target = sqlite3.connect(folder / store.database.name)
    with store.translated_errors(), closing(store.connect()) as source, closing(target):
        source.backup(target)
    for name in filter(None, (draft.vectors, draft.internal_vectors)):
        if (store.vectors_dir / name).is_dir():
            copy_folder(store.vectors_dir / name, vectors / name)
