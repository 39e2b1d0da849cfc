"""Unanswered questions for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from bot.answering.gaps import Gap
from bot.rendering.legible import on_one_line
from bot.rendering.wrapping import wrap_cells


def render_gaps(gaps: Sequence[Gap], *, width: int) -> Text:
    """Each question with how often and when it was asked, and the documents nearest to it."""
    if not gaps:
        return Text("没有记录：还没有问题答不出来，或记录已清空。")
    lines = Text()
    for gap in gaps:
        head, *more = wrap_cells(on_one_line(gap.question), width - 8)
        lines.append(f"{gap.count:>4} 次  {head}\n", "bold")
        lines.append("".join(f"         {line}\n" for line in more), "bold")
        nearest = "、".join(f"《{title}》" for title in gap.nearest)
        details = f"最近 {gap.last_at[:16].replace('T', ' ')} UTC  {gap.index_version}"
        for text in (details, f"最接近：{nearest}" if nearest else ""):
            lines.append(
                "".join(f"         {line}\n" for line in wrap_cells(on_one_line(text), width - 9) if line),
                "dim",
            )
    lines.rstrip()
    return lines
