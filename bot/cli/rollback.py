"""``dangwu rollback``: return to an older version of the corpus."""

from __future__ import annotations

import click

from bot.cli.console import notice, progress
from bot.cli.outcome import tell
from bot.cli.startup import open_application
from bot.cli.wording import Argument, Command


@click.command("rollback", cls=Command)
@click.argument("version", cls=Argument, required=False, default="", metavar="[版本]")
@click.option("--json", "as_json", is_flag=True, help="在 stdout 上输出一个 JSON 文档")
def command(version: str, as_json: bool) -> int:
    """回到以前的一个版本，不写版本时是上一个。各个版本见 dangwu history。

    不是抹去后来的版本，而是发布一个内容与它相同的新版本，所以回退本身也可以回退。
    移除过的资料不会回来，dangwu tag 标注过的照旧算数。
    """
    from ingest.upkeep import rollback

    with open_application() as application, progress() as report:
        outcome, target = rollback(application.work(report), version)
    tell(outcome, as_json=as_json, to=target.version.name)
    if not outcome.documents:
        notice(f"{target.version.name} 的内容与现在的相同，没有改动。")
        return 0
    notice(f"已回到 {target.version.name} 的内容，下一个问题起按它回答。")
    notice("磁盘上的文件没有动：下次运行 dangwu ingest 会重新按磁盘上的更新，除非先改好文件。")
    return 0
