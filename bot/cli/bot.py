"""``dangwu bot``: the Telegram bot."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from bot.cli.console import notice
from bot.cli.startup import open_application
from bot.cli.wording import Command
from retrieval.errors import EmptyCorpus, SettingError

if TYPE_CHECKING:
    from bot.compose import Application


@click.command("bot", cls=Command)
def command() -> int:
    """启动 Telegram 机器人。资料库为空或没有设置令牌时拒绝启动。

    默认主动轮询；设置 DANGWU_TELEGRAM__WEBHOOK_URL 后改为接收推送。按 Ctrl-C 或发送 SIGTERM，
    答完手头的提问后停止；还没答的，下次启动时接着答。
    """
    with open_application() as application:
        if application.is_empty:
            raise EmptyCorpus(
                f"资料库（{application.data_dir}）是空的，机器人没有可回答的内容。",
                remedy="先导入资料：dangwu ingest 文件夹",
            )
        token = application.settings.telegram.token.get_secret_value()
        if not token:
            raise SettingError(
                "没有设置机器人的令牌。",
                remedy="向 @BotFather 申请，然后设置 DANGWU_TELEGRAM__TOKEN。",
            )
        _serve(application, token)
    return 0


def _serve(application: Application, token: str) -> None:
    from telegram.error import TelegramError

    from bot.telegram.app import run
    from bot.telegram.client import translated
    from bot.telegram.logs import prepare_logging

    prepare_logging(token, sys.stderr)
    if sys.stderr.isatty():
        notice("机器人正在启动，按 Ctrl-C 停止。")
    # Else whoever asks first would wait a second for the models and the index.
    application.answerer.warm_up()
    try:
        run(application)
    except TelegramError as exc:
        raise translated(exc) from exc
