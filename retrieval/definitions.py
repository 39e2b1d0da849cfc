"""Where a text says what something is: 社区党建是…, “四必访”：…, 所谓…, …是指…"""

from __future__ import annotations

import re

from retrieval.normalise import search_key

_ASKS_WHAT = re.compile(
    r"什么是|(?:是|指的?是|指)(?:什么|啥)|什么叫|叫什么|(?:的)?(?:含义|定义|概念|意思|内涵|性质|地位|定位|作用)|是谁|具体指|怎么理解"
)
_SUBJECT_END = re.compile(r"[，,。？?、：:；;()\s]|在|的|对|中|里|由|和(?=什么)|具体|是|指|有")
_QUOTES = "“”‘’\"'「」『』《》"


def defined_subject(key: str, content: str) -> str | None:
    """The thing whose definition a question asks for, as a search key without quotation marks."""
    if not _ASKS_WHAT.search(key):
        return None
    for run in re.split(r"[，,。？?；;]", content):
        subject = _SUBJECT_END.split(_unquoted(run).strip())[0]
        if len(subject) >= 2:
            return subject
    return None


def defines(text: str, subject: str) -> bool:
    """Whether the text states what the subject is, at the beginning of one of its sentences."""
    key = _unquoted(search_key(text))
    return bool(_pattern(subject).search(key))


def _pattern(subject: str) -> re.Pattern[str]:
    name = re.escape(subject)
    return re.compile(
        rf"(?:^|[。！？;；\n:：,，])\s*(?:所谓|什么是|#+\s*)?(?:第\S{{1,6}}条\s*)?{name}"
        rf"(?:\([^)]{{1,20}}\))?(?:——?是?|是指|指的?是|系指|即|是(?!否|不是|非)|:(?=\S))"
    )


def _unquoted(text: str) -> str:
    return text.translate({ord(c): None for c in _QUOTES})
