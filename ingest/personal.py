"""Personal data in documents: numbers of identity cards, bank cards and mobile telephones, and rosters.

A document that holds them is for internal use until its maintainer says otherwise. One mobile number or
two in a notice are a contact that its author gave away, and so is any landline.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from ingest.rows import cells_of, is_row
from retrieval.sentences import split_lines

# Pasted forms are full of full-width figures.
_FOLDED = str.maketrans("０１２３４５６７８９Ｘｘ＋－—–（）　", "0123456789XX+---() ")
_GAP = r"[ \-.·]?"
_LONG = re.compile(rf"(?<![\dA-Za-z.])\d(?:{_GAP}\d){{13,17}}(?:{_GAP}[\dXx])?(?![\dA-Za-z])")
_MOBILE = re.compile(
    rf"(?<![\dA-Za-z.])(?:(?:\+|00)?86{_GAP})?(1[3-9]\d){_GAP}(\d{{4}}){_GAP}(\d{{4}})(?![\dA-Za-z])"
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
# Of bank cards as they begin: UnionPay, Visa, Mastercard.
_CARD = re.compile(r"(?:62|4\d|5[1-5])\d{12,17}")
MOBILES_MIN = 3
"""So many different mobile numbers are no contact any more."""
_CELL = re.compile(r"\s*(?:[|｜\t]|,(?=\S)|，| {2,}|　+)\s*")
_NAME_COLUMN = re.compile(r"(?:党员|人员|负责人|申请人|学员|参会人员|联系人)?姓\s*名|名字")
_PRIVATE_COLUMN = re.compile(
    r"出生(?:年月日?|日期)?|生日|年龄|身份证(?:号码?)?|公民身份号码|证件号码?|(?:家庭|现|居住|通讯)?住址|家庭地址"
    r"|(?:联系|手机|移动|家庭)?(?:电话|手机)(?:号码?)?|联系方式|银行(?:卡号?|账号)|卡号"
)
_ROSTER_ROWS_MIN = 3
# A row of a table is no longer; only short lines are taken apart.
_HEAD_CHARS_MAX = 1_000
_NAME = re.compile(r"[\u4e00-\u9fff]\s?[\u4e00-\u9fff·]{1,3}")


def find_personal(text: str) -> str:
    """What personal data a text holds, in Chinese with its number, or an empty string."""
    folded = text.translate(_FOLDED)
    cards, identities = set(), set()
    for number in (re.sub(r"[ \-.·]", "", match[0]).upper() for match in _LONG.finditer(folded)):
        if is_identity_number(number):
            identities.add(number)
        elif is_card_number(number):
            cards.add(number)
    mobiles = {"".join(match.groups()) for match in _MOBILE.finditer(folded)}
    people = max((*_rosters(folded.split("\n")), _labelled_people(folded)), default=0)
    found = [
        f"身份证号 {len(identities)} 个" if identities else "",
        f"银行卡号 {len(cards)} 个" if cards else "",
        f"手机号 {len(mobiles)} 个" if len(mobiles) >= MOBILES_MIN else "",
        f"名册 {people} 人" if people >= _ROSTER_ROWS_MIN else "",
    ]
    return "、".join(filter(None, found))


def is_identity_number(number: str) -> bool:
    """Whether the digits are a resident identity number: date of birth and, with 18, the check digit."""
    if re.fullmatch(r"[1-9]\d{16}[\dX]", number):
        total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
        return _CHECK_DIGITS[total % 11] == number[17] and _is_birthday(number[6:14])
    return bool(re.fullmatch(r"[1-9]\d{14}", number)) and _is_birthday(f"19{number[6:12]}")


def is_card_number(number: str) -> bool:
    """Whether the digits are the number of a bank card: how it begins, its length and its check digit."""
    if len(number) < 16 or not _CARD.fullmatch(number):
        return False
    doubled = [int(d) * 2 if place % 2 else int(d) for place, d in enumerate(reversed(number))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _is_birthday(digits: str) -> bool:
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return 1900 <= day.year < 2100


def _rosters(lines: Sequence[str]) -> Iterator[int]:
    """The number of people in each table whose columns name people and what is private of them."""
    at = 0
    while at < len(lines):
        column = _name_column(lines[at])
        at += 1
        if column is not None:
            people, at = _people(lines, at, column)
            yield people


def _labelled_people(text: str) -> int:
    """The people in rows that name their columns, where a column of theirs is private."""
    names, is_private = 0, False
    for start, end in split_lines(text):
        if end - start > _HEAD_CHARS_MAX or not is_row(text, start, end):
            continue
        columns = {cell.label.rpartition("·")[2]: cell.value for cell in cells_of(text, start, end)}
        named = (value for label, value in columns.items() if _NAME_COLUMN.fullmatch(label))
        names += any(map(_NAME.fullmatch, named))
        is_private = is_private or any(map(_PRIVATE_COLUMN.fullmatch, columns))
    return names if is_private else 0


def _name_column(line: str) -> int | None:
    """Which column of a roster's head holds the names; ``None`` for any other line."""
    if "名" not in line or len(line) > _HEAD_CHARS_MAX:
        return None
    cells = _cells(line)
    if not any(map(_PRIVATE_COLUMN.fullmatch, cells)):
        return None
    return next((n for n, cell in enumerate(cells) if _NAME_COLUMN.fullmatch(cell)), None)


def _people(lines: Sequence[str], at: int, column: int) -> tuple[int, int]:
    """The rows from ``at`` on with a name in the column, and where they end: at two lines of none."""
    people = strangers = 0
    while at < len(lines) and strangers < 2:
        line = lines[at]
        cells = _cells(line) if len(line) <= _HEAD_CHARS_MAX else []
        if len(cells) > column and _NAME.fullmatch(cells[column]):
            people, strangers = people + 1, 0
        elif line.strip() and not set(line) <= set("|-: "):
            strangers += 1
        at += 1
    return people, at


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in _CELL.split(line.strip().strip("|"))]
