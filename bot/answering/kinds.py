"""What kind of thing a question asks for: a number, a period, a place, a list, a definition, …"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from retrieval.definitions import defined_subject
from retrieval.occurrences import is_followed, places
from retrieval.question import Question

Kind = Literal[
    "blank", "clause", "number", "period", "date", "place", "person", "definition", "list", "how", "why",
    "other",
]  # fmt: skip

_LISTED = (
    "程序|步骤|流程|环节|阶段|途径|方面|方式|方法|办法|措施|举措|做法|制度|机制|模式|特点|特征|原则|要求|任务|职责|内容|"
    "因素|原因|问题|困难|困境|难题|经验|条件|标准|形式|类型|种类|部分|项目|成员|对象|权利|义务|纪律|成效|作用|"
    "情形|情况|关系|工作|载体|平台|领域|活动|服务|意见|方针|目标|例子|类别|品质|纪律"
)
_MEASURES = (
    "个|名|位|家|户|件|条|项|种|次|分|岁|元|万元|亿元|人|所|处|期|级|章|篇|公里|"
    "平方米|页|票|支|座|场|套|辆|亩|批|字|届|层|栋|间"
)
_NUMERALS = r"(?:\d{1,2})"
_BOUND = "以上|以下|以内"

_BLANK = re.compile(r"[（(]\s*[)）]|_{2,}|＿+")
_OF_CLAUSE = re.compile(
    r"第\d{1,3}条[^，。？?]{0,12}?(?:什么|啥|哪些|内容|怎么(?:规定|说|讲|要求|写)|如何(?:规定|要求)|全文|原文)"
)
_PERIOD = re.compile(
    r"多长时间|多久|(?<!哪)几(?:年|个月|天)|多少天|多少年|多少个?月|期限|任期|多长|(?<!月)(?:几|多少)个?(?:工作日|星期|周|日)|几个?小时|多少个?学时|几次|多少次|频率|几个?学时|多长"
)
_NUMBER = re.compile(
    rf"多少|几(?=[{'|'.join(_MEASURES.split('|'))}])|几成|多大(?!意义|作用)|多高|(?:比例|比重|率|占比|规模|人数|数量|经费|金额)(?:大概|约|是|为|有)*(?:多|几)|百分之几"
)
_MEASURE = re.compile(
    rf"(?:多少|几)(?P<measure>个人|{_MEASURES})(?P<bound>{_BOUND})?(?P<noun>[\u4e00-\u9fff]{{0,6}})"
)
_DATE = re.compile(r"哪几[天年月日]|什么时候|何时|哪1?年|哪1?天|哪1?月|几月|几号|什么时间|时间是|日期")
_YEAR = re.compile(r"哪1?年|年份")
_PLACE = re.compile(
    r"哪里|哪儿|什么地方|(?<!出)在哪(?!些|个|几|1?年)|哪[个座1]{0,2}(?:市|省|区|县|地方|城市|街道|社区)|何处|什么地点"
)
_LOCALITY = re.compile(r"哪[个座1]{0,2}(?:城?(?P<level>市|省|区|县|镇|村)|(?P<name>街道|社区))")
# What is done to or by the one who is asked for: 向谁报告, 由哪一级党组织批准.
_TOWARD = re.compile(
    r"(?P<way>[向对跟由归])(?:谁|哪[1个级位些]{0,3}[\u4e00-\u9fff]{0,6}?)来?(?P<verb>(?!组成|构成)[\u4e00-\u9fff]{2})(?=$|[?？，,。呢啊吗的])"
)
_PERSON = re.compile(r"谁|哪位|什么人(?![数员])|由哪")
# 作为什么, 称为什么 ask what something is.
_WHY = re.compile(
    r"(?<![作称认成视])为什么|为何|为啥|怎么会|咋(?=觉得|认为|会|不|没|还|老)|缘由|(?<!什么)(?<!哪些)原因是|凭什么"
)
_HOW = re.compile(r"怎么|怎样|如何|咋|怎么办|怎么做|方法|办法|做法")
_LIST = re.compile(
    rf"哪些|哪几(?![天年月日])|哪{_NUMERALS}(?!年|天|月|次)|有哪|分别|列出|列举|包括什么|包括哪|(?:{_LISTED})(?:都|有|是|包括)*(?:什么|啥)|"
    rf"(?:什么|啥)(?:{_LISTED})|(?:什么|啥)(?!样|时|的)[\u4e00-\u9fff]{{1,4}}(?:{_LISTED})(?=$|[?？，,。呢啊])|都有|几个?(?!工作日)(?:{_LISTED})|几(?:种|项|类|步|大)"
)
# 哪十六个字 asks for a phrase and not for sixteen things.
_SO_MANY_WORDS = re.compile(r"(?P<n>\d{1,2})(?:个字|字(?:方针|要求|原则|口诀))")
_SHARED = re.compile(r"\d个?[“\"](?P<word>[\u4e00-\u9fff])[”\"]")
_WHICH = re.compile(rf"哪[“\"]?({_NUMERALS})(?!年|天|月|次)")
_COUNTED = re.compile(
    rf"(?<!第)(?P<n>{_NUMERALS})(?:个(?!月|小时|星期|工作日)|种|项|条|点|位|类|大|步|句|方面|家|名|次)(?:[^，。？]{{0,6}})?"
    rf"(?:{_LISTED})?|(?P<m>{_NUMERALS})(?:必|有|述|抓|促|型|级|化)"
)
_STEPS = re.compile(r"程序|步骤|流程|环节|阶段")


_NOUN = re.compile(
    rf"(?:哪些|哪几[{'|'.join(_MEASURES.split('|'))}步类点]?|(?<!为)什么|啥|(?:多少|几)(?:个人|{_MEASURES})(?:以上|以下|以内)?)"
    r"(?P<noun>[\u4e00-\u9fff]{2,12})|哪\d+(?:句话|样|[个种项条点位类名家步方件级])?+(?P<counted>[\u4e00-\u9fff]{1,12})"
    r"|多少(?P<bare>(?!%)[\u4e00-\u9fff]{2,8})"
)
# 城镇化率是多少, 网民规模有多大: the quantity stands before its question word.
_QUANTITY = re.compile(
    r"(?:^|[的，,。？?;；\s]|有|全)(?P<noun>(?:(?!的)[\u4e00-\u9fff]){2,16}?)(?:大概|大约|约|总共|一共|现在)*"
    r"(?:(?:是|有|为|达到?)?多(?:少|大|高)|有几(?:[个名位步项条]|个?步骤))(?=$|[?？，,。；;\s吗呢啊])"
)
_ASKS = re.compile("多少|什么|几[个名位]")
# 什么形式展现流程 asks for the form.
_MEANS_FIRST = re.compile(r"^(形式|方式|办法|方法)[^的].*$")
# Particles that close a question belong to no noun.
_PARTICLES = re.compile(r"[了过啊呀呢吗吧嘛的]+$")
_SHARE = re.compile(r"占(?:比|了)?(?:多少|几)|比例|比重|率(?:有|是|为|达)?(?:多|几)|百分之几|几成|占多")
_PREDICATE = re.compile(r"(?:怎么|怎样|如何|咋)(?:才能|去|来|样)?(?P<verb>[\u4e00-\u9fff]{1,6})")
_DEED = re.compile(
    r"(?P<verb>享有|负责|分管|主管|主持|审批|批准|审议)[了过着]?(?:哪些|哪几|什么(?!样|时)|啥)"
)
_WHOLE = re.compile(
    r"(?P<whole>[\u4e00-\u9fff]{2})(?:的?内容)?(?:主要|一般|具体|都|各|应当?|应该)*(?:包括|包含|分为)(?:哪|什么|啥|几)"
)
# What is held may be said to be opened, begun or carried out.
_NOT_HELD = "(?!举办|举行|召开|开展|进行|开始)"
_EVENT = (
    re.compile(rf"(?:{_DATE.pattern})(?P<verb>{_NOT_HELD}[\u4e00-\u9fff]{{2}})的?(?=$|[?？，,。呢啊])"),
    re.compile(rf"(?P<verb>{_NOT_HELD}[\u4e00-\u9fff]{{2}})[于在的是]{{0,2}}(?:{_DATE.pattern})"),
)
_SPEECH = re.compile(
    r"(?:提|谈)出?了?(?:些|哪些|什么|啥)+[\u4e00-\u9fff]{0,2}(?:建议|意见|想法|看法)|(?:介绍|讲|说|谈|汇报|发言|交流|致辞)(?:中|里|上|时)?[了过到]?(?:些|哪些|什么|啥)"
)
_ORDINAL_ITEM = re.compile(r"第(?P<n>\d{1,2})(?:项|个|步|点|种|类|阶段|环节|方面)")
OFFICE = re.compile(
    r"(?:书记|主任|主席|会长|理事长|秘书长|组长|队长|站长|[局部处科院校镇乡区市县]长|负责人|带头人|创始人)$"
)
"""A word that ends on an office, as 支部书记."""
_OFFICES = OFFICE.pattern.rstrip("$")
_NAME = re.compile(
    r"叫什么|名字|姓名|姓什么|"
    rf"(?:{_OFFICES}|\d[位名][^，。？?]{{2,12}})(?:都|分别|现在)?[是叫]谁(?=$|[?？，,。呢啊])|谁是[^，。？?]{{2,12}}{_OFFICES}|"
    r"谁(?:得|获|拿|赢|当)[^，。？?]{0,4}了?[^，。？?]{0,6}(?:第\d|奖|冠军|称号)"
)
_ASKS_OF_NAME = (
    r"[”\"’」』》]?(?:[\u4e00-\u9fff]的(?=是)|这个|1个|[\u4e00-\u9fff]{0,4}(?:制度|模式|体系|机制|工作法|活动|理念|思路|程序|会议|组织|行动|工程|精神|方针))?"
    r"(?:是什么|是啥|是?指|具体|包括|是哪|有哪|分别|是1种什么|怎么理解)"
)
_SPAN = re.compile(r"(?:几|多少)个?(?P<unit>学时|小时)")
# “五种服务模式”都有哪些, “一厅一校十室”的十室分别是哪些.
_ASKS_FOR_MEMBERS = (
    r"[”\"’」』》]?(?:的?[\u4e00-\u9fff\d]{0,4}?)?(?:都|分别|主要|具体|各)*(?:有|是|指|包括)(?:哪些|哪几[个种项]|什么|啥)"
    r"(?:$|[?？呢啊呀])"
)
_ASKS_OF_IT = re.compile(f"(?:{_ASKS_OF_NAME}|{_ASKS_FOR_MEMBERS})")
_ASKS_TO_EXPLAIN = re.compile(r"(?:什么是|什么叫|何谓|解释)[“\"‘「『《]?\Z")
# 五种服务模式有哪些: a name that counts, without quotation marks.
_COUNTED_NAME = re.compile(
    r"^(?P<name>\d[种个项大][\u4e00-\u9fff]{2,8}?)(?:都|分别|具体|各)*(?:有|是|指|包括)(?:哪些|哪几|什么|啥)"
)
_ASKS_MEANING = re.compile(r"(?:什么|啥)[是叫]|是(?:什么|啥)|指什么|什么意思")
_ASIDE = tuple(word + mark for word in "、在从向对" for mark in ("", "“", '"'))
_FREQUENCY = re.compile(r"几次|多少次|频率|(?:多久|多长时间|几天|几个月|几年).{0,6}1次")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the question wants.

    ``count``: how many items a list should have, 0 where it is not said. ``subject``: the named thing that
    is to be explained. ``parts``: how many questions were asked in one breath. ``noun``: what a list or a
    number is asked of. ``measure``: the measure word of the number, ``bound`` what follows it (以上).
    ``clause``: the number of the clause (条) and ``item``: that of the list item asked for, 0 for none.
    ``whole``: the end of what has the parts asked for (决议 of 大会决议包括什么).
    ``shared``: what all members of a list have in common (3个“新”: 新变化, 新举措, 新问题).
    ``characters``: how many characters the phrase asked for has (哪十六个字), 0 where it is not said.
    ``span``: the unit a period is asked in, where no other will do (学时, 小时).
    ``share``, ``year``, ``name`` and ``frequency`` narrow down what number, date, person or period will do.
    ``predicate``: what follows 怎么, ``deed`` the duty before 哪些 or the event whose date is asked for.
    ``speech``: a speaker's words are asked for. ``quoted``: the names in quotation marks.
    ``locality``: the kind of place that is to be named, such as 街道.
    ``toward``: preposition and verb of 向谁报告, both empty where nobody is asked for in this way.
    ``strict``: the subject must be explained, not only be dealt with.
    """

    kind: Kind
    count: int = 0
    subject: str | None = None
    parts: int = 1
    noun: str = ""
    measure: str = ""
    bound: str = ""
    clause: int = 0
    item: int = 0
    shared: str = ""
    whole: str = ""
    characters: int = 0
    share: bool = False
    year: bool = False
    name: bool = False
    frequency: bool = False
    span: str = ""
    predicate: str = ""
    deed: str = ""
    speech: bool = False
    quoted: tuple[str, ...] = ()
    locality: str = ""
    toward: tuple[str, str] = ("", "")
    strict: bool = True


