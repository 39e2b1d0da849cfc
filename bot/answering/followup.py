"""What a follow-up question means: completed from the turns before it, or left exactly as it is.

Only two kinds of question are completed: those of a fixed form (第三步呢, 还有吗, 海口呢, 为什么), and those
that point back without naming anything themselves (他们是哪里的, 任期几年). Whatever names its own subject
stands for itself. Text of a conversation is matched and copied, never obeyed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from bot.answering.answer import Answer
from bot.answering.membership import LIST_MIN, items_of, labelled_items
from bot.answering.subject import (
    About,
    about,
    begins_with_noun,
    has_content,
    has_verb,
    noun_runs,
    nouns_and_verbs,
    places,
    verbs,
)
from retrieval.normalise import numeral_value, to_simplified
from retrieval.question import analyse

FOLLOW_UP_CHARS_MAX = 40
"""A longer question says what it is about."""
REWRITTEN_CHARS_MAX = 200
"""A completed question that would be longer than this is asked as it was typed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One earlier question of the conversation, as it was looked up, and what was answered.

    ``item`` is the number of the list item that was asked for, 0 for none.
    """

    question: str
    answer: Answer
    item: int = 0


@dataclass(frozen=True, slots=True)
class Resolved:
    """What is to be looked up.

    ``question`` stands for itself. ``continues`` asks for more than was cited of it already; ``item`` for
    the item with this number of the list that ``listed``, an earlier answer, gave. ``lacks_context``
    marks what only means something after an earlier question, where there is none that it could follow.
    ``named`` is the place or name that was put into the last question: an answer must speak of it.
    """

    question: str
    continues: bool = False
    item: int = 0
    listed: Answer | None = None
    lacks_context: bool = False
    named: str = ""


# A question that names nothing is short: 具体由谁负责, 任期一般是几年.
_BARE_CHARS_MAX = 14
_BARE_WORDS_MAX = 2
_NUMERAL = r"[一二两三四五六七八九十\d]{1,3}"
_MEASURE = r"(?:步|项|个|点|种|类|条|款|阶段|环节|方面|部分)"
_OPENING = re.compile(
    r"^(?:[这那]个(?=[，,、\s])|那么?(?![个些种项类位份次家里边时几样么])|然后|所以|请问|麻烦问一?下|再问一?下|嗯+|哦+|噢+|好的?|还有(?=第|就是)|就是)[，,、\s]*"
)
_CLOSING = re.compile(r"[\s?？。!！,，;；…~～]+$")
_MORE = re.compile(
    r"(?:还有(?:没有)?(?:别的|其[他它]的?|更多的?|什么|哪些|啥)?(?:内容|资料|说法|做法|方面|要求|规定|例子)?(?:吗|呢|没有|没|么)?"
    r"|(?:没有?|有没有)(?:别的|其[他它]的?|更多的?)(?:内容|资料|说法|做法)?了?(?:吗|呢)?|继续(?:说|讲|看)?|接着(?:说|讲)?|更多(?:呢|内容)?"
    r"|(?:其[他它]|别)的?(?:方面|地方|说法|做法|资料)?呢|除此之外(?:呢|还有.{0,4})?|就这些吗|下一[页段]|再(?:多)?(?:说|讲)一?[点些])"
)
_ORDINAL = re.compile(
    rf"(?:(?:它|其|这|那)(?:里面|中|其中)?的?)?(?:第(?P<n>{_NUMERAL})|(?P<last>最后一?)|(?P<next>[再]?下一)|(?P<before>[前上]一))"
    rf"(?P<measure>{_MEASURE})(?P<noun>[\u4e00-\u9fff]{{0,4}}?)(?P<rest>(?:呢|是|有|怎|如何|具体|讲|说|内容|的内容|什么|规定|由|归|谁|要|需|为|包括|指).*)?"
)
_WHOLE_ITEM = re.compile(
    r"(?:呢|是(?:什么|啥|哪.?)?|怎么[做办]|具体(?:是什么|怎么做|内容.*|呢)?|(?:的)?内容(?:是什么|呢)?|[讲说](?:的是)?什么|什么意思|规定了?什么|是?怎么规定的?|有什么(?:内容|要求|规定)?)?"
)
_CLAUSE = re.compile(r"第(?P<n>[一二三四五六七八九十百零\d]{1,5})条")
_INSTEAD = re.compile(
    r"(?:如果是|要是|换成?|换作|对于?|关于|至于|说到|而)?(?P<what>[^，。？?,!！；;]{2,16}?)的?(?:呢|又如何|又怎么样|又怎样|的情况)"
)
_ASKS = re.compile(
    r"什么|哪|谁|多少|多长|多久|多大|几|怎|如何|咋|啥|为何|是不是|是否|有没有|能不能|可不可以|能否|吗$|呢$"
)
_WHY = re.compile(
    r"(?:这是|那是)?(?:为什么|为何|为啥|什么原因|原因呢|凭什么)(?:呢|啊|要?这样(?:做)?|要?这么做)?"
)
_IN_DETAIL = re.compile(
    r"(?:请)?(?:详细|具体|展开|仔细)(?:地|一点|点|一些|些)?(?:说明?|讲|介绍|解释|谈)?(?:说|讲|一下|下|点|些)*(?:吗|呢)?"
)
_EXAMPLES = re.compile(
    r"(?:请|能)?(?:举|有)(?:个|没有|什么|哪些|一?些)?例(?:子|如)?(?:吗|呢|说明)?|比如(?:呢|说)?|例如呢?"
)
_CLASS_NOUN = (
    r"(?:制度|规定|条例|细则|办法|文件|意见|做法|模式|机制|体系|活动|会议|会|条|组织|支部|党支部|党委|社区|街道|单位|企业|学校|"
    r"村|县|市|区|省|地方|地区|程序|步骤|流程|阶段|环节|方面|问题|工作|任务|要求|原则|方针|标准|条件|概念|说法|词|名称|途径|"
    r"方法|方式|措施|平台|中心|站|委员会|小组|协会|人|党员|干部|书记|同志|职务|比例|数字|年份|特点|因素|原因|事|项目|岗位|班|课)"
)
_POINTER = re.compile(
    rf"(?P<person>他们|她们|(?<!其)他(?!乡)|她)|(?P<thing>(?<!其)它们?|(?:这|那|该|此)(?:[个些种项类位份次家几]{{0,2}})(?P<noun>{_CLASS_NOUN})|"
    r"(?:这|那)(?:个|些|种|项|类|位)(?=[是有的由要该能可怎什为叫指在]|$)|(?:这|那)(?=[是有指叫])|其(?=任期|职责|成员|条件|作用|特点|内容|含义|目的|意义|任务|主要|具体|负责))"
    r"|(?P<deed>(?:这样|这么|那样|那么|如此)(?:做|办|规定|要求|安排|干|搞|分)?)|(?P<place>(?:这里|那里|这儿|那儿|当地))"
)
# What can be asked of anything: it names no subject, so a question of nothing else points back.
RELATIONAL = frozenset(
    """
    任期 期限 时限 时间 时长 多长时间 周期 年限 人数 数量 比例 金额 规模 地点 地址 位置 时候 会长 书记
    组长 组成 构成 成员 对象 范围 条件 资格 职责 权利 义务 任务 职权 权限 程序 流程 步骤 手续 材料 要求
    标准 原则 依据 根据 内容 形式 方式 方法 途径 做法 措施 办法 特点 特征 作用 意义 目的 目标 好处 优点
    缺点 不足 效果 成效 影响 背景 原因 理由 问题 困难 难点 重点 关键 核心 性质 地位 定义 含义 意思 概念
    区别 不同 关系 来源 出处 名称 名字 全称 简称 作者 单位 部门 机构 负责人 联系人 主持 召集 担任 负责
    组织 领导 管理 批准 审批 审核 决定 产生 选举 任命 推荐 指定 建立 成立 设立 设置 召开 举行 开始 结束
    实施 执行 落实 施行 生效 制定 提出 发布 印发 规定 包括 包含 分为 属于 来自 参加 参与 开 一次 需要
    必须 可以 应该 应当 能够 具体 详细 主要 一共 总共 大概 大约 举例 例子 例外 情况 方面 区分 计算 办理
    申请 延长 缩短 提前 推迟 取消 停止 终止 处理 处分 处罚 解决 应对 改进 完善 加强 提高 经费 费用 资金
    钱 年龄 职务 级别 待遇
    """.split()  # noqa: SIM905 - a word list reads better than two hundred quotation marks
)
# In front of its question word such a word is a subject of its own: 处分有哪些, but 怎么处分.
_TOPICAL = frozenset(
    """
    处分 处罚 处理 选举 经费 费用 资金 组织 领导 管理 审批 推荐 申请 书记 会长 组长 批准 决定 规定 部门 机构
    """.split()  # noqa: SIM905 - as above
)
_PERIODS = re.compile(r"(?:任期|期限|时限|时间|时长|周期|年限|预备期|有效期|[期限])$")
_QUANTITIES = re.compile(r"(?:人数|数量|总数|比例|比重|金额|经费|费用|规模|年龄|率|数|面积|收入)$")
_PERSONS = re.compile(r"(?:书记|会长|组长|主任|主席|负责人|联系人|主持人|作者|委员长|秘书长)$")
_MEASURES_TIME = re.compile(r"延长|缩短|顺延|算起|起算|计算|届满|期满")
_ONLY_ASKS = re.compile(
    r"什么时候|何时|哪一?[年天月]|谁|多少|多久|多长时间|什么意思|什么时间|哪里|哪儿|什么地方"
)
_SITES = re.compile(r"(?:地点|地址|位置)$")
_SINGLE = re.compile(
    r"(?:目的|意义|作用|性质|地位|定义|含义|意思|概念|原因|理由|背景|依据|来源|名称|全称|核心|关键|重点|区别|关系)$"
)
_REGION = re.compile(r"(?:全|我|本)(?:省|市|区|县|镇|乡|村|国)")
_QUOTED = re.compile(r"[“「『《‘][^”」』》’]{2,30}[”」』》’]")
_LIST_COUNT = re.compile(r"(?P<what>哪)[一二两三四五六七八九十\d几]{1,2}[个种项条点位类步大名家]?")
_COUNT = re.compile(
    r"(?:哪|[“「『])?(?P<n>[两三四五六七八九十\d]{1,2})(?=[个种项条点位类步大名家必有述抓促型级化])"
)
_ASKS_LIST = re.compile(r"哪些|哪几|包括|分别|都有|有哪")
# These forms say nothing by themselves.
_DEPENDENT_FORMS = (_MORE, _ORDINAL, _WHY, _EXAMPLES, _IN_DETAIL)
Rule = Callable[[str, Sequence[Asked]], Resolved | None]


def resolve(text: str, turns: Sequence[Asked]) -> Resolved:
    """What to look up for ``text`` after ``turns``, oldest first; ``text`` itself where it needs no help."""
    bare = _bare(text, turns)
    if not 0 < len(bare) <= FOLLOW_UP_CHARS_MAX:
        return Resolved(text)
    for rule in _RULES if turns else ():
        resolved = rule(bare, turns)
        if resolved is not None:
            return resolved if len(resolved.question) <= REWRITTEN_CHARS_MAX else Resolved(text)
    return Resolved(text, lacks_context=any(form.fullmatch(bare) for form in _DEPENDENT_FORMS))


def _bare(text: str, turns: Sequence[Asked]) -> str:
    """The question in simplified script without what opens and closes it."""
    bare = _CLOSING.sub("", to_simplified(text).strip())
    while (shorter := _OPENING.sub("", bare)) != bare and not _is_a_name(bare, turns):
        bare = shorter
    return bare


def _is_a_name(bare: str, turns: Sequence[Asked]) -> bool:
    """Whether 那 begins a name, as in 那大镇: the conversation has it, or the tagger takes it for a place."""
    if bare[:1] != "那":
        return False
    first = next(iter(places(bare)), "")
    said = (to_simplified(turn.question) + turn.answer.text for turn in turns)
    return (first != "" and bare.startswith(first)) or any(bare[:3] in text for text in said)


def _more(bare: str, turns: Sequence[Asked]) -> Resolved | None:
    """还有吗: more of what was answered last; after one item of a list, of what the list was asked by."""
    if not _MORE.fullmatch(bare):
        return None
    question = next((each.question for each in reversed(turns) if not each.item), turns[-1].question)
    is_answered = any(each.question == question and each.answer.status == "answered" for each in turns)
    return Resolved(question, continues=True) if is_answered else Resolved(bare, lacks_context=True)


def _ordinal(bare: str, turns: Sequence[Asked]) -> Resolved | None:
    """第三步呢, 最后一个是什么, 第十四条呢: an item of the last list, or a clause of the same document."""
    match = _ORDINAL.fullmatch(bare)
    if match is None:
        return None
    clause = _next_clause(match, turns[-1])
    if clause is not None:
        return clause
    listed = next((each for each in reversed(turns) if _gives_list(each)), None)
    if listed is None:
        return None
    heads, rest = items_of(listed.answer), match["rest"] or ""
    number = _number(match, turns, len(heads))
    if _WHOLE_ITEM.fullmatch(rest) or not 0 < number <= len(heads):
        question = f"{about(listed.question).matter}第{_han(number)}{match['measure']}是什么？"
        return Resolved(question, item=number, listed=listed.answer) if number > 0 else None
    return Resolved(f"{heads[number - 1]}{rest}？")


def _number(match: re.Match[str], turns: Sequence[Asked], size: int) -> int:
    if match["n"]:
        return _value(match["n"])
    if match["last"]:
        return size
    current = turns[-1].item
    return current + (1 if match["next"] else -1) if current else 0


def _next_clause(match: re.Match[str], last: Asked) -> Resolved | None:
    """Another clause: of the last question's, or of the document whose clause was cited for it."""
    if match["measure"] != "条" or match["last"]:
        return None
    clause = _CLAUSE.search(last.question)
    if clause is not None:
        number = match["n"] or _han(_value(clause["n"]) + (1 if match["next"] else -1))
        return Resolved(last.question[: clause.start("n")] + number + last.question[clause.end("n") :])
    cited = next((c for c in last.answer.citations if _CLAUSE.search(c.section)), None)
    if cited is None or not match["n"]:
        return None
    return Resolved(f"《{cited.document.title}》第{match['n']}条规定了什么？")


