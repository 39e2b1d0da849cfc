"""Lines with their offsets, and the simplest questions about them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from ingest.cleaning.trace import Replacement

_SENTENCE_END = re.compile("[。！？!?；;…][”’」』）)》】]*$")


class Line(NamedTuple):
    """``[start, end)`` with its line break; ``text`` is stripped and begins at ``text_start``."""

    start: int
    end: int
    text: str
    text_start: int

    @property
    def text_end(self) -> int:
        """Where the stripped text ends."""
        return self.text_start + len(self.text)


@lru_cache(maxsize=1)
def lines_of(text: str) -> tuple[Line, ...]:
    """All lines of ``text`` in order; only ``\\n`` ends a line.

    The lines of the last text are kept: many steps ask for them before one of them changes it.
    """
    found = []
    start = 0
    for part in text.split("\n"):
        end = min(start + len(part) + 1, len(text))
        indent = len(part) - len(part.lstrip())
        found.append(Line(start, end, part.strip(), start + indent))
        start = end
    return tuple(found)


def removed(lines: Iterable[Line]) -> list[Replacement]:
    """Replacements that take whole lines away."""
    return [Replacement(line.start, line.end, "") for line in lines if line.start < line.end]


def ends_sentence(line: str) -> bool:
    """Whether the line closes a sentence or an item of a list."""
    return _SENTENCE_END.search(line[-12:]) is not None
