"""Where sentences begin and end in Chinese text, by offsets."""

from __future__ import annotations

import re

Span = tuple[int, int]

# A sentence ends at 。！？ with the closing marks behind them, or at the end of its line.
_SENTENCE = re.compile(r"[^。！？!?\n]*(?:[。！？!?]+[”’」』）)】》\"]*|\n|$)")
_SEGMENT = re.compile(r"[^。！？!?\n；;]*(?:[。！？!?；;]+[”’」』）)】》\"]*|\n|$)")


def _trimmed(text: str, start: int, end: int) -> Span | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if end > start else None


def _split(pattern: re.Pattern[str], text: str, start: int, end: int) -> list[Span]:
    spans = []
    for match in pattern.finditer(text, start, end):
        span = _trimmed(text, match.start(), match.end())
        if span:
            spans.append(span)
    return spans


def split_sentences(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """Spans of the sentences within ``[start, end)``, in order, without surrounding white space."""
    return _split(_SENTENCE, text, start, len(text) if end is None else end)


def split_segments(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """Like ``split_sentences``, cut at semicolons as well."""
    return _split(_SEGMENT, text, start, len(text) if end is None else end)


def split_lines(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """Spans of the non-blank lines within ``[start, end)``, trimmed."""
    end = len(text) if end is None else end
    spans = []
    while start < end:
        newline = text.find("\n", start, end)
        stop = end if newline < 0 else newline
        span = _trimmed(text, start, stop)
        if span:
            spans.append(span)
        start = stop + 1
    return spans
