"""What must agree exactly between a statement and its evidence, and at the same place.

A slot is a figure, a rank, an organ, a duty, a bound or a direction. It is not enough that the evidence
holds the same word somewhere: of all its slots of the same class, one whose surroundings are most like
those in the statement must carry it. So two figures that changed places are told from the original.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.answering.support import is_surname
from retrieval.normalise import fold_width, search_key, to_simplified

_FUNCTION = re.compile(r"[的了着等]|以及|并且|而且|[和与及并]")
_SPACE = re.compile(r"\s+")
_THOUSANDS = re.compile(r"(?<![\d,])\d{1,3}(?:,\d{3})+(?![\d,])")
_BREAK = re.compile(r"[,，。;；:：、!！?？\n()（）—…\"'“”‘’《》「」『』]")
_QUOTES = re.compile(r"[\"'“”‘’《》「」『』]")
_NO_FIGURE = re.compile(
    r"[统同唯万专单划]1|1(?:般|定|些|切|致|样|体|起|直|旦|向|贯|系列|把手|线|并|经|时|边|味|心|律|方面)"
)
_FIGURE = re.compile(
    r"(?P<value>第?\d+(?:\.\d+)?(?:[/-]\d+(?:\.\d+)?)*(?:%|‰)?)(?P<unit>[多余几来]?(?:[\u3400-\u9fffa-z])?)"
)
_LISTED = re.compile(r"(?:^|[\n。;；:：])\s*[(（]?(\d{1,2})[)）、.．](?!\d)")
_ORDINAL = re.compile(r"第(\d{1,2})$")
_ORDINAL_UNITS = "步个项点条种类是方环阶"

# Words of one class exclude each other: in one place only one of them is right.
_CLASSES = tuple(
    tuple(line.split())
    for line in """
    党小组 党支部 支部委员会 支委会 支部 党总支 总支 党委 党组 党工委 纪委
    党员大会 党员代表大会 居委会 村委会 居民委员会 村民委员会 议事会 监事会 理事会 董事会
    副书记 书记 副主任 主任 副会长 会长 副组长 组长 副秘书长 秘书长 委员
    部长 局长 市长 县长 区长 镇长 校长 院长 经理
    中央 省委 市委 县委 区委 镇党委 街道党工委 省 市 县 区 镇 乡 村 街道 社区
    预备党员 正式党员 流动党员 发展对象 入党积极分子 积极分子 入党申请人 申请人 离退休党员 在职党员
    每半年 每年 每季度 每季 每两月 每月 每半月 每周 每天 每日 每届
    上级 本级 下级 同级
    以上 以下 以内 以外
    不少于 不多于 不低于 不高于 不超过 不足 超过 至少 最多 至多 最少 大约 将近 接近
    增加 减少 增长 下降 上升 提高 降低 扩大 缩小 加强 削弱 减轻 加重
    之前 以前 之后 以后 期间
    同意 反对 赞成 否决 弃权
    公开 秘密 保密
    全部 全体 部分 少数 多数 大多数 个别 所有
    主要 次要 首要
    选举 任命 委派 推荐 罢免 撤销 免去
    允许 禁止
    有利 不利
    有偿 无偿
    优点 缺点
    成功 失败
    直接 间接
    集中 分散
    城市 农村 乡村
    男 女
    上半年 下半年 年初 年底 年末 年中
    去年 今年 明年 前年
    """.splitlines()
    if line.strip()
)
_CLASS_OF = {word: n for n, group in enumerate(_CLASSES) for word in group}
_CLASSED = re.compile("|".join(sorted(map(re.escape, _CLASS_OF), key=len, reverse=True)))

# Negation and what is allowed or demanded; words in which the character means neither are passed over.
_PLAIN = (
    r"不断|不仅|不但|不同|不少(?!于)|不泛|不乏|不久|不管|不论|不禁|不过(?!\d)|不惜|不愧|不妨|不料|不只|不止|不光|不单|差不多|"
    r"不得不|不能不|无不|无非|不可缺少|必不可少|不可或缺|毫不|不良|不正之风|不法|不利|不足|不懈|不平|不规范|不适应|不健全|不一|不1|"
    r"对不起|了不起|不错|不时|不失|"
    r"无论|无私|无锡|无线|无形|无限|无疑|无数|无偿|无愧|无产|无党派|未来|未必|未免|莫愁|莫大|莫过|非常|非公|非典|是非|非法|"
    r"除非|否则|是否|能否|可否|与否|否定|否决|别人|别的|别是|区别|分别|特别|类别|个别|级别|性别|识别|差别|"
    r"没收|免费|避免|难免|以免|免疫|免职|罢免|免去|免除|勿忘|"
    r"可以说|可行|可能|可见|可靠|可持续|可喜|可贵|许可|认可|可观|可操作|可爱|"
    r"应用|应对|适应|反应|响应|相应|供应|效应|应急|应届|应邀|对应|应聘|因应|应运|理应|"
    r"必要|必然|必定|须知|准备|准则|标准|批准|水准|准确|"
    r"不超过|不少于|不多于|不低于|不高于"
)
_MODAL = re.compile(
    rf"(?P<plain>{_PLAIN})"
    r"|(?P<ban>不得|不准|不许|不允许|不可以?|不能够?|不应当?|不宜|不要|严禁|禁止|严格禁止|杜绝|无权|切忌|勿)"
    r"|(?P<free>不必|不需要?|无需|无须|不用|免于|免)"
    r"|(?P<may>可以|允许|准许|有权|可)"
    r"|(?P<must>应当|应该|必须|务必|须|应|一律|不得不|不能不|必需)"
    r"|(?P<not>并非|不|没|无|未|非|莫|否|尚未|从未|拒绝|缺乏|缺少)"
)
_NOT_IN_NAMES = frozenset("在是将任为由对向同被把从到")
_REACH = 12
_LIKE = 0.05
_LIKENESS_MIN = 0.12
_AFTER = 3
_NEAR, _NEAR_SHARED = 6, 3
# From here on a rival stands in the very place: a heading cannot speak for the statement any more.
_SAME_PLACE = 0.5


def bare(key: str) -> str:
    """A search key without white space, quotation marks and the particles that may come and go."""
    return _FUNCTION.sub("", _SPACE.sub("", _QUOTES.sub("", _THOUSANDS.sub(_ungrouped, key))))


def _ungrouped(match: re.Match[str]) -> str:
    return match[0].replace(",", "")


@dataclass(frozen=True, slots=True)
class Slot:
    """One value of a class with its surroundings: the characters before (nearest last) and after it."""

    kind: str
    value: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Slots:
    """All slots of a text, each with its surroundings across clauses."""

    found: tuple[Slot, ...]
    labels: frozenset[str]
    text: str

    @classmethod
    def of(cls, text: str) -> Slots:
        """The slots of a text."""
        return _slots(text)


@lru_cache(maxsize=2048)
def _slots(text: str) -> Slots:
    key = search_key(text)
    flat = bare(key)
    return Slots(tuple(_found(text, flat, whole=True)), frozenset(_LISTED.findall(key)), _BREAK.sub("", flat))


def claims(statement: str, evidence: Slots, above: Slots) -> bool:
    """Whether every slot of a statement stands in the evidence at the like place.

    Ordinals such as clause numbers, names and classed words may stand in the headings ``above`` instead. A
    negation, ban or permission of the evidence may not be missing from the statement either.
    """
    flat = bare(search_key(statement))
    mine = list(_found(statement, flat, whole=False))
    return all(
        _stands(slot, evidence, above) for slot in mine if slot.kind != "modal"
    ) and _agrees_in_modality([slot for slot in mine if slot.kind == "modal"], _BREAK.sub("", flat), evidence)


def _stands(slot: Slot, evidence: Slots, above: Slots) -> bool:
    rivals = [other for other in evidence.found if other.kind == slot.kind]
    if slot.kind == "figure" and _is_label(slot, evidence):
        return True
    marked = [(_likeness(slot, other), other.value) for other in rivals]
    best = max((mark for mark, _ in marked), default=0.0)
    here = max((mark for mark, value in marked if value == slot.value), default=-1.0)
    if here >= best - _LIKE and here >= (_LIKENESS_MIN if slot.before or slot.after else 0.0):
        return True
    if best >= _SAME_PLACE:
        return False
    titled = slot.kind == "name" or slot.kind.startswith("class") or slot.value.startswith("第")
    return titled and here < 0 and any(s.kind == slot.kind and s.value == slot.value for s in above.found)


def _is_label(slot: Slot, evidence: Slots) -> bool:
    """Whether an ordinal such as 第2步 only repeats the label of a list item."""
    ordinal = _ORDINAL.match(slot.value.rstrip(_ORDINAL_UNITS))
    return bool(ordinal) and ordinal is not None and ordinal[1] in evidence.labels


def _agrees_in_modality(mine: Sequence[Slot], plain: str, evidence: Slots) -> bool:
    """Whether negations and duties pair off: none was added, and none dropped from what is repeated."""
    left = [slot for slot in evidence.found if slot.kind == "modal"]
    for slot in mine:
        touching = [other for other in left if other.value == slot.value and _touch(slot, other)]
        if not touching:
            return False
        left.remove(max(touching, key=lambda other: _likeness(slot, other)))
    return not any(_is_dropped(slot, plain, evidence) for slot in left if slot.value != "must")


def _touch(slot: Slot, other: Slot) -> bool:
    """Whether a negation or a duty of the statement bears on the same words as one of the evidence."""
    if slot.after and slot.after[:2] == other.after[: len(slot.after[:2])]:
        return True
    same = sum(a == b for a, b in zip(slot.after[:_NEAR], other.after[:_NEAR], strict=False))
    return same >= _NEAR_SHARED or (len(slot.before) > 1 and slot.before[-2:] == other.before[-2:])


def _is_dropped(slot: Slot, plain: str, evidence: Slots) -> bool:
    """Whether the statement says without its negation what the evidence says with it."""
    follows, precedes = slot.after[:_AFTER], slot.before[-2:]
    if len(precedes) == 2 and follows:
        bridge = rf"{re.escape(precedes)}[能可得应要会需必以当许]{{0,2}}{re.escape(follows[0])}"
        if re.search(bridge, plain):
            return True
    return len(follows) == _AFTER and follows in plain and evidence.text.count(follows) == 1


def _found(text: str, flat: str, *, whole: bool) -> Iterator[Slot]:
    """The slots of a text and its bare key; ``whole``: their surroundings go on beyond their own clause."""
    for match in _FIGURE.finditer(flat):
        if not _is_idiom(flat, match):
            yield _slot("figure", match["value"] + match["unit"], flat, match.span("value"), whole)
    for match in _CLASSED.finditer(flat):
        yield _slot(f"class{_CLASS_OF[match[0]]}", match[0], flat, match.span(), whole)
    for match in _MODAL.finditer(flat):
        if match.lastgroup and match.lastgroup != "plain":
            yield _slot("modal", match.lastgroup, flat, match.span(), whole)
    for value, span in _names(text, flat):
        yield _slot("name", value, flat, span, whole)


def _names(text: str, flat: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Places and persons, as far as the tagger knows them, with their spans in the bare key.

    It is given the text before numerals are folded: 三亚 is no figure.
    """
    import rjieba

    position = 0
    for word, tag in rjieba.tag(fold_width(to_simplified(text))):
        if not (tag == "ns" or (tag == "nr" and is_surname(word[0]) and 2 <= len(word) <= 3)):
            continue
        # The tagger takes the word behind a given name of one character for part of it: 张琦在.
        name = bare(search_key(word[:2] if tag == "nr" and word[2:] in _NOT_IN_NAMES else word))
        found = flat.find(name, position)
        if name and found >= 0:
            position = found + len(name)
            yield name, (found, position)


def _is_idiom(flat: str, match: re.Match[str]) -> bool:
    start = match.start("value")
    return any(m.start() <= start < m.end() for m in _NO_FIGURE.finditer(flat, max(0, start - 1), start + 4))


def _slot(kind: str, value: str, flat: str, span: tuple[int, int], whole: bool) -> Slot:
    before, after = flat[max(0, span[0] - 2 * _REACH) : span[0]], flat[span[1] : span[1] + 2 * _REACH]
    if whole:
        before, after = _BREAK.sub("", before), _BREAK.sub("", after)
    else:
        before, after = _BREAK.split(before)[-1], _BREAK.split(after)[0]
    return Slot(kind, value, before[-_REACH:], after[:_REACH])


def _likeness(slot: Slot, other: Slot) -> float:
    """How alike the surroundings are, 0 to 1: characters of the statement's that recur, near ones first."""
    total = found = 0.0
    for mine, theirs in ((slot.before[::-1], other.before[::-1]), (slot.after, other.after)):
        for distance, character in enumerate(mine):
            weight = 1.0 / (2 + distance)
            total += weight
            place = theirs.find(character)
            if place >= 0:
                found += weight / (1 + 0.25 * abs(place - distance))
    return found / total if total else 1.0
