"""How far a stretch of text supports a question: coverage of its content words, weighted by rarity."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from retrieval.lexical import bigrams
from retrieval.normalise import search_key
from retrieval.question import Question
from retrieval.scoring import BIGRAMS, WORDS, TermStatistics
from retrieval.synonyms import expansions

# Parts of speech (ICTCLAS letters) that carry what a question is about, and how much.
_CLASS_WEIGHT = {
    "n": 1.0,
    "j": 1.0,
    "l": 1.0,
    "i": 1.0,
    "e": 1.0,
    "t": 0.9,
    "s": 0.8,
    "v": 0.75,
    "a": 0.6,
    "m": 0.8,
    "b": 0.7,
    "z": 0.5,
}
# Words that the tagger takes for places and that name none.
_NO_PLACES = frozenset(
    {"城市", "城镇", "城区", "农村", "乡村", "街道", "社区", "市区", "东西", "中心", "广场", "大街"}
)
# Names that no evidence may lack: places, and persons as far as the tagger is right about them.
_PLACE_TAG, _PERSON_TAG = "ns", "nr"
_SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙段雷钱汤尹黎易常武乔贺赖龚文"
)
# Words so general that they say nothing of what a question is about, whatever their rarity.
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
# Syllables that make a noun of the word before them.
_CLOSING = frozenset("人员者长费率期证书表权会")
_PARTIAL_CREDIT = 0.7
_SHARED_CHARACTER_CREDIT = 0.25
_SYNONYM_CREDIT = 0.9
_QUOTES = re.compile(r"[“”\"'‘’《》「」『』]")
# A pair that the corpus never holds may only be two words meeting: it weighs less.
_UNKNOWN_PAIR = 0.6


@dataclass(frozen=True, slots=True)
class ContentTerm:
    """A word that the question is about: its weight, its synonyms, and what is known of it.

    ``is_known`` tells whether the corpus holds it at all.
    """

    text: str
    weight: float
    synonyms: tuple[str, ...]
    is_name: bool
    is_verb: bool = False
    is_noun: bool = False
    is_known: bool = True

    def credit(self, key: str) -> float:
        """How far the term stands in a text (as search key), 0 to 1."""
        if self.text in key or (
            self.is_name
            and len(self.text) > 2
            and self.text[:-1] in key
            and self.text[-1] in "省市县区州镇乡村"
        ):
            return 1.0
        for other in self.synonyms:
            if other in key:
                return _SYNONYM_CREDIT
        if self.is_name:
            return 0.0
        figure, is_chinese = _form(self.text)
        if figure and figure in re.findall(r"\d+", key):
            return _PARTIAL_CREDIT
        if not is_chinese:
            return 0.0
        if len(self.text) == 2:
            is_shared = self.text[0] in key or self.text[1] in key
            return _SHARED_CHARACTER_CREDIT if is_shared else 0.0
        pairs = [self.text[i : i + 2] for i in range(len(self.text) - 1)]
        return _PARTIAL_CREDIT * sum(pair in key for pair in pairs) / len(pairs)


@lru_cache(maxsize=4096)
def _form(word: str) -> tuple[str, bool]:
    """The figure of two digits and more that a word begins with, and whether it holds Chinese characters."""
    figure = re.match(r"\d{2,}", word)
    return figure[0] if figure else "", bool(re.search(r"[\u4e00-\u9fff]", word))


@lru_cache(maxsize=1)
def _tagger() -> Any:
    import rjieba

    return rjieba


def content_terms(question: Question, statistics: TermStatistics) -> tuple[ContentTerm, ...]:
    """The question's content words in order, each once."""
    found: dict[str, ContentTerm] = {}
    for run in re.split(r"[，。？！；、,?!;:：\s()（）]+", question.plain):
        for token, tag in _compounds(_tagger().tag(unquoted(run))) if run else ():
            weight, word = _weight(token, tag), search_key(token)
            if weight and word not in found:
                rarity, is_known = _rarity(word, statistics)
                synonyms = tuple(expansions(word))
                is_verb = tag == "v" and word not in GENERAL_WORDS
                is_noun = tag[:1] in "nj" and word not in GENERAL_WORDS
                found[word] = ContentTerm(
                    word, weight * rarity, synonyms, _is_name(token, tag), is_verb, is_noun, is_known
                )
    for name in question.quoted:
        plain = unquoted(name)
        found[plain] = ContentTerm(plain, 1.5 * statistics.rarity(WORDS, plain), (), True)
    return tuple(found.values())


