"""Where a text says what something is: 社区党建是…, “四必访”：…, 所谓…, …是指…"""

from __future__ import annotations

import re

from retrieval.normalise import search_key
from retrieval.occurrences import places

_ATTRIBUTE = "含义|定义|概念|意思|内涵|性质|地位|定位"
_ASKS_WHAT = re.compile(
    rf"(?:什么|啥)是(?P<behind>[^，。？?,;；]{{2,24}})|(?:什么|啥)叫做?(?P<called>[^，。？?,;；]{{2,24}})|"
    rf"(?P<before>[^，。？?,;；]{{2,30}}?)(?:的(?P<attribute>{_ATTRIBUTE}))?"
    rf"(?:是指|指的是|指的?|是|具体(?:是|指)|怎么理解|是1?个)(?:的)?(?:(?:什么|啥)(?=$|[?？，,。!！;；\s]|意思|含义|概念|东西|样|思路|模式|制度|机制|体系|理念|组织|会议|关系|地位|性质|角色)|哪|1?种?怎样)|"
    r"(?P<doing>[^，。？?,;；]{2,16}?)是?(?<!用来)(?:干|做)(?:什么|啥|嘛)用?的|"
    r"(?P<acting>[^，。？?,;；]{2,24}?)(?:起|有|发挥)(?:到|着|了)?(?:什么|啥)作用"
)
_NOT_THE_SUBJECT = re.compile(
    r"^(?:请问|那么?|所谓|我们|你说的)|(?:到底|究竟|具体|主要|分别|里面?的?|这个|这种)$"
)
_NO_QUOTES = str.maketrans("", "", "“”‘’\"'「」『』《》")
# X的Y是什么 asks for an attribute of X; only some attributes are what X is.
_OF = re.compile(r"的(?=[^的]{1,12}$)")
_CUT = re.compile(r"(?:在|对|中|里|由)(?=.)")
# What stands around a name that is being defined.
_OPENING = re.compile(
    r"(?:^|[。！？;；\n:：,，])\s*(?:所谓|什么是|#+\s*)?(?:第\S{1,6}条\s*)?(?:本\w{1,6})?(?:所称的?|所指的?|所说的?)?\Z"
)
_DEFINING = re.compile(
    r"(?:\([^)]{1,20}\))?(?:[,，](?=是?指)|)(?:——?是?|是指|指的?是|系指|即|是(?!否|不是|非|怎)|:(?=\S))"
)


def defined_subject(key: str) -> str | None:
    """The thing whose definition a question asks for, as a search key without quotation marks.

    ``None`` where none is asked for; 党支部的任期是什么 asks for a term of office, not for a definition.
    """
    match = _ASKS_WHAT.search(_unquoted(key))
    if match is None:
        return None
    subject = match["behind"] or match["called"] or match["before"] or match["acting"] or match["doing"] or ""
    subject = _NOT_THE_SUBJECT.sub("", subject).strip()
    if match["attribute"] or re.match(_ATTRIBUTE, _unquoted(key)[match.end() :]):
        subject = _CUT.split(subject)[0]
    elif match["before"] and _OF.search(subject):
        return None
    return subject if len(subject) >= 2 and not subject.endswith("的") else None


def defines(text: str, subject: str) -> bool:
    """Whether the text states what the subject is, at the beginning of one of its sentences."""
    return defines_in_key(search_key(text), subject)


def defines_in_key(key: str, subject: str) -> bool:
    """``defines`` for a text that is a search key already."""
    plain = _unquoted(key)
    return any(
        _DEFINING.match(plain, end) and _OPENING.search(plain, 0, start)
        for start, end in places(subject, plain)
    )


def _unquoted(text: str) -> str:
    return text.translate(_NO_QUOTES)
