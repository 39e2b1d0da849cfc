"""The label of a clause, 第十二条之一, as it is printed and as it is compared."""

from __future__ import annotations

import re

from retrieval.normalise import search_key

_N = r"(?:[零〇一二三四五六七八九十百两]{1,6}|\d{1,3})"
CLAUSE = rf"第\s?{_N}\s?条(?:之{_N})?"
"""A pattern, without groups, of the label of a clause."""
_LABEL = re.compile(rf"^[#\s]*({CLAUSE})")


def clause_key(label: str) -> str:
    """The label of a clause at the start of some words, numerals as figures: 第12条之1; empty for none."""
    found = _LABEL.match(label)
    return re.sub(r"\s", "", search_key(found[1])) if found else ""
