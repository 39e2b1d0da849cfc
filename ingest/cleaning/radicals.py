"""Code points of radicals that stand for whole characters, as some pdf fonts map them: ``⽤⼈⺠⻓``."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from ingest.cleaning.trace import Replacement

# Unicode gives the Kangxi block compatibility mappings, but not its supplement.
_SUPPLEMENT = (
    "⺁厂⺇几⺌小⺎兀⺒巳⺓幺⺙攵⺛旡⺜日⺝月⺟母⺠民⺥爫⺧牛⺩王⺪疋⺫目⺬示⺮竹⺯糸⺰纟⺳网⺵网⺶羊⺷羊⺸羊⺹老⺼肉⺾艹⻁虎⻂衤⻄西"
    "⻅见⻆角⻇角⻈讠⻉贝⻊足⻋车⻌辶⻍辶⻎辶⻏阝⻐钅⻑長⻒镸⻓长⻔门⻖阝⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻟食⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄"
    "⻪黾⻬齐⻮齿⻰龙⻳龟"
)


@lru_cache(maxsize=1)
def _whole_characters() -> dict[str, str]:
    kangxi = {chr(code): unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)}
    return kangxi | dict(zip(_SUPPLEMENT[::2], _SUPPLEMENT[1::2], strict=True))


def has_radicals(text: str) -> bool:
    """Whether the text holds code points of radicals."""
    return not _whole_characters().keys().isdisjoint(text)


def replace_radicals(text: str) -> Iterator[Replacement]:
    """Each radical code point with the character that it looks like.

    >>> "".join(item.after for item in replace_radicals("⽤⼈⺠⻓"))
    '用人民长'
    """
    table = _whole_characters()
    for place, char in enumerate(text):
        if char in table:
            yield Replacement(place, place + 1, table[char])
