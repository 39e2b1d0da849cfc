"""Questions that documents answer by their form: definitions, purposes, dates of effect, lists."""

from __future__ import annotations

import re
from collections.abc import Iterator

from training.reader.examples import ANSWERS, OTHER, Document, Labelled, Task

_LABEL = re.compile(
    r"^(?:第[一二三四五六七八九十百零〇\d]+条|[（(]?[一二三四五六七八九十\d]+[）)、.．])[\s　]*"
)
_DEFINED = re.compile(
    r"(?:本\w{2,4}所称的?)?[“「]?([^，。；：“”「」（）]{2,14}?)[”」]?[，,]?(?:是指|，指|系指)"
)
_PURPOSE = re.compile(r"^为了?.{6,}?制定")
_EFFECTIVE = re.compile(r"自.{2,14}(?:施行|实施|执行)")
_EXPLAINS = re.compile(r"由(.{2,20})负责解释")
_LEAD = re.compile(r"[：:]\s*$")
_ANNOUNCED = re.compile(r"(?:主要)?(?:包括|有|是|为|如下)*[：:]\s*$")
_FOLLOWING = re.compile("下列|以下")

_ASKED = {
    "definition": ("什么是{}？", "{}是什么意思？", "{}指什么", "{}是啥", "{}怎么定义的？", "啥叫{}"),
    "purpose": ("为什么要制定{}？", "制定{}的目的是什么？", "出台{}是为了啥", "{}的立法目的"),
    "effective": ("{}什么时候开始施行？", "{}的生效日期是哪天", "{}从几号起执行", "{}何时实施？"),
    "explains": ("{}由谁负责解释？", "{}归哪个部门解释", "谁来解释{}"),
    "following": ("{}？", "请问{}"),
    "list": ("{}有哪些？", "{}包括什么", "{}是哪几项", "{}都有啥？", "{}具体是什么？"),
}


def form_tasks(document: Document) -> Iterator[Task]:
    """One task for each sentence whose form says what it answers."""
    subject = document.title if len(document.title) <= 24 else "这个文件"
    for number, (passage, _) in enumerate(document.passages):
        for unit, text in enumerate(passage.units):
            said = _LABEL.sub("", text)
            for kind, about, last in _forms(said, subject, passage.units, unit):
                labels = [OTHER] * len(passage.units)
                labels[unit:last] = [ANSWERS] * (last - unit)
                gold = Labelled(passage, tuple(labels))
                others = tuple(p for p, _ in document.passages if p is not passage)
                for way, asked in enumerate(_ASKED[kind]):
                    name = f"{document.name}-{number}-{unit}-{kind}-{way}"
                    yield Task(name, asked.format(about), document.name, (gold,), others, f"form-{kind}")


def _forms(said: str, subject: str, units: tuple[str, ...], unit: int) -> Iterator[tuple[str, str, int]]:
    """Kind, what is asked about, and where the units that answer end."""
    defined = _DEFINED.match(said)
    if defined:
        yield "definition", defined.group(1), unit + 1
    if _PURPOSE.match(said):
        yield "purpose", subject, unit + 1
    if _EFFECTIVE.search(said) and len(said) < 80:
        yield "effective", subject, unit + 1
    if _EXPLAINS.search(said):
        yield "explains", subject, unit + 1
    items = _items_behind(units, unit)
    about = _ANNOUNCED.sub("", said)
    if _LEAD.search(said) and items > 1 and 3 <= len(about) <= 30 and about.count("，") < 2:
        if _FOLLOWING.search(about):
            yield "following", _FOLLOWING.sub("哪些", about), unit + 1 + items
        else:
            yield "list", about.removesuffix("的"), unit + 1 + items


def _items_behind(units: tuple[str, ...], unit: int) -> int:
    count = 0
    for text in units[unit + 1 :]:
        if not re.match(r"[（(]?[一二三四五六七八九十\d]+[是）)、.．]", text):
            break
        count += 1
    return count
