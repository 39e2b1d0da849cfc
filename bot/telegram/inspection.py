"""What Telegram says about the bot when it is asked once, for ``dangwu doctor``."""

from __future__ import annotations

import asyncio

from telegram import User, WebhookInfo
from telegram.error import TelegramError

from bot.settings import TelegramSettings
from bot.telegram.client import make_client, translated


def inspect(settings: TelegramSettings) -> tuple[User, WebhookInfo]:
    """The bot as Telegram knows it, and how its updates are delivered.

    SettingError for a token that Telegram does not know, WorkError where it cannot be reached.
    """
    try:
        return asyncio.run(_ask(settings))
    except TelegramError as exc:
        raise translated(exc) from exc


async def _ask(settings: TelegramSettings) -> tuple[User, WebhookInfo]:
    async with make_client(settings) as client:
        return client.bot, await client.get_webhook_info()
