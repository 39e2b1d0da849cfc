"""What may leave this machine, and in what form: 内部 texts stay, personal numbers are masked."""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar, cast
from urllib.parse import urlsplit

from retrieval.records import Audience, DocumentInfo

T = TypeVar("T")
# Names by which a record is found again: hexadecimal figures, of which some read like a telephone's.
_FOUND_BY = frozenset(
    ["id", "key", "passage_id", "previous_id", "next_id", "first_id", "document_id", "index_version"]
)
ID_MASK, CARD_MASK, PHONE_MASK = "〔身份证号〕", "〔银行卡号〕", "〔电话号码〕"

# Pasted forms are full of full-width figures; each is folded to one character, so offsets stay.
_FOLDED = str.maketrans("０１２３４５６７８９Ｘｘ＋－—–（）　", "0123456789XX+---() ")
_GAP = r"[ \-.·]?"
_LONG = re.compile(rf"(?<!\d)\d(?:{_GAP}\d){{13,17}}{_GAP}[\dXx](?![\dXx])")
_MOBILE = re.compile(rf"(?<![\d.])(?:(?:\+|00)?86{_GAP})?1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}}(?!\d)")
_LANDLINE = re.compile(
    r"(?<!\d)(?:\(0\d{2,3}\) ?|0\d{2,3}[\- ])[2-8]\d{6,7}(?:[\-转]\d{1,5})?(?!\d)"
    r"|(?<!\d)400-?\d{3}-?\d{4}(?!\d)"
)
_BIRTH = re.compile(r"[1-9]\d{5}(?:(?:19|20)\d\d)(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]")
_BIRTH_BEFORE_1999 = re.compile(r"[1-9]\d{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}")


def masked(text: str, *, with_landlines: bool = True) -> str:
    """The text with the numbers of identity cards, bank cards and telephones replaced by what they are.

    Without ``with_landlines`` those of offices and hotlines stay, which are there to be called.
    """
    folded = text.translate(_FOLDED)
    phones = (_MOBILE, _LANDLINE) if with_landlines else (_MOBILE,)
    spans = [(*match.span(), mask) for match in _LONG.finditer(folded) if (mask := _mask_of(match[0]))]
    spans += [(*m.span(), PHONE_MASK) for pattern in phones for m in pattern.finditer(folded)]
    parts, position = [], 0
    for start, end, mask in sorted(spans):
        if start >= position:
            parts += [text[position:start], mask]
            position = end
    return "".join([*parts, text[position:]])


def for_readers(record: T, audiences: Collection[Audience]) -> T:
    """A record of answers or documents as those who read it with these audiences may see it.

    What it says of people (numbers of identity and bank cards, mobile telephones) is for staff alone,
    whatever the document is marked. Every text in it is masked before it is cut, shortened or put on a
    button; what it is found by again stays as it is.
    """
    return record if "内部" in audiences else cast(T, _masked_in(record))


def _masked_in(value: object) -> object:
    if isinstance(value, str):
        return masked(value, with_landlines=False)
    if isinstance(value, tuple | list):
        return type(value)(map(_masked_in, value))
    if isinstance(value, Mapping):
        return {key: _masked_in(each) for key, each in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        shown = {field.name: getattr(value, field.name) for field in fields(value)}
        changed = {name: _masked_in(each) for name, each in shown.items() if name not in _FOUND_BY}
        return replace(value, **changed)
    return value


def _mask_of(number: str) -> str:
    """What a long number is: by the date of birth in it, or by the check digit; empty for any other."""
    plain = re.sub(r"[ \-.·]", "", number)
    if _BIRTH.fullmatch(plain) or _BIRTH_BEFORE_1999.fullmatch(plain):
        return ID_MASK
    return CARD_MASK if len(plain) >= 16 and plain.isdigit() and _passes_luhn(plain) else ""


def _passes_luhn(digits: str) -> bool:
    doubled = [int(d) * 2 if place % 2 else int(d) for place, d in enumerate(reversed(digits))]
    return digits[0] in "3456" and sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


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


def may_leave(document: DocumentInfo, *, is_local: bool, allow_internal: bool) -> bool:
    """Whether a document's text may be sent: 内部 only to this machine or where that is allowed."""
    return is_local or allow_internal or document.audience == "公开"


class MaskingFilter(logging.Filter):
    """Masks personal numbers in every record that passes; put it on a handler, it then covers all loggers."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true; the record's message is masked in place and its arguments are used up."""
        message = record.getMessage()
        hidden = masked(message)
        if hidden != message:
            record.msg, record.args = hidden, ()
        return True
