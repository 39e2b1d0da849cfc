"""True and false statements about real texts, made by rule: what a good and a lying model would write.

A true one repeats a sentence, orders its clauses anew, leaves out particles or a closing clause, or uses
another word of the same meaning. A false one alters one thing in a true one.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.answering.verification import Sentence
from retrieval.sentences import split_sentences

GOLDEN = Path(__file__).resolve().parent / "golden"
PASSAGE_CHARS = 420

_REWORDED = (
    ("加强", "强化"), ("提高", "提升"), ("开展", "进行"), ("推进", "推动"), ("建立", "设立"),
    ("帮助", "协助"),
    ("利用", "运用"), ("重要", "关键"), ("困难", "难处"), ("群众", "百姓"), ("目前", "当前"),
    ("通过", "经由"),
    ("解决", "化解"), ("根据", "依据"), ("努力", "尽力"), ("形成", "构成"), ("不断", "持续"),
    ("充分", "全面"), ("积极", "主动"), ("进一步", "更好地"), ("需要", "有必要"), ("共同", "一起"),
)  # fmt: skip
_PARTICLES = re.compile(r"的(?!确)|了(?!解)|着(?!力|眼|重|手)|等(?=[，,。；;]|方面|工作)|也|还|都(?!市)")
_FIGURES = "零一二三四五六七八九"
_NUMERAL = re.compile(
    r"(?<![一-龥])[一二三四五六七八九十]{1,3}(?=[个名位项条种次年月届级类])"
    r"|(?<=[共有由达])[二三四五六七八九十]{1,3}(?=[个名位项条种类])"
)
_PLACES = (
    "海口", "南京", "广州", "儋州", "莫愁", "成都", "秦淮", "琼山", "建邺", "重庆", "江苏",
    "海南", "上海", "深圳", "武汉",
)  # fmt: skip
_APPENDED = (
    "现在这项规定已经作废", "详情请联系客服", "党费由财务处代缴", "每个人都可以领到奖金", "违者开除出会",
    "一切都好",
    "具体由物业公司收取费用", "不参加的人要交罚款", "可以不用理会", "这是假的", "请点击链接报名",
    "效果并不理想",
)  # fmt: skip
_SWAPS = (
    (("党支部", "党委", "党小组", "党总支", "居委会", "议事会"), "organ"),
    (("书记", "主任", "会长", "组长", "委员"), "role"),
    (("增加", "减少"), "direction"),
    (("提高", "降低"), "direction"),
    (("以上", "以下"), "bound"),
    (("上级", "下级"), "organ"), (("每年", "每月", "每季度", "每周"), "period"),
    (("必须", "可以", "不得"), "modality"), (("应该", "可以", "不应"), "modality"),
    (("应当", "可以", "不得"), "modality"),
    (("可以", "不得", "必须"), "modality"), (("不能", "可以"), "modality"), (("没有", "有着"), "negation"),
    (("预备党员", "正式党员"), "role"), (("流动党员", "在职党员"), "role"), (("城市", "农村"), "name"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Passage:
    """Neighbouring sentences of a text, as retrieval would offer them."""

    title: str
    text: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A statement about a passage, how it was made, and whether the passage bears it out."""

    text: str
    passage: Passage
    made_by: str
    is_true: bool


def passages(folder: Path = GOLDEN, pattern: str = "*.txt") -> list[Passage]:
    """The texts of a folder cut into passages of whole sentences."""
    found: list[Passage] = []
    for path in sorted(folder.glob(pattern)):
        text = path.read_text(encoding="utf-8")
        title = text.strip().partition("\n")[0][:40]
        taken: list[Sentence] = []
        for start, end in split_sentences(text):
            if taken and end - taken[0].start > PASSAGE_CHARS:
                found.append(_passage(title, text, taken))
                taken = []
            taken.append(Sentence(start, end, text[start:end]))
        if taken:
            found.append(_passage(title, text, taken))
    return found