def asked(question: Question) -> Asked:
    """The kind of answer that would satisfy the question."""
    key = question.key
    item = int(_group(_ORDINAL_ITEM, key, "n") or 0)
    # 第三步是什么 asks for an item of a list and not for a definition.
    named = _quoted_subject(question) or defined_subject(key) or _group(_COUNTED_NAME, key, "name")
    subject = None if item else named or None
    count = _expected_count(key)
    kind = _kind(key, subject, count)
    parts = [p for p in re.split(r"[?？;；,，](?=\S)", key.rstrip("?？ ")) if len(p) > 3]
    return Asked(
        kind,
        count=count if kind in {"list", "definition"} else 0,
        subject=subject,
        parts=max(1, len(parts)),
        noun=_noun(key),
        measure=_measure(key) if kind == "number" else "",
        bound=_bound(key) if kind == "number" else "",
        clause=question.clause if kind == "clause" else 0,
        item=item,
        whole=_group(_WHOLE, key, "whole"),
        shared=_group(_SHARED, key, "word") if count else "",
        characters=int(_group(_SO_MANY_WORDS, key, "n") or 0),
        share=bool(_SHARE.search(key)),
        year=bool(_YEAR.search(key)),
        name=bool(_NAME.search(key)),
        frequency=bool(_FREQUENCY.search(key)),
        span=_group(_SPAN, key, "unit") if kind == "period" else "",
        predicate=_group(_PREDICATE, key, "verb") if kind == "how" else "",
        deed=_group(_DEED, key, "verb") or (_event(key) if kind == "date" else ""),
        speech=bool(_SPEECH.search(key)),
        quoted=question.quoted,
        locality=_group(_LOCALITY, key, "level") or _group(_LOCALITY, key, "name"),
        toward=(_group(_TOWARD, key, "way"), _group(_TOWARD, key, "verb")),
        strict=bool(question.quoted)
        or bool(re.search(r"什么是|是什么|是啥|(?:什么|啥)叫|啥是|指什么|什么意思", key)),
    )


