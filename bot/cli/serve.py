"""``dangwu serve``: the page, and the doors for other programs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from bot.cli.console import notice, say
from bot.cli.startup import ensure_corpus, open_application
from bot.cli.wording import Command, between
from retrieval.errors import SettingError

if TYPE_CHECKING:
    from socket import socket

    from bot.compose import Application
    from bot.web.app import Web

_PASSWORD_CHARS_MIN = 8


def _port(ctx: click.Context, option: click.Parameter, value: str | None) -> int | None:
    return between(1, 65535)(ctx, option, value) if value else None


@click.command("serve", cls=Command)
@click.option("--host", metavar="地址", help="在哪个地址上监听，默认 127.0.0.1；别的地址要先设置账号")
@click.option("--port", metavar="端口", callback=_port, help="端口，默认 8421")
@click.option("--bot", "with_bot", is_flag=True, help="同一个进程里也运行 Telegram 机器人")
@click.option(
    "--new-account", metavar="名字:角色", help="问口令，打印写进 DANGWU_SERVE__ACCOUNTS 的一行，不启动"
)
@click.option(
    "--new-key", metavar="名字:公开:次数", help="生成程序的密钥，打印写进 DANGWU_SERVE__KEYS 的一行，不启动"
)
def command(
    host: str | None, port: int | None, with_bot: bool, new_account: str | None, new_key: str | None
) -> int:
    """启动网页和给别的程序的接口：提问、看原文、查资料、维护；JSON、OpenAI 兼容和 MCP。

    默认只有这台机器能打开，人人是工作人员；维护台用启动时显示的链接打开。给别的机器用，先设置账号
    （--new-account）或由反向代理登录，见 docs/web.md。按 Ctrl-C 或发送 SIGTERM，答完手头的提问后停止。
    """
    if new_account:
        return _print_account(new_account)
    if new_key:
        return _print_key(new_key)
    with open_application() as application:
        serve = application.settings.serve
        changed = {name: value for name, value in (("host", host), ("port", port)) if value}
        settings = application.settings.model_copy(update={"serve": serve.model_copy(update=changed)})
        application.settings = settings
        _serve(application, with_bot=with_bot)
    return 0


def _serve(application: Application, *, with_bot: bool) -> None:
    from bot.web.running import is_loopback_host, listen, run, site_of

    settings = application.settings.serve
    token = application.settings.telegram.token.get_secret_value()
    if with_bot and not token:
        raise SettingError(
            "没有设置机器人的令牌。", remedy="向 @BotFather 申请，然后设置 DANGWU_TELEGRAM__TOKEN。"
        )
    from bot.web.people import People

    elsewhere = [each for each in (settings.host, urlsplit(settings.url).hostname) if each]
    elsewhere = [each for each in elsewhere if not is_loopback_host(each)]
    if elsewhere and People(settings).is_open:
        raise SettingError(
            f"没有账号，不能在 {elsewhere[0]} 上监听：网络上的人都会成为工作人员，看得到内部资料。",
            remedy="用 dangwu serve --new-account 名字:管理员 生成账号，写进 DANGWU_SERVE__ACCOUNTS；"
            "或由反向代理登录。",
        )
    listening = listen(settings.host, settings.port)
    with listening:
        ensure_corpus(application)
        web = site_of(application)
        # Else whoever asks first would wait a second for the models and the index.
        application.answerer.warm_up()
        _say_where(
            settings.host, listening.getsockname()[1], web.site.owner_key if web.site.people.is_open else ""
        )
        if with_bot:
            _run_with_bot(application, web, listening, token)
        else:
            run(application, web, listening)


def _run_with_bot(application: Application, web: Web, listening: socket, token: str) -> None:
    from telegram.error import TelegramError

    from bot.telegram.client import translated
    from bot.telegram.logs import prepare_logging
    from bot.web.running import run

    prepare_logging(token, sys.stderr)
    try:
        run(application, web, listening, with_bot=True)
    except TelegramError as exc:
        raise translated(exc) from exc


def _say_where(host: str, port: int, owner_key: str) -> None:
    place = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    notice(f"网页：{place}/")
    if owner_key:
        notice(f"维护台（只给启动的人）：{place}/login?next=/desk&key={owner_key}")
    notice("按 Ctrl-C 停止。")


def _print_account(written: str) -> int:
    from bot.web.people import new_account

    password = click.prompt("口令", hide_input=True, confirmation_prompt="再输入一次", err=True)
    if len(password) < _PASSWORD_CHARS_MIN:
        raise SettingError("口令太短。", remedy=f"至少 {_PASSWORD_CHARS_MIN} 个字符。")
    say(new_account(written, password))
    notice("把这一行写进 DANGWU_SERVE__ACCOUNTS，几个账号用逗号分隔。")
    return 0


def _print_key(written: str) -> int:
    from bot.web.people import new_key

    key, line = new_key(written)
    say(line)
    notice(f"密钥（只显示这一次）：{key}")
    notice("把 stdout 上的那一行写进 DANGWU_SERVE__KEYS，密钥交给程序。")
    return 0
