"""What a question demands that is certain: a number where it asks how many, so many items of a list."""

from __future__ import annotations

import re

from retrieval.normalise import numeral_value, to_simplified

_ASKS_NUMBER = re.compile(
    r"多少|几[个名位人年月天种项条步次届家户期岁元成]|多大|多长|多久|多高|百分之几|比例"
)
_COUNT = re.compile(r"哪(?P<n>[两三四五六七八九十]{1,2}|[2-9]|1\d)(?:个|项|条|点|步|种|类|大|方面)")
_AND = re.compile("、|以及|[和与及或]")
_PHRASE = re.compile("[。；;，,：:“”]")
_COUNTED = re.compile("[二三四五六七八九十两]{1,2}(?=[\u4e00-\u9fff])")
_NUMBER = re.compile(r"\d|[一二三四五六七八九十百千万两半]+[个名位人年月天种项条步次届家户期岁元成]|百分之")


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
