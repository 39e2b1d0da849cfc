"""Questions over the columns of a table: most, least, sum, mean, difference, how many rows, which rows.

What is computed is exact, of all rows of one table, and is told in a sentence of fixed form in front of the
very rows. Where the column, the table or a value is in doubt, nothing is computed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import NamedTuple

from bot.answering.tables import Record, Table, is_numbering, is_said, stem
from retrieval.normalise import fold_width, search_key, to_simplified
from retrieval.question import analyse

ROWS_MAX = 60
"""More rows are not shown behind one sum, so there is none."""
_QUANTITY = re.compile(
    r"[¥￥]?\s*(?P<number>[-−]?\d+(?:,\d{3})*(?:\.\d+)?)\s*(?P<unit>[%％‰]|[^\d\s%.,/年月日\-]{0,3})"
)
_DATE = re.compile(
    r"(?P<y>(?:19|20)\d{2})\s*[年./\-]\s*(?P<m>\d{1,2})(?:\s*[月./\-]\s*(?P<d>\d{1,2}))?\s*[月日号]?"
)
_LABEL_UNIT = re.compile(r"[（(](?:单位[:：])?([^（()）\d]{1,4})[）)]")


class Form(NamedTuple):
    """What a question over a column looks like, and an example that is its test."""

    name: str
    pattern: re.Pattern[str]
    example: str


def _form(name: str, pattern: str, example: str) -> Form:
    return Form(name, re.compile(pattern), example)


# The first that fits counts.
FORMS: tuple[Form, ...] = (
    _form(
        "difference",
        "相差(?:多少)?|差(?:多少|几)|差额|比(?=[^，。？?]{1,20}?[多少高低][交出得拿]?了?(?:多少|几))"
        "|[多少高低][交出得拿]?了?(?:多少|几)[元分个人]?(?!多少)",
        "张敏比陈强少交多少党费",
    ),
    _form("mean", "(?:人均|平均)(?:每[人个名])?", "人均党费是多少"),
    _form("most", "最[多高大长]|居首", "谁的党费最多"),
    _form("least", "最[少低小短]|垫底", "哪个支部人数最少"),
    _form("earliest", "最[早先]", "谁入党最早"),
    _form("latest", "最[晚迟]", "谁入党最晚"),
    _form("sum", "[一总]共|合计|总计|总额|总[数量分](?!的)|总和|加起来|共计|全年总", "党费一共多少"),
    _form("count", "(?:多少|几)(?:名|个|位|人|项|家|户|条|种|支|次(?!一))", "第二党支部有多少名党员"),
    _form("listing", "哪[些几][个名位人项家户]?|名单|都?有谁", "第二党支部有哪些党员"),
)  # fmt: skip
AGGREGATES = frozenset(("difference", "mean", "most", "least", "earliest", "latest", "sum"))
"""What no single row answers."""

_N = r"(\d+(?:\.\d+)?)[%％‰元分人名个岁年次户天]?"
# Words in front of a number or behind it, and how a value compares with it.
_CONDITIONS: tuple[tuple[re.Pattern[str], Callable[[Decimal, Decimal], bool]], ...] = (
    (re.compile(rf"(?:不低于|不少于|不小于|至少|达到){_N}|{_N}(?:及|\(含\))?以上"), Decimal.__ge__),
    (re.compile(rf"(?:不超过|不高于|不多于|不大于){_N}|{_N}(?:及|\(含\))?以下"), Decimal.__le__),
    (re.compile(rf"(?:超过|大于|高于|多于){_N}"), Decimal.__gt__),
    (re.compile(rf"(?:低于|少于|小于|不足|不到){_N}"), Decimal.__lt__),
)

_PEOPLE = re.compile("(?:多少|几|哪些|哪几)(?:[名位]|个?(?:人|党员|同志|学员|委员|成员))|名单|有谁")
_HEADCOUNT = re.compile("人数|党员数|[（(]人[）)]")


@dataclass(frozen=True, slots=True)
class Computed:
    """What was computed: the sentence that tells it, the records that it names, and all that were used.

    ``counts`` says that rows were counted, which says less than a column of numbers does.
    """

    sentence: str
    named: tuple[Record, ...]
    used: tuple[Record, ...]
    counts: bool = False


def form_of(question: str) -> Form | None:
    """What a question asks over a column; None where it does not."""
    text = _folded(question)
    return next((form for form in FORMS if form.pattern.search(text)), None)


def computed(question: str, table: Table, title: str) -> Computed | None:
    """The answer over the columns of a table of the document ``title``; None where it is in doubt."""
    form, text = form_of(question), _folded(question)
    if form is None or not table.records:
        return None
    condition = next((c for c in _CONDITIONS if c[0].search(text)), None)
    rest = form.pattern.sub("，", condition[0].sub("，", text) if condition else text)
    asked = _Asked(table, title, search_key(text), analyse(rest).content)
    if not asked.is_about:
        return None
    found = _COMPUTE.get(form.name, _extreme)(asked, form.name, _compares(condition, text))
    return found if found and len(found.used) <= ROWS_MAX else None


def _folded(question: str) -> str:
    return fold_width(to_simplified(question))


def _compares(
    condition: tuple[re.Pattern[str], Callable[[Decimal, Decimal], bool]] | None, text: str
) -> Callable[[Decimal], bool] | None:
    if condition is None or (found := condition[0].search(text)) is None:
        return None
    bound = Decimal(next(filter(None, found.groups())))
    return lambda value: condition[1](value, bound)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question over a table: as a key, and what is left of it without its form and question words."""

    table: Table
    title: str
    key: str
    content: str

    @property
    def is_about(self) -> bool:
        """Whether the table, its caption and the title of its document say all that the question says."""
        labels, values = map(stem, self.table.labels), self.table.values_in(self.key)
        return is_said(self.content, [self.title, self.table.caption, *labels, *values])

    @property
    def records(self) -> tuple[Record, ...]:
        """The records that the question narrows down to; all where it names no value."""
        return self.table.named_in(self.key) or self.table.records

    def column(self, *, dates: bool = False) -> tuple[str, dict[int, Decimal]] | None:
        """The one column of amounts, or of dates, that is asked for: its header, its values by record.

        None where no column or more than one may be meant, or where a value is none of its kind.
        """
        read = _dates if dates else _amounts
        columns = [
            (label, values)
            for label in self.table.labels
            if not is_numbering(label) and (values := read(self.table, label))
        ]
        marked = [(_named(label, self.key), label, values) for label, values in columns]
        best = max((mark for mark, _, _ in marked), default=0)
        chosen = [(label, values) for mark, label, values in marked if mark == best]
        return chosen[0] if len(chosen) == 1 else None


