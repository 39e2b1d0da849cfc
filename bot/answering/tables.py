"""Tables of a document as records under headers, and which records of them a question names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from ingest.loaders.table_heads import is_header
from ingest.rows import Cell, cells_of, is_total
from retrieval.normalise import search_key
from retrieval.question import analyse
from retrieval.reading.records import Unit

# What only counts or identifies rows is no amount.
_NUMBERING = re.compile(
    "序号|编号|代码|号码|学号|工号|证号|账号|文号|电话|手机|邮编|身份证|顺序|^号$|^年份?$|^月份?$|^年级$"
)
_ASIDE = re.compile(r"[（(\[【].*?[）)\]】]|\s")
_NAME_MIN = 2
_UNSAID_MAX = 1
# 10月2日, 第4党支部, as search keys.
_NUMBERED = re.compile(r"(?:第\d{1,3}|\d{1,2}月\d{1,2})(?P<kind>日|党?支部|党?小组|网格|季度|批|期|组)")
_AMOUNT = re.compile(r"[\d.,%/+\-]+")
# What a question may say of any table without naming anything in it.
_SAID_ANYWAY = frozenset("的了是有在和与及每各个名位人家项交缴收纳谁哪表里中上得拿出按从到入元分本这些该都")
# In logits: the row that a question names and asks of, and the others of the same table.
_OF_THE_ROW, _OF_ANOTHER_ROW = 4.0, -6.0
_OF_ANOTHER_TABLE = -3.0
# What askers say, and the headers that it asks for: 谁负责 of 责任主体.
_SAID_AS = tuple(
    (re.compile(said), re.compile(header))
    for said, header in (
        ("由?负责|承办|办理|牵头|管", "责任|负责|主体|承办|牵头|经办|办理"),
        ("召?开|1次", "频次|次数|周期|会议"),
        ("联系", "联系|电话|手机"),
        ("属于|归属?|1?类", "类"),
        ("属于|编入", "所在|所属"),
        ("钱", "元|费|金额|款"),
        ("年纪|岁", "年龄|出生"),
        ("办完|完成|办结", "时限|期限|时间"),
        ("扣|罚", "处理|扣分|措施|处分"),
        ("创建|成立", "创建|成立|时间|日期"),
        ("住", "住址|地址"),
    )
)


@dataclass(frozen=True)
class Record:
    """A row: the unit that it is, and its cells. Its key is what it is called among the others."""

    unit: Unit
    cells: tuple[Cell, ...]

    @cached_property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """(label, search key of the value) of each cell that may name the row: amounts do not."""
        keys = ((cell.label, search_key(cell.value)) for cell in self.cells)
        return tuple(each for each in keys if len(each[1]) >= _NAME_MIN and not _AMOUNT.fullmatch(each[1]))

    @cached_property
    def name(self) -> str:
        """The first value that does not only number the row."""
        named = (cell.value for cell in self.cells if not is_numbering(cell.label))
        return next(named, self.cells[0].value)

    def cell(self, label: str) -> Cell | None:
        return next((cell for cell in self.cells if cell.label == label), None)


@dataclass(frozen=True)
class Table:
    """Neighbouring rows that share headers, without those that sum up others, which are ``totals``."""

    caption: str
    records: tuple[Record, ...]
    totals: tuple[Record, ...]

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The headers of the columns, in the order in which they first stand."""
        found = (cell.label for record in self.records for cell in record.cells)
        return tuple(dict.fromkeys(filter(None, found)))

    def named_in(self, key: str) -> tuple[Record, ...]:
        """The records that a question names best, by its search key: those of whose values it says most.

        None where it names no value at all; several where they share the value that it names.
        """
        said = [(record, _said(record, key)) for record in self.records]
        most = max((length for _, length in said), default=0)
        return tuple(record for record, length in said if length == most) if most else ()

    def told_apart(self, key: str) -> tuple[Record, ...]:
        """The records of which a question says a value that no other record has."""
        shared = Counter(value for record in self.records for value in {k for _, k in record.keys})
        return tuple(
            record
            for record in self.records
            if any(value in key and shared[value] == 1 for _, value in record.keys)
        )

    def misses_numbered(self, key: str) -> bool:
        """Whether a day or a thing by its number is asked for, and rows are of such ones, but none of it."""
        values = [value for record in self.records for _, value in record.keys]
        held = {found[0]: found["kind"] for value in values for found in _NUMBERED.finditer(value)}
        asked = [found for found in _NUMBERED.finditer(key) if found[0] not in search_key(self.caption)]
        return any(found["kind"] in held.values() and found[0] not in held for found in asked)

    def values_in(self, key: str) -> tuple[str, ...]:
        """The values of any record that a question says, by their search keys."""
        return tuple(dict.fromkeys(k for record in self.records for _, k in record.keys if k in key))


