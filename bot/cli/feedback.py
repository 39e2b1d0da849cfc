"""``dangwu feedback``: what people said of the answers, and evaluation cases made of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import click

from bot.cli.console import print_json, show, width
from bot.cli.startup import open_application
from bot.cli.wording import Command
from retrieval.errors import InputError

if TYPE_CHECKING:
    from bot.compose import Application
    from bot.feedback import Feedback


def _moment(ctx: click.Context, option: click.Parameter, value: str | None) -> datetime | None:
    """A day or a moment of this machine's time zone."""
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value).astimezone()
    # A year at either end of the calendar has no time zone's moment.
    except (ValueError, OverflowError):
        raise click.BadParameter("应是日期，如 2026-03-01 或 2026-03-01T08:00", ctx, option) from None


@click.command("feedback", cls=Command)
@click.option("--json", "as_json", is_flag=True, help="在 stdout 上输出一个 JSON 文档")
@click.option("--since", metavar="日期", callback=_moment, help="只看这一天（或这一刻）以来的")
@click.option("--case", "number", metavar="编号", help="把这个编号的回答变成题目文件的一行")
@click.option(
    "--must", metavar="字样", multiple=True, help="与 --case 同用：正确的答案必须有的字样，可以给几个"
)
def command(as_json: bool, since: datetime | None, number: str | None, must: tuple[str, ...]) -> int:
    """列出用户的评价、意见和答不了的问题。不列出是谁说的，证件号和电话号码已遮去。

    评价不好的回答可以变成评测题：dangwu feedback --case 12 >> 题目.jsonl。不给 --must 时，
    被认为有用的，题目要求以后仍答得这样完整；被认为不对的，题目要求不再这样答而是拒答。
    """
    if must and number is None:
        raise click.UsageError("--must 要与 --case 同用")
    with open_application() as application:
        from bot.feedback import read_feedback

        feedback = read_feedback(application.data_dir, since=since)
        if number is not None:
            print_json(_case(application, feedback, number, must), indent=None)
            return 0
    if as_json:
        print_json(feedback.as_json())
        return 0
    from rich.text import Text

    from bot.rendering.feedback import feedback_text
    from bot.rendering.wrapping import wrap_cells

    show(Text("\n".join(wrap_cells(feedback_text(feedback), width()))))
    return 0


def _case(
    application: Application, feedback: Feedback, number: str, must: tuple[str, ...]
) -> dict[str, object]:
    from bot.feedback import evaluation_case

    rated = next((each for each in feedback.answers if str(each.id) == number.lstrip("#")), None)
    if rated is None:
        raise InputError(f"没有编号为 {number} 的评价。", remedy="编号见 dangwu feedback。")

    def texts() -> Iterator[tuple[str, str]]:
        with application.open_store().snapshot() as snapshot:
            for document in snapshot.documents():
                yield document.source, snapshot.document_text(document.id)

    return evaluation_case(rated, must, texts)
