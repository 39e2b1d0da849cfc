"""The quality gate: how good the answers over the packaged seeds are, and the floors they may not fall below.

Floors stand in ``questions/floors.toml`` with a digest of the questions they were measured on. They are
written by ``python -m tests.pin_floors`` alone, which raises them freely and lowers them only when told to.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from bot.compose import Application
from bot.evaluation import evaluate_answers
from bot.settings import load_settings
from ingest.parts import no_progress
from retrieval.evaluation import LOWER_IS_BETTER, METRICS, read_questions

QUESTIONS = Path(__file__).resolve().parent / "questions"
FLOORS = QUESTIONS / "floors.toml"
FILES = ("others", "seeds", "spoken", "further", "unanswerable", "near_misses", "further_unanswerable")
# The processors of different machines round the model's numbers differently, which may turn one question
# of a hundred. A citation is valid on every machine.
MARGINS = {metric: 0.0 if metric == "citation_valid" else 0.01 for metric in METRICS}

Figures = Mapping[str, Mapping[str, float]]


def measure() -> dict[str, dict[str, float]]:
    """The metrics by question file, from the real pipeline, the bundled model and the packaged seeds.

    Figures that do not apply to a file are left out.
    """
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        for name in [each for each in os.environ if each.upper().startswith("DANGWU_")]:
            patch.delenv(name)
        patch.setenv("DANGWU_DATA_DIR", folder)
        patch.chdir(folder)
        with Application(load_settings(), announce=_refuse) as application:
            application.ingest([], no_progress)
            return {name: _evaluated(application, QUESTIONS / f"{name}.jsonl") for name in FILES}


def _refuse(sentence: str) -> None:
    """The floors hold for the bundled model, and for nothing less."""
    pytest.skip(sentence)


def _evaluated(application: Application, path: Path) -> dict[str, float]:
    questions, problems = read_questions(path)
    assert not problems
    with application.open_store().snapshot() as snapshot:
        sources = {info.id: info.source for info in snapshot.documents()}
        report = evaluate_answers(
            questions,
            application.answerer.answer,
            lambda each: (sources[each], snapshot.document_text(each)) if each in sources else None,
            clock=time.perf_counter,
            progress=lambda done, total: None,
        )
    figures = {metric: report[metric] for metric in METRICS if report[metric] is not None}
    # Where everything is refused, nothing is cited wrongly.
    return {"citation_valid": 1.0, **figures}


def questions_digest(paths: Iterable[Path] | None = None) -> str:
    """Names the question files' contents: other questions need floors of their own."""
    digest = hashlib.sha256()
    for path in paths or [QUESTIONS / f"{name}.jsonl" for name in FILES]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def read_floors(path: Path = FLOORS) -> tuple[str, dict[str, dict[str, float]]]:
    """The digest of the questions, and the floors by question file."""
    pinned = tomllib.loads(path.read_text(encoding="utf-8"))
    return str(pinned["digest"]), pinned["floors"]


def shortfalls(measured: Figures, floors: Figures) -> list[str]:
    """Every figure on the wrong side of its floor, or not measured at all, as a sentence."""
    found = []
    for name, pinned in floors.items():
        for metric, floor in pinned.items():
            figure = measured.get(name, {}).get(metric)
            if figure is None:
                found.append(f"{name}: {metric} was not measured")
            elif _is_worse(metric, figure, floor):
                found.append(f"{name}: {metric} is {figure}, pinned at {floor}")
    return found


def _is_worse(metric: str, figure: float, floor: float) -> bool:
    return figure > floor if metric in LOWER_IS_BETTER else figure < floor


def floors_for(measured: Figures) -> dict[str, dict[str, float]]:
    """The floors that these figures allow: a margin on the side of caution."""
    return {
        name: {
            metric: round(
                min(1.0, figure + MARGINS[metric])
                if metric in LOWER_IS_BETTER
                else max(0.0, figure - MARGINS[metric]),
                4,
            )
            for metric, figure in figures.items()
        }
        for name, figures in measured.items()
    }


def repinned(old: Figures, measured: Figures, *, lower: bool) -> dict[str, dict[str, float]]:
    """The floors to pin from now on; ValueError naming each that would be lowered without leave.

    Without ``lower`` a floor that the measured figure passes by less than the margin stays as it is.
    """
    offered = floors_for(measured)
    if lower:
        return offered
    worse = shortfalls(measured, old)
    if worse:
        raise ValueError("; ".join(worse))
    merged = {name: dict(figures) for name, figures in offered.items()}
    for name, pinned in old.items():
        for metric, floor in pinned.items():
            if _is_worse(metric, offered[name][metric], floor):
                merged[name][metric] = floor
    return merged


def written(digest: str, floors: Figures) -> str:
    """The text of ``floors.toml``."""
    lines = ["# Written by python -m tests.pin_floors; see tests/quality.py.", f'digest = "{digest}"']
    for name, figures in floors.items():
        lines += ["", f"[floors.{name}]"]
        lines += [f'"{metric}" = {floor}' for metric, floor in figures.items()]
    return "\n".join(lines) + "\n"
