"""What ``dangwu doctor`` says about the Telegram bot: its token, privacy mode and way of delivery."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.cli.checks import Check, broken
from retrieval.errors import SettingError, WorkError

if TYPE_CHECKING:
    from telegram import User, WebhookInfo

    from bot.settings import TelegramSettings

_TOKEN = re.compile(r"\d{5,}:[\w-]{30,}", re.ASCII)
_PENDING_MANY = 100
_RECENT = timedelta(hours=1)


def telegram_checks(settings: TelegramSettings) -> Iterator[Check]:
    """The checks of the bot; the token itself is never shown, and a lost network is no fault of ours."""
    token = settings.token.get_secret_value()
    if not token:
        yield Check("令牌", "note", "未设置；只有 dangwu bot 需要它", "向 @BotFather 申请。")
        return
    if not _TOKEN.fullmatch(token):
        remedy = "从 @BotFather 重新复制 DANGWU_TELEGRAM__TOKEN。"
        yield Check("令牌", "broken", "格式不对，应形如 123456789:AA…", remedy)
        return
    from bot.telegram.inspection import inspect

    try:
        me, webhook = inspect(settings)
    except SettingError as exc:
        yield broken("令牌", exc)
    except WorkError as exc:
        yield Check("令牌", "warning", f"格式正确，没有核对：{exc.message.rstrip('。')}", exc.remedy)
    else:
        yield Check("令牌", "ok", f"@{me.username}")
        yield check_privacy_mode(me)
        yield check_delivery(webhook, settings.webhook_url, datetime.now().astimezone())


def check_privacy_mode(me: User) -> Check:
    """Whether mentions reach the bot in groups."""
    if not me.can_join_groups:
        remedy = "要在群里用，向 @BotFather 发 /setjoingroups 打开。"
        return Check("隐私模式", "note", "机器人不能被拉进群", remedy)
    if me.can_read_all_group_messages:
        return Check("隐私模式", "ok", "已关闭，群里 @ 它能收到")
    return Check(
        "隐私模式",
        "note",
        "开着：群里的 /ask 和对它的回复能收到，@ 它多半收不到",
        "把它设为群管理员；或向 @BotFather 发 /setprivacy 关掉，再重新拉它进群。",
    )


def check_delivery(webhook: WebhookInfo, wanted: str, now: datetime) -> Check:
    """Whether Telegram delivers updates in the way that is set, and manages to."""
    waiting = f"待取的更新 {webhook.pending_update_count} 条"
    if webhook.url != wanted:
        return _misdirected(webhook.url, wanted, waiting)
    failed_at = webhook.last_error_date
    if wanted and failed_at is not None and now - failed_at < _RECENT:
        when = failed_at.astimezone().strftime("%H:%M")
        return Check(
            "推送",
            "warning",
            f"{when} 推送失败：{webhook.last_error_message}；{waiting}",
            "检查 dangwu bot 是否在运行，反向代理是否把这个地址转到它，证书是否有效。",
        )
    if webhook.pending_update_count > _PENDING_MANY:
        return Check("推送", "warning", f"{waiting}，没有人取", "启动 dangwu bot，或看它的日志。")
    return Check("推送", "ok", f"{'已登记推送地址' if wanted else '主动轮询'}，{waiting}")


def _misdirected(found: str, wanted: str, waiting: str) -> Check:
    if not wanted:
        message = f"设置的是轮询，Telegram 上却登记着推送地址 {found}；{waiting}"
        remedy = "确认没有别的程序在用这个令牌；dangwu bot 启动时会取消它。"
    else:
        message = f"登记的推送地址是 {found or '空'}，设置的是 {wanted}；{waiting}"
        remedy = "启动 dangwu bot 时会登记；正在运行却不一致，就是有别的程序在用这个令牌。"
    return Check("推送", "warning", message, remedy)
