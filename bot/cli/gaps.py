"""``dangwu gaps``: the questions that the corpus did not answer."""

from __future__ import annotations

import click

from bot.cli.console import notice, print_json, show, width
from bot.cli.startup import open_application
from bot.cli.wording import Command


@click.command("gaps", cls=Command)
@click.option("--json", "as_json", is_flag=True, help="在 stdout 上输出一个 JSON 文档")
@click.option("--clear", "clears", is_flag=True, help="列出以后清空记录")
def command(as_json: bool, clears: bool) -> int:
    """列出资料里没有依据、没能回答的问题，问得最多的在前，供维护者补充资料。

    只记问题本身，证件号和电话号码已遮去；不记是谁问的。
    """
    from bot.answering.gaps import Gaps

    with open_application() as application:
        gaps = Gaps(application.data_dir)
        listed = gaps.list()
        cleared = gaps.clear() if clears else 0
    if as_json:
        print_json({"gaps": [gap.as_json() for gap in listed], "cleared": cleared})
        return 0
    from bot.rendering.gaps import render_gaps

    show(render_gaps(listed, width=width()))
    if clears:
        notice(f"已清空 {cleared} 条记录。")
    return 0
