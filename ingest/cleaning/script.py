"""Traditional script becomes simplified, without harm to names and to text that is simplified already.

The library's phrase tables do most of it. Two characters need more than tables: 著, which is 着 unless it
is about writing or standing out, and 乾, which is 干 where something is dry and itself in names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from ingest.cleaning.plausibility import simple_forms, simplified_only, to_simplified, traditional_converters
from ingest.cleaning.trace import Replacement

# Words in which 著 is read zhù and stays.
_ZHU = re.compile(
    "著名|著作|著述|著者|著[称稱]|著[书書]|著[录錄]|著有|著[于於]|[显顯]著|昭著|卓著|[编編]著|[专專]著|[论論]著|名著"
    "|原著|[译譯]著|巨著|合著|[遗遺]著|新著|拙著|土著|所著|近著|主著|[较較]著|彰著|炳著|[撰校]著|[》〉]\\s?著"
)
_NAMED_ZHU = re.compile(
    "(?<![\u4e00-\u9fff])[王李张張刘劉陈陳杨楊赵趙黄黃周吴吳徐孙孫胡朱高林何郭马馬罗羅]著(?=[、，,]|同志|先生|女士)"
)
_DRY = re.compile(
    "乾[燥淨净杯旱脆糧粮枯涸果草洗貨货爹媽妈癟瘪冰電电柴巴裂渴咳餾馏著着瞪嚎嘔呕硬]|[餅饼烘曬晒風风擦晾肉豆菜筍笋]乾|葡萄乾|口乾|中乾"
)
# Variant characters that are legitimate in names of simplified text: the standard list of 2013 keeps them.
_NAME_VARIANTS = frozenset("昇陞堃喆甦甯澂邨氾鎔鍾皙夥藉瞭祇祐甯淼犇乾著於徵餘覆麽鋐鉅瀋嶽崙崑")
# A character of its own in names (薛应旂) that the library takes for another form of 旗; 喆 and 堃 likewise.
_KEPT_VARIANTS = frozenset("旂喆堃")
_STRAY_ZHE = re.compile(
    "[随隨有接沿朝本向跟看活味志臨临在带帶绕繞怀懷凭憑衬襯想抱冒顺順拿走坐站笑穿衣沉附胶黏][著]|著[力手重眼急想陆陸实實]"
)
_TRADITIONAL_MIN = 0.5


def is_traditional(text: str) -> bool:
    """Whether the text as a whole is in traditional script: more characters of it than of simplified."""
    old = len(_traditional().findall(text))
    if not old:
        return False
    new = sum(map(simplified_only().__contains__, text))
    return old >= _TRADITIONAL_MIN * (old + new)


def has_stray_traditional(text: str) -> bool:
    """Whether a simplified text holds characters that only traditional script has."""
    if is_traditional(text):
        return False
    has_zhe = "著" in text and _STRAY_ZHE.search(text) is not None
    return has_zhe or any(map(_is_stray, _traditional().findall(text)))


def simplify(text: str) -> Iterator[Replacement]:
    """Every character that simplified script writes otherwise, by the library's phrase tables."""
    kept = {place for pattern in (_ZHU, _NAMED_ZHU) for place in _places(pattern, "著", text)}
    dry = set(_places(_DRY, "乾", text))
    converted = _converted(text)
    for place, (old, new) in enumerate(zip(text, converted, strict=True)):
        if old == "著":
            new = "著" if place in kept else "着"
        elif old == "乾":
            new = "干" if place in dry else "乾"
        elif old in _KEPT_VARIANTS:
            new = old
        if old != new:
            yield Replacement(place, place + 1, new)


def simplify_strays(text: str) -> Iterator[Replacement]:
    """The few traditional characters in simplified text; those that names keep (乾, 昇, 堃) stay.

    >>> [item.after for item in simplify_strays("吸引到我們党的队伍")]
    ['们']
    """
    forms = simple_forms()
    for found in _traditional().finditer(text):
        if _is_stray(found[0]):
            yield Replacement(found.start(), found.end(), forms[found[0]])
    kept = set(_places(_ZHU, "著", text))
    for place in _places(_STRAY_ZHE, "著", text):
        if place not in kept:
            yield Replacement(place, place + 1, "着")


@lru_cache(maxsize=1)
def _traditional() -> re.Pattern[str]:
    """The characters that only traditional script has; in most documents there are none to find."""
    return re.compile(f"[{''.join(simple_forms())}]")


@lru_cache(maxsize=4096)
def _is_stray(char: str) -> bool:
    """Whether only traditional script has ``char``, as the usual form of what simplified script writes.

    Variants (霑 for 沾) are not usual in either script, and names are full of them.
    """
    form = simple_forms().get(char)
    if form is None or char in _NAME_VARIANTS or char.encode("gb2312", errors="ignore"):
        return False
    usual = any(converter.convert(form) == char for converter in traditional_converters())
    return usual and bool(form.encode("gb2312", errors="ignore"))


def _converted(text: str) -> str:
    """The text in simplified script, character for character."""
    converted: str = to_simplified().convert(text)
    if len(converted) == len(text):
        return converted
    lines = text.split("\n")
    pairs = zip(lines, converted.split("\n"), strict=False)
    forms = simple_forms()
    # A phrase of another length would shift all offsets behind it: such lines go by characters alone.
    return "\n".join(
        new if len(new) == len(old) else "".join(forms.get(c, c) for c in old) for old, new in pairs
    )


def _places(pattern: re.Pattern[str], char: str, text: str) -> Iterator[int]:
    for found in pattern.finditer(text):
        yield found.start() + found[0].index(char)