def _event(key: str) -> str:
    """What happened at the time asked for: 成立 of 成立于什么时候 and of 什么时候成立的."""
    return next((verb for pattern in _EVENT if (verb := _group(pattern, key, "verb"))), "")


def _bound(key: str) -> str:
    """What follows the number asked for, or its noun: 以上 of 多少人以上 and of 多少名党员以上."""
    match = _MEASURE.search(key)
    after = re.match(rf"[\u4e00-\u9fff]{{0,4}}?({_BOUND})", match["noun"]) if match else None
    return _group(_MEASURE, key, "bound") or (after[1] if after else "")


def _noun(key: str) -> str:
    match = _NOUN.search(key)
    found = (match["noun"] or match["counted"] or match["bare"]) if match else _group(_QUANTITY, key, "noun")
    noun = re.split(_BOUND, _PARTICLES.sub("", found))[0].lstrip("的")
    noun = _MEANS_FIRST.sub(r"\1", noun)
    return "" if noun in _MEASURES.split("|") or _ASKS.search(noun) else noun


def _measure(key: str) -> str:
    measure = "元" if "多少钱" in key else _group(_MEASURE, key, "measure")
    return "人" if measure == "个人" else measure


def _group(pattern: re.Pattern[str], key: str, group: str) -> str:
    match = pattern.search(key)
    return (match[group] or "") if match else ""


