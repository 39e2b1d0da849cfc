"""``dangwu search``: the passages that answer a question best, without an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bot.cli.console import print_json, show, width
from bot.cli.questions import checked_question
from bot.cli.startup import open_application
from bot.cli.wording import Argument, Command, between

if TYPE_CHECKING:
    from retrieval.retriever import Search


@click.command("search", cls=Command)
@click.argument("question", cls=Argument, nargs=-1, required=True, metavar="问题")
@click.option(
    "-k", "count", metavar="数量", default="5", callback=between(1, 100), help="列出几段，1 到 100，默认 5"
)
@click.option("--explain", is_flag=True, help="说明每一段为什么排在那里：各部分得分和检索词")
@click.option("--json", "as_json", is_flag=True, help="在 stdout 上输出一个 JSON 文档")
def command(question: tuple[str, ...], count: int, explain: bool, as_json: bool) -> int:
    """只检索：列出与问题最相关的原文段落，最相关的在前。"""
    asked = checked_question(" ".join(question))
    with open_application() as application, application.retriever.searching(asked) as search:
        (_print_json if as_json else _print_text)(search, count, explain)
    return 0


def _print_json(search: Search, count: int, explain: bool) -> None:
    from bot.rendering.json import evidence_json

    document = evidence_json(search.evidence(count))
    if explain:
        from bot.rendering.explain import explain_json

        document["explain"] = explain_json(search, count)
    print_json(document)


def _print_text(search: Search, count: int, explain: bool) -> None:
    from bot.rendering.terminal import render_evidence

    show(render_evidence(search.evidence(count), width=width()))
    if explain:
        from bot.rendering.explain import render_explanation

        show(render_explanation(search, count, width=width()))
