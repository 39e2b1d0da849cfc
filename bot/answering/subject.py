"""What a question that stands for itself is about, in its own words: the material of follow-ups.

Rules of form only, and a tagger for where a verb begins: what comes out is shown to the asker as part of
the question that is really looked up, and is looked up as any other text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from retrieval.normalise import to_simplified

SUBJECT_CHARS_MAX = 40
"""A longer subject is a sentence and no name; it is cut at this length."""

# Words that stand in questions of any kind; they name no subject.
GENERAL_WORDS = frozenset(
    """
    工作 活动 情况 方面 问题 内容 时候 东西 事情 地方 时间 进行 开展 需要 可以
    应该 应当 能够 必须 要求 做法 办法 方法 怎么 方式 用来 里面 现在 目前 具体
    主要 有关 相关 规定 几个 一些 一种 一个 模式 制度 程序 步骤 叫做 作用 意思
    包括 包含 属于 说法 提出 出现 存在 采取 采用 达到 成为 通过 根据 按照 这个
    那个 自己 他们 我们 你们 大家 以后 以前 之后 之前 期间 一般 要 地位 性质 含义
    定义 概念 内涵 定位 意义 特点 指的 哪些 多少 说明 介绍 以及 例子 举例 还有 就是 做到
    怎样 如何 为什么 是否 算是 需 有些 一共 总共 身上 途径 环节 阶段 因素 原因 条件 标准 形式
    今天 昨天 明天 最近 近来
    比例 比重 占比 机构 类型 种类 部分 项目 措施 举措 步 名字 单位 地点 人 思路
    """.split()  # noqa: SIM905 - a word list reads better than two hundred quotation marks
)
_NUMERAL = r"[一二两三四五六七八九十百\d几]"
_ASKING = re.compile(
    rf"是?(?:用来)?[做干](?:什么|啥)|什么|哪些|哪|谁|多少|多长|多久|多大|多高|几(?={_NUMERAL}|[个名位人年月天种项条步次届家户件期批所处场级类句岁倍门节章部支组]|大类)|怎么样?|怎样|如何|咋|啥|"
    r"为何|是不是|是否|有没有|能不能|可不可以|能否|何时|何地|吗|(?:由|归)谁"
)
_ASKS_WHAT_IS = re.compile(r"^(?:请问)?(?:什么是|什么叫做?|何谓|啥是|啥叫|(?:请)?(?:解释|介绍)(?:一下)?)")
_LIST_OF = re.compile(
    rf"^(?P<owner>.*?)(?:都|分别|共|一共|主要|具体)?(?:有|是|为|指|包括|分为|经历了?)?(?:指|的)?"
    rf"哪(?![里儿年天月怕])(?P<count>{_NUMERAL}{{1,2}})?(?P<measure>[些个种项条点位类步大名家]?)(?P<noun>[^，,。？?；;]*)$"
)
# Words between a noun phrase and the question word behind it; they are nobody's name.
_LINKS = frozenset(
    """
    都 分别 具体 主要 一共 共 总共 到底 究竟 应该 应当 应 要 需 需要 可以 能 会 被 把 将 由 归 让 给 对
    在 从 向 按 按照 靠 用 以 是 有 为 指 的 了 过 来 去 最后 后来 属于 包括 和 与 占 当前 目前 现在
    更加 往 各 得 出 到 起 经历 存在 规定 讲 写
    """.split()  # noqa: SIM905 - a word list reads better than forty quotation marks
)
_HEAD = re.compile(
    r"^(?:请问|麻烦|我想(?:问|知道|了解)(?:一下)?|想(?:问|知道|了解)(?:一下)?|那么?(?=[，,])|关于|对于?|给|把|将|在|从|向|按照|按|"
    r"要|应该|应当|需要|具体|到底|究竟|哪些|怎么样?|怎样|如何|为什么|为何|为啥|[，,、：:\s]+)+"
)
_POLITE = re.compile(r"^(?:请问|麻烦|我?想(?:问|知道|了解)(?:一下)?|那么?(?=[，,])|[，,、：:\s]+)+")
_QUESTION_TAIL = re.compile(
    r"(?:[吗呢吧啊呀嘛]|(?<![什怎这那])么|是怎么回事|怎么回事|怎么样|怎么办|怎么做|怎么处理|好不好)+$"
)
_QUESTION_WORDS = re.compile(
    rf"为什么|为何|为啥|(?:有|是|指的?是?)?哪(?:些|{_NUMERAL}{{1,2}}[个种项条点位类步大名家]?)?|(?:由|归)?谁|是?什么|啥|"
    r"怎么样?|怎样|如何|咋|多少|多长时间|多久|多大|多高|是不是|是否|有没有|能否"
)
# Before these words stands the verb that they are the object of, unless it is a mere link.
_TAKES_VERB = re.compile("什么|多少|几|谁|哪")
_LINKED = re.compile(r"(?:是|有|为|占|由|指|包括)(?:指|的)?(?:哪.*)?$")
_COUNTED = re.compile(r"(?:多少|几)[个名位人家户件条项种]?(?P<noun>[\u4e00-\u9fff]{2,})")
_CLOSING = re.compile(r"[\s?？。!！,，;；…~～]+$")
_SENTENCE_END = re.compile(r"[?？。!！；;]")
_CONTENT_TAGS = "njlibtseazvg"
_NAMED_LOCALITY = re.compile(r"(?P<name>[\u4e00-\u9fff]{2,6})(?:社区|街道|村|镇)")
_NO_PROPER_NAME = re.compile(
    r"[我你各全本该此个级区市县镇乡村和与及或在对把将到为的了是从向以由让给]|城市|农村|城乡|街道|社区|基层|所有|一些|有些|加强|推进|建设|组织|单位|党"
)


@dataclass(frozen=True, slots=True)
class About:
    """The parts of a question, verbatim but for numerals and particles; each empty where it has none.

    ``subject``: whom or what it is asked of (社区党员议事会); ``matter``: what is asked of it, as one noun
    phrase (社区党员议事会的五个议事程序); ``statement``: the question without its question words.
    """

    subject: str
    matter: str
    statement: str


@lru_cache(maxsize=512)
def about(question: str) -> About:
    """What the question is about, in simplified script; of several sentences, the first that has content."""
    sentence = _sentence(to_simplified(question))
    statement = _statement(sentence)
    if _ASKS_WHAT_IS.search(sentence):
        name = _clipped(_HEAD.sub("", _QUESTION_TAIL.sub("", _ASKS_WHAT_IS.sub("", sentence))))
        return About(name, name, name)
    listed = _LIST_OF.match(sentence)
    if listed:
        return _of_list(listed, statement)
    asking = _ASKING.search(sentence)
    before = trimmed(sentence[: asking.start()]) if asking else trimmed(sentence)
    if not has_content(before):
        before = trimmed(statement)
    subject = _owner(before)
    if asking and _TAKES_VERB.match(asking[0]) and not _LINKED.search(sentence[: asking.start()]):
        counted = _COUNTED.match(sentence, asking.start())
        done, before = before, _without_verb(before)
        subject = _owner(before)
        if counted and has_content(counted["noun"]):
            before = re.sub("[了的]?$", "的", done) + _noun_and_action(counted["noun"])[0]
    return About(_clipped(subject), _clipped(before), statement)


def _of_list(listed: re.Match[str], statement: str) -> About:
    owner, noun, action = trimmed(listed["owner"]), *_noun_and_action(_QUESTION_TAIL.sub("", listed["noun"]))
    is_counted = listed["count"] not in (None, "几") and listed["measure"] != "些"
    count = f"{listed['count']}{listed['measure']}" if is_counted else ""
    if action:
        matter = f"{owner}{action}的{count}{noun}"
    else:
        matter = f"{owner}的{count}{noun}" if owner and noun and noun not in owner else owner or noun
    subject = _owner(_without_verb(owner)) if not _LINKED.search(listed[0][: listed.start("noun")]) else owner
    return About(_clipped(subject or noun), _clipped(matter), statement)


def _owner(phrase: str) -> str:
    """Whose attribute a phrase names: 海南省 of 海南省的城镇化率; the phrase itself where it is none."""
    owner, _, attribute = phrase.rpartition("的")
    is_owner = has_content(owner) and attribute and not has_verb(owner)
    return re.sub("(?<=[会书室])[上里中]$", "", owner if is_owner else phrase)


def _noun_and_action(run: str) -> tuple[str, str]:
    """What is listed, and what is said of it: 单位作了交流发言 is (单位, 作了交流发言)."""
    position, seen = 0, False
    for word, tag in _tags(run):
        if seen and word == "的":
            break
        if seen and (tag[:1] in "vpdr" or word == "在"):
            return run[:position], re.sub("[了的]+$", "", run[position:])
        seen = seen or tag[:1] in "njlivgba"
        position += len(word)
    return run, ""


def _sentence(question: str) -> str:
    parts = [part.strip() for part in _SENTENCE_END.split(question)]
    whole = next((part for part in parts if has_content(part)), question)
    return _CLOSING.sub("", _POLITE.sub("", whole) or whole)


def _statement(sentence: str) -> str:
    text = re.sub(rf"哪(?={_NUMERAL}{{1,2}}[个种项条点位类步大名家])", "", _ASKS_WHAT_IS.sub("", sentence))
    text = re.sub("是?有?多(?=[大高长久])", "这么", re.sub("是多少$", "是这样", text))
    text = re.sub("有(?:哪些|什么)(?=.)", "有", text)
    text = re.sub(
        "^(?:请问|怎么样?|怎样|如何|为什么|为何|为啥)(?:才能|要)?", "", _QUESTION_WORDS.sub("", text)
    )
    return _clipped(re.sub("是$", "", _QUESTION_TAIL.sub("", text)))


def trimmed(text: str) -> str:
    """The text without what opens a question and without the links at its end."""
    words = [word for word, _ in _tags(_HEAD.sub("", text.strip("，,、：: ")))]
    while len(words) > 1 and (words[-1] in _LINKS or not re.search(r"[\w”’」』》)）]", words[-1])):
        words.pop()
    return re.sub(r"(?<![所没拥国享])有$", "", "".join(words).strip())


def _clipped(text: str) -> str:
    return text.strip("，,、：:；; ")[:SUBJECT_CHARS_MAX]


def has_verb(text: str) -> bool:
    return any(tag[:1] == "v" and word not in GENERAL_WORDS for word, tag in _tags(text))


def _without_verb(text: str) -> str:
    """The text without the predicate at its end: 三亚市聘任 is 三亚市; one that is nothing else is kept."""
    words = _tags(text)
    while len(words) > 1 and words[-1][1][:1] in "pducr":
        words.pop()
    if len(words) > 1 and words[-1][1][:1] == "v":
        words.pop()
    kept = trimmed("".join(word for word, _ in words))
    return kept if has_content(kept) else text


def _tags(text: str) -> list[tuple[str, str]]:
    import rjieba

    return [(word, tag) for word, tag in rjieba.tag(text)] if text else []


def asks(text: str) -> bool:
    """Whether a stretch of text holds a question word."""
    return bool(_ASKING.search(text))


def has_content(text: str, beside: frozenset[str] = frozenset()) -> bool:
    """Whether a text names anything: a content word that is neither general nor one of ``beside``."""
    return bool(content_words(text, beside))


def content_words(text: str, beside: frozenset[str] = frozenset()) -> list[str]:
    """The words that name something, in order; general words and those of ``beside`` are left out."""
    return [
        word
        for word, tag in _tags(_ASKING.sub("，", text))
        if _is_content(word, tag) and word not in GENERAL_WORDS and word not in beside
    ]


def nouns_and_verbs(text: str) -> int:
    """How many words of a text name things or deeds, general ones included; question words do not count."""
    words = _tags(_ASKING.sub("，", text))
    return sum(tag[:1] in _CONTENT_TAGS and word not in _LINKS for word, tag in words)


def ends_in_verb(text: str) -> bool:
    """Whether the last word of a text is a verb or a preposition, which an object follows."""
    words = _tags(text)
    return bool(words) and words[-1][1][:1] in "vp" and words[-1][0] not in {"可以", "主要"}


def begins_with_noun(text: str) -> bool:
    """Whether the first word of a text is a noun: 社区 in 他们社区的党员, which names a thing of its own."""
    words = _tags(text)
    return bool(words) and words[0][1][:1] in "nj"


def verbs(text: str) -> list[str]:
    """The verbs of a text of two characters or more."""
    return [word for word, tag in _tags(text) if tag[:1] == "v" and len(word) >= 2]


def _is_content(word: str, tag: str) -> bool:
    if re.fullmatch(r"[A-Za-z]{2,}|.*\d.*", word):
        return not re.fullmatch(rf"\d+|{_NUMERAL}+[个步项条点次]?", word)
    if len(word) == 1:
        return tag == "n" and word not in "人钱会事岗课期"
    if tag == "m":
        return not re.match(rf"{_NUMERAL}+[个种项条点位类步大名家次年月天部分]*$|[多几一各每半]", word)
    return (tag[:1] in _CONTENT_TAGS or tag == "x") and re.search(r"\w", word) is not None


def noun_runs(text: str) -> list[str]:
    """The runs of nouns in a text, in order: 楼宇党建 of 开展楼宇党建."""
    runs, current = [], ""
    for word, tag in [*_tags(text), ("", "x")]:
        if tag[:1] in "njbl":
            current += word
        else:
            runs += [current] if current else []
            current = ""
    return runs


def places(text: str) -> list[str]:
    """The names of places in a text, each with the 省, 市, 县, 区, … that follows it."""
    found = []
    words = _tags(text)
    for index, (word, tag) in enumerate(words):
        if tag in {"ns", "s"} and len(word) >= 2:
            following = words[index + 1][0] if index + 1 < len(words) else ""
            found.append(word + following if following in set("省市县区镇乡村州") else word)
    return found


def locality_in(text: str) -> str:
    """The name before the first 社区, 街道, 镇 or 村 of a text that has one; empty where there is none."""
    named = (m["name"] for m in _NAMED_LOCALITY.finditer(text))
    return next((name for name in named if not _NO_PROPER_NAME.search(name)), "")
