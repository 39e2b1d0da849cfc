"""What ``/status`` says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.telegram.desk import Overview


def status_text(overview: Overview, waiting: int, how: str, errors: Sequence[tuple[str, str, float]]) -> str:
    """The state of the bot: corpus, queue, how to ask here, and for admins the latest errors by code."""
    lines = [
        f"资料版本 {overview.index_version}，{overview.documents} 份资料，{overview.passages} 段",
        f"正在排队的问题：{waiting} 个",
    ]
    if how:
        lines.append(how)
    if errors:
        lines += ["最近的错误：", *(f"{code} {_moment(at)} {kind}" for code, kind, at in errors)]
    return "\n".join(lines)


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%m-%d %H:%M")
