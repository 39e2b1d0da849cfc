"""``dangwu ingest``: bring the corpus up to date with files and folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.console import complain, print_json, progress, show
from bot.cli.startup import open_application
from bot.cli.wording import Argument, Command

if TYPE_CHECKING:
    from bot.compose import Application
    from bot.trial import Trial, Verdict
    from ingest.pipeline import Progress
    from ingest.report import IngestReport


@click.command("ingest", cls=Command)
@click.argument("paths", cls=Argument, nargs=-1, metavar="[路径]...", type=click.Path(path_type=Path))
@click.option("--plan", "is_plan", is_flag=True, help="只列出将有哪些变化，什么也不改")
@click.option(
    "--check", "questions", metavar="题目文件", type=click.Path(path_type=Path), help="发布前先评测"
)
@click.option("--json", "as_json", is_flag=True, help="在 stdout 上输出一个 JSON 文档")
def command(paths: tuple[Path, ...], is_plan: bool, questions: Path | None, as_json: bool) -> int:
    """把文件或文件夹导入资料库，使之与磁盘上的一致：新增的加入，改过的更新，删去的移除。

    每个路径是一个文件或文件夹，会被记住；不给路径时，重新同步记住的那些（一个也没有时是自带的示例资料）。
    没有提到的来源保持原样。读不了的文件会列出来，不影响其余文件。

    --check 用题目文件先评测新的版本：各项指标都不低于现在的版本才发布，否则保留现在的，列出答坏了的题。
    题目文件旁边有“同名.floors.toml”时，以其中写的底线为准。
    """
    if is_plan and questions:
        raise click.UsageError("--plan 什么也不做，不能与 --check 同用")
    with open_application() as application, progress() as report:
        trial = _trial(application, questions, report)
        if is_plan:
            outcome = application.plan(paths, report)
        else:
            outcome = application.ingest(paths, report, approve=trial.approve if trial else None)
        if trial and outcome.is_applied:
            trial.record()
    verdict = trial.verdict if trial else None
    _show(outcome, verdict, is_checked=trial is not None, as_json=as_json)
    for problem in outcome.problems:
        complain(problem)
    broken = [each for each in outcome.documents if each.change == "broken"]
    for each in broken:
        complain(f"{each.source}：{each.reason}")
    if verdict and not verdict.is_passed:
        complain(
            f"新的版本没有发布：{'、'.join(each.metric for each in verdict.fallen)} 变差了，仍用现在的版本。",
            "看看上面列出的题和改动的资料；确实要发布，就不带 --check 再运行一次。",
        )
        return 1
    return 1 if outcome.has_failures else 0


def _trial(application: Application, questions: Path | None, report: Progress) -> Trial | None:
    if questions is None:
        return None
    from bot.trial import Trial

    return Trial(application, questions, report)


def _show(outcome: IngestReport, verdict: Verdict | None, *, is_checked: bool, as_json: bool) -> None:
    if as_json:
        check = {"check": verdict.as_json() if verdict else None} if is_checked else {}
        print_json(outcome.as_json() | check)
        return
    from bot.rendering.report import render_report
    from bot.rendering.trial import render_verdict

    show(render_report(outcome))
    if verdict:
        show(render_verdict(verdict))
    elif is_checked:
        show("没有变化，不用评测。")
