"""What may leave this machine, and in what form: 内部 texts stay, personal numbers are masked."""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import urlsplit

from retrieval.records import DocumentInfo

ID_MASK, PHONE_MASK = "〔身份证号〕", "〔电话号码〕"

# \d also matches full-width figures, which pasted forms are full of.
_GAP = r"[\s\-—－·.]?"
_ID = re.compile(
    rf"(?<!\d)[1-9]\d{{5}}{_GAP}(?:1[89]|20|１[８９]|２０)\d{{2}}{_GAP}[01０１]\d[0-3０-３]\d{_GAP}\d{{3}}[\dXxＸｘ](?![\dXxＸｘ])"
    r"|(?<!\d)[1-9]\d{7}[01]\d[0-3]\d{4}(?!\d)"
)
_MOBILE = re.compile(
    rf"(?<![\d.])(?:(?:\+|＋|00)?86{_GAP})?[1１][3-9３-９]\d{_GAP}\d{{4}}{_GAP}\d{{4}}(?!\d)"
)
_LANDLINE = re.compile(
    r"(?<!\d)(?:[(（]0\d{2,3}[)）]\s?|0\d{2,3}[\-—－ ])[2-8]\d{6,7}(?:[\-—－转]\d{1,5})?(?!\d)"
)

_Cited = TypeVar("_Cited", bound=DocumentInfo)


def masked(text: str) -> str:
    """The text with ID numbers and telephone numbers replaced by what they are."""
    return _LANDLINE.sub(PHONE_MASK, _MOBILE.sub(PHONE_MASK, _ID.sub(ID_MASK, text)))


def is_loopback(url: str) -> bool:
    """Whether the host of a URL is this very machine; any name but ``localhost`` counts as elsewhere.

    A name could be made to point anywhere between the check and the call.
    """
    host = urlsplit(url).hostname or ""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def may_leave(documents: Sequence[_Cited], *, is_local: bool, allow_internal: bool) -> list[bool]:
    """For each document whether its text may be sent: 内部 only to this machine or where it is allowed."""
    return [is_local or allow_internal or document.audience == "公开" for document in documents]


class MaskingFilter(logging.Filter):
    """Masks personal numbers in every record that passes; put it on a handler, it then covers all loggers."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true; the record's message is masked in place and its arguments are used up."""
        message = record.getMessage()
        hidden = masked(message)
        if hidden != message:
            record.msg, record.args = hidden, ()
        return True
