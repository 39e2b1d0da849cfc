"""Text from anywhere in the form in which a terminal, a log or a page may show it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from retrieval.invisible import INVISIBLE, LINE_END, replace_invisible, without_invisible

_SURROGATE = re.compile("[\ud800-\udfff]")
_NOT_IN_JSON = re.compile(
    f"[{INVISIBLE.pattern[1:-1]}\x85\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}\ud800-\udfff]"
)


def printable(text: str) -> str:
    """The text without the characters that could steer a terminal or turn its lines around.

    Line ends are line feeds, tabs spaces; bytes of a file name that are no text are �.
    """
    unified = LINE_END.sub("\n", text).replace("\t", " ")
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", without_invisible(unified))


def on_one_line(text: str) -> str:
    """``printable`` text without line breaks, by which a title or a file name could forge a line of ours."""
    return " ".join(printable(text).split("\n"))


def visible(text: str) -> str:
    """The text with characters that nobody sees written as their code points, such as ⟨U+200B⟩.

    Those that shape what stands around them, as in emoji of several, are seen well enough.
    """
    named = replace_invisible(text, _name)
    return "".join(c if c == "\n" or c.isprintable() or INVISIBLE.match(c) else _name(c) for c in named)


def _name(c: str) -> str:
    # White space of every kind shows well enough as it is, apart from line separators.
    if unicodedata.category(c) == "Zs":
        return c
    return f"⟨U+{ord(c):04X}⟩"


def json_text(
    document: Any, *, indent: int | None = None, default: Callable[[Any], Any] | None = None
) -> str:
    """The document as JSON, Chinese as it is, what nobody sees escaped; the value is the same."""
    written = json.dumps(document, ensure_ascii=False, indent=indent, default=default)
    # Outside of its strings JSON holds none of them; what json.dumps writes for one is its escape in quotes.
    return _NOT_IN_JSON.sub(lambda found: json.dumps(found[0])[1:-1], written)
