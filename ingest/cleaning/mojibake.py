"""Chinese that was decoded with a wrong charset throughout: the bytes are all there and are decoded again.

Three ways occur in collected files: GBK read as Latin-1 (``µ³Ô±`` for 党员), UTF-8 read as Latin-1 or
Windows-1252 (``å…šå‘˜``), and UTF-8 read as GBK (``鍏氬憳``). GBK that lost a byte is ``byteslip``'s affair.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from ingest.cleaning.byteslip import UNKNOWN
from ingest.cleaning.plausibility import common_share, is_han
from ingest.cleaning.trace import Replacement

# The places 80-9F of Windows-1252, whose printable characters stand outside Latin-1.
_WINDOWS = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_HIGH = f"[\x80-\xff{_WINDOWS}]"
# From the first to the last high byte of a line, ASCII in between included.
_LATIN_RUN = re.compile(f"{_HIGH}(?:[\x20-\x7e]{{0,40}}{_HIGH})*[@-~]?")
# European text has no four high letters in a row, GBK read as Latin-1 has little else.
_LATIN_DAMAGE = re.compile("[\xa1-\xfe]{4}|[\xc3-\xef][\x80-\xbf€-™Œ-Ÿ‚-›]{2}[\xc3-\xef]")
_LATIN_DAMAGE_MIN = 2
_WIDE_RUN = re.compile("[^\x00-\x7f](?:[^\x00-\x7f]|[?])*")
# What ，。、的第一党 and the quotation marks of UTF-8 look like when read as GBK.
_WIDE_DAMAGE = re.compile("[锛銆鈥鐨绗涓鍏鍥浜鎴]")
_WIDE_DAMAGE_SHARE = 0.08
_COMMON_MIN = 0.85
_LOST = "?\N{REPLACEMENT CHARACTER}"
_LOST_BYTE = b"\xff"
_KNOWN_STARTS = {b"\xe3\x80": "。", b"\xef\xbc": "，"}
_SUPPLY_LOST = "dangwu-supply-lost"


def looks_like_latin(text: str) -> bool:
    """Whether the text holds Chinese that was read as Latin-1 or Windows-1252."""
    found = _LATIN_DAMAGE.finditer(text)
    return sum(1 for _, _ in zip(range(_LATIN_DAMAGE_MIN), found, strict=False)) >= _LATIN_DAMAGE_MIN


def decode_latin(text: str) -> Iterator[Replacement]:
    """Runs of Latin letters decoded again as UTF-8 or GBK; what makes no plausible Chinese stays.

    >>> [item.after for item in decode_latin("¹²²úµ³Ô±")]
    ['共产党员']
    """
    for found in _LATIN_RUN.finditer(text):
        data = _latin_bytes(found[0])
        for name in ("utf-8", "gb18030"):
            decoded = _longest(data, name)
            if decoded is not None and _is_plausible(decoded[0]):
                yield Replacement(found.start(), found.start() + decoded[1], decoded[0])
                break


def looks_like_wide(text: str) -> bool:
    """Whether the text as a whole is UTF-8 that was read as GBK."""
    wide = len(text) - len(text.encode("ascii", "ignore"))
    return wide > 0 and len(_WIDE_DAMAGE.findall(text)) >= max(3, _WIDE_DAMAGE_SHARE * wide)


def decode_wide(text: str) -> Iterator[Replacement]:
    """Runs that were UTF-8, decoded again; characters that lost a byte become the mark of the unknown."""
    for found in _WIDE_RUN.finditer(text):
        data = b"".join(map(_wide_byte, found[0]))
        decoded = data.decode("utf-8", errors=_SUPPLY_LOST)
        if _is_plausible(decoded):
            yield Replacement(found.start(), found.end(), decoded)


def _latin_bytes(run: str) -> bytes:
    return b"".join(char.encode("latin-1" if char <= "\xff" else "cp1252") for char in run)


def _wide_byte(char: str) -> bytes:
    if char in _LOST:
        return _LOST_BYTE
    # Windows reads the single byte 80 as the euro sign.
    return b"\x80" if char == "€" else char.encode("gb18030", errors="replace")


def _longest(data: bytes, name: str) -> tuple[str, int] | None:
    """The text of the longest prefix that decodes, short of a cut character, with its bytes."""
    try:
        return data.decode(name), len(data)
    except UnicodeDecodeError as error:
        if error.start == 0 or len(data) - error.start > 3:
            return None
        return data[: error.start].decode(name), error.start


def _supply_lost(error: UnicodeError) -> tuple[str, int]:
    """What a character with a lost byte was: known for the commonest marks, unknown otherwise."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    part = error.object[error.start : error.end]
    if part == _LOST_BYTE:
        return "?", error.end
    end = error.end + (error.object[error.end : error.end + 1] == _LOST_BYTE)
    return _KNOWN_STARTS.get(part, UNKNOWN), end


codecs.register_error(_SUPPLY_LOST, _supply_lost)


def _is_plausible(text: str) -> bool:
    return any(map(is_han, text)) and common_share(text) >= _COMMON_MIN