def _named(label: str, key: str) -> int:
    """How well a question names a header: a whole one counts twice its length, a part of it once."""
    heads = _PEOPLE.search(key) is not None and bool(_HEADCOUNT.search(label))
    return sum(map(partial(_part_named, key), map(stem, label.split("·")))) + 2 * heads


def _part_named(key: str, name: str) -> int:
    if name and name in key:
        return 2 * len(name)
    sizes = range(len(name), 1, -1)
    return next((size for size in sizes if name[:size] in key or name[-size:] in key), 0)


def _amounts(table: Table, label: str) -> dict[int, Decimal]:
    """The amounts of a column by the start of their record; empty unless all are amounts of one unit."""
    found: dict[int, Decimal] = {}
    units = set()
    for record in table.records:
        if (cell := record.cell(label)) is None:
            continue
        amount = _QUANTITY.fullmatch(cell.value.strip())
        if amount is None:
            return {}
        found[record.unit.start] = Decimal(amount["number"].replace(",", "").replace("−", "-"))
        units.add(amount["unit"])
    return found if len(units) == 1 else {}


def _dates(table: Table, label: str) -> dict[int, Decimal]:
    """The dates of a column as numbers that grow with time; empty unless all are dates."""
    found: dict[int, Decimal] = {}
    for record in table.records:
        if (cell := record.cell(label)) is None:
            continue
        date = _DATE.fullmatch(cell.value.strip())
        if date is None:
            return {}
        found[record.unit.start] = Decimal(
            int(date["y"]) * 10_000 + int(date["m"]) * 100 + int(date["d"] or 0)
        )
    return found


def _unit(table: Table, label: str) -> str:
    """What a column counts in, by its cells or its header."""
    cells = (cell for record in table.records if (cell := record.cell(label)))
    first = _QUANTITY.fullmatch(next(cells).value.strip())
    in_header = _LABEL_UNIT.search(label)
    return (first["unit"] if first else "") or (in_header[1] if in_header else "")


def _written(value: Decimal) -> str:
    return f"{value.normalize():f}"


_Compares = Callable[[Decimal], bool] | None


