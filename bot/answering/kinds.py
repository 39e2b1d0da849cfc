"""What kind of thing a question asks for: a number, a period, a place, a list, a definition, …"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from retrieval.definitions import defined_subject
from retrieval.question import Question

Kind = Literal[
    "blank", "number", "period", "date", "place", "person", "definition", "list", "how", "why", "other"
]

_LISTED = (
    "程序|步骤|流程|环节|阶段|途径|方面|方式|方法|办法|措施|举措|做法|制度|机制|模式|特点|特征|原则|要求|任务|职责|内容|"
    "因素|原因|问题|困难|困境|难题|经验|条件|标准|形式|类型|种类|部分|项目|单位|成员|组成|对象|权利|义务|纪律|成效|作用|"
    "新情况|新变化|情形|情况|关系|工作|载体|平台|组织|人员|党员|领域|举动|活动|服务|意见|方针|目标"
)
_BLANK = re.compile(r"[（(]\s*[)）]|_{2,}|＿+")
_PERIOD = re.compile(
    r"多长时间|多久|几年|几个月|几天|多少天|多少年|多少个?月|期限|任期|多长|几个?小时|多少个?学时|几次|多少次|频率"
)
_NUMBER = re.compile(
    r"多少|几(?=[个种项条点位类名家次步人所座支])|几成|多大(?!意义|作用)|多高|比例|率(?:是|为|有)?多|占比|人数|数量|百分之几|规模有?多"
)
_DATE = re.compile(r"什么时候|何时|哪1?年|哪1?天|哪1?月|几月|几号|什么时间|时间是|日期")
_PLACE = re.compile(
    r"哪里|哪儿|什么地方|在哪(?!些|个|几)|哪个?(?:市|省|区|县|地方|城市|街道|社区)|何处|什么地点"
)
_PERSON = re.compile(r"谁|哪位|什么人|哪些?人|由哪")
_WHY = re.compile(r"为什么|为何|为啥|原因|怎么会|缘由|意义")
_HOW = re.compile(r"怎么|怎样|如何|咋|怎么办|怎么做|方法|办法")
_LIST = re.compile(
    rf"哪些|哪几|哪\d+|有哪|几(?:个|种|项|条|点|类|步|大)|分别|列出|列举|包括什么|包括哪|(?:{_LISTED})(?:有|是|包括)?(?:什么|哪些|啥)|什么(?:{_LISTED})|什么步骤|全部|都有"
)
_COUNTED = re.compile(
    rf"(?:哪)?(?P<n>\d{{1,2}})(?:个|种|项|条|点|位|类|大|步|句|方面|家|名|次)?(?:[^，。？]{{0,6}})?(?:{_LISTED})|(?P<m>\d{{1,2}})(?:个|种|项|条|点|类|步|句|必|有|述)"
)
_STEPS = re.compile(r"程序|步骤|流程|环节|阶段")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the question wants: its kind, how many items a list should have (0: not said), and of what.

    ``subject`` is what a definition is asked of. ``parts`` counts the questions asked in one breath.
    """

    kind: Kind
    count: int = 0
    subject: str | None = None
    parts: int = 1


def asked(question: Question) -> Asked:
    """The kind of answer that would satisfy the question."""
    key = question.key
    subject = defined_subject(key, question.content)
    count = _expected_count(key)
    parts = len([p for p in re.split(r"[?？;；,，](?=\S)", key.rstrip("?？ ")) if len(p) > 3])
    return Asked(_kind(key, subject, count), count, subject, max(1, parts))


def _kind(key: str, subject: str | None, count: int) -> Kind:
    if _BLANK.search(key):
        return "blank"
    if _WHY.search(key) and not re.search("哪些原因|什么原因|原因有|意义", key):
        return "why"
    for kind, pattern in (("period", _PERIOD), ("date", _DATE), ("place", _PLACE)):
        if pattern.search(key) and not (kind == "place" and _LIST.search(key)):
            return kind  # type: ignore[return-value]
    if _NUMBER.search(key) and not re.search(r"哪几", key):
        return "number"
    if _LIST.search(key) or (count > 1 and not subject) or _STEPS.search(key):
        return "list"
    if _PERSON.search(key):
        return "person"
    if subject:
        return "list" if count > 1 else "definition"
    if _HOW.search(key):
        return "how"
    return "other"


def _expected_count(key: str) -> int:
    match = _COUNTED.search(key)
    if match is None:
        return 0
    count = int(match["n"] or match["m"])
    return count if 2 <= count <= 20 else 0


_HAS = {
    "number": re.compile(r"\d"),
    "period": re.compile(
        r"\d+(?:\.\d+)?\s*(?:个)?(?:半)?(?:年|月|天|日|周|星期|小时|学时|季度|次|届)|[半每]年|季度|长期|每[月周日]"
    ),
    "date": re.compile(r"\d+\s*(?:年|月|日|号)|去年|今年|年初|年底|届\S{0,3}全会|近期|上半年|下半年"),
    "person": re.compile(
        r"书记|主任|委员|秘书长|会长|组长|同志|负责人|代表|联系人|介绍人|党员|由\S{1,12}(?:担任|召集|主持|负责)"
    ),
    "place": re.compile(r"[省市区县镇乡村街道社区路园厅馆站海口京]"),
}


def holds_kind(kind: Kind, key: str) -> bool:
    """Whether a text (as search key) holds the kind of thing that is asked for, as far as form can tell."""
    pattern = _HAS.get(kind)
    return pattern is None or bool(pattern.search(key))
