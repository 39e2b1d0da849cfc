"""A cleaned document beside its raw text, every edit coloured and named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.rendering.legible import visible
from bot.reporting.alignment import Block, blocks
from ingest.records import CleanedDocument, Edit

_REMOVED = "red"
_ADDED = "green"
_FAINT = "dim"


def render_diff(cleaned: CleanedDocument, *, with_marks: bool) -> RenderableType:
    """Raw text on the left, cleaned text on the right; stretches without edits are only counted.

    ``with_marks`` brackets what was removed and added, for where there are no colours.
    """
    parts: list[RenderableType] = []
    for is_edited, group in groupby(blocks(cleaned.raw, cleaned.edits), key=lambda block: bool(block.edits)):
        found = list(group)
        if is_edited:
            is_first = not any(isinstance(part, Table) for part in parts)
            parts.append(_table(cleaned.raw, found, with_marks, is_first=is_first))
        else:
            parts.append(Text(f"… {len(found)} 行没有改动 …", style=_FAINT))
    return Group(*parts, Text(_summary(cleaned.edits)))


def _table(raw: str, found: Sequence[Block], with_marks: bool, *, is_first: bool) -> Table:
    table = Table(expand=True, show_edge=False, show_lines=True, show_header=is_first)
    table.add_column("原文", ratio=1, overflow="fold")
    table.add_column("清洗后", ratio=1, overflow="fold")
    for block in found:
        before, after = _sides(raw, block, with_marks)
        names = Counter(edit.step for edit in block.edits)
        steps = "，".join(f"{name}×{count}" if count > 1 else name for name, count in names.items())
        table.add_row(before, Text("\n").join([after, Text(f"‹{steps}›", style=_FAINT)]))
    return table


def _sides(raw: str, block: Block, with_marks: bool) -> tuple[Text, Text]:
    before, after = Text(), Text()
    at = block.start
    for edit in block.edits:
        kept = visible(raw[at : edit.start])
        before.append(kept)
        after.append(kept)
        if edit.before:
            before.append(f"[-{visible(edit.before)}-]" if with_marks else visible(edit.before), _REMOVED)
        if edit.after:
            after.append(f"{{+{visible(edit.after)}+}}" if with_marks else visible(edit.after), _ADDED)
        at = edit.end
    tail = visible(raw[at : block.end]).rstrip("\n")
    before.append(tail)
    after.append(tail)
    before.rstrip()
    after.rstrip()
    return before, after


def _summary(edits: Sequence[Edit]) -> str:
    names = Counter(name for edit in edits for name in edit.step.split("+"))
    steps = "，".join(f"{name} {count}" for name, count in names.most_common())
    return f"共 {len(edits)} 处改动：{steps}" if edits else "没有改动。"
