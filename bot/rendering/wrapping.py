"""Breaking Chinese text into lines by cells: a Chinese character takes two of a terminal's columns."""

from __future__ import annotations

import re

from rich.cells import cell_len

# A line may not begin with the first, nor end with the second: 避头尾.
_NOT_FIRST = frozenset("，。、；：？！）》〉」』】〕”’…,.;:?!)]}%％·")
_NOT_LAST = frozenset("（《〈「『【〔“‘([{")
# What stays on one line where it fits: a mark such as 〔12〕, a Latin word or a number, else one character.
_ATOM = re.compile(r"〔\d+〕|[A-Za-z0-9][\w+./%-]*|\s+|.", re.ASCII | re.DOTALL)
_ELLIPSIS = "…"


def wrap_cells(text: str, width: int) -> list[str]:
    """The text in lines of at most ``width`` columns (at least 4); line breaks of the text are kept.

    Nothing but white space at a break is lost. Punctuation does not begin a line and an opening bracket
    does not end one, unless a run of them fills the whole line.
    """
    width = max(width, 4)
    return [line for paragraph in text.split("\n") for line in _wrap_paragraph(paragraph, width)]


def _wrap_paragraph(paragraph: str, width: int) -> list[str]:
    lines: list[str] = []
    line: list[str] = []
    used = 0
    for atom in _atoms(paragraph, width):
        size = cell_len(atom)
        if used + size > width and line:
            carried = _carried(line, atom)
            lines.append("".join(line).rstrip())
            line, used = carried, sum(map(cell_len, carried))
            if not line and atom.isspace():
                continue
        line.append(atom)
        used += size
    lines.append("".join(line).rstrip())
    return lines


def _atoms(paragraph: str, width: int) -> list[str]:
    """The unbreakable pieces; one that is wider than a line is broken into characters after all."""
    pieces: list[str] = []
    for match in _ATOM.finditer(paragraph):
        pieces += [match[0]] if cell_len(match[0]) <= width else list(match[0])
    return pieces


def _carried(line: list[str], following: str) -> list[str]:
    """Takes off the end of ``line`` what must stand on the next one together with ``following``."""
    cut = len(line)
    while cut > 0 and (line[cut - 1] in _NOT_LAST or not _may_begin([*line, following][cut])):
        cut -= 1
    # Most of a line would move down: better a mark out of place than a ragged page.
    if cut <= len(line) // 2:
        return []
    carried = line[cut:]
    del line[cut:]
    return carried


def _may_begin(atom: str) -> bool:
    # A mark such as 〔1〕 belongs to the words before it.
    return atom[0] not in _NOT_FIRST and not (len(atom) > 1 and atom[0] == "〔")


def shorten(text: str, limit: int) -> str:
    """The text on one line, its middle replaced by … where it has more than ``limit`` characters."""
    flat = " ".join(text.split())
    if len(flat) <= limit:
        return flat
    tail = limit // 3
    return flat[: limit - tail - 1].rstrip() + _ELLIPSIS + flat[-tail:].lstrip()
