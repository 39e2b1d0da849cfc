"""The report of an evaluation as tables for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.rendering.legible import on_one_line
from retrieval.evaluation import METRICS


def render_evaluation(report: Mapping[str, Any]) -> RenderableType:
    """Metrics by type and in all, latencies, and the questions that fell short."""
    metrics = [name for name in METRICS if name in report]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("题型", overflow="fold")
    for name in ("n", *metrics):
        table.add_column(name, justify="right", overflow="fold")
    for name, figures in [*report["by_type"].items(), ("全部", report)]:
        table.add_row(
            on_one_line(name) or "（无）", str(figures["n"]), *(share(figures[metric]) for metric in metrics)
        )
    latency = report["latency_ms"]
    lines = Text(f"\n用时 p50 {latency['p50']} 毫秒，p95 {latency['p95']} 毫秒\n")
    for each in report["misses"]:
        failed = "，".join(each["failed"]) if "failed" in each else f"名次 {each['rank'] or '五名以外'}"
        lines.append("\n").append(miss(each, failed))
    return Group(table, lines)


def miss(each: Mapping[str, Any], failed: str) -> Text:
    """A question that fell short on one line: its id, what failed, the question."""
    name, question = on_one_line(str(each["id"])), on_one_line(each["question"])
    return Text.assemble((f"{name}  ", "bold"), (f"{failed}  ", "yellow"), question)


def share(value: float | None) -> str:
    """A share to three decimals, a dash for none."""
    return "–" if value is None else f"{value:.3f}"
