"""The trial of a new version as a table for the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.rendering.evaluation import miss, share
from bot.trial import Verdict
from retrieval.evaluation import METRICS


def render_verdict(verdict: Verdict) -> RenderableType:
    """The metrics before and after, those that fell marked, then the questions that broke."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("指标", "现在的版本", "新的版本", ""):
        table.add_column(name, justify="left" if name in ("指标", "") else "right")
    fallen = {each.metric: each.pinned for each in verdict.fallen}
    for name in METRICS:
        note = Text(f"变差，底线 {fallen[name]:.3f}", "red") if name in fallen else Text("")
        table.add_row(name, share(verdict.before.get(name)), share(verdict.after[name]), note)
    lines = Text()
    for each in verdict.broken:
        lines.append("\n").append(miss(each, "，".join(each["failed"])))
    return Group(Text(), table, *([lines] if verdict.broken else []))
