"""``dangwu eval``: how good search and answers are, over a question file or a retrieval benchmark."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.console import complain, notice, print_json, progress, show
from bot.cli.startup import open_application
from bot.cli.wording import Argument, Command
from retrieval.errors import EmptyCorpus, InputError, StoreBusy, StoreError
from retrieval.locking import utc_now

if TYPE_CHECKING:
    from bot.compose import Application
    from ingest.pipeline import Progress
    from retrieval.evaluation import Benchmark
    from retrieval.snapshot import Version


@click.command("eval", cls=Command)
@click.argument("path", cls=Argument, metavar="文件或文件夹", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="在 stdout 上输出一个 JSON 文档")
def command(path: Path, as_json: bool) -> int:
    """评测：题目文件（每行 id、type、doc、question、must）评测检索和回答，用现有的资料库；
    结果按资料库的版本记下，供 dangwu report 画成图表。

    含 passages.jsonl 与 questions.jsonl 的文件夹是检索评测：每段自成一份资料，不清洗，另建一个库；
    建过的会留在数据目录的 benchmarks 下，再次运行就快了。
    """
    if not path.exists():
        raise InputError(f"路径不存在：{path}", remedy="给一个题目文件，或检索评测的文件夹。")
    with open_application() as application, progress() as report:
        evaluate = _evaluate_folder if path.is_dir() else _evaluate_file
        outcome, problems = evaluate(application, path, report)
    if as_json:
        print_json(outcome)
    else:
        from bot.rendering.evaluation import render_evaluation

        show(render_evaluation(outcome))
    for problem in problems:
        complain(problem)
    return 1 if problems else 0


def _evaluate_file(
    application: Application, path: Path, report: Progress
) -> tuple[dict[str, Any], list[str]]:
    from bot.evaluation import evaluate_current
    from retrieval.evaluation import read_questions

    questions, problems = read_questions(path)
    if not questions:
        problems.append(f"{path} 里没有题目。")
    if application.is_empty:
        raise EmptyCorpus(
            f"资料库（{application.data_dir}）是空的，无从评测。",
            remedy="先导入题目所问的资料：dangwu ingest 文件夹",
        )
    # The times are those of a program that has been asked before.
    application.answerer.warm_up()
    version, outcome = evaluate_current(
        application.open_store(),
        questions,
        application.answerer.answer,
        clock=time.perf_counter,
        progress=_stage(report, "answer"),
    )
    _record(application, version, path, outcome)
    return outcome, problems


def _record(application: Application, version: Version, path: Path, outcome: dict[str, Any]) -> None:
    """Keep the figures for the report; a folder that cannot be written is no reason to withhold them."""
    from retrieval.figures import record_evaluation

    store = application.open_store()
    if not outcome["n"] or store.current() != version:  # another ingest has published meanwhile
        return
    try:
        record_evaluation(store, version, path, outcome, at=utc_now())
    except (StoreError, StoreBusy) as exc:
        notice(f"评测结果没有记入资料库，dangwu report 里不会有这一次：{exc.message}")


def _evaluate_folder(
    application: Application, path: Path, report: Progress
) -> tuple[dict[str, Any], list[str]]:
    from retrieval.evaluation import HIT_DEPTH, evaluate_benchmark, read_benchmark

    benchmark = read_benchmark(path)
    with application.benchmark(_benchmark_name(path)) as bench:
        _fill(bench, benchmark, report)
        outcome = evaluate_benchmark(
            benchmark.questions,
            lambda question: bench.retriever.search(question, k=HIT_DEPTH).passages,
            clock=time.perf_counter,
            progress=_stage(report, "answer"),
        )
    return outcome, list(benchmark.problems)


def _fill(bench: Application, benchmark: Benchmark, report: Progress) -> None:
    """Make the benchmark's own store hold its passages; vectors of an earlier run are used again."""
    from ingest.pipeline import PlainText, ingest_texts

    texts = [PlainText(source=each, title="", text=text) for each, text in benchmark.passages.items()]
    outcome = ingest_texts(
        texts, bench.open_store(create=True), bench.embedder, bench.vectors, progress=report
    )
    notice(f"检索评测库：{len(texts)} 段，新算 {outcome.embedded} 个向量（{bench.data_dir}）")


def _benchmark_name(path: Path) -> str:
    folder = path.resolve()
    return f"{folder.name}-{hashlib.sha256(str(folder).encode()).hexdigest()[:8]}"


def _stage(report: Progress, stage: str) -> Callable[[int, int], None]:
    return lambda done, total: report(stage, done, total)
