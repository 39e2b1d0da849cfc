"""``dangwu history``: the versions of the corpus, newest first."""

from __future__ import annotations

import click

from bot.cli.console import print_json, show
from bot.cli.startup import open_application
from bot.cli.wording import Command


@click.command("history", cls=Command)
@click.option("--json", "as_json", is_flag=True, help="在 stdout 上输出一个 JSON 文档")
def command(as_json: bool) -> int:
    """列出资料库的各个版本，最新的在前：何时、何人、用什么命令、改了哪些资料。

    标“可回退”的还整个保留着，可以用 dangwu rollback 回到它；更旧的只留下这一行。
    """
    from retrieval.history import past_versions

    with open_application() as application:
        versions = [] if application.is_empty else past_versions(application.open_store())
    if as_json:
        print_json({"versions": [each.as_json() for each in versions]})
        return 0
    from bot.rendering.history import render_history

    show(render_history(versions))
    return 0
