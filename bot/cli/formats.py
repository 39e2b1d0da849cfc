"""``dangwu formats``: what can be read, and what a missing extra would add."""

from __future__ import annotations

import click

from bot.cli.console import print_json, show
from bot.cli.wording import Command


@click.command("formats", cls=Command)
@click.option("--json", "as_json", is_flag=True, help="在 stdout 上输出一个 JSON 文档")
def command(as_json: bool) -> int:
    """能收录的格式：文件夹里的、发给机器人的都是这些。格式按内容认，文件名不对会说明。

    要装附加项的，不装时导入计划会写明有多少没有读。
    """
    from bot.rendering.formats import formats_json, render_formats

    if as_json:
        print_json(formats_json())
    else:
        show(render_formats())
    return 0
