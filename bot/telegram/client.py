"""The client of the Bot API: which server it asks, through which proxy, and what its failures mean."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from telegram.error import InvalidToken, TelegramError
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest

from bot.settings import TelegramSettings
from retrieval.errors import DangwuError, SettingError, WorkError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_OFFICIAL = "https://api.telegram.org"


def make_client(settings: TelegramSettings) -> ExtBot[None]:
    """The client of the official server or the one that is set."""
    return ExtBot(settings.token.get_secret_value(), **client_options(settings))


def client_options(settings: TelegramSettings) -> dict[str, Any]:
    """Which server a client calls, and how."""
    root = _root(settings)
    return {
        "base_url": f"{root}/bot",
        "base_file_url": f"{root}/file/bot",
        # Every chat that is being answered may have a call open.
        "request": HTTPXRequest(connection_pool_size=64, pool_timeout=30.0, **request_options(settings)),
    }


def request_options(settings: TelegramSettings) -> dict[str, Any]:
    """How every call goes out: through the proxy where there is one."""
    # A proxy of the environment is for the world outside, not for a server on this machine.
    trust_env = urlsplit(_root(settings)).hostname not in LOOPBACK
    return {"proxy": settings.proxy.get_secret_value() or None, "httpx_kwargs": {"trust_env": trust_env}}


def translated(error: TelegramError) -> DangwuError:
    """What it means for the person who starts the program that Telegram cannot be used."""
    if isinstance(error, InvalidToken):
        return SettingError(
            "Telegram 不认这个令牌。",
            remedy="从 @BotFather 重新复制 DANGWU_TELEGRAM__TOKEN；自建服务器看 DANGWU_TELEGRAM__BASE_URL。",
        )
    return WorkError(
        f"连不上 Telegram（{type(error).__name__}）。",
        remedy="检查网络；需要代理时设置 DANGWU_TELEGRAM__PROXY，自建服务器看 DANGWU_TELEGRAM__BASE_URL。",
    )


def _root(settings: TelegramSettings) -> str:
    return settings.base_url.rstrip("/") or _OFFICIAL
