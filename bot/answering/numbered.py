"""What a name that counts stands for: the three of 三个“新”, the three pairs of “三抓三促”.

Documents often give such a name in one place and what it counts in others, in members of one form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.answering.drafts import Draft, Piece, Source, Wanted
from bot.answering.fitness import shares

_PAIRED = re.compile(r"(?P<count>\d)(?P<first>[\u4e00-\u9fff])(?P=count)(?P<second>[\u4e00-\u9fff])")
# How far from the name the sentence may stand that has what it counts.
_BESIDE_CHARS = 150
_SPELT_OUT = 1.2


def numbered_drafts(wanted: Wanted, sources: Sequence[Source]) -> Iterator[Draft]:
    """The members of a counting name, from each source that gives the name and has just so many of them."""
    for source in sources:
        if wanted.asked.shared:
            spans = _beside_the_name(wanted, source)
        else:
            spans = [span for name in wanted.asked.quoted for span in _pairs(name, source)]
        if spans:
            pieces = tuple(Piece(source.passage, *span) for span in spans)
            mark = _SPELT_OUT + source.preference + 0.3 * source.score
            yield Draft(source.passage, pieces, mark, is_spelt_out=True)


def _beside_the_name(wanted: Wanted, source: Source) -> list[tuple[int, int]]:
    """The sentence next to 3个“新” that has three words with 新."""
    view, word, count = source.view, wanted.asked.shared, wanted.asked.count
    for unit in view.within(source.passage.start, source.passage.end):
        around = view.key(max(0, unit.start - _BESIDE_CHARS), unit.end + _BESIDE_CHARS)
        if f"{count}个“{word}”" in around and shares(view.key(unit.start, unit.end), word, count):
            return [(unit.start, unit.end)]
    return []


def _pairs(name: str, source: Source) -> list[tuple[int, int]]:
    """The pairs that 3抓3促 counts, as 抓学习，促管理, where just so many sentences open with one."""
    paired = _PAIRED.fullmatch(name)
    if paired is None or name not in source.view.key(source.passage.start, source.passage.end):
        return []
    pair = re.compile(
        rf"(?:(?<=[。！？!?；;”\n])|^)\s*(?P<pair>{paired['first']}[\u4e00-\u9fff]{{1,6}}[,，、]?"
        rf"{paired['second']}[\u4e00-\u9fff]{{1,8}}(?:“[^”\n]{{1,12}}”)?)",
        re.MULTILINE,
    )
    spans = [match.span("pair") for match in pair.finditer(source.view.text)]
    return spans if len(spans) == int(paired["count"]) else []