def _quoted_subject(question: Question) -> str | None:
    """A name in quotation marks right before the words that ask what it is or what belongs to it."""
    for name in question.quoted:
        if not re.search(rf"[、在从向对][“\"]?{re.escape(name)}", question.key) and is_followed(
            name, question.key, _ASKS_OF_IT
        ):
            return name
        if any(_ASKS_TO_EXPLAIN.search(question.key, 0, start) for start, _ in places(name, question.key)):
            return name
    return None


def _kind(key: str, subject: str | None, count: int) -> Kind:
    if _BLANK.search(key):
        return "blank"
    if _OF_CLAUSE.search(key):
        return "clause"
    if _WHY.search(key):
        return "why"
    listed = bool(_LIST.search(key))
    if not listed:
        for kind, pattern in _SIMPLE:
            if pattern.search(key):
                return kind
    if subject and not count and re.search(r"(?:什么|啥)[是叫]", key):
        return "definition"
    if listed or (count > 1 and not subject) or _STEPS.search(key):
        return "list"
    if subject:
        return "list" if count > 1 else "definition"
    return "how" if _HOW.search(key) else "other"


_SIMPLE: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("period", _PERIOD),
    ("date", _DATE),
    ("place", _PLACE),
    ("number", _NUMBER),
    ("person", _PERSON),
)


def _expected_count(key: str) -> int:
    if _SO_MANY_WORDS.search(key):
        return 0
    asked_for = _WHICH.search(key)
    match = asked_for or _COUNTED.search(key)
    if match is None:
        return 0
    count = int(next(figure for figure in match.groups() if figure))
    return count if 2 <= count <= 20 else 0
