"""Enumerators of Chinese documents: 第一章, 第三条, 一、, （二）, 3., 1.2, ①, 第一，, 一是, 首先, 比如."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrieval.normalise import numeral_value
from retrieval.sentences import Span, split_lines

_N = "[零〇一二三四五六七八九十百两]{1,5}"
# What follows the number of a clause, and no space between, where it is only spoken of: 第九条第二款,
# 第九条、第十条, 第九条之规定; and what may follow a real label where a text has no spaces behind its labels.
_CITED = r"例|件|款|第|之|[、，,和与及或至到~～—-]\s?第|所[称列指述规]|规定的"
_SPOKEN_OF = re.compile(
    r"规定|的|中|里|内|[前后]|修[改订正]|改为|删|关于|对|以[上下内外前后]|适用|施行|明确|要求|所"
)
# Family, rank (smaller stands higher), pattern. Ranks only decide who may interrupt whom.
_LINE_FAMILIES: tuple[tuple[str, int, str], ...] = (
    ("part", 0, rf"第\s?(?P<n>{_N}|\d{{1,3}})\s?[编篇部](?=[\s　]|分|[^\W_])"),
    ("chapter", 1, rf"第\s?(?P<n>{_N}|\d{{1,3}})\s?章(?!{_CITED})"),
    ("paragraph", 2, rf"第\s?(?P<n>{_N}|\d{{1,3}})\s?节(?!{_CITED})"),
    ("clause", 3, rf"第\s?(?P<n>{_N}|\d{{1,3}})\s?条(?:之{_N})?(?!{_CITED})"),
    ("han", 4, rf"(?P<n>{_N})[、.．]"),
    ("han-bracket", 5, rf"[（(](?P<n>{_N})[)）]"),
    ("decimal", 6, r"(?P<d>\d{1,2}(?:[.．]\d{1,2}){1,3})(?![\d%％])[、.．]?"),
    ("digit", 6, r"(?P<n>\d{1,3})(?:[、．]|\.(?!\d))"),
    ("digit-bracket", 7, r"[（(](?P<n>\d{1,2})[)）]"),
    ("digit-half-bracket", 7, r"(?P<n>\d{1,2})[)）]"),
    ("circle", 8, r"(?P<c>[①-⑳])"),
    (
        "bare",
        6,
        r"(?P<n>\d{1,2})(?=[\u4e00-\u9fff])(?![年月日个名位条人次届项万亿周岁后世余多时分秒种类家户所元级])",
    ),
)
_INLINE_FAMILIES: tuple[tuple[str, int, str], ...] = (
    ("ordinal", 9, r"第(?P<n>[一二三四五六七八九十]{1,2})(?=[,，、是:：])"),
    ("is", 10, r"(?P<n>[一二三四五六七八九十]{1,2})(?=[是要])"),
    ("first", 10, r"(?P<f>首先|其次|再次|最后|此外)"),
    ("its", 10, r"其(?P<n>[一二三四五六七八九])(?=[,，、是:：])"),
    ("example", 11, r"(?P<e>(?:再|还|又)比如|再如|又如|比如|例如)"),
    (
        "aspect",
        11,
        r"(?P<a>(?![一另这那各两几多其方有在从全])[\u4e00-\u9fff]{2,6}方面)(?=[,，:：])",
    ),
    ("side", 11, r"(?P<s>一方面|另一方面|第[二三四]方面)"),
)
_INLINE_LINE_KINDS = {"han", "han-bracket", "digit-bracket", "circle", "digit"}
NEXT = -1
"""The ordinal of an enumerator that only continues a list: 最后, 此外, 再比如, …方面."""
_FIRST = {"首先": 1, "其次": 2, "再次": 3, "最后": NEXT, "此外": NEXT}
_FIRST_EXAMPLE = {"比如", "例如"}
_SIDE = {"一方面": 1, "另一方面": 2, "第二方面": 2, "第三方面": 3, "第四方面": 4}

_MARKDOWN = re.compile(r"#{1,6}[ \t　]+")
_LINE = [(f, r, re.compile(p)) for f, r, p in _LINE_FAMILIES]
_INLINE = [(f, r, re.compile(p)) for f, r, p in _INLINE_FAMILIES]
_CLAUSE = next(pattern for family, _, pattern in _LINE if family == "clause")
# A clause inside a line, its text glued to that of the one before.
_INLINE_CLAUSE = re.compile(rf"{_CLAUSE.pattern}(?=[\s　])")
_INLINE_STRONG = [(f, r, p) for f, r, p in _LINE if f in _INLINE_LINE_KINDS]
# Inline enumerators follow a mark of punctuation; 一是 also follows a comma.
_BOUNDARY = re.compile(r"[。！？!?；;:：,，][”’」』）)]*\s*")
_SPACE_DECIMAL = re.compile(r"(?<=[\s　])(?P<d>\d{1,2}(?:\.\d{1,2}){0,3})(?=[\u4e00-\u9fff“])")

HEADING_MAX = 60
_HEADING_END = re.compile(r"[。；;！!？?：:，,、]$")


@dataclass(frozen=True, slots=True)
class Marker:
    """An enumerator: where it begins, where its label ends, its family, rank and ordinal.

    ``heading_end`` is the end of the heading that it opens, or ``label_end`` where it opens running text.
    ``beside_headings``: it opens a sentence in a list of headings. ``depth`` tells 1 from 1.1, whose
    ``parts`` are 1 and 1; ``ordinal`` is ``NEXT`` for 最后, 此外 and 再比如.
    """

    start: int
    label_end: int
    heading_end: int
    family: str
    rank: int
    ordinal: int
    depth: int = 1
    at_line: bool = True
    parts: tuple[int, ...] = ()
    beside_headings: bool = False

    @property
    def goes_with_headings(self) -> bool:
        """Whether it is a heading, or stands in a list of headings."""
        return self.is_heading or self.beside_headings

    @property
    def is_heading(self) -> bool:
        return self.heading_end > self.label_end


def _ordinal(match: re.Match[str]) -> tuple[int, int]:
    groups = match.groupdict()
    if groups.get("d"):
        parts = re.split("[.．]", groups["d"])
        return int(parts[-1]), len(parts)
    if groups.get("c"):
        return ord(groups["c"]) - ord("①") + 1, 1
    if groups.get("f"):
        return _FIRST[groups["f"]], 1
    if groups.get("e"):
        return (1 if groups["e"] in _FIRST_EXAMPLE else NEXT), 1
    if groups.get("a"):
        return NEXT, 1
    if groups.get("s"):
        return _SIDE[groups["s"]], 1
    n = groups["n"]
    return (int(n) if n.isdigit() else numeral_value(n)), 1


def is_heading_line(text: str, start: int, end: int) -> bool:
    """Whether a line reads as a heading: short, and without the stop that ends a sentence."""
    return 0 < end - start <= HEADING_MAX and not _HEADING_END.search(text, start, end)


def _line_marker(text: str, start: int, end: int) -> Marker | None:
    body = start
    hashes = _MARKDOWN.match(text, start, end)
    if hashes:
        body = hashes.end()
    for family, rank, pattern in _LINE:
        match = pattern.match(text, body, end)
        if match is None:
            continue
        ordinal, depth = _ordinal(match)
        heading = family != "clause" and is_heading_line(text, start, end)
        if family == "bare" and not heading:
            continue
        parts = tuple(map(int, re.split("[.．]", match["d"]))) if family == "decimal" else ()
        label = match.end()
        return Marker(start, label, end if heading else label, family, rank, ordinal, depth, parts=parts)
    return None


# A line of a table of contents: a heading, dots or a gap, and a page.
_PAGED = re.compile(r"(?:[.．。·•…‥]{2,}|[\s　]+|(?<=[^\d\s]))[\s　]*[(（]?\d{1,3}[)）]?\s*$")
_DOTTED = re.compile(r"[.．·•…‥]{4,}[\s　]*[(（]?\d{1,3}[)）]?\s*$")
_CONTENTS = re.compile(r"#{0,6}[\s　]*(?:目[\s　]*[录次]|contents)[\s　]*", re.I)


def _contents(text: str) -> frozenset[int]:
    """Where the lines of contents begin: below 目录 as long as pages end them, and all dotted ones."""
    found, is_below = set(), False
    for start, end in split_lines(text):
        line = text[start:end]
        is_below = bool(_CONTENTS.fullmatch(line)) or (is_below and bool(_PAGED.search(line)))
        if is_below or _DOTTED.search(line):
            found.add(start)
    return frozenset(found)


# A quotation longer than this has lost its closing mark.
_QUOTED_CHARS_MAX = 3_000
_QUOTATION = re.compile(rf"“[^“”]{{1,{_QUOTED_CHARS_MAX}}}”")


def _quoted(text: str) -> frozenset[int]:
    """Where the further lines of quotations begin: their numbers are not those of this document."""
    spans = [match.span() for match in _QUOTATION.finditer(text) if "\n" in match[0]]
    return frozenset(line for span in spans for line, _ in split_lines(text, *span) if line > span[0])


def _are_glued(text: str, lines: Sequence[Span]) -> bool:
    """Whether the labels of most clauses have no space behind them."""
    bodies = (
        (hashes.end() if (hashes := _MARKDOWN.match(text, *span)) else span[0], span[1]) for span in lines
    )
    ends = [label.end() for start, end in bodies if (label := _CLAUSE.match(text, start, end))]
    return 2 * sum(text[end : end + 1].isspace() for end in ends) < len(ends)


def _is_spoken_of(text: str, label: Marker, *, is_expected: bool) -> bool:
    """Whether a line begins with the number of a clause without being it: 第九条规定…, 第九条中….

    In a text without spaces behind its labels the number that ``is_expected`` next is a label.
    """
    return not is_expected and bool(_SPOKEN_OF.match(text, label.label_end))


def _inline_markers(text: str, start: int, end: int) -> Iterator[Marker]:
    for boundary in _BOUNDARY.finditer(text, start, end):
        at = boundary.end()
        strong = boundary[0][0] in "。！？!?；;:："
        clause = _INLINE_CLAUSE.match(text, at, end) if strong else None
        if clause and text.count("“", start, at) <= text.count("”", start, at):
            yield Marker(at, clause.end(), clause.end(), "clause", 3, _ordinal(clause)[0], at_line=False)
            continue
        families = [*_INLINE_STRONG, *_INLINE] if strong else _INLINE[1:]
        for family, rank, pattern in families:
            match = pattern.match(text, at, end)
            if match:
                ordinal, depth = _ordinal(match)
                yield Marker(at, match.end(), match.end(), family, rank, ordinal, depth, at_line=False)
                break


def _space_decimals(text: str, start: int, end: int) -> list[Marker]:
    """1 引言 … 1.1 标题 … inside one paragraph, where the numbers count up as a table of contents does."""
    found: list[Marker] = []
    previous: tuple[int, ...] = ()
    for match in _SPACE_DECIMAL.finditer(text, start, end):
        number = tuple(int(p) for p in match["d"].split("."))
        stop = text.find(" ", match.end(), min(end, match.end() + HEADING_MAX))
        if stop < 0 or not is_heading_line(text, match.start(), stop) or not _follows(previous, number):
            continue
        found.append(
            Marker(match.start(), match.end(), stop, "decimal", 6, number[-1], len(number), at_line=False)
        )
        previous = number
    return found if len(found) >= 3 else []


def _follows(previous: tuple[int, ...], number: tuple[int, ...]) -> bool:
    if not previous:
        return number in {(0,), (1,)}
    if len(number) == len(previous) + 1:
        return number[:-1] == previous and number[-1] == 1
    shared = number[:-1] == previous[: len(number) - 1]
    return len(number) <= len(previous) and shared and number[-1] == previous[len(number) - 1] + 1


def find_markers(text: str) -> list[Marker]:
    """Every enumerator of the text in order; which of them really count is for the tree to decide."""
    markers: list[Marker] = []
    contents = _contents(text)
    quoted = _quoted(text)
    lines = [span for span in split_lines(text) if span[0] not in contents and span[0] not in quoted]
    are_glued = _are_glued(text, lines)
    clause = 0
    for start, end in lines:
        line = _line_marker(text, start, end)
        if line and line.family == "clause":
            if _is_spoken_of(text, line, is_expected=are_glued and line.ordinal == clause + 1):
                line = None
            else:
                clause = line.ordinal
        if line:
            markers.append(line)
        else:
            inline_start = _leading_inline(text, start, end)
            markers += inline_start
        if not is_heading_line(text, start, end):
            markers += sorted(
                [*_inline_markers(text, start, end), *_space_decimals(text, start, end)],
                key=lambda m: m.start,
            )
    return markers


def _leading_inline(text: str, start: int, end: int) -> list[Marker]:
    for family, rank, pattern in _INLINE:
        match = pattern.match(text, start, end)
        if match:
            ordinal, depth = _ordinal(match)
            return [Marker(start, match.end(), match.end(), family, rank, ordinal, depth)]
    return []
