"""Where a text gives a procedure or a model a name, by the forms in which documents do so.

“1+3”社区党组织体系, “四有四述”, 四必访：…, 社区党员议事会——是…, 预备党员转正的手续是：…, 建立党内关爱机制,
共有五个议事程序：…: every form is a pattern of words around the name; no name is known beforehand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Form = Literal["quoted", "counted", "headed", "defined", "listed", "regular", "compound"]

# One character for one, so that offsets stay true.
_FOLDED = str.maketrans("，：；（）！？「」『』＋－％", ",:;()!?“”“”+-%")

_HAN = r"\u4e00-\u9fff"
_COUNT = "[两二三四五六七八九十双]|[2-9]"
# 四个方面, 五种途径: a counted noun and not yet a name.
_MEASURE = "个|种|项|条|点|方面|类|大|次|名|张|小|把|头|年|月|日|届|章|节|中|全会|者|是|位(?!一体)"
_MODEL_HEAD = "模式|体系|制度|机制|体制|工作法|(?<![编体法抵控限强印])制(?![度定造约止作成服片剂药衡裁订])"
_EVENT_HEAD = "活动|学习教育|行动|工程|计划|程序|流程|平台|品牌|途径"
_BODY_HEAD = "党支部|支部|党委|党组织|服务站|服务队|议事会|联席会|协调会|活动室|工作室|驿站"
_HEAD = f"{_MODEL_HEAD}|{_EVENT_HEAD}|{_BODY_HEAD}"
# What a name does not go across: the words that join it to the rest of the sentence.
_JOINT = "的了在是和与及或等为对把被使以于让向将并从中着者"
_NAME_HAN = rf"(?:(?![{_JOINT}])[{_HAN}])"
_NO_SUFFIX = rf"(?:{_COUNT})(?:个|种|项)|指导|建设|破解|开展|召开|提升|推动|相关"
_QUOTED = re.compile(
    rf"[“\"](?P<inner>[^“”\"。;!?\n]{{2,24}})[”\"](?:\([^()\n]{{1,60}}\))?\s?"
    rf"(?P<suffix>(?!{_NO_SUFFIX}){_NAME_HAN}{{0,8}}?(?:{_HEAD})(?:体系|阵地|机制|制度|室)?)?"
)
_INNER_HEAD = re.compile(rf"[{_HAN}](?:{_MODEL_HEAD}|{_EVENT_HEAD})$")
_COUNTED = re.compile(rf"^(?:{_COUNT})(?!(?:{_MEASURE}))[{_HAN}]")
_COUNTED_NOUN = re.compile(rf"^(?:{_COUNT})(?:{_MEASURE})[{_HAN}]{{2,}}$")
_COUNTED_COLON = re.compile(
    rf"(?:^|(?<=[,。;:\n])|(?<=做到|坚持|实行|开展|落实|推行|健全|执行))\s*"
    rf"(?P<name>(?:{_COUNT})(?!{_MEASURE})(?:[{_HAN}]{{1,5}}|“[{_HAN}]{{1,6}}”)):(?=\S)"
)
_DASHED = re.compile(rf"(?m)^[ \t\u3000]*(?P<name>[{_HAN}A-Za-z0-9“”+]{{3,18}})——(?=\S{{10}})")
_KIND = "模式|制度|机制|会议|机构|形式|程序|活动|体系|单元|方法|方式"
_DEFINED = re.compile(
    rf"(?:^|(?<=[。\n)])|(?<=条 )|(?<=条　))[ \t#]*(?:第\S{{1,6}}条\s*)?"
    rf"(?:所谓|(?:本[{_HAN}]{{1,4}})?所称的?)?"
    rf"(?P<name>[{_HAN}“”+0-9]{{3,16}}?)(?:,?(?:是指|指的是|系指)(?=[^。\n]{{8}})|"
    rf"是(?![否不非指])(?=[^。\n]{{4,160}}?(?:{_KIND})[。,;\n]))"
)
_PROCEDURE = "手续|程序|步骤|流程|职权|职责|基本任务|任务|原则|条件|方法|方式|标准|内容"
_LISTED = re.compile(
    rf"(?:^|(?<=[。,;\n])|(?<=\s))(?P<name>[{_HAN}“”]{{2,14}}的(?:主要|基本|具体)?(?:{_PROCEDURE}))"
    r"(?:是|为|包括|如下|主要是|主要有|有)?:(?=\s*\S)"
)
_LEAD_IN = re.compile(
    rf"(?:共?有|分为?|按照?|经过|遵循|实行)(?P<name>(?:{_COUNT})(?:个|种|项|步|大|条)"
    rf"[{_HAN}]{{2,8}}?(?:程序|步骤|环节|流程|途径|方法|模式|制度|机制)):"
)
_VERB = (
    "建立健全|健全完善|建立完善|建立|健全|完善|实行|推行|实施|落实|探索|创新|深化|执行|严格|创建|形成|构建|"
    "推进|搭建|打造|制定|理顺|坚持|开展|进行|做好|如(?![果何])|按照|强化|规范"
)
_COMPOUND = re.compile(
    rf"(?:{_VERB})[了起]?(?P<name>[{_HAN}]{{2,16}}?(?:{_MODEL_HEAD}))(?!改革|创新|建设|[{_HAN}]?[化性])"
)
_GENERIC = re.compile(
    "工作|管理|各项|相关|有关|规章|党建|党的|建设|领导|运行|运作|长效|基层|社区|组织|体制|机制|制度|体系|完善|健全|"
    "一系列|基本|这些|这种|此|该|本|各种|多种|新型|新的|服务|城区|城市|农村|监督|沟通|有效|创新|改革|现有|行政|整套|"
    f"一套|若干|{_VERB}"
)
# What is held every month or year has a name: 每年至少召开1次组织生活会, 党小组会一般每月召开1次.
_OFTEN = r"每(?:半?年|个?季度|个?月|周)"
_TIMES = r"\s?[\d一两二三四]?\s?[次天]?\s?"
_HELD = re.compile(
    rf"{_OFTEN}[^,。;“]{{0,10}}?(?:召开|开展|举行){_TIMES}(?P<name>{_NAME_HAN}{{3,9}})(?=[,。;])|"
    rf"(?:^|(?<=[,。;\n]))(?P<held>{_NAME_HAN}{{2,11}}?[会议课日])(?:一般)?(?:应当)?{_OFTEN}[^,。;“]{{0,6}}?(?:召开|开展|举行)"
)
_CUT = re.compile(f"的|(?:{_VERB})(?=[{_HAN}]{{4}})")
_JOINED = re.compile(f"[{_JOINT}]|通过")
# Sayings and quotations, which stand in quotation marks as names do.
_SAYING = re.compile("[,:]|^(?:我|你|他|她|要|不|把|必须|坚持|以)")
_STARTER = re.compile("这|那|其|它|他|我|目前|当前|因此|关键|首先|主要|一")
_LABEL = re.compile(rf"^[#\s\d.、()（）一二三四五六七八九十第章节条部分]+(?=[{_HAN}]{{3}})")
_PROCEDURE_HEADING = re.compile(
    rf"[{_HAN}]{{2,10}}的[{_HAN}、]{{0,8}}"
    "(?:确定|考察|培养教育|接收|转正|选举|换届|评议|审批|审查|处置|程序|流程|步骤|办法|考核|设置|撤销)"
)
_MODEL_HEADING = re.compile(rf"[{_HAN}“”+]{{2,14}}(?:{_MODEL_HEAD}|{_EVENT_HEAD})")


@dataclass(frozen=True, slots=True)
class Naming:
    """One place where a name is given: ``text[start:end]`` is the name as printed, marks included.

    ``label`` is the name as a reader would list it; ``core`` its distinctive part, what stands in quotation
    marks or the name itself, and ``head`` the words behind the marks. ``form`` says by what pattern it was
    found, ``is_model`` whether its words say that it is a procedure or a model.
    """

    start: int
    end: int
    label: str
    core: str
    head: str
    form: Form
    is_model: bool

    @property
    def is_named_kind(self) -> bool:
        """Whether the name itself ends in what it is: a system, a model, an activity, a body."""
        return bool(self.head or _INNER_HEAD.search(self.core))


def folded(text: str) -> str:
    """The text with Chinese punctuation in one width, of the same length."""
    return text.translate(_FOLDED)


def find_namings(text: str) -> list[Naming]:
    """The names given in a text, in order; where two overlap, the one found by the surer form."""
    plain = folded(text)
    found = [
        *_quoted(plain),
        *_matched(_COUNTED_COLON, plain, "counted"),
        *_matched(_DASHED, plain, "headed"),
        *_defined(plain),
        *_matched(_LISTED, plain, "listed"),
        *_lead_ins(plain),
        *_regular(plain),
        *_compounds(plain),
    ]
    kept: list[Naming] = []
    taken: set[int] = set()
    for each in found:
        places = range(each.start, each.end)
        if taken.isdisjoint(places):
            taken.update(places)
            kept.append(each)
    return sorted(kept, key=lambda n: n.start)


def heading_name(heading: str) -> str:
    """The procedure or model that a heading is about, or an empty string.

    落实党建工作责任制 gives 党建工作责任制, 预备党员的接收 itself, 开拓创新思路 nothing.
    """
    words = _LABEL.sub("", heading).strip()
    if _PROCEDURE_HEADING.fullmatch(words):
        return words
    name = re.sub(rf"^(?:{_VERB})+", "", words)
    if not _MODEL_HEADING.fullmatch(name) or _JOINED.search(name) or not _is_specific(name):
        return ""
    return name


def _quoted(plain: str) -> Iterator[Naming]:
    for match in _QUOTED.finditer(plain):
        inner, head = match["inner"], match["suffix"] or ""
        counted = bool(_COUNTED.search(inner))
        if counted and len(inner) == 2:
            head = ""  # “两新”组织, “八有”: an abbreviation, a topic only where it is spelled out
        has_head = bool(head or _INNER_HEAD.search(inner))
        if _SAYING.search(inner) or not (has_head or counted or _COUNTED_NOUN.search(inner)):
            continue
        end = match.end() if head else match.end("inner") + 1
        model = has_head or (counted and len(inner) > 3)
        yield Naming(match.start(), end, f"“{inner}”{head}", inner, head, "quoted", model)


def _matched(pattern: re.Pattern[str], plain: str, form: Form) -> Iterator[Naming]:
    for match in pattern.finditer(plain):
        if form == "counted" or not _STARTER.match(match["name"]):
            yield _plain_naming(match, form)


def _plain_naming(match: re.Match[str], form: Form, owner: str = "") -> Naming:
    name = f"{owner}的{match['name']}" if owner else match["name"]
    return Naming(*match.span("name"), name, re.sub("[“”]", "", name), "", form, True)


def _defined(plain: str) -> Iterator[Naming]:
    for match in _DEFINED.finditer(plain):
        if not _JOINED.search(match["name"]) and not _STARTER.match(match["name"]):
            yield _plain_naming(match, "defined")


def _lead_ins(plain: str) -> Iterator[Naming]:
    """Lists announced by their number, called after what the paragraph is about: 议事会的五个议事程序."""
    for match in _LEAD_IN.finditer(plain):
        paragraph = plain.rfind("\n", 0, match.start()) + 1
        owners = [m["name"] for m in _DASHED.finditer(plain, paragraph, match.start())]
        owners = owners or [m.label for m in _defined(plain[paragraph : match.start()])]
        if owners:
            yield _plain_naming(match, "listed", owners[-1])


def _regular(plain: str) -> Iterator[Naming]:
    for match in _HELD.finditer(plain):
        start, end = match.span("name" if match["name"] else "held")
        name = plain[start:end]
        if not re.match("党员|群众|会议|一般|应当", name):
            yield Naming(start, end, name, name, "", "regular", True)


def _compounds(plain: str) -> Iterator[Naming]:
    for match in _COMPOUND.finditer(plain):
        start, end = match.span("name")
        cuts = [m.end() for m in _CUT.finditer(plain, start, end - 2)]
        name = plain[cuts[-1] if cuts else start : end]
        if len(name) >= (5 if cuts else 4) and not _JOINED.search(name) and _is_specific(name):
            yield Naming(end - len(name), end, name, name, "", "compound", True)


def _is_specific(name: str) -> bool:
    """Whether anything distinctive is left of a name without the words that every such name has."""
    return len(_GENERIC.sub("", name)) >= 2