def is_said(content: str, pool: Iterable[str]) -> bool:
    """Whether all but one character of what a question says, a search key, stand in some texts."""
    return len("".join(unsaid(content, pool))) <= _UNSAID_MAX


def unsaid(content: str, pool: Iterable[str]) -> list[str]:
    """What a question says, a search key, that does not stand in any of some texts, pair by pair."""
    texts = "\n".join(map(search_key, pool))
    found: list[str] = []
    for part in re.split(r"\W+", content):
        known = [False] * len(part)
        for at in range(len(part) - 1):
            if part[at : at + 2] in texts:
                known[at] = known[at + 1] = True
        marked = "".join(
            " " if k or char in _SAID_ANYWAY else char for k, char in zip(known, part, strict=True)
        )
        found += marked.split()
    return found


def unsaid_of(content: str, title: str, table: Table) -> int:
    """How much that a question says stands neither in the heads of a table nor in the title above it."""
    return len("".join(_unsaid_in(content, table, [title, table.caption, *map(stem, table.labels)])))


def _unsaid_in(content: str, table: Table, pool: Iterable[str]) -> list[str]:
    """What is not said, without words that only say in another way what a header of the table says."""
    left = unsaid(content, pool)
    for said, header in _SAID_AS:
        if any(header.search(label) for label in table.labels):
            left = [said.sub("", each) for each in left]
    return [each for each in left if each]


def row_shift(question: str, title: str, tables: Sequence[Table], unit: Unit) -> float:
    """How much a question that names rows by their values speaks for this row, or against it, in logits.

    For the row that it names, where that says all else that is said; against one beside it, and against one
    without the column that is asked for.
    """
    key = search_key(question)
    table, record = next(
        ((t, r) for t in tables for r in t.records if r.unit.start == unit.start), (None, None)
    )
    if table is None or record is None:
        return 0.0
    content = analyse(question).content
    if table.misses_numbered(key):
        return _OF_ANOTHER_ROW
    if not (named := table.named_in(key)):
        least = min(unsaid_of(content, title, each) for each in tables)
        return _OF_ANOTHER_TABLE if unsaid_of(content, title, table) > least else 0.0
    if record not in named:
        return _OF_ANOTHER_ROW
    pool = [title, table.caption, *map(stem, table.labels), *(cell.value for cell in record.cells)]
    left = _unsaid_in(content, table, pool)
    if any(map(is_header, left)):
        return _OF_ANOTHER_ROW
    size = len("".join(left))
    return _OF_THE_ROW - size if size <= _UNSAID_MAX else 0.0


def is_numbering(label: str) -> bool:
    """Whether a column numbers or identifies its rows: 序号, 电话."""
    return bool(_NUMBERING.search(stem(label)))


def stem(label: str) -> str:
    """A header as it is spoken of, as a search key: 月党费(元) is 月党费."""
    return search_key(_ASIDE.sub("", label))


def tables_of(text: str, units: Iterable[Unit]) -> list[Table]:
    """The tables of a document, in order; rows between bars are none, for their columns have no names."""
    return [_table(group) for group in _groups(text, units)]


def _groups(text: str, units: Iterable[Unit]) -> Iterator[list[Record]]:
    group: list[Record] = []
    for unit in units:
        record = Record(unit, tuple(cells_of(text, unit.start, unit.end))) if unit.kind == "row" else None
        if group and (record is None or not _is_of(record, group)):
            yield group
            group = []
        if record is not None and any(cell.label for cell in record.cells):
            group.append(record)
    if group:
        yield group


def _is_of(record: Record, group: Sequence[Record]) -> bool:
    """Whether a row has the headers of the rows above it, under the same caption."""
    own = [cell.label for cell in record.cells if cell.label]
    known = {cell.label for each in group for cell in each.cells}
    return record.unit.path == group[-1].unit.path and 2 * sum(label in known for label in own) > len(own)


def _table(group: Sequence[Record]) -> Table:
    totals = tuple(record for record in group if is_total(record.cells[0].value))
    path = group[0].unit.path
    return Table(path[-1] if path else "", tuple(record for record in group if record not in totals), totals)


def _said(record: Record, key: str) -> int:
    """How many characters of the question are values of the record."""
    places: set[int] = set()
    for _, value in record.keys:
        at = key.find(value)
        if at >= 0:
            places.update(range(at, at + len(value)))
    return len(places)
