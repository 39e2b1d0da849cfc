"""An element tree as text: blocks are lines, table rows are lines, inline tags leave no trace."""

from __future__ import annotations

import re
from typing import Any

from ingest.loaders.tables import Reached, is_layout, table_lines

INLINE = frozenset((
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font",
    "i", "ins", "kbd", "label", "mark", "nobr", "o:p", "q", "rp", "rt", "ruby", "s", "samp",
    "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "img",
    "data",
))  # fmt: skip
# Ruby annotations and their brackets are not the author's text; deleted text is not in force.
SILENT = frozenset(["script", "style", "noscript", "template", "rt", "rp", "head", "title", "del", "strike"])
CELLS = frozenset(("td", "th"))
_SPAN_MAX = 64

_SPACE = re.compile(r"[ \t\r\n\f\v\xa0]+")
# Without the ideographic space: a run of them with line ends would be tried from each one anew.
_CJK = r"[\u2e80-\u2fff\u3001-\u9fff\uf900-\ufaff\uff00-\uffef“”‘’]"
_SOURCE_WRAP = re.compile(rf"(?<={_CJK})[ \t]*[\r\n]\s*(?={_CJK})")


class _Lines:
    """Lines under construction: pieces of inline text wait until a block boundary ends the line."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self._pieces: list[str] = []

    def add(self, piece: str | None, *, preformatted: bool = False) -> None:
        if not piece:
            return
        if not preformatted:
            self._pieces.append(piece)
            return
        first, *others = piece.split("\n")
        self._pieces.append(first)
        for line in others:
            self.end_line()
            self._pieces.append(line)

    def end_line(self) -> None:
        line = flatten("".join(self._pieces))
        self._pieces.clear()
        if line:
            self.done.append(line)


def flatten(text: str) -> str:
    """One line of a paragraph's source: white space is one space, a wrap between characters is none."""
    return _SPACE.sub(" ", _SOURCE_WRAP.sub("", text)).strip(" \u3000\u200b\ufeff")


def page_text(tree: Any) -> str:
    """The text of everything below ``tree`` in document order, lines joined by ``\\n``."""
    lines = _Lines()
    data_tables = {table: _rows(table) for table in tree.iter("table") if _is_data_table(table)}
    _walk(tree, lines, data_tables)
    return "\n".join(lines.done)


def _walk(tree: Any, lines: _Lines, data_tables: dict[Any, list[list[str]]]) -> None:
    """Depth first with a stack of its own, since pages may nest deeper than Python recurses."""
    stack: list[tuple[Any, bool]] = [(tree, False)]
    while stack:
        element, closing = stack.pop()
        tag = element.tag if isinstance(element.tag, str) else ""
        if closing:
            _close(element, tag, lines)
            continue
        _open(tag, lines)
        if element in data_tables:
            lines.done.extend(table_lines(data_tables[element], _head_rows(element)))
        elif tag and tag not in SILENT:
            lines.add(element.text, preformatted=_is_preformatted(element))
            stack.append((element, True))
            stack.extend((child, False) for child in reversed(element))
            continue
        _close(element, tag, lines)


def _open(tag: str, lines: _Lines) -> None:
    if tag and tag not in INLINE:
        lines.end_line()


def _close(element: Any, tag: str, lines: _Lines) -> None:
    if tag and tag not in INLINE:
        lines.end_line()
    parent = element.getparent()
    if parent is not None:
        lines.add(element.tail, preformatted=_is_preformatted(parent))


def _is_preformatted(element: Any) -> bool:
    return element.tag in ("pre", "textarea", "xmp")


def _is_data_table(table: Any) -> bool:
    """Whether a table shows data: rows, columns, short cells, no table inside; not the page's layout."""
    if any(inner is not table for inner in table.iter("table")):
        return False
    rows = _rows(table)
    return len(rows) >= 2 and not is_layout(rows)


def _rows(table: Any) -> list[list[str]]:
    """Cell texts by row; a cell that spans rows or columns is filled in where it reaches."""
    found: list[list[str]] = []
    reaching: dict[int, tuple[int, str]] = {}
    for element in table.iter("tr"):
        row: list[str] = []
        for cell in (child for child in element if child.tag in CELLS):
            _fill(row, reaching)
            text, wide, deep = _cell_text(cell), _span(cell, "colspan"), _span(cell, "rowspan")
            texts = [text, *[Reached(text)] * (wide - 1)]
            reaching |= {column: (deep, each) for column, each in enumerate(texts, len(row))}
            row += texts
        _fill(row, reaching)
        found.append(row)
        reaching = {column: (deep - 1, text) for column, (deep, text) in reaching.items() if deep > 1}
    return found


def _head_rows(table: Any) -> int:
    """How many rows at the top the page itself calls the head."""
    count = 0
    for row in table.iter("tr"):
        cells = [cell for cell in row if cell.tag in CELLS]
        if row.getparent().tag != "thead" and not (len(cells) > 1 and all(c.tag == "th" for c in cells)):
            break
        count += 1
    return count


def _fill(row: list[str], reaching: dict[int, tuple[int, str]]) -> None:
    """Into the next columns what cells of the rows above reach down to."""
    while len(row) in reaching:
        row.append(reaching[len(row)][1])


def _span(cell: Any, name: str) -> int:
    value = str(cell.get(name, "")).strip()
    return max(1, min(int(value), _SPAN_MAX)) if value.isascii() and value.isdigit() else 1


def _cell_text(cell: Any) -> str:
    lines = _Lines()
    _walk_cell(cell, lines)
    return " ".join(lines.done)


def _walk_cell(cell: Any, lines: _Lines) -> None:
    lines.add(cell.text)
    for child in cell:
        _walk(child, lines, {})
    lines.end_line()