def _rarity(word: str, statistics: TermStatistics) -> tuple[float, bool]:
    """How rare a word is, and whether the corpus holds it; a word the index cut otherwise by its pairs."""
    pairs = bigrams(word)
    if (WORDS, word) in statistics.frequency or not all((BIGRAMS, p) in statistics.frequency for p in pairs):
        return statistics.rarity(WORDS, word), (WORDS, word) in statistics.frequency
    return max((statistics.rarity(BIGRAMS, pair) for pair in pairs), default=0.0), bool(pairs)


def _compounds(tokens: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Tokens with a closing syllable joined to the word before it: 介绍 + 人 is 介绍人."""
    joined: list[tuple[str, str]] = []
    for token, tag in tokens:
        if token in _CLOSING and joined and len(joined[-1][0]) == 2 and joined[-1][1][:1] in "vn":
            joined[-1] = (joined[-1][0] + token, "n")
        else:
            joined.append((token, tag))
    return joined


def is_surname(character: str) -> bool:
    """Whether a character is a common family name."""
    return character in _SURNAMES


def is_place(word: str, tag: str) -> bool:
    """Whether a word with this tag is the name of a place: one of the dictionary, or of the form of one."""
    if tag != _PLACE_TAG or len(word) < 2 or word in _NO_PLACES:
        return False
    return word[-1] in "省市县区州镇乡村" or len(_tagger().cut(word, hmm=False)) == 1


def _is_name(word: str, tag: str) -> bool:
    if tag == _PERSON_TAG:
        return 2 <= len(word) <= 3 and word[0] in _SURNAMES
    return is_place(word, tag) or bool(re.fullmatch(r"(?:19|20)\d{2}年?", word))


def _weight(word: str, tag: str) -> float:
    weight = _CLASS_WEIGHT.get(tag[:1], 0.0)
    if len(word) == 1 and not word.isdigit():
        return 0.0
    return weight * (0.2 if word in GENERAL_WORDS else 1.0)


def unquoted(text: str) -> str:
    """The text without quotation marks and title marks."""
    return _QUOTES.sub("", text)


# How far each of some terms stands in one text, in the order of the terms.
Credits = tuple[float, ...]


def credits_of(terms: Sequence[ContentTerm], key: str) -> Credits:
    """The credit of each term in a text (as search key), quotation marks aside."""
    plain = unquoted(key)
    return tuple([term.credit(plain) for term in terms])


def coverage(terms: Sequence[ContentTerm], layers: Iterable[tuple[str, float]]) -> float:
    """Share of the terms' weight found in the layers, each a search key and the trust put in it, 0 to 1."""
    return share_covered(terms, [(credits_of(terms, key), trust) for key, trust in layers])


def share_covered(terms: Sequence[ContentTerm], layers: Sequence[tuple[Credits, float]]) -> float:
    """``coverage`` of texts that have been read already."""
    total = sum(term.weight for term in terms)
    if not total:
        return 0.0
    reached = 0.0
    for at, term in enumerate(terms):
        reached += term.weight * max([trust * found[at] for found, trust in layers], default=0.0)
    return reached / total


@dataclass(frozen=True, slots=True)
class Wording:
    """The very words of a question: its pairs of characters with their rarity."""

    pairs: Mapping[str, float]

    def share(self, key: str) -> float:
        """Share of the question's pairs, by rarity, that a text (as search key) holds, 0 to 1."""
        total = sum(self.pairs.values())
        plain = unquoted(key)
        return sum(rarity for pair, rarity in self.pairs.items() if pair in plain) / total if total else 0.0


def wording(question: Question, statistics: TermStatistics) -> Wording:
    """The pairs of the question; of a cloze, those of the sentence with the gap."""
    gap = re.search(r"[^。？！?!]*(?:[（(]\s*[)）]|_{2,})[^。？！?!]*", question.key)
    pairs = bigrams(gap[0]) if gap else question.bigrams
    known = statistics.frequency
    return Wording(
        {p: statistics.rarity(BIGRAMS, p) * (1.0 if (BIGRAMS, p) in known else _UNKNOWN_PAIR) for p in pairs}
    )


def missing_names(terms: Sequence[ContentTerm], key: str) -> list[str]:
    """Names of the question that a text (as search key) never mentions."""
    plain = unquoted(key)
    return [t.text for t in terms if t.is_name and not t.credit(plain)]