def _instead(bare: str, turns: Sequence[Asked]) -> Resolved | None:
    """海口呢, 那任期呢: the last question of another place, name or attribute."""
    match = _INSTEAD.fullmatch(bare)
    if match is None or any(p.search(match["what"]) for p in (_ASKS, _POINTER)) or _ORDINAL.fullmatch(bare):
        return None
    what, last = match["what"], turns[-1].question
    parts = about(last)
    if what in RELATIONAL:
        return Resolved(f"{_topic(turns[-1], parts.subject)}的{what}{_asked_of(what)}？")
    if "的" in what:
        return Resolved(f"{what}{_asked_of(what)}？")
    question = _in_place_of(what, last, parts)
    is_name = what in places(what) or _QUOTED.search(question) is not None
    named = what.strip("“”「」『』《》‘’") if is_name else ""
    return Resolved(_uncounted(question), named=named) if question else None


def _in_place_of(what: str, last: str, parts: About) -> str:
    """The last question with ``what`` where its like stood; empty where it has none."""
    simplified = to_simplified(last)
    if what in places(what):
        there = next(iter(places(simplified)), "")
        if there:
            return simplified.replace(there, what, 1)
        region = _REGION.search(simplified)
        return simplified.replace(region[0], what, 1) if region else f"{what}{simplified}"
    quoted = _QUOTED.search(simplified)
    if quoted and len(what) <= len(quoted[0]) + 2:
        name = what if _QUOTED.fullmatch(what) else f"{quoted[0][0]}{what}{quoted[0][-1]}"
        return simplified.replace(quoted[0], name, 1)
    like = _like(what, parts)
    return simplified.replace(like, what, 1) if like and like in simplified else ""


