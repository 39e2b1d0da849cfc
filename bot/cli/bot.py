"""``dangwu bot``: the Telegram bot."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import click

from bot.cli.console import notice
from bot.cli.startup import open_application
from bot.cli.wording import Command
from retrieval.errors import DangwuError, EmptyCorpus, SettingError, WorkError

if TYPE_CHECKING:
    from telegram.error import TelegramError

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
        prepare_logging(token)
        _serve(application)
    return 0


def _serve(application: Application) -> None:
    from telegram.error import TelegramError

    from bot.telegram.app import run

    notice("机器人正在启动，按 Ctrl-C 停止。")
    try:
        run(application)
    except TelegramError as exc:
        raise _translate(exc) from exc


def _translate(error: TelegramError) -> DangwuError:
    from telegram.error import InvalidToken

    if isinstance(error, InvalidToken):
        return SettingError(
            "Telegram 不认这个令牌。", remedy="从 @BotFather 重新复制 DANGWU_TELEGRAM__TOKEN。"
        )
    return WorkError(
        f"连不上 Telegram（{type(error).__name__}）。",
        remedy="检查网络；需要代理时设置 DANGWU_TELEGRAM__PROXY，自建服务器看 DANGWU_TELEGRAM__BASE_URL。",
    )


def prepare_logging(token: str) -> None:
    """Log lines with time and level on stderr, never with the token, nor what people write."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_WithoutToken(token))
    logging.getLogger().handlers[:] = [handler]
    logging.getLogger("bot.telegram").setLevel(logging.INFO)
    # They write addresses with the token in them, and whole messages.
    for name in ("httpx", "httpcore", "telegram", "tornado"):
        logging.getLogger(name).setLevel(logging.WARNING)


class _WithoutToken(logging.Formatter):
    """A line a record, the token blotted out wherever it turns up; tracebacks of our own faults alone."""

    def __init__(self, token: str) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")
        self._token = token

    def format(self, record: logging.LogRecord) -> str:
        if record.exc_info and record.name.partition(".")[0] == "telegram":
            # The library's, of a network that fails: the kind says it all.
            record = logging.makeLogRecord({**record.__dict__, "exc_info": None, "exc_text": None})
        return super().format(record).replace(self._token, "<token>")
