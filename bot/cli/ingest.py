"""``dangwu ingest``: bring the corpus up to date with files and folders."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.console import complain, print_json, progress, show
from bot.cli.startup import open_application
from bot.cli.wording import Argument, Command


@click.command("ingest", cls=Command)
@click.argument("paths", cls=Argument, nargs=-1, metavar="[路径]...", type=click.Path(path_type=Path))
@click.option("--plan", "is_plan", is_flag=True, help="只列出将有哪些变化，什么也不改")
@click.option("--json", "as_json", is_flag=True, help="在 stdout 上输出一个 JSON 文档")
def command(paths: tuple[Path, ...], is_plan: bool, as_json: bool) -> int:
    """把文件或文件夹导入资料库，使之与磁盘上的一致：新增的加入，改过的更新，删去的移除。

    每个路径是一个文件或文件夹，会被记住；不给路径时，重新同步记住的那些（一个也没有时是自带的示例资料）。
    没有提到的来源保持原样。读不了的文件会列出来，不影响其余文件。
    """
    with open_application() as application, progress() as report:
        outcome = application.plan(paths, report) if is_plan else application.ingest(paths, report)
    if as_json:
        print_json(outcome.as_json())
    else:
        from bot.rendering.report import render_report

        show(render_report(outcome))
    for problem in outcome.problems:
        complain(problem)
    broken = [each for each in outcome.documents if each.change == "broken"]
    for each in broken:
        complain(f"{each.source}：{each.reason}")
    return 1 if outcome.has_failures else 0