def _like(what: str, parts: About) -> str:
    """The part of the last question that ``what`` takes the place of: its subject, or the attribute."""
    attribute = parts.matter.removeprefix(f"{parts.subject}的")
    if attribute != parts.matter and _common_end(what, attribute) > _common_end(what, parts.subject):
        return attribute
    if not has_verb(parts.subject):
        return parts.subject
    runs = noun_runs(parts.subject)
    return max(runs, key=lambda run: _common_end(what, run), default="")


def _common_end(one: str, other: str) -> int:
    """How many characters two words share at their ends."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _uncounted(question: str) -> str:
    """有哪五个 of one thing is 有哪些 of another: how many it has is not known."""
    return _LIST_COUNT.sub(r"\g<what>些", question)


def _asked_of(attribute: str) -> str:
    for pattern, words in _ATTRIBUTE_WORDS:
        if pattern.search(attribute):
            return words
    return "有哪些"


_ATTRIBUTE_WORDS = (
    (_PERIODS, "是多长"),
    (_QUANTITIES, "是多少"),
    (_PERSONS, "是谁"),
    (_SITES, "在哪里"),
    (_SINGLE, "是什么"),
)


def _pointing(bare: str, turns: Sequence[Asked]) -> Resolved | None:
    """他们是哪里的, 这个制度由谁负责: a question whose pointer has nothing in front that it could mean."""
    match = _POINTER.search(bare)
    if match is None or has_content(bare[: match.start()], RELATIONAL) or bare == match[0]:
        return None
    if match["person"] and begins_with_noun(bare[match.end() :]):
        return None
    referent = _referent(match, turns[-1])
    if not referent or referent in bare:
        return None
    joined = _joined(bare[: match.start()] + referent, bare[match.end() :])
    return Resolved(f"{joined}？") if match[0] != bare else None


def _referent(match: re.Match[str], last: Asked) -> str:
    parts = about(last.question)
    if match["deed"]:
        return parts.statement
    if match["place"]:
        return next(iter(places(to_simplified(last.question))), "")
    if match["person"]:
        return parts.matter
    thing, noun = _topic(last, parts.subject), match["noun"]
    if len(thing) < 2:
        return ""  # one character is no name: 党 stands in every question
    if not noun or noun in thing:
        return thing
    if noun in parts.matter:
        return parts.matter
    return f"{thing}{match[0]}" if not match[0].startswith("此") else thing


def _on_the_whole(bare: str, turns: Sequence[Asked]) -> Resolved | None:
    """为什么, 举个例子, 详细说说: of what was asked last as a whole."""
    last = turns[-1]
    parts = about(last.question)
    if _WHY.fullmatch(bare):
        return Resolved(f"为什么{parts.statement}？")
    if _EXAMPLES.fullmatch(bare):
        return Resolved(f"{_topic(last, parts.matter)}有哪些例子？")
    if _IN_DETAIL.fullmatch(bare):
        return Resolved(f"{_topic(last, parts.matter)}的具体内容是什么？")
    return None


def _bare_attribute(bare: str, turns: Sequence[Asked]) -> Resolved | None:
    """具体怎么做, 任期几年: what names nothing is asked of the subject that was asked about last."""
    last = turns[-1]
    parts = about(last.question)
    measured = _MEASURES_TIME.search(bare) and _PERIODS.search(parts.matter)
    topic = _topic(last, parts.matter if measured else parts.subject)
    if (
        not topic
        or not _ASKS.search(bare)
        or _ORDINAL.fullmatch(bare)
        or not _names_nothing(bare, last.question)
    ):
        return None
    return Resolved(f"{topic}是{bare}？" if _ONLY_ASKS.fullmatch(bare) else f"{_joined(topic, bare)}？")


def _names_nothing(bare: str, last: str) -> bool:
    """Whether a question consists of attributes and question words alone, and of few of them.

    A verb of the last question names nothing new: 怎么聘任的 after 三亚市聘任了多少社区工作人员.
    """
    if len(bare) > _BARE_CHARS_MAX or re.search(r"[“”「」『』《》\"A-Za-z0-9你您我]", bare):
        return False
    asking = _ASKS.search(bare)
    if asking and has_content(bare[: asking.start()], RELATIONAL - _TOPICAL):
        return False
    if analyse(bare).quoted:  # a name made of a number, such as 四必访
        return False
    known = RELATIONAL | {verb for verb in verbs(bare) if verb in to_simplified(last)}
    return not has_content(bare, known) and nouns_and_verbs(bare) <= _BARE_WORDS_MAX


def _topic(last: Asked, otherwise: str) -> str:
    """The item that was asked for last, by its head, or ``otherwise``."""
    heads = items_of(last.answer) if last.item else []
    return heads[0] if heads else otherwise


def _joined(front: str, rest: str) -> str:
    """Two parts of a question, with 的 between a subject and its attribute."""
    attribute = next(
        (word for word in sorted(RELATIONAL, key=len, reverse=True) if rest.startswith(word)), ""
    )
    needs_of = attribute and not front.endswith("的") and _takes_of(attribute)
    return f"{front}{'的' if needs_of else ''}{rest}"


def _takes_of(attribute: str) -> bool:
    import rjieba

    return len(attribute) >= 2 and all(tag.startswith("n") for _, tag in rjieba.tag(attribute))


def _gives_list(turn: Asked) -> bool:
    """Whether a turn answered with a list; an enumeration within a sentence must be what was asked for."""
    if turn.item or turn.answer.status != "answered":
        return False
    members = items_of(turn.answer)
    if len(members) < LIST_MIN or len(labelled_items(turn.answer)) >= LIST_MIN:
        return len(members) >= LIST_MIN
    question = to_simplified(turn.question)
    count = _COUNT.search(question)
    return len(members) == _value(count["n"]) if count else bool(_ASKS_LIST.search(question))


def _value(numeral: str) -> int:
    return int(numeral) if numeral.isdecimal() else numeral_value(numeral)


def _han(number: int) -> str:
    """A number up to 99 in Chinese numerals."""
    digits = "零一二三四五六七八九"
    if not 0 < number < 100:
        return str(number)
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else f"{digits[tens]}十") + (digits[ones] if ones else "")


_RULES: tuple[Rule, ...] = (_more, _ordinal, _instead, _on_the_whole, _pointing, _bare_attribute)
