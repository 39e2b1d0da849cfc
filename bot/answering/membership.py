"""The list that an answer gives, as its members: heads of its lines, or parts of an enumeration."""

from __future__ import annotations

import re

from bot.answering.answer import Answer

LIST_MIN = 2
"""Fewer members are no list."""
_NUMERAL = r"[一二两三四五六七八九十\d]{1,3}"
_MEASURE = r"(?:步|项|个|点|种|类|条|款|阶段|环节|方面|部分)"
_ITEM_LABEL = re.compile(
    rf"^\s*(?:#+\s*)?(?:[（(]?(?:{_NUMERAL})[)）、.．:：]+|[①-⑳]|第?{_NUMERAL}(?:是|{_MEASURE})?[、，,:：]?|首先|其次|再次|最后)\s*"
)
_BEFORE_MEMBERS = re.compile(r"^.*(?:通过|按照|包括|分别[是为]|分为|即|坚持|实行|[是为有]|采取|形成)(?=.)")
_BEHIND_MEMBERS = re.compile(r"(?<=.)等(?:[^级].*)?$")


def items_of(answer: Answer) -> list[str]:
    """The members of the list that an answer gives, in order: heads of items, or parts of an enumeration."""
    heads = labelled_items(answer)
    if len(heads) >= LIST_MIN:
        return heads
    found = (members_of(statement.text) for statement in answer.statements if statement.citations)
    return max(found, key=len, default=[])


def labelled_items(answer: Answer) -> list[str]:
    """The heads of the lines of an answer that begin with a number or the like, without it."""
    heads = []
    for statement in answer.statements:
        label = _ITEM_LABEL.match(statement.text)
        if statement.citations and label and label.end() < len(statement.text):
            heads.append(re.split(r"[。;；:：，,]", statement.text[label.end() :])[0].strip())
    return [head for head in heads if head]


def members_of(text: str) -> list[str]:
    """The members of the longest enumeration with 、 in a text, without the words around it."""
    longest: list[str] = []
    for stretch in re.split(r"[，,；;：:。！？!?\n]", text):
        members = [part.strip() for part in stretch.split("、")]
        if len(members) > max(len(longest), LIST_MIN):
            members[0] = _BEFORE_MEMBERS.sub("", members[0])
            members[-1] = _BEHIND_MEMBERS.sub("", members[-1])
            longest = members
    return longest
