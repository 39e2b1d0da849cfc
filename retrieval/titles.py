"""Documents that a question names by their title: 《支部工作条例》对任期有何规定, 人民币管理条例里由谁发行.

Whoever names a document asks about it alone, and the words of its title stand at the head of each of its
passages: they tell the documents apart and nothing within one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from retrieval.authority import edition_key, is_rule
from retrieval.records import DocumentInfo

_MARKED = re.compile("《(?P<title>[^《》]{2,60})》")
_STATE = "中华人民共和国"
_CHARS_MIN = 4
# A title without its marks is taken for one only if it is that of a rule and long enough to be no word.
_BARE_CHARS_MIN = 6
# What joins a title to the rest of the question, and goes with it.
_BEFORE = "(?:按照?|根据|依据|依照|对于|关于|在|[和与跟及、])?"
_BEHIND = "(?:（[^（）]{1,12}）)?(?:的?规定|当?中|里面?)?的?"
_ASKS_MORE = re.compile(r"[\u4e00-\u9fffA-Za-z0-9]{4}")


@dataclass(frozen=True, slots=True)
class Naming:
    """The documents that a question names, by id, and what it asks about them."""

    documents: frozenset[str]
    rest: str


@lru_cache(maxsize=50_000)
def _key(title: str) -> str:
    return edition_key(title).removeprefix(_STATE)


def find_named(question: str, documents: Iterable[DocumentInfo]) -> Naming | None:
    """What a question in simplified script names and asks; ``None`` where it names no document held here,
    or asks nothing beside.
    """
    marked = {match["title"]: match[0] for match in _MARKED.finditer(question)}
    held = list(documents)
    found: set[str] = set()
    rest = question
    for title, printed in marked.items():
        if ids := _titled(_key(title), held):
            found |= ids
            rest = re.sub(f"{_BEFORE}{re.escape(printed)}{_BEHIND}", "", rest)
    if not marked:
        for document in held:
            key = _key(document.title)
            if len(key) >= _BARE_CHARS_MIN and key in question and is_rule(document):
                found.add(document.id)
                prefix = f"(?:中国共产党|{_STATE})?"
                rest = re.sub(f"{_BEFORE}{prefix}{re.escape(key)}{_BEHIND}", "", rest)
    rest = rest.strip(" ，,、：:。")
    return Naming(frozenset(found), rest) if found and _ASKS_MORE.search(rest) else None


def _titled(key: str, documents: Iterable[DocumentInfo]) -> set[str]:
    """The documents of this title, or else those whose title holds it."""
    if len(key) < _CHARS_MIN:
        return set()
    alike = {each.id: held for each in documents if key in (held := _key(each.title))}
    return {name for name, held in alike.items() if held == key} or set(alike)