def _passage(title: str, text: str, taken: Sequence[Sentence]) -> Passage:
    return Passage(title, text[taken[0].start : taken[-1].end], tuple(taken))


def _plain_sentences(passage: Passage) -> Iterator[str]:
    for sentence in passage.sentences:
        text = " ".join(sentence.text.split())
        if 16 <= len(text) <= 130 and text.endswith("。") and text.count("“") == text.count("”"):
            yield text


def true_cases(found: Sequence[Passage], count: int, seed: int = 7) -> list[Case]:
    """``count`` statements that their passages bear out, every way of saying it in turn."""
    ways: tuple[tuple[str, Callable[[str, random.Random], str | None]], ...] = (
        ("verbatim", lambda text, _: text),
        ("reordered", _reordered),
        ("without particles", lambda text, _: _changed(text, _PARTICLES.sub("", text))),
        ("reworded", _reworded),
        ("shortened", _shortened),
    )
    return list(_made(found, count, seed, ways, is_true=True))


def false_cases(found: Sequence[Passage], count: int, seed: int = 11) -> list[Case]:
    """``count`` statements with one thing altered, every kind of alteration in turn."""
    ways: tuple[tuple[str, Callable[[str, random.Random], str | None]], ...] = (
        ("year", _other_year),
        ("ratio", _other_ratio),
        ("count", _other_count),
        ("numeral", _other_numeral),
        ("name", _other_place),
        ("swap", _swapped_word),
        ("exchange", _exchanged),
        ("denied", _denied),
        ("affirmed", _affirmed),
        (
            "clause",
            lambda text, chance: (
                f"第{_FIGURES[chance.randint(2, 9)]}十{_FIGURES[chance.randint(1, 9)]}条规定，{text}"
            ),
        ),
        ("added year", lambda text, chance: f"{chance.randint(1985, 2024)}年，{text}"),
        ("quoted", _other_quote),
        ("appended", lambda text, chance: f"{text.rstrip('。')}，{chance.choice(_APPENDED)}。"),
        ("added name", lambda text, chance: f"{chance.choice(_PLACES)}的{text}"),
    )
    return list(_made(found, count, seed, ways, is_true=False))


def _made(
    found: Sequence[Passage],
    count: int,
    seed: int,
    ways: Sequence[tuple[str, Callable[[str, random.Random], str | None]]],
    *,
    is_true: bool,
) -> Iterator[Case]:
    chance = random.Random(seed)
    ways = chance.sample(ways, len(ways))
    pool = [(passage, text) for passage in found for text in _plain_sentences(passage)]
    made: set[tuple[str, str]] = set()
    left = {name: chance.sample(pool, len(pool)) for name, _ in ways}
    while len(made) < count and any(left.values()):
        for name, way in ways:
            while left[name]:
                passage, text = left[name].pop()
                statement = way(text, chance)
                # An alteration that the passage happens to say as well is no lie.
                if statement is None or (not is_true and statement in passage.text + passage.title):
                    continue
                made.add((name, statement))
                yield Case(statement, passage, name, is_true)
                break
            if len(made) == count:
                return


def _changed(before: str, after: str) -> str | None:
    return after if after != before else None


def _reordered(text: str, _: random.Random) -> str | None:
    clauses = re.split(r"[,，]", text.rstrip("。"))
    if not 2 <= len(clauses) <= 5 or re.search(r"[:：;；“]", text):
        return None
    return "，".join([*clauses[1:], clauses[0]]) + "。"


def _reworded(text: str, chance: random.Random) -> str | None:
    known = [(a, b) for a, b in _REWORDED if a in text and "“" not in text]
    if not known:
        return None
    for word, other in chance.sample(known, min(2, len(known))):
        text = text.replace(word, other, 1)
    return _PARTICLES.sub("", text, count=1)


