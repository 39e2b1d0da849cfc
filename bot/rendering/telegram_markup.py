"""A Telegram message as data: its HTML, the same words as plain text, and its buttons."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from bot.rendering.telegram_split import utf16_length
from retrieval.invisible import LINE_END, without_invisible

Tag = Literal["", "b", "i", "blockquote", "blockquote expandable"]

ENTITIES = 100
"""How many formatted runs Telegram keeps in one message."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_LABEL_CHARS = 28


@dataclass(frozen=True, slots=True)
class Run:
    """Words in one style; tags do not nest."""

    text: str
    tag: Tag = ""


@dataclass(frozen=True, slots=True)
class Button:
    """A button: ``data`` comes back when it is pressed; or ``inline_query`` opens this bot's inline mode."""

    label: str
    data: str = ""
    inline_query: str | None = None


Keyboard = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class MessagePart:
    """One message: ``html`` parses to exactly ``plain``, which is what is sent where parsing fails.

    ``body`` is this part's share of the whole text, with the white space around it: the bodies of all parts
    put together give the whole. ``numbers`` are the citations whose sources this part names.
    """

    html: str
    plain: str
    body: str = ""
    numbers: tuple[int, ...] = ()
    keyboard: Keyboard = ()

    @property
    def utf16_length(self) -> int:
        """The length that Telegram limits: after parsing, in UTF-16 units."""
        return utf16_length(self.plain)


def displayable(text: str) -> str:
    """The text as Telegram can carry it: without lone surrogates and characters that nobody sees.

    Marks of direction would let a document turn the words around it. Line ends become line feeds. Joiners
    stay where emoji are made of them.
    """
    return _SURROGATE.sub("", without_invisible(LINE_END.sub("\n", text)))


def make_part(runs: Iterable[Run], *, body: str = "", numbers: tuple[int, ...] = ()) -> MessagePart:
    """A message of these runs, ``displayable``, without the white space around it that Telegram would cut."""
    legible = [replace(run, text=displayable(run.text)) for run in runs]
    kept = _stripped([run for run in legible if run.text])
    return MessagePart(
        html="".join(_marked_up(run) for run in kept),
        plain="".join(run.text for run in kept),
        body=body,
        numbers=numbers,
    )


def with_keyboard(parts: Iterable[MessagePart], keyboard: Keyboard) -> tuple[MessagePart, ...]:
    """The parts, the last of them with this keyboard."""
    *rest, last = parts
    return (*rest, replace(last, keyboard=keyboard))


def make_label(text: str) -> str:
    """The text short enough for a button, on one line."""
    flat = " ".join(displayable(text).split())
    return flat if len(flat) <= _LABEL_CHARS else flat[: _LABEL_CHARS - 1] + "…"


def _stripped(runs: list[Run]) -> list[Run]:
    while runs and not runs[0].text.strip():
        del runs[0]
    while runs and not runs[-1].text.strip():
        del runs[-1]
    if runs:
        runs[0] = replace(runs[0], text=runs[0].text.lstrip())
        runs[-1] = replace(runs[-1], text=runs[-1].text.rstrip())
    return runs


def _marked_up(run: Run) -> str:
    escaped = html.escape(run.text, quote=False)
    return f"<{run.tag}>{escaped}</{run.tag.split()[0]}>" if run.tag else escaped
