"""``dangwu search``: the passages that answer a question best, without an answer."""

from __future__ import annotations

import click

from bot.cli.console import print_json, show, width
from bot.cli.questions import checked_question
from bot.cli.startup import open_application
from bot.cli.wording import Argument, Command, between


@click.command("search", cls=Command)
@click.argument("question", cls=Argument, nargs=-1, required=True, metavar="问题")
@click.option(
    "-k", "count", metavar="数量", default="5", callback=between(1, 100), help="列出几段，1 到 100，默认 5"
)
@click.option("--json", "as_json", is_flag=True, help="在 stdout 上输出一个 JSON 文档")
def command(question: tuple[str, ...], count: int, as_json: bool) -> int:
    """只检索：列出与问题最相关的原文段落，最相关的在前。"""
    asked = checked_question(" ".join(question))
    with open_application() as application:
        evidence = application.retriever.search(asked, k=count)
    if as_json:
        from bot.rendering.json import evidence_json

        print_json(evidence_json(evidence))
    else:
        from bot.rendering.terminal import render_evidence

        show(render_evidence(evidence, width=width()))
    return 0