def _shortened(text: str, _: random.Random) -> str | None:
    clauses = re.split(r"[,，]", text.rstrip("。"))
    if len(clauses) < 3 or re.search(r"[:：;；“]", text):
        return None
    return "，".join(clauses[:-1]) + "。"


def _other_year(text: str, chance: random.Random) -> str | None:
    match = re.search(r"(?:19|20)\d\d", text)
    if not match:
        return None
    year = int(match[0]) + chance.choice((-10, -3, -2, -1, 1, 2, 3, 10))
    return text[: match.start()] + str(year) + text[match.end() :]


def _other_ratio(text: str, chance: random.Random) -> str | None:
    match = re.search(r"(\d+(?:\.\d+)?)(?=%|/)|(?<=百分之)[一二三四五六七八九十]+", text)
    return _other_figure(text, match, chance)


def _other_count(text: str, chance: random.Random) -> str | None:
    matches = list(re.finditer(r"(?<![\d.])\d+(?:\.\d+)?(?![\d.%]|[、.）)])", text))
    return _other_figure(text, chance.choice(matches) if matches else None, chance)


def _other_figure(text: str, match: re.Match[str] | None, chance: random.Random) -> str | None:
    if match is None or not match[0][:1].isdigit():
        return None
    figures = list(match[0])
    place = chance.choice([i for i, c in enumerate(figures) if c.isdigit()])
    figures[place] = str((int(figures[place]) + chance.randint(1, 8)) % 9 + 1)
    return _changed(text, text[: match.start()] + "".join(figures) + text[match.end() :])


def _other_numeral(text: str, chance: random.Random) -> str | None:
    match = _NUMERAL.search(text)
    if match is None:
        return None
    return _changed(text, text[: match.start()] + chance.choice("二三四五六七八九") + text[match.end() :])


def _other_place(text: str, chance: random.Random) -> str | None:
    places = [p for p in _PLACES if p in text]
    if not places:
        return None
    return text.replace(places[0], chance.choice([p for p in _PLACES if p not in text]), 1)


def _swapped_word(text: str, chance: random.Random) -> str | None:
    known = [(word, group) for group, _ in _SWAPS for word in group if word in text]
    if not known:
        return None
    word, group = chance.choice(known)
    return text.replace(word, chance.choice([w for w in group if w not in text] or ["村委会"]), 1)


def _exchanged(text: str, chance: random.Random) -> str | None:
    """Two figures of the sentence with their places exchanged."""
    figures = list(re.finditer(r"(?<![\d.第])\d+(?:\.\d+)?(?![\d.]|[、.）)])", text))
    if len(figures) < 2 or figures[0][0] == figures[1][0]:
        return None
    a, b = figures[0], figures[1]
    return text[: a.start()] + b[0] + text[a.end() : b.start()] + a[0] + text[b.end() :]


def _denied(text: str, chance: random.Random) -> str | None:
    match = re.search(
        r"(?<=[,，])(?=(?:加强|开展|推进|建立|坚持|发挥|提高|实行|参加|组织|要求|需要|形成))|(?<![不无未没只])(?=(?:是|能|会)(?![否议员长]))(?<=[党员织区众部民会])",
        text,
    )
    return None if match is None else text[: match.start()] + "不" + text[match.start() :]


def _affirmed(text: str, _: random.Random) -> str | None:
    match = re.search(
        r"不(?=能|得|是|会|要|应|准|愿|适应|健全|规范|到位|强|够|高|好|清|明确|了解)(?!能不)|没有|未(?=能|经|建|设)",
        text,
    )
    return (
        None
        if match is None
        else text[: match.start()] + ("有" if match[0] == "没有" else "") + text[match.end() :]
    )


def _other_quote(text: str, chance: random.Random) -> str | None:
    match = re.search(r"“([^”]{3,14})”", text)
    if match is None:
        return None
    word = match[1]
    place = chance.randrange(len(word))
    return text[: match.start(1) + place] + chance.choice("民共新双全") + text[match.start(1) + place + 1 :]
