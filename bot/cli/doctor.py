"""``dangwu doctor``: what works, what does not, and the remedy."""

from __future__ import annotations

from collections.abc import Sequence

import click

from bot.cli.checks import Check, broken, run_checks
from bot.cli.console import print_json, show
from bot.cli.edition_checks import edition_checks
from bot.cli.startup import open_application
from bot.cli.telegram_checks import telegram_checks
from bot.cli.upkeep_checks import upkeep_checks
from bot.cli.wording import Command
from retrieval.errors import SettingError
from retrieval.locking import utc_now

_LABELS = {
    "ok": ("正常", "green"),
    "note": ("说明", "dim"),
    "warning": ("注意", "yellow"),
    "broken": ("故障", "red"),
}


@click.command("doctor", cls=Command)
@click.option("--json", "as_json", is_flag=True, help="在 stdout 上输出一个 JSON 文档")
def command(as_json: bool) -> int:
    """检查设置、数据目录、资料库、模型、索引、来源和机器人；每个问题都附处理办法。有故障时退出码为 1。"""
    try:
        application = open_application()
    except SettingError as exc:
        _print([broken("设置", exc)], as_json=as_json)
        return exc.exit_status
    with application:
        checks = [
            Check("设置", "ok", "都认得，取值都有效"),
            *run_checks(application),
            *upkeep_checks(application, utc_now()),
            *edition_checks(application),
            *telegram_checks(application.settings.telegram),
        ]
    _print(checks, as_json=as_json)
    return 1 if any(check.status == "broken" for check in checks) else 0


def _print(checks: Sequence[Check], *, as_json: bool) -> None:
    if as_json:
        is_sound = all(check.status != "broken" for check in checks)
        print_json({"ok": is_sound, "checks": [check.as_json() for check in checks]})
        return
    from rich.text import Text

    from bot.rendering.legible import on_one_line

    lines = Text()
    for check in checks:
        label, style = _LABELS[check.status]
        lines.append(label, style).append(f"  {check.name}：{on_one_line(check.message)}\n")
        if check.remedy:
            lines.append(f"      → {on_one_line(check.remedy)}\n", "dim")
    lines.rstrip()
    show(lines)
