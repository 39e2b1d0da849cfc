"""Whether a text holds the kind of thing that is asked for: the number with its measure, the year, the
five members of a list of five, an explanation and not a mere mention."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from bot.answering.kinds import Asked
from bot.answering.support import GENERAL_WORDS, is_place, is_surname, unquoted
from retrieval.definitions import defines_in_key
from retrieval.occurrences import is_followed, places
from retrieval.synonyms import expansions

_NUMBER = r"\d[\d.,]*(?:万|亿|千|百)?(?:多|余|几)?(?:万|亿)?"
# Labels and idioms whose figure counts nothing: 第3条, (2), 1是, 统1, 1般.
_NO_NUMBER = re.compile(
    r"(?:^|\n)\s*(?:#+\s*)?(?:第\d+[章节条]|\(?\d{1,3}[)、.．](?!\d))|\(\d{1,2}\)|第\d+|其\d(?!\d)|\d是|[统同唯万]1|"
    r"作为1名|1(?:般|定|些|切|致|样|体|起|直|旦|向|贯|方面|律|系列|批|部分|把手|步|课|岗|线|种|类|并|经|时|边|味|心)|\d个(?:“|代表|意识|自信|服从|维护|全面|确立)"
)
_MAJORITY = "半数|过半"
_SHARE = re.compile(r"\d%|半数|百分|\d/\d|\d成|\d(?:\.\d+)?倍")
_FREQUENCY = re.compile(r"\d+\s*次(?!性)|[半每](?:\d*个)?[年月周日季]")
_DURATION = re.compile(
    r"(?<!月)(?<!\d)\d+(?:\.\d+)?\s*个?半?(?:年|月(?!\s*\d)|天|工作日|日|周|星期|小时|学时|季度)(?!来|度|初|底|代)|半年|长期|\d+届|随时"
)
_DATE = re.compile(
    r"\d+\s*(?:年|月|日|号)|去年|今年|年初|年底|届\S{0,3}全会|上半年|下半年|之日|当日|通过日|(?:后|前)\d*[年月日天]"
)
_YEAR = re.compile(r"\d{2,4}\s*年(?!来|内|以上|以下)|去年|今年")
_PERSON = re.compile(
    r"书记|主任|委员|秘书长|会长|组长|同志|负责|代表|联系人|介绍人|党员|党组织|部门|党委|支部|担任|召集|主持|管理|群众|成员|群体|居民|人员|对象"
)
_PLACE = re.compile(r"[省市区县镇乡村街道社区路园厅馆站海口京宁州]|党组织|党委|支部|居住地|所在")
# Alike enough that a number counted in one answers a question asked in the other.
_PEOPLE = "名位人"
_MEASURE_FAMILIES = (_PEOPLE, "个", "家户", "件次", "条项个", "种类个")

# What stands before 社区 or 街道 where no proper name does.
_NO_PROPER_NAME = re.compile(
    r"[我你各全本该此个级区市县镇乡村和与及或在对把将到为的了是从向以由让给]|城市|农村|城乡|街道|社区|基层|所有|一些|有些|加强|推进|建设|组织|单位|党"
)
_CONSISTS = re.compile(r"(?:的?内容)?(?:主要|一般|具体|应当?)*(?:包括|包含|分为|是|有|:)")
_NAMED_LOCALITY = re.compile(r"(?P<name>[\u4e00-\u9fff]{2,6})(?:社区|街道|村|镇)")
_MEMBER_MARKS = re.compile(r"[、;；]|(?<=[^\d-])-(?=[^\d-])|和(?=[“‘])|以及|及(?=[“‘])|(?<=[”’])和")
_QUOTED = re.compile(r"“([^”]{2,30})”")
_EXPLAINING = re.compile(
    r"(?:[^，。,;；、]{0,10}(?:[:：]|——|[,，]?即|[,，]?(?:也)?就是|[,，]?是指|指(?!导|示|定|标|出|挥|明|南|引|派|望)|包括|分为|主要是|由.{1,30}组成|(?<!的)是(?!否|不))"
    r"|[^。;；]{0,14}(?:就是|是指|意思是)|[^，。,;；、]{0,4}(?:思路|原则|理念|方针|模式|做法)[,，][^。]{10})"
)
# What comes before a name may explain it too: 以…为核心的X, 自购、自建、租赁等X, 通过…建立了X.
_EXPLAINED_BEFORE = re.compile(
    r"(?:以[^。]{2,80}为[^。]{1,60}的(?:\d种|\d个)?"
    r"|[\u4e00-\u9fff”]{4}——"
    r"|(?:[^，。,;；、]{2,12}、){2}[^，。,;；]{2,12}等?(?:\d种|\d个)?"
    r"|(?:通过|按照|依托|针对|由于)[^。]{8,80}(?:建立|创建|形成|实行|探索|推行|创新)[^。，,]{0,6})\Z"
)
_BEFORE_CHARS = 150
# A name that is a sentence by itself, and what is said of it in the next.
_STANDS_ALONE = re.compile(r"(?:^|[。;；\n])[^，。]{0,4}[,，、]?\Z")
_NEXT_SENTENCE = re.compile(r"。\S{10}")
_IDEA = re.compile(r"(?:思路|原则|理念|方针)$")
_IDEA_TOLD = re.compile(r"[,，][^。]{10}")


def holds(asked: Asked, key: str) -> bool:
    """Whether a text (as search key) holds what the question wants, as far as form can tell."""
    body = _NO_NUMBER.sub(_unnumbered, re.sub(r"(?<=\d)[ \t]+(?=[^\s\d])|(?<=[^\s\d])[ \t]+(?=\d)", "", key))
    if asked.kind == "number":
        return _holds_number(asked, body)
    if asked.kind == "date":
        return bool((_YEAR if asked.year else _DATE).search(body))
    if asked.kind == "period":
        if asked.span:
            return bool(re.search(rf"\d个?{asked.span}", body))
        return bool(_DURATION.search(body)) or (asked.frequency and bool(_FREQUENCY.search(body)))
    if asked.name:
        return names_a_person(body)
    pattern = {"person": _PERSON, "place": _PLACE}.get(asked.kind)
    return pattern is None or bool(pattern.search(body))


def _unnumbered(match: re.Match[str]) -> str:
    """The label or idiom with its figure written out, so that what stands around it stays in place."""
    return re.sub(r"\d", "一", match[0])


def _holds_number(asked: Asked, body: str) -> bool:
    if asked.share:
        return bool(_SHARE.search(body))
    if not asked.measure:
        return _holds_quantity(asked, body)
    family = next((f for f in _MEASURE_FAMILIES if asked.measure in f), asked.measure)
    measures = "|".join(re.escape(m) for m in ([asked.measure] if len(asked.measure) > 1 else family))
    count = rf"{_NUMBER}(?:{measures}){asked.bound}"
    if family == _PEOPLE and not asked.bound:
        # Groups of people are counted without a measure too: 100多万候鸟人群.
        group = rf"{_NUMBER}[“\"]?[^，。,;；:：\d]{{0,6}}(?:人群|人口|人员|党员|群众|居民)"
        count = rf"(?:{count}|{_MAJORITY}|{group})"
    # What follows 多少人以上 is what happens then, not what is counted.
    nouns = () if asked.bound else _nouns(asked.noun)
    if not nouns:
        return bool(re.search(count, body))
    if asked.measure == "个":
        # In speech everything is counted in 个; what is counted is told by its noun.
        count = rf"{_NUMBER}[个名位家所处条项]"
    gap = r"[^，。,;；:：\d]"
    noun = rf"{gap}{{0,6}}".join(map(_said_as, nouns))
    links = "(?:总数|数量|人数|的)?(?:有|只有|仅有|共有?|达到?|为|约|近|一般)?(?:不?(?:超过|少于|低于))?"
    # 企业和社会组织有1.4万家 counts both together.
    fellow = rf"(?:[和与及、]{gap}{{1,10}}?)?"
    return bool(re.search(rf"{count}{gap}{{0,10}}{noun}|{noun}{fellow}{links}{count}", body))


def _holds_quantity(asked: Asked, body: str) -> bool:
    """Whether a number stands beside the quantity asked for; any number where none is named."""
    head = _last_noun(asked.noun)
    if not head:
        return bool(re.search(rf"\d|{_MAJORITY}", body))
    name = _said_as(head)
    return bool(re.search(rf"{name}[^，。;；\n]{{0,14}}\d|\d[^，,。;；\n]{{0,8}}{name}", body))


def _said_as(noun: str) -> str:
    """A pattern of the noun and the other ways to say it."""
    return "(?:" + "|".join(map(re.escape, (noun, *expansions(noun)))) + ")"


@lru_cache(maxsize=256)
def _nouns(run: str) -> tuple[str, ...]:
    """The nouns at the head of a run: 社区书记 of 社区书记进了事业编制."""
    import rjieba

    words = rjieba.tag(run)
    nouns: list[str] = []
    for word, tag in words:
        may_begin = tag[:1] in "njlb" or tag in ("vn", "an", "ad")
        if not may_begin or (nouns and tag[:1] not in "njl") or (len(word) == 1 and tag != "n"):
            break
        nouns.append(word)
    is_unknown = bool(words) and words[0][1][:1] not in "vad" and 2 <= len(run) <= 3
    return tuple(nouns) or ((run,) if is_unknown else ())


@lru_cache(maxsize=256)
def _last_noun(run: str) -> str:
    """The noun that a run of words ends on, as 工资 in 工作者每月工资; empty where that is no noun."""
    import rjieba

    words = rjieba.tag(run)
    return words[-1][0] if words and (words[-1][1][:1] in "njl" or words[-1][1] in ("vn", "an")) else ""


def names_a_person(segment: str) -> bool:
    """Whether a stretch of text holds a person's name, as far as the tagger can tell."""
    import rjieba

    return any(
        tag == "nr" and 2 <= len(word) <= 3 and is_surname(word[0]) for word, tag in rjieba.tag(segment)
    )


