"""Automatic list numbers of a Word document, computed from ``numbering.xml`` as Word would print them."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MAX_LEVELS = 9
BULLET = "•"

_DIGITS = "〇一二三四五六七八九"
_LEGAL_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
          (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_COUNTING = frozenset((
    "chineseCounting", "chineseCountingThousand", "japaneseCounting", "taiwaneseCounting",
    "taiwaneseCountingThousand", "ideographDigital", "taiwaneseDigital",
    "japaneseDigitalTenThousand", "koreanCounting",
))  # fmt: skip
_LEGAL = frozenset(["chineseLegalSimplified", "ideographLegalTraditional", "japaneseLegal"])
_PLACEHOLDER = re.compile(r"%([1-9])")


@dataclass(frozen=True)
class Level:
    """One level of a list definition; ``pattern`` has ``%1`` … ``%9`` for the numbers of the levels.

    It begins anew below each of the first ``restart`` levels: below all above it as a rule, below none for
    articles that count on through the chapters.
    """

    format: str
    pattern: str
    start: int
    suffix: str
    is_legal: bool
    style: str
    restart: int = MAX_LEVELS


@dataclass
class Numbering:
    """The lists of one document and how far each has counted; ``label`` advances it by one paragraph."""

    lists: dict[str, tuple[str, dict[int, Level]]]
    restarts: dict[tuple[str, int], int]
    _counts: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    _seen: set[tuple[str, int]] = field(default_factory=set)

    def label(self, number_id: str, level: int) -> str:
        """The printed number with its separator, e.g. ``（三）`` or ``3. ``; empty for no list."""
        if number_id not in self.lists or level not in self.lists[number_id][1]:
            return ""
        abstract_id, levels = self.lists[number_id]
        counts = self._counts[abstract_id]
        self._restart(number_id, level, counts)
        counts[level] = counts.get(level, levels[level].start - 1) + 1
        for deeper in [key for key in counts if key > level and level < levels[key].restart]:
            del counts[deeper]
        return _printed(levels, level, counts)

    def level_of_style(self, number_id: str, style: str) -> str:
        """The level that a heading style is tied to in a list, as ``ilvl`` is written; ``0`` if to none."""
        levels = self.lists.get(number_id, ("", {}))[1]
        return next((str(index) for index, level in levels.items() if style and level.style == style), "0")

    def _restart(self, number_id: str, level: int, counts: dict[int, int]) -> None:
        """A list instance with a start of its own begins there, once."""
        key = (number_id, level)
        if key in self.restarts and key not in self._seen:
            counts[level] = self.restarts[key] - 1
        self._seen.add(key)


def read_numbering(root: Any) -> Numbering:
    """The list definitions of a ``w:numbering`` element; none for ``None``."""
    if root is None:
        return Numbering({}, {})
    abstracts = {item.get(W + "abstractNumId"): _levels(item) for item in root.findall(W + "abstractNum")}
    lists: dict[str, tuple[str, dict[int, Level]]] = {}
    restarts: dict[tuple[str, int], int] = {}
    for item in root.findall(W + "num"):
        number_id, abstract_id = item.get(W + "numId", ""), _value(item, "abstractNumId")
        levels = dict(abstracts.get(abstract_id, {}))
        for override in item.findall(W + "lvlOverride"):
            index = _integer(override.get(W + "ilvl"), 0)
            levels.update(_levels(override))
            if override.find(W + "startOverride") is not None:
                restarts[number_id, index] = _integer(_value(override, "startOverride"), 1)
        lists[number_id] = (abstract_id, levels)
    return Numbering(lists, restarts)


def _levels(parent: Any) -> dict[int, Level]:
    return {
        _integer(item.get(W + "ilvl"), 0): Level(
            format=_value(item, "numFmt", "decimal"),
            pattern=_value(item, "lvlText"),
            start=_integer(_value(item, "start"), 1),
            suffix=_value(item, "suff", "tab"),
            is_legal=item.find(W + "isLgl") is not None,
            style=_value(item, "pStyle"),
            restart=_integer(_value(item, "lvlRestart"), MAX_LEVELS),
        )
        for item in parent.findall(W + "lvl")
    }


def _printed(levels: dict[int, Level], level: int, counts: dict[int, int]) -> str:
    own = levels[level]
    if own.format == "none":
        return ""
    if own.format == "bullet":
        return f"{BULLET} "

    def number(match: re.Match[str]) -> str:
        index = int(match[1]) - 1
        of = levels.get(index, own)
        count = counts.get(index, of.start)
        return str(count) if own.is_legal else format_number(count, of.format)

    text = _PLACEHOLDER.sub(number, own.pattern)
    return text if own.suffix == "nothing" else with_gap(text)


def with_gap(label: str) -> str:
    """A printed number with what sets it apart from the text; nothing for an empty one.

    Chinese enumerators carry their own gap: 一、 （一） 1）; the tab behind them is layout.
    """
    return label + ("" if not label or label.endswith(("、", "）", ")", "，", "：", "．")) else " ")


def format_number(count: int, style: str) -> str:
    """``count`` in a Word number format, e.g. 12 as 十二, XII, l or ⑫; decimal where it has none."""
    if style in _COUNTING:
        return _chinese(count, _DIGITS, "十", "百")
    if style in _LEGAL:
        return _chinese(count, _LEGAL_DIGITS, "拾", "佰")
    if style in ("lowerLetter", "upperLetter") and count > 0:
        letter = chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return letter.upper() if style == "upperLetter" else letter
    if style in ("lowerRoman", "upperRoman") and 0 < count < 4000:
        return _roman(count).upper() if style == "upperRoman" else _roman(count)
    if style.startswith("decimalEnclosedCircle") and 1 <= count <= 20:
        return chr(ord("①") + count - 1)
    if style == "ideographTraditional" and 1 <= count <= 10:
        return _STEMS[count - 1]
    if style == "ideographZodiac" and 1 <= count <= 12:
        return _BRANCHES[count - 1]
    return f"{count:02d}" if style == "decimalZero" else str(count)


def _chinese(count: int, digits: str, ten: str, hundred: str) -> str:
    if not 0 < count < 1000:
        return str(count)
    hundreds, tens, ones = count // 100, count // 10 % 10, count % 10
    text = digits[hundreds] + hundred if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else digits[tens]) + ten
    elif hundreds and ones:
        text += "零"
    return text + (digits[ones] if ones else "")


def _roman(count: int) -> str:
    text = ""
    for value, letters in _ROMAN:
        text += letters * (count // value)
        count %= value
    return text


def _value(parent: Any, tag: str, default: str = "") -> str:
    child = parent.find(W + tag)
    return default if child is None else str(child.get(W + "val", default))


def _integer(value: str | None, default: int) -> int:
    return int(value) if value is not None and re.fullmatch(r"-?\d{1,9}", value) else default
