"""A cleaned document beside its raw text, every edit coloured and named."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ingest.records import CleanedDocument, Edit

_REMOVED = "red"
_ADDED = "green"
_FAINT = "dim"


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines ``[start, end)`` of the raw text and the edits within them; no edit crosses its bounds."""

    start: int
    end: int
    edits: tuple[Edit, ...]


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


def blocks(raw: str, edits: Sequence[Edit]) -> Iterator[Block]:
    """The raw text in blocks, in order and without gaps: single lines, more where an edit joins them."""
    rest = list(reversed(edits))
    start = 0
    while start < len(raw) or rest:
        end = _line_end(raw, start)
        held: list[Edit] = []
        while rest and (rest[-1].start < end or end == len(raw)):
            held.append(rest.pop())
            if held[-1].end > end:
                end = _line_end(raw, held[-1].end - 1)
        yield Block(start, end, tuple(held))
        start = end


def _line_end(raw: str, at: int) -> int:
    newline = raw.find("\n", at)
    return len(raw) if newline < 0 else newline + 1


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


def visible(text: str) -> str:
    """The text with invisible characters written as their code points, such as ⟨U+200B⟩."""
    return "".join(c if c == "\n" or c.isprintable() else _name(c) for c in text)


def _name(c: str) -> str:
    # White space of every kind shows well enough as it is, apart from line separators.
    if unicodedata.category(c) == "Zs":
        return c
    return f"⟨U+{ord(c):04X}⟩"


def _summary(edits: Sequence[Edit]) -> str:
    names = Counter(name for edit in edits for name in edit.step.split("+"))
    steps = "，".join(f"{name} {count}" for name, count in names.most_common())
    return f"共 {len(edits)} 处改动：{steps}" if edits else "没有改动。"
