"""The units of a document: what an answer points at. Sentences of prose, items, paragraphs of clauses, rows.

Every unit is a stretch of the text; units are in order and disjoint, and nothing but white space is left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from ingest.rows import is_row
from ingest.structure import Node, heading_of, parse
from retrieval.reading.records import Unit, UnitKind
from retrieval.sentences import split_lines, split_segments, split_sentences

WHOLE_CHARS = 180
"""An item or a paragraph of a clause up to this length is one unit; a longer one is cut at its sentences."""
_SENTENCE_CHARS = 400


def cut_units(text: str, tree: Node | None = None) -> list[Unit]:
    """The units of a cleaned document, in order; ``tree`` is its structure where that is at hand."""
    return list(_units(text, tree or parse(text), ()))


def _units(text: str, node: Node, path: tuple[str, ...]) -> Iterator[Unit]:
    """What stands before, between and behind a node's children belongs to the node itself."""
    position = node.start
    named = node.kind in {"section", "clause"} or node.heading_end > node.start
    below = (*path, heading_of(text, node)) if named else path
    if node.heading_end > node.start:
        yield from _whole(text, node.start, node.heading_end, "heading", path)
        position = node.heading_end
    for child in node.children:
        yield from _running_text(text, position, child.start, node, below)
        yield from _units(text, child, below)
        position = child.end
    yield from _running_text(text, position, node.end, node, below)


def _running_text(text: str, start: int, end: int, node: Node, path: tuple[str, ...]) -> Iterator[Unit]:
    kind = _KIND.get(node.kind, "sentence")
    for line_start, line_end in split_lines(text, start, end):
        if is_row(text, line_start, line_end):
            yield Unit(line_start, line_end, "row", path)
        elif kind != "sentence" and line_end - line_start <= WHOLE_CHARS:
            yield Unit(line_start, line_end, kind, path)
        else:
            yield from _sentences(text, line_start, line_end, kind, path)


_KIND: dict[str, UnitKind] = {"clause": "paragraph", "item": "item"}


def _sentences(text: str, start: int, end: int, kind: UnitKind, path: tuple[str, ...]) -> Iterator[Unit]:
    for sentence in split_sentences(text, start, end):
        long = sentence[1] - sentence[0] > _SENTENCE_CHARS
        for span in split_segments(text, *sentence) if long else [sentence]:
            yield Unit(*span, kind, path)


def _whole(text: str, start: int, end: int, kind: UnitKind, path: tuple[str, ...]) -> Iterator[Unit]:
    for span in split_lines(text, start, end):
        yield Unit(*span, kind, path)
