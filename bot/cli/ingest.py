"""``dangwu ingest``: bring the corpus up to date with files and folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.console import complain, notice, print_json, progress, say, show
from bot.cli.startup import open_application
from bot.cli.wording import Argument, Command

if TYPE_CHECKING:
    from bot.compose import Application
    from bot.trial import Verdict
    from ingest.report import IngestReport

# Questions that a message names; the table and the JSON have all of them.
_NAMED_MAX = 10


@click.command("ingest", cls=Command)
@click.argument("paths", cls=Argument, nargs=-1, metavar="[路径]...", type=click.Path(path_type=Path))
@click.option("--plan", "is_plan", is_flag=True, help="只列出将有哪些变化，什么也不改")
@click.option(
    "--check", "questions", metavar="题目文件", type=click.Path(path_type=Path), help="发布前先评测"
)
@click.option("--watch", "is_watch", is_flag=True, help="导入之后一直守着，文件有变动就同步")
@click.option("--poll", "is_polling", is_flag=True, help="守着网络盘时用：每秒自己查看，不等系统通知")
@click.option(
    "--follow-links/--no-follow-links",
    "follows_links",
    default=None,
    help="通向来源之外的链接也收录，随来源记住；起初不收",
)
@click.option("--json", "as_json", is_flag=True, help="在 stdout 上输出一个 JSON 文档")
def command(
    paths: tuple[Path, ...],
    is_plan: bool,
    questions: Path | None,
    is_watch: bool,
    is_polling: bool,
    follows_links: bool | None,
    as_json: bool,
) -> int:
    """把文件或文件夹导入资料库，使之与磁盘上的一致：新增的加入，改过的更新，删去的移除。

    每个路径是一个文件或文件夹，会被记住；不给路径时，重新同步记住的那些（一个也没有时是自带的示例资料）。
    没有提到的来源保持原样。读不了的文件会列出来，不影响其余文件。

    文件夹里的链接通向文件夹之外的，只列出来，不收录；要收录就加 --follow-links，随这个来源记住。

    --check 用题目文件先评测新的版本：各项指标都不低于现在的版本才发布，否则保留现在的，列出答坏了的题。
    题目文件旁边有“同名.floors.toml”时，以其中写的底线为准。

    --watch 导入之后守着所有记住的来源，文件写完停下来就同步，每处变动输出一行；出错不停，
    按 Ctrl-C 或发送 SIGTERM 停止。
    """
    if is_plan and (questions or is_watch):
        raise click.UsageError("--plan 什么也不做，不能与 --check、--watch 同用")
    if is_polling and not is_watch:
        raise click.UsageError("--poll 只与 --watch 同用")
    if follows_links is not None and not paths:
        raise click.UsageError("--follow-links 和 --no-follow-links 要写明是哪个来源")
    with open_application() as application:
        if is_plan:
            done = _plan(application, paths, follows_links)
        else:
            done = _ingest(application, paths, questions, follows_links)
        if is_watch:
            _watch(application, done, questions, as_json=as_json, is_polling=is_polling)
            return 0
    _show(done, as_json=as_json)
    return 1 if _complain_of(done) else 0


@dataclass(frozen=True, slots=True)
class _Done:
    """One ingest or plan; ``verdict`` is that of the trial where one was asked for and needed."""

    outcome: IngestReport
    is_checked: bool = False
    verdict: Verdict | None = None

    @property
    def failures(self) -> list[tuple[str, str]]:
        """Message and remedy of everything that keeps this from being a success."""
        broken = [each for each in self.outcome.documents if each.change == "broken"]
        return [*((f"{each.source}：{each.reason}", "") for each in broken), *self.others]

    @property
    def others(self) -> list[tuple[str, str]]:
        """The same, of what concerns no single document."""
        found = [(each, "") for each in self.outcome.problems]
        if self.verdict and not self.verdict.is_passed:
            fallen = "、".join(each.metric for each in self.verdict.fallen)
            broken = [str(each["id"]) for each in self.verdict.broken]
            named = "、".join(broken[:_NAMED_MAX]) + (f" 等 {len(broken)} 题" if broken[_NAMED_MAX:] else "")
            message = f"新的版本没有发布：{fallen} 变差了（{named}），仍用现在的版本。"
            found.append((message, "看看这些题和改动的资料；确实要发布，就不带 --check 再运行一次。"))
        return found


def _plan(application: Application, paths: Sequence[Path], follows_links: bool | None) -> _Done:
    with progress() as report:
        return _Done(application.plan(paths, report, follows_links=follows_links))


def _ingest(
    application: Application,
    paths: Sequence[Path],
    questions: Path | None,
    follows_links: bool | None = None,
) -> _Done:
    with progress() as report:
        if questions is None:
            return _Done(application.ingest(paths, report, follows_links=follows_links))
        from bot.trial import Trial

        trial = Trial(application, questions, report)
        outcome = application.ingest(paths, report, approve=trial.approve, follows_links=follows_links)
        if outcome.is_applied:
            trial.record()
        return _Done(outcome, True, trial.verdict)


def _show(done: _Done, *, as_json: bool) -> None:
    if as_json:
        check = {"check": done.verdict.as_json() if done.verdict else None} if done.is_checked else {}
        print_json(done.outcome.as_json() | check)
        return
    from bot.rendering.report import render_report

    show(render_report(done.outcome))
    if done.verdict:
        from bot.rendering.trial import render_verdict

        show(render_verdict(done.verdict))
    elif done.is_checked:
        show("没有变化，不用评测。")


def _complain_of(done: _Done) -> bool:
    """Whether there was something to complain of: each file on a line, what helps once for all of a kind."""
    from bot.rendering.unreadable import unreadable_lines

    broken = [each for each in done.outcome.documents if each.change == "broken"]
    for message, remedy in unreadable_lines(broken):
        complain(message, remedy)
    others = done.others
    for message, remedy in others:
        complain(message, remedy)
    return bool(broken or others)


def _watch(
    application: Application, first: _Done, questions: Path | None, *, as_json: bool, is_polling: bool
) -> None:
    from bot.watch import keep_in_step

    log = _Log(as_json)
    log.tell(first)
    keep_in_step(
        application,
        lambda: log.tell(_ingest(application, (), questions)),
        complain,
        notice,
        is_polling=is_polling,
    )


class _Log:
    """What a watch says: a line for each change, and each failure once until it has gone."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._told: list[tuple[str, str]] = []

    def tell(self, done: _Done) -> None:
        from bot.rendering.report import render_change

        failures = done.failures
        for message, remedy in failures:
            if (message, remedy) not in self._told:
                complain(message, remedy)
        self._told = failures
        now = datetime.now().astimezone()
        for each in done.outcome.visible_changes if done.outcome.is_applied else ():
            if self._as_json:
                print_json(each.as_json() | {"version": done.outcome.version}, indent=None)
            else:
                say(render_change(each, done.outcome.version, now))
