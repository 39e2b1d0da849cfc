"""``dangwu bot``: the Telegram bot."""

from __future__ import annotations

import click

from bot.cli.console import complain
from bot.cli.startup import open_application
from bot.cli.wording import Command
from retrieval.errors import EmptyCorpus


@click.command("bot", cls=Command)
def command() -> int:
    """启动 Telegram 机器人。资料库为空时拒绝启动。"""
    with open_application() as application:
        if application.is_empty:
            raise EmptyCorpus(
                f"资料库（{application.data_dir}）是空的，机器人没有可回答的内容。",
                remedy="先导入资料：dangwu ingest 文件夹",
            )
    complain("这个版本还不带 Telegram 机器人，它随以后的版本发布。", "现在可用：dangwu ask、dangwu chat")
    return 1