def place_names(text: str) -> list[str]:
    """The names of places in a text, as far as the tagger knows them."""
    import rjieba

    return [word for word, tag in rjieba.tag(text) if is_place(word, tag)]


def names_a_locality(level: str, text: str) -> bool:
    """Whether a text names a place of this level (市, 街道 …) and does not only say 我街道 or 各社区."""
    return bool(place_names(text)) or any(
        not _NO_PROPER_NAME.search(match["name"])
        for match in re.finditer(rf"(?P<name>[\u4e00-\u9fff]{{2,4}}){level}", text)
    )


def locality_in(text: str) -> str:
    """The name before the first 社区, 街道, 镇 or 村 of a text that has one; empty where there is none."""
    named = (m["name"] for m in _NAMED_LOCALITY.finditer(text))
    return next((name for name in named if not _NO_PROPER_NAME.search(name)), "")


def locality_named(text: str, key: str) -> str:
    """The last place that a text names with its level and a question (as search key) without it."""
    for match in reversed(list(_NAMED_LOCALITY.finditer(text))):
        name = match["name"]
        for at in range(len(name) - 2):
            if name[at:] in key and not _NO_PROPER_NAME.search(name[at:]):
                return name[at:]
    return ""


def asks_for_absent(asked: Asked, near: str) -> bool:
    """Whether what a list or number is asked of is nowhere near the evidence: 几个等次 without 等次."""
    if asked.bound:
        return False
    head = next((n for n in reversed(_nouns(asked.noun)) if len(n) >= 2), "")
    # 新特点 is as general as 特点.
    if (
        not head
        or head in GENERAL_WORDS
        or head[1:] in GENERAL_WORDS
        or asked.kind not in {"list", "number", "person", "place"}
    ):
        return False
    return head not in near and not any(other in near for other in expansions(head))


