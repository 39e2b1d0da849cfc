"""The outcome of an ingest as a table for the terminal."""

from __future__ import annotations

from datetime import datetime

from rich import filesize
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.change_words import rewording_sentence
from bot.rendering.legible import on_one_line
from ingest.plan import DocumentChange
from ingest.report import IngestReport

# From here on, bytes are counted in thousands.
_KILO = 1000
CHANGES = {
    "new": ("新增", "green"),
    "changed": ("更新", "yellow"),
    "unchanged": ("未变", "dim"),
    "moved": ("移动", "cyan"),
    "deleted": ("移除", "magenta"),
    "quarantined": ("隔离", "yellow"),
    "broken": ("读不了", "red"),
    "excluded": ("不收录", "dim"),
}


def render_report(report: IngestReport) -> RenderableType:
    """A row for each document that changes, then the totals in one sentence.

    Those that could not be read are told of on stderr.
    """
    changed = [each for each in report.documents if each.change not in ("unchanged", "broken")]
    parts: list[RenderableType] = [_table(changed)] if changed else []
    rewordings = [
        Text(f"{on_one_line(each.source)}：{on_one_line(rewording_sentence(each.wording))}")
        for each in changed
        if each.wording
    ]
    if rewordings:
        parts += [Text("文字的变化：", "bold"), *rewordings, Text()]
    missing = [Text(on_one_line(each.sentence), "yellow") for each in report.missing]
    return Group(*parts, Text(_summary(report)), *missing)


def render_change(change: DocumentChange, version: str, at: datetime) -> str:
    """One change as a line of a log."""
    wording = rewording_sentence(change.wording) if change.wording else ""
    parts = (f"{at:%Y-%m-%d %H:%M:%S}", _label(change), change.source, change.reason, wording, version)
    return "  ".join(on_one_line(each) for each in parts if each)


def _label(change: DocumentChange) -> str:
    return CHANGES[change.change][0] + ("·近似" if change.resembles else "")


def _table(documents: list[DocumentChange]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("变化", no_wrap=True)
    table.add_column("资料", overflow="fold")
    table.add_column("大小", justify="right", no_wrap=True)
    table.add_column("段落", justify="right")
    table.add_column("说明", overflow="fold")
    for each in documents:
        row = (on_one_line(each.source), _size(each.size), str(each.passages), on_one_line(each.reason))
        table.add_row(Text(_label(each), CHANGES[each.change][1]), *row)
    return table


def _size(size: int) -> str:
    """Bytes as a person reads them."""
    return str(size) if size < _KILO else filesize.decimal(size)


def _summary(report: IngestReport) -> str:
    counts = "，".join(f"{CHANGES[change][0]} {count}" for change, count in report.counts().items())
    if report.near_duplicates:
        counts += f"（其中 {report.near_duplicates} 份与别的资料近似）"
    if report.is_withheld:
        return f"{counts}；没有发布，资料库没有变。"
    if not report.is_applied:
        return f"计划：{counts or '没有资料'}。什么也没有改动；去掉 --plan 即照此执行。"
    version = f"当前版本 {report.version}" if report.version else "资料库仍是空的"
    return f"{counts or '没有资料'}；计算了 {report.embedded} 个向量；{version}。"
