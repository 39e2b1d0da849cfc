"""Two texts clause by clause for the terminal: what differs, with the words that changed marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from bot.change_words import CHANGE_WORDS, grouped, heading, places, run_name, summary, wording
from bot.rendering.legible import on_one_line, printable
from bot.rendering.wrapping import wrap_cells
from ingest.comparing import ClausePair, Comparison
from ingest.comparing.wording import stretches

_STYLES = {"changed": "yellow", "moved": "cyan", "new": "green", "gone": "red"}
_REMOVED, _ADDED, _FAINT = "red strike", "green", "dim"
_INDENT = "  旧 "
# So much of what has not changed stands on either side of a change.
_CONTEXT_CHARS = 24
# (text, style)
Piece = tuple[str, str]


def render_comparison(found: Comparison, *, width: int, with_marks: bool) -> RenderableType:
    """What differs, in the order of the new text, then the sum in one sentence.

    ``with_marks`` brackets what was removed and added, for where there are no colours.
    """
    lines: list[Text] = []
    moved = places(found.pairs)
    for is_same, run in grouped(found.pairs):
        if is_same:
            lines.append(Text(f"…… {run_name(run)} ……", _FAINT))
        else:
            for pair in run:
                lines += _lines(pair, moved.get(pair, ""), width, with_marks)
    return Group(*lines, Text(), Text(summary(found)))


def _lines(pair: ClausePair, place: str, width: int, with_marks: bool) -> Iterator[Text]:
    title = Text(CHANGE_WORDS[pair.change], f"bold {_STYLES.get(pair.change, 'magenta')}")
    yield title.append(f"  {on_one_line(heading(pair))}{f'，{on_one_line(place)}' if place else ''}", "bold")
    old, new = (wording(side) for side in (pair.old, pair.new))
    if pair.change == "moved":
        yield from _side("文", [(old, "")], width)
        return
    before, after = _marked(old, new, with_marks)
    if pair.old:
        yield from _side("旧", before, width)
    if pair.new:
        yield from _side("新", after, width)


def _marked(old: str, new: str, with_marks: bool) -> tuple[list[Piece], list[Piece]]:
    if not old or not new:
        return [(old, "")], [(new, "")]
    before: list[Piece] = []
    after: list[Piece] = []
    found = stretches(old, new)
    for at, each in enumerate(found):
        if each.is_same:
            ends = {"has_left": at > 0, "has_right": at < len(found) - 1}
            before.append((_shortened(each.old, **ends), ""))
            after.append((_shortened(each.new, **ends), ""))
            continue
        if each.old:
            before += _change(each.old, "[-{}-]" if with_marks else "{}", _REMOVED)
        if each.new:
            after += _change(each.new, "{{+{}+}}" if with_marks else "{}", _ADDED)
    return before, after


def _change(text: str, form: str, style: str) -> list[Piece]:
    """What was removed or added, marked; a line break before it stays outside of the mark."""
    bare = text.lstrip()
    return [(text[: len(text) - len(bare)], ""), (form.format(bare), style)]


def _shortened(text: str, *, has_left: bool, has_right: bool) -> str:
    """Unchanged text, or of a long one the ends that touch a change."""
    head, tail = _CONTEXT_CHARS * has_left, _CONTEXT_CHARS * has_right
    if len(text) <= head + tail + _CONTEXT_CHARS:
        return text
    return f"{text[:head]}……{text[len(text) - tail :] if tail else ''}"


def _side(name: str, pieces: Sequence[Piece], width: int) -> Iterator[Text]:
    """One side in lines of the width, its styles kept."""
    shown = [(printable(text), style) for text, style in pieces]
    styles = [style for text, style in shown for _ in text]
    whole, at = "".join(text for text, _ in shown), 0
    for number, line in enumerate(wrap_cells(whole, width - len(_INDENT) - 1)):
        text = Text(f"  {name} " if not number else " " * (len(_INDENT) + 1))
        for character in line:
            # Only white space is lost at a break.
            at = whole.index(character, at)
            text.append(character, styles[at])
            at += 1
        yield text