def members(key: str) -> set[int]:
    """How many members the enumerations of a text may have: parted by 、, by ; or in quotation marks."""
    counts = {len(_QUOTED.findall(key))}
    for sentence in re.split(r"[。！？\n]", key):
        counts.add(len(re.split(r"[;；]", sentence.rstrip(";；"))))
        for clause in re.split(r"[;；]", sentence):
            for stretch in re.split(r"[,，:：]", clause):
                counts.add(len(_MEMBER_MARKS.split(stretch)))
            counts.add(len([s for s in re.split(r"[,，]", clause) if s.strip()]))
            counts.add(len(_MEMBER_MARKS.split(clause)))
    return {c for c in counts if c >= 2}


def holds_phrase(key: str, characters: int) -> bool:
    """Whether a text quotes a phrase of so many characters, or has a row of even members that long."""
    quoted = (len(re.sub(r"\W", "", phrase)) for phrase in _QUOTED.findall(key))
    return characters in quoted or any(
        _makes_up(row.split("、"), characters) for row in re.findall(r"[\u4e00-\u9fff、]+", key)
    )


def shares(key: str, word: str, count: int) -> bool:
    """Whether so many different words of a text begin with ``word``: 新变化, 新举措 and 新问题."""
    return len(set(re.findall(rf"{word}[\u4e00-\u9fff]{{2}}", key))) >= count


def names_parts(key: str, whole: str) -> bool:
    """Whether a text says what a thing is made up of: 大会决议主要包括:…, for the ``whole`` 决议."""
    return is_followed(whole, key, _CONSISTS)


def _makes_up(members: Sequence[str], characters: int) -> bool:
    """Whether members of one length make up a phrase; what stands around it runs into the outer ones."""
    length, rest = divmod(characters, len(members))
    return (
        len(members) >= 3
        and not rest
        and all(len(member) == length for member in members[1:-1])
        and min(len(members[0]), len(members[-1])) >= length
    )


def explains(text_key: str, section_key: str, subject: str) -> bool:
    """Whether a text says what the subject is, rather than only naming it."""
    plain, plain_subject = unquoted(text_key), unquoted(subject)
    if _heads(unquoted(section_key), plain_subject) or defines_in_key(text_key, subject):
        return True
    if plain_subject not in plain:
        return False
    if is_followed(plain_subject, plain, _EXPLAINING):
        return True
    if _IDEA.search(subject) and is_followed(plain_subject, plain, _IDEA_TOLD):
        return True
    return any(_explained_around(plain, start, end) for start, end in places(plain_subject, plain))


def _explained_around(text: str, start: int, end: int) -> bool:
    """Whether a name is explained by what stands before it, or is a sentence that the next one explains."""
    if _NEXT_SENTENCE.match(text, end) and _STANDS_ALONE.search(text, 0, start):
        return True
    return bool(_EXPLAINED_BEFORE.search(text, max(0, start - _BEFORE_CHARS), start))


def _heads(section: str, subject: str) -> bool:
    """Whether the last heading of a path is about the subject, and not a sentence that mentions it."""
    last = section.split("\n")[-1].split("›")[-1].strip()
    return subject in last and len(subject) >= 0.35 * len(last)
