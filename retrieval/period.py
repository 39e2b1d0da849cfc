"""The time that a question asks about: now, a day or year of the past, or whatever held before."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

_RULES = "(?:规定|条例|办法|细则|规则|准则|章程|党章|文件|规矩|制度|说法|版本|文本|要求|政策)"
_CHANGED = "(?:修订|修改|修正|改|出台|施行|实施|发布|颁布|印发|废止|取代)"
_SAID = "(?:规定|要求|写|说|讲|表述)"

# What stands in titles names a document, not the time that is asked about.
_TITLE = re.compile("《[^《》]*》")
_DATE = re.compile(
    r"(?<![\d\-—–~至到.])(?P<y>(?:19|20)\d{2})年(?:(?P<m>\d{1,2})月(?:(?P<d>\d{1,2})[日号])?)?"
    rf"(?P<after>{_CHANGED}[之以]?后|[之以]后|以来|至今|后(?=[,，的]))?"
    rf"(?P<before>{_CHANGED}[之以]?前|[之以]前|前(?=[,，的]))?"
)
_FORMER = re.compile(
    "|".join(
        (
            f"(?:旧|老|(?<!中)原|原来|原先|以前|过去|从前|先前|之前|早先|当年|当时)的?(?:那个|那版|那份)?(?:版|{_RULES})",
            f"(?:原来|原先|以前|过去|从前|先前|当时|当年|那时候?|早先)(?:是|又|都)?(?:怎么|怎样|如何|咋|是怎么|是如何|有什么|有何)?(?:样)?{_SAID}",
            f"{_CHANGED}(?:之|以)?前",
            f"(?:已经?|已被)?(?:废止|失效|被取代|被替代)了?的{_RULES}?",
            "旧版|老版|旧《|老《",
        )
    )
)
_COMPARING = re.compile(
    f"新旧|新老|旧新|修[订改]前后|{_CHANGED}前后(?!备)|[有是](?:哪些|什么|何|啥)(?:变化|不同|区别|改动)|对比|相比"
)
_TIME = re.compile(rf"{_DATE.pattern}(?:底|的时候|的?当时|那时候?|那年|版)?的?|(?:{_FORMER.pattern})的?里?")
_TRIAL = re.compile("[试暂]行")


@dataclass(frozen=True, slots=True)
class AskedTime:
    """The days that a question is about, ISO 8601, both empty where it names none.

    ``former``: it asks for what has been replaced since. ``open``: it compares versions or names a text
    on trial, so that no version is to be preferred.
    """

    first: str = ""
    last: str = ""
    former: bool = False
    open: bool = False


def asked_time(key: str) -> AskedTime:
    """What the search key of a question says of time; dates inside book-title marks do not count."""
    bare = _TITLE.sub("《》", key)
    if _COMPARING.search(bare):
        return AskedTime(open=True)
    former = bool(_FORMER.search(bare))
    dated = _DATE.search(bare)
    if dated is None or dated["after"]:
        return AskedTime(former=former, open=not former and bool(_TRIAL.search(key)))
    first, last = _days(dated)
    if dated["before"] and first:
        first = last = (datetime.date.fromisoformat(first) - datetime.timedelta(days=1)).isoformat()
        former = False
    return AskedTime(first, last, former)


def without_time(key: str) -> str:
    """The key without the words that say when; those in book-title marks stay."""
    pieces = re.split("(《[^《》]*》)", key)
    return "".join(piece if piece.startswith("《") else _TIME.sub("，", piece) for piece in pieces)


def _days(dated: re.Match[str]) -> tuple[str, str]:
    """First and last day of the year, month or day that is named; empty for a date that is none."""
    year, month, day = (int(dated[part]) if dated[part] else 0 for part in "ymd")
    try:
        first = datetime.date(year, month or 1, day or 1)
        if day:
            return first.isoformat(), first.isoformat()
        follows = datetime.date(year + (month in (0, 12)), month % 12 + 1 if month else 1, 1)
    except ValueError:
        return "", ""
    return first.isoformat(), (follows - datetime.timedelta(days=1)).isoformat()
