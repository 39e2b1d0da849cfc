"""What a question demands that is certain: the place or body it names, a number where it asks how many.

西桥镇 is not 北桥镇, however alike what is said of both. Every row of ``data/demands.tsv`` is an example that
is a test.
"""

from __future__ import annotations

import re

from retrieval.normalise import numeral_value, to_simplified

_PLACE = re.compile(
    r"(?P<name>[\u4e00-\u9fff]{2,4}?)(?:社区|街道|开发区|自治区|自治州|省|市|区|县|镇|乡|村)(?![民级委政域里间长内])"
)
# What stands before a level without being a name: 我们社区, 城市社区, 有多少社区, 每个乡镇.
_NO_NAME = re.compile(
    r"[我你他她各全本该此每某哪几这那两个级区市县镇乡村省和与及或在对把将到为的了是从向以由让给问"
    r"有多少年底时叫去来做设建选管归咋啥住带]"
    r"|城市|农村|街道|社区|基层|所有|加强|推进|组织|单位|党|什么|怎|如何|请|关于|行政|自然|老旧|居民|常|直辖|配备"
    r"|自治|讲|会上|[城社]$"
)
_PARTED = re.compile(r"[和与跟及、，,]")
_ASKS_NUMBER = re.compile(
    r"多少|几[个名位人年月天种项条步次届家户期岁元成]|多大|多长|多久|多高|百分之几|比例"
)
_COUNT = re.compile(r"哪(?P<n>[两三四五六七八九十]{1,2}|[2-9]|1\d)(?:个|项|条|点|步|种|类|大|方面)")
_AND = re.compile("、|以及|[和与及或]")
_PHRASE = re.compile("[。；;，,：:“”]")
_COUNTED = re.compile("[二三四五六七八九十两]{1,2}(?=[\u4e00-\u9fff])")
_NUMBER = re.compile(r"\d|[一二三四五六七八九十百千万两半]+[个名位人年月天种项条步次届家户期岁元成]|百分之")


def places_named(question: str) -> tuple[str, ...]:
    """The places and bodies that a simplified question names, without their level: 西桥 of 西桥镇."""
    parts = _PARTED.split(question)
    found = (match["name"] for part in parts for match in _PLACE.finditer(part))
    return tuple(dict.fromkeys(name for name in found if not _NO_NAME.search(name)))


def asks_number(question: str) -> bool:
    """Whether a number is asked for."""
    return bool(_ASKS_NUMBER.search(question))


def states_number(text: str) -> bool:
    """Whether a text has a number with what it counts."""
    return bool(_NUMBER.search(text))


def counts_to(text: str, count: int) -> bool:
    """Whether a text names so many things, or says that there are so many: 自购、自建、联建, 三种途径."""
    simple = to_simplified(text)
    named = (len(_AND.findall(part)) + 1 for part in _PHRASE.split(simple))
    return count in named or any(numeral_value(n) == count for n in _COUNTED.findall(simple))


def count_asked(question: str) -> int:
    """How many things a simplified question wants named, as in 哪五个程序; 0 where it does not say."""
    asked = _COUNT.search(question)
    if asked is None:
        return 0
    return int(asked["n"]) if asked["n"].isdecimal() else numeral_value(asked["n"])
