"""The versions of the corpus as a table for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.change_words import rewording_sentence
from bot.rendering.legible import on_one_line
from bot.rendering.report import CHANGES
from ingest.comparing.rewording import DocumentRewording
from retrieval.history import PastVersion

ACTIONS = {"ingest": "导入", "rollback": "回退", "remove": "移除", "tag": "标注"}
_NAMED = 3


def render_history(
    versions: Sequence[PastVersion], worded: Mapping[int, Sequence[DocumentRewording]]
) -> RenderableType:
    """A row for each version, then what changed in the wording; times are those of this machine's zone."""
    if not versions:
        return Text("资料库还没有任何版本。")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("版本", "时间", "何人", "操作"):
        table.add_column(name, no_wrap=True)
    table.add_column("资料", justify="right")
    table.add_column("段落", justify="right")
    table.add_column("变化", overflow="fold")
    for each in versions:
        table.add_row(
            Text(each.version.name, "bold" if each.is_current else ""),
            local_time(each.version.created_at),
            on_one_line(each.version.author),
            ACTIONS.get(each.action, on_one_line(each.action)),
            str(each.version.documents),
            str(each.version.passages),
            Text(on_one_line("；".join(_remarks(each))), "" if each.is_kept else "dim"),
        )
    lines = [
        Text(f"{each.version.name}  {on_one_line(f'{one.source}：{rewording_sentence(one.rewording)}')}")
        for each in versions
        for one in worded.get(each.version.number, ())
    ]
    return Group(table, *([Text("\n文字的变化：", "bold"), *lines] if lines else []))


def local_time(stamp: str) -> str:
    """An ISO time as date and minute of this machine's zone."""
    return datetime.fromisoformat(stamp).astimezone().strftime("%Y-%m-%d %H:%M")


def _remarks(each: PastVersion) -> list[str]:
    remarks = [_changes(each)]
    if "to" in each.details:
        remarks.append(f"回到 {each.details['to']}")
    if each.is_current:
        remarks.append("当前版本")
    elif each.is_kept:
        remarks.append("可回退")
    return [remark for remark in remarks if remark]


def _changes(each: PastVersion) -> str:
    """The counts, and the documents themselves where they are few."""
    counts = "，".join(f"{CHANGES[kind][0]} {count}" for kind, count in each.counts().items())
    names = [str(document["source"]) for document in each.documents if document["source"]]
    return f"{counts}（{'、'.join(names)}）" if 0 < len(names) <= _NAMED else counts
