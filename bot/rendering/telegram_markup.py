"""A Telegram message as data: its HTML, the same words as plain text, and its buttons."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from bot.rendering.telegram_split import utf16_length

Tag = Literal["", "b", "i", "blockquote", "blockquote expandable"]

ENTITIES = 100
"""How many formatted runs Telegram keeps in one message."""

_LINE_ENDS = re.compile(r"\r\n?|[\x85\u2028\u2029]")
# Left, right and override marks would let a document turn the words around it.
_DIRECTIONS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
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
    """The text as Telegram can carry it: without lone surrogates, control and direction characters.

    Line ends become line feeds. Joiners stay, because emoji are made of them.
    """
    unified = _LINE_ENDS.sub("\n", text)
    return "".join(c for c in unified if c in "\n\t" or not _is_hidden(c))


def _is_hidden(character: str) -> bool:
    return character in _DIRECTIONS or unicodedata.category(character) in ("Cc", "Cs")


def make_part(runs: Iterable[Run], *, body: str = "", numbers: tuple[int, ...] = ()) -> MessagePart:
    """A message of these runs, without the white space around it, which Telegram would cut off as well."""
    kept = _stripped([run for run in runs if run.text])
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
