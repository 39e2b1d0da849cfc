"""Lines of printed pages that go on in the next one: what an office program broke at the right margin."""

from __future__ import annotations

import re
from collections.abc import Sequence

_WIDTH_MIN = 48
_SLACK = 5
_FULL_MIN = 2
_ENDED_SHARE = 0.25
_ENDS = re.compile("[。！？!?；;：:][”’」』）)】》]*$")
_OPENS = re.compile(
    r"[（(]?[一二三四五六七八九十百\d]{1,4}[、.．)）]|第[一二三四五六七八九十百零〇\d]{1,5}[编章节条款]|[①-⑳•●■◆]|附件|[—-]{2}"
)


def join_wrapped(lines: Sequence[str]) -> list[str]:
    """Lines with those made one that were broken at the right margin, as far as this is certain.

    A line goes on where it reaches the margin, ends no sentence, and the next one is neither indented nor
    begins an item. The margin is where two lines or more end inside a sentence, the longest of all; verse,
    tables and title pages have none.
    """
    margin = _margin(lines)
    if not margin:
        return list(lines)
    joined: list[str] = []
    is_open = False
    for line in lines:
        goes_on = is_open and line.strip() and line[0] not in " \t　" and not _OPENS.match(line)
        if goes_on:
            joined[-1] = joined[-1].rstrip() + _seam(joined[-1].rstrip(), line) + line
        else:
            joined.append(line)
        is_open = _columns(line) >= margin - _SLACK and not _ENDS.search(line.rstrip())
    return joined


def _margin(lines: Sequence[str]) -> int:
    """The width in columns that lines were broken at; 0 where they were not."""
    widths = sorted(_columns(line) for line in lines if line.strip())
    if not widths or widths[-1] < _WIDTH_MIN:
        return 0
    full = [line for line in lines if _columns(line) >= widths[-1] - _SLACK]
    broken = [line for line in full if not _ENDS.search(line.rstrip())]
    # Prose comes to an end of its sentences; a list of equal lines does not.
    ended = sum(bool(_ENDS.search(line.rstrip())) for line in lines)
    return widths[-1] if len(broken) >= _FULL_MIN and _ENDED_SHARE * len(broken) <= ended else 0


def _columns(line: str) -> int:
    text = line.strip()
    return len(text) + sum(char > "\u2e7f" for char in text) + (len(line) - len(line.lstrip())) * 2


def _seam(before: str, after: str) -> str:
    is_word = before[-1:].isascii() and after[:1].isascii() and before[-1:].isalnum() and after[:1].isalnum()
    return " " if is_word else ""
