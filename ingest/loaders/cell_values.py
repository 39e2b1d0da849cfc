"""Values of spreadsheet cells as the sheet shows them: percentages, dates, leading zeros, units."""

from __future__ import annotations

import datetime
import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

_QUOTED = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[(?!h|m|s)[^\]]*\]', re.IGNORECASE)
_NUMBER = re.compile(r"(?:[#0?][#0?,]*)(?:\.([0#?]+))?")
_DATE_PARTS = re.compile(
    r"yyyy|yy|[ed](?!\w)|mmmmm|mmmm|mmm|mm|m|dddd|ddd|dd|d|aaaa|aaa|hh|h|ss|s|am/pm|上午/下午", re.IGNORECASE
)
_WEEKDAYS = "一二三四五六日"
_PLAIN = frozenset(("", "General", "@", "G/通用格式"))
# The short date of the system: files hold the American form, a Chinese system shows its own.
_LOCAL = {"mm-dd-yy": "yyyy/m/d", "m/d/yy h:mm": "yyyy/m/d h:mm"}
_QUOTE = "\x00"


def shown(value: object, number_format: str = "General") -> str:
    """The text of a cell as its format shows it; a format that is not understood shows the bare value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return _shown_date(value, number_format)
    if isinstance(value, datetime.timedelta):
        minutes = int(value.total_seconds()) // 60
        return f"{minutes // 60}:{minutes % 60:02d}"
    if isinstance(value, int | float):
        return _shown_number(value, number_format)
    return str(value)


def _shown_number(value: float, number_format: str) -> str:
    if number_format in _PLAIN:
        return _bare(value)
    sections = number_format.split(";")
    is_negative = value < 0 and len(sections) > 1 and bool(sections[1].strip())
    zero = value == 0 and len(sections) > 2
    section = sections[2] if zero else sections[1] if is_negative else sections[0]
    pattern, literals = _parted(section)
    found = _NUMBER.search(pattern)
    if found is None or "/" in pattern or "E" in pattern.upper():
        # A section of words alone shows them: "-" for nothing.
        return _restored(pattern, literals).strip() if zero and found is None else _bare(value)
    amount = Decimal(repr(abs(value) if is_negative else value)) * (100 if "%" in pattern else 1)
    text = _rounded(amount, found)
    return _restored(pattern[: found.start()] + text + pattern[found.end() :], literals).strip()


def _rounded(amount: Decimal, found: re.Match[str]) -> str:
    places = found[1] or ""
    digits = found[0].split(".")[0].replace(",", "").lstrip("#?")
    rounded = amount.quantize(Decimal(1).scaleb(-len(places)), ROUND_HALF_UP)
    text = f"{rounded:,f}" if "," in found[0] else f"{rounded:f}"
    for _ in range(len(places) - len(places.rstrip("#?"))):
        text = text[:-1] if text.endswith("0") else text
    text = text.removesuffix(".") if places else text
    sign, body = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole = body.split(".")[0]
    return sign + "0" * max(0, len(digits) - len(whole)) + body


@lru_cache(maxsize=512)
def _parted(section: str) -> tuple[str, tuple[str, ...]]:
    """A section of a format with marks in place of what it prints as it stands."""
    literals: list[str] = []

    def keep(match: re.Match[str]) -> str:
        text = match[1] if match[1] is not None else match[2]
        if text is None:
            currency = re.match(r"\[\$([^-\]]*)", match[0])
            text = currency[1] if currency else ""
        literals.append(text)
        return _QUOTE

    return _QUOTED.sub(keep, section), tuple(literals)


def _restored(pattern: str, literals: tuple[str, ...]) -> str:
    parts = pattern.split(_QUOTE)
    return "".join(part + literal for part, literal in zip(parts, [*literals, ""], strict=True))


def _bare(value: float) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    # A sheet shows eleven digits at most; what lies behind them is the rounding of the computer.
    return str(value) if isinstance(value, int) else f"{value:.11g}"


def _shown_date(value: datetime.date | datetime.time, number_format: str) -> str:
    pattern, literals = _parted(_LOCAL.get(number_format, number_format).split(";")[0])
    if isinstance(value, datetime.time) or number_format in _PLAIN or not _DATE_PARTS.search(pattern):
        return _iso(value)
    is_time = False
    pieces: list[str] = []
    at = 0
    for found in _DATE_PARTS.finditer(pattern):
        between, token = pattern[at : found.start()], found[0].lower()
        is_minute = token in ("m", "mm") and (
            is_time or ":" in between or _seconds_follow(pattern, found.end())
        )
        part = _date_part(value, "mi" if is_minute else token, has_half="am/pm" in pattern.lower())
        is_time = token[0] == "h"
        pieces += [between, part]
        at = found.end()
    return _restored("".join(pieces) + pattern[at:], literals).strip(" @")


def _seconds_follow(pattern: str, at: int) -> bool:
    return bool(re.match(r"\W{0,3}:s", pattern[at : at + 5]))


def _date_part(value: datetime.date, token: str, *, has_half: bool) -> str:
    hour = value.hour if isinstance(value, datetime.datetime) else 0
    minute = value.minute if isinstance(value, datetime.datetime) else 0
    second = value.second if isinstance(value, datetime.datetime) else 0
    hour = (hour % 12 or 12) if has_half and token in ("h", "hh") else hour
    weekday = _WEEKDAYS[value.weekday()]
    parts = {
        "yyyy": f"{value.year:04d}", "e": str(value.year), "yy": f"{value.year % 100:02d}",
        "m": str(value.month), "mm": f"{value.month:02d}",
        "mmm": f"{value.month}月", "mmmm": f"{value.month}月",
        "mmmmm": str(value.month), "d": str(value.day), "dd": f"{value.day:02d}",
        "ddd": f"周{weekday}", "aaa": f"周{weekday}", "dddd": f"星期{weekday}", "aaaa": f"星期{weekday}",
        "h": str(hour), "hh": f"{hour:02d}", "mi": f"{minute:02d}", "s": str(second), "ss": f"{second:02d}",
    }  # fmt: skip
    return parts.get(token, "上午" if hour < 12 else "下午")


def _iso(value: datetime.date | datetime.time) -> str:
    if isinstance(value, datetime.time):
        return value.strftime("%H:%M:%S" if value.second else "%H:%M")
    if isinstance(value, datetime.datetime):
        is_whole_day = value.time() == datetime.time()
        return value.date().isoformat() if is_whole_day else value.isoformat(" ", timespec="minutes")
    return value.isoformat()