def _extreme(asked: _Asked, form: str, _compares: _Compares) -> Computed | None:
    """最多, 最少, 最早, 最晚: the records that have it, among all."""
    is_date = form in ("earliest", "latest")
    column = asked.column(dates=is_date)
    if column is None:
        return None
    label, values = column
    used = tuple(record for record in asked.records if record.unit.start in values)
    if len(used) < 2 or len(used) < len(asked.records):
        return None
    pick = max if form in ("most", "latest") else min
    best = pick(values[record.unit.start] for record in used)
    named = tuple(record for record in used if values[record.unit.start] == best)
    word = {"most": "最高", "least": "最低", "earliest": "最早", "latest": "最晚"}[form]
    names = "、".join(f"“{record.name}”" for record in named)
    cell = named[0].cell(label)
    value = cell.value if cell else ""
    return Computed(f"按所引{len(used)}行比较，“{label}”{word}的是{names}（{value}）。", named, used)


def _total(asked: _Asked, _form: str, compares: _Compares) -> Computed | None:
    """一共: the exact sum of a column, and whether the table's own total says the same."""
    column = asked.column()
    if column is None:
        return _counted(asked, _form, compares)
    label, values = column
    used = tuple(record for record in asked.records if record.unit.start in values)
    unit = _unit(asked.table, label)
    if not used or unit in ("%", "％", "‰") or compares:
        return None
    total = sum((values[record.unit.start] for record in used), Decimal(0))
    sentence = f"按所引{len(used)}行相加，“{label}”共{_written(total)}{unit}。"
    stated = [(row, cell) for row in asked.table.totals if (cell := row.cell(label))]
    if len(used) < len(asked.table.records) or len(stated) != 1:
        return Computed(sentence, (), used)
    row, cell = stated[0]
    amount = _QUANTITY.fullmatch(cell.value.strip())
    agrees = amount is not None and Decimal(amount["number"].replace(",", "")) == total
    note = "与表中所列一致。" if agrees else f"表中“{row.cells[0].value}”写的是{cell.value}，与此不同。"
    return Computed(sentence + note, (), (*used, row))


def _mean(asked: _Asked, _form: str, compares: _Compares) -> Computed | None:
    """平均: the exact quotient, or to the second decimal where it has more."""
    column = asked.column()
    if column is None or compares:
        return None
    label, values = column
    used = tuple(record for record in asked.records if record.unit.start in values)
    if not used:
        return None
    mean = sum((values[record.unit.start] for record in used), Decimal(0)) / len(used)
    rounded = mean.quantize(Decimal("0.01"), ROUND_HALF_UP)
    about = "" if rounded == mean else "约"
    unit = _unit(asked.table, label)
    return Computed(f"按所引{len(used)}行平均，“{label}”为{about}{_written(rounded)}{unit}。", (), used)


def _difference(asked: _Asked, _form: str, _compares: _Compares) -> Computed | None:
    """相差: between the two records that are named."""
    column, named = asked.column(), asked.table.told_apart(asked.key)
    if column is None or len(named) != 2:
        return None
    label, values = column
    if any(record.unit.start not in values for record in named):
        return None
    one, other = named
    difference = abs(values[one.unit.start] - values[other.unit.start])
    names = f"“{one.name}”与“{other.name}”"
    unit = _unit(asked.table, label)
    return Computed(f"按所引2行相减，{names}的“{label}”相差{_written(difference)}{unit}。", (), named)


def _counted(asked: _Asked, form: str, compares: _Compares) -> Computed | None:
    """几名, 哪些: the records with a value that is named or an amount that is compared."""
    asks_people = bool(_PEOPLE.search(asked.key))
    # Who is counted must have a row each.
    if asks_people and not any(stem(label) == "姓名" for label in asked.table.labels):
        return None
    records = asked.records
    narrowed = len(records) < len(asked.table.records)
    if compares:
        column = asked.column()
        if column is None or not _named(column[0], asked.key):
            return None
        values = column[1]
        records = tuple(r for r in records if r.unit.start in values and compares(values[r.unit.start]))
    elif not narrowed and not asks_people:
        return None
    if not records:
        return None
    return Computed(f"按所引各行计数，符合的共{len(records)}行。", (), records, counts=True)


_COMPUTE: dict[str, Callable[[_Asked, str, _Compares], Computed | None]] = {
    "difference": _difference,
    "mean": _mean,
    "sum": _total,
    "count": _counted,
    "listing": _counted,
}
