"""What a question asks about: its content, without question words and politeness."""

from __future__ import annotations

import re
from dataclasses import dataclass

from retrieval.lexical import bigrams, words
from retrieval.normalise import fold_width, search_key, to_simplified

# Words that ask instead of saying what is asked about. Longer ones first where one begins another.
_QUESTION_WORDS = re.compile(
    "|".join(
        (
            "请问一?下?|麻烦[您你]?|谢谢[您你]?|[您你]好|劳驾|求助|急求?",
            "(?:(?<!申)请(?!示|求|假|示)|帮我|给我|跟我|我想|我要|能不能|可以)+(?:知道|了解|问|查|说|讲|介绍|解释|列出|列举|找|看)?(?:[1一]下|下|说|看)?",
            "告诉我|(?:介绍|解释|说明|讲讲|说说)[1一]下|谈谈|讲讲|说说|列出|列举",
            "什么是|是什么|指的?是?什么|什么叫做?|叫什么|为什么|为何|为啥|干什么的?|做什么的?|干啥的?|做啥的?|干嘛的?|什么样|什么时候|什么|啥",
            "是怎么回事|怎么回事|怎么样|怎么办|怎么做|怎样|怎么|咋样|咋办|咋|如何",
            "哪[\\d一二三四五六七八九十两]{1,3}(?:个字|句话)",
            "有哪些|有哪(?=[\\d一二三四五六七八九十两])|有哪几[个种项条点位类]?|哪几[个种项条点位类句]|哪些|哪里|哪儿|哪[1一]?[天年月日]|哪个|哪种|哪位|哪(?=[\\d一二三四五六七八九十两])|哪",
            "多长(?:时间)?|多久|多少|多大|多高|几时|有?几[个种项条点位类名家次步所座](?:月|小时)?|有?几(?=[年月天])",
            "(?:由|让|归|找|该)?谁来?(?=[^，。?？]*)",
            "是不是|有没有|能不能|可不可以|要不要|是否|能否|可否",
            "具体(?:是|有|指|包括)?|分别(?:是|有)?|(?:是)?指的?是|主要是?|究竟|到底|应该|应当",
            "(?:现在|你|您)?(?:知道)?(?:吗|呢|吧|啊|呀|嘛|么|哦|喔|了)(?=\\W|$)",
        )
    )
)
_FUNCTION_WORDS = re.compile(
    "的|了(?!解)|(?<!不)是(?!否)|(?<!只|没|所|拥|享|含|具|持|占|共|国|私|公)有(?!关|效|序|力|限|条|所|制)|其中|以及|关于|对于|有关|它|他们|她们"
)
_QUOTED = re.compile(r"[“\"‘'「『《](?P<term>[^”\"’'」』》]{2,30})[”\"’'」』》]")


# Names made of numbers, which many write without quotation marks: 4必访, 3会1课, 3控1平衡.
_COUNTED = "年月日号个名位人条款项次届岁天周元万家种类步级季"
_NUMBERED = rf"\d(?![{_COUNTED}])[^\W\d哪几是的]"
_NUMBERED_NAME = re.compile(
    rf"(?<![\d第])(?:\d必[\u4e00-\u9fff]|{_NUMBERED}{{1,2}}{_NUMBERED}{{1,2}}?)(?!\d)"
)
_CLAUSE = re.compile(r"第\s?(?P<n>\d+)\s?条(?:之(?P<sub>\d+))?")


@dataclass(frozen=True, slots=True)
class Question:
    """A question reduced to what can be searched.

    ``searched`` is what the vectors are asked: the question itself, in simplified script and with mistyped
    words mended. ``key`` is the whole question as a search key, ``content`` the same with question words
    blanked out, ``plain`` that before numerals are folded, for cutting it into words;
    ``quoted`` holds the names that the asker put in quotation marks or that are made of numbers,
    ``clause`` the label of the clause (条) that is named, as ``clause_key`` gives it.
    ``is_timeless`` says that a time that the asker named has been taken out of ``key`` and what is made
    of it, ``is_of_document`` that the title of a document has.
    """

    text: str
    searched: str
    key: str
    content: str
    plain: str
    words: tuple[str, ...]
    bigrams: tuple[str, ...]
    quoted: tuple[str, ...]
    clause: str = ""
    is_timeless: bool = False
    is_of_document: bool = False


def analyse(text: str) -> Question:
    """The question's content and search terms; terms are distinct and in order of appearance."""
    key = search_key(text)
    content = _content(key)
    return Question(
        text=text,
        searched=to_simplified(text),
        key=key,
        content=content,
        plain=_content(fold_width(to_simplified(text))),
        words=tuple(dict.fromkeys(words(content))),
        bigrams=tuple(dict.fromkeys(bigrams(content))),
        clause=re.sub(r"\s", "", clause[0]) if (clause := _CLAUSE.search(key)) else "",
        quoted=_names(key),
    )


def _names(key: str) -> tuple[str, ...]:
    # Of several names in one pair of quotation marks each must be found, not their row.
    quoted = [name for match in _QUOTED.finditer(key) for name in match["term"].split("、") if len(name) > 1]
    bare = [name for name in _NUMBERED_NAME.findall(_QUOTED.sub(" ", key)) if name not in quoted]
    return tuple(dict.fromkeys([*quoted, *bare]))


def _content(key: str) -> str:
    content = _FUNCTION_WORDS.sub("，", _QUESTION_WORDS.sub("，", key))
    return content if re.search(r"\w", content) else key
