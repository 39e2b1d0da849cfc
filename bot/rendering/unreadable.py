"""Files that could not be read: a line each that fits a narrow terminal, and each remedy once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import PurePosixPath

from rich.cells import cell_len

from bot.rendering.legible import on_one_line
from ingest.plan import DocumentChange

# Eighty columns less the word before the line.
LINE_CELLS = 74


def unreadable_lines(documents: Sequence[DocumentChange]) -> Iterator[tuple[str, str]]:
    """A line for each document and, behind the last that it helps, the remedy; empty for the others."""
    told = [(on_one_line(each.source), *_parted(each)) for each in documents]
    for remedy, group in groupby(sorted(told, key=lambda each: each[2]), key=lambda each: each[2]):
        lines = [_line(source, why) for source, why, _ in group]
        yield from ((line, "") for line in lines[:-1])
        yield lines[-1], remedy


def _parted(change: DocumentChange) -> tuple[str, str]:
    """Why a document could not be read, without its name, and what helps."""
    why, _, remedy = on_one_line(change.reason).partition("。")
    return why.replace(f"“{PurePosixPath(change.source).name}”", "").strip(), remedy


def _line(source: str, why: str) -> str:
    """Both within the columns; a long path loses its beginning, a long reason its end."""
    room = LINE_CELLS - 2 - min(cell_len(why), LINE_CELLS // 2)
    if cell_len(source) > room:
        while cell_len(source) > room - 1:
            source = source[1:]
        source = f"…{source}"
    line = f"{source}：{why}"
    if cell_len(line) <= LINE_CELLS:
        return line
    while cell_len(line) > LINE_CELLS - 1:
        line = line[:-1]
    return f"{line}…"
