"""The page around a document: the raw text's ends and what the cleaning removed, made readable.

Only for finding names and dates of the page; nothing from here reaches the cleaned text.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import Any

from ingest.records import CleanedDocument
from retrieval.invisible import INVISIBLE

HEAD_CHARS = 3_000
TAIL_CHARS = 3_000
MAX_REMOVED_CHARS = 20_000

_ANNOTATION = re.compile(r"\([a-zàáâǎāèéêěēìíǐīòóôǒōùúûǔūǜǘǚǖüńňǹḿ]{1,7}\)")


# The head and the tail of a short page are the same text, and several fields look at them.
@lru_cache(maxsize=4)
def readable(text: str) -> str:
    """Page furniture for matching: narrow, simplified, without annotations and invisible characters."""
    narrow = unicodedata.normalize("NFKC", INVISIBLE.sub("", text))
    return simplified(_ANNOTATION.sub("", narrow))


def simplified(text: str) -> str:
    """The text in simplified script."""
    return str(_converter().convert(text))


def head(raw: str) -> str:
    """The readable beginning of a raw page."""
    return readable(raw[:HEAD_CHARS])


def tail(raw: str) -> str:
    """The readable end of a raw page."""
    return readable(raw[-TAIL_CHARS:])


def removed(cleaned: CleanedDocument) -> list[str]:
    """The longer pieces that the cleaning took away, readable, in order and bounded in sum."""
    pieces: list[str] = []
    left = MAX_REMOVED_CHARS
    for edit in cleaned.edits:
        if len(edit.before) - len(edit.after) >= 4 and left > 0:
            pieces.append(readable(edit.before[:left]))
            left -= len(edit.before)
    return pieces


@cache
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("t2s")
