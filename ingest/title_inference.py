"""A document's title: its own title line, or what the page, the container or the name still tell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import NamedTuple

from ingest import surroundings
from ingest.audience import is_restriction
from ingest.masthead import is_addressee, printed_title
from ingest.records import CleanedDocument, RawDocument

FROM_TEXT = "正文标题"
FROM_PAGE = "页面信息"
FROM_CONTAINER = "文件属性"
FROM_NAME = "文件名"
FROM_OPENING = "首句"

MIN_TITLE_CHARS = 4
MAX_TITLE_CHARS = 70
MIN_OPENING_CHARS = 8
OPENING_WINDOW_CHARS = 1_000

_HAN = re.compile(r"[\u3400-\u9fff]")
_NOT_LETTER = re.compile(r"[\W_]+")
_HEADING_MARK = re.compile(r"#{1,6}\s+")
_ENUMERATED = re.compile(
    r"第[一二三四五六七八九十百〇零\d]{1,5}[编章节条款]|[一二三四五六七八九十]{1,3}[、.．]|[(（][一二三四五六七八九十\d]{1,3}[)）]|\d{1,2}[、.．)]"
)
# Site names behind a title in the title bar: 标题_栏目_站名, 标题-站名, 标题|站名.
_BAR = re.compile(r"\s*[_|｜]\s*|\s+[-–—]+\s+|\s*--+\s*|(?<=[\u4e00-\u9fff”》）)])\s*-\s*(?=[\u4e00-\u9fff])")

_ON_PAGE = (
    re.compile(r"《([^《》\n]{4,70})》由[^\n]{0,12}(?:分享|上传|发布|提供)"),
    re.compile(r"(?:^|\n)\s*标题\s*[|:]\s*([^|\n]{4,70})"),
    re.compile(r"(?:^|\n)\s*(?:文章|本文|文档|原文|资料)(?:标题|名称|题目)\s*[|:]\s*([^|\n]{4,70})"),
    re.compile(r"(?:^|\n|,)\s*原标题\s*:\s*([^\n。]{4,70})(?=\n|$)"),
    re.compile(r"(?:整理|收集|提供|推荐|分享)了?[^\n,。《》]{0,6}《([^《》\n]{4,70})》"),
    re.compile(r"(?:导语|前言|简介)\s*:\s*《?([^\n,。《》]{4,60}?)》?一文(?:来源|由)"),
    re.compile(r"(?:整理|收集|提供)了?([^\n,。《》]{6,60}?)(?:范文|一文)"),
    re.compile(r"(?:^|\n)\s*《([^《》\n]{4,70})》(?:全文)?如下"),
)
_GLUED_TITLE = re.compile(r"原标题\s*:\s*([^\n]{8,200})")
# Words that begin a report; a title glued to its first sentence ends before them.
_REPORT_START = re.compile(
    r"(?:(?:19|20)\d{2}年)?\d{1,2}月\d{1,2}日|近日|日前|近年来|今年|连日来|为[了进深切充扎贯认全落推加更提]|“[^”]{8,}|当前|本报讯|自\d{4}年"
)
_LEADING_TIME = re.compile(
    r"(?:(?:19|20)\d{2}年)?(?:\d{1,2}月)?(?:\d{1,2}日)?(?:[-—至~](?:\d{1,2}月)?\d{1,2}日)?(?:上午|下午|晚)?[,，]|(?:近年来|近日|日前|当前|今年以来|目前|近期)[,，]"
)
_TIME_CLAUSE = re.compile(
    r"[,，](?:(?:(?:19|20)\d{2}年)?(?:\d{1,2}月)?\d{1,2}日(?:(?:至|-|—|~)(?:\d{1,2}月)?\d{1,2}日)?(?:上午|下午|晚)?|近日|日前|连日来)[,，]"
)
_PURPOSE = re.compile(r"为[了进深切充扎贯认全落推加更提迎庆激]|随着|根据|按照|围绕")
_ACT = re.compile(r"举办|召开|开展|举行|启动|组织|印发|走进|走访|赴")
_DATELINE = re.compile(
    r"^.{0,40}?(?:讯|电)\s*[(（][^()（）]{2,40}[)）]\s*|^.{2,16}?[网报社体台道刊](?:讯|电)\s*|^.{0,20}?(?:记者|通讯员)[^。，,]{2,40}?报道|^[(（][^()（）]{2,30}[)）]"
)
# 现就做好党员信息采集工作通知如下 is about 做好党员信息采集工作.
_ANNOUNCED = re.compile(
    r"^(?:经[^，,]{2,12}[，,])?现?[就将把](?P<what>.{4,60}?)(?:的?(?:有关|相关|具体)?(?:事项|事宜|要求|工作安排|情况))?"
    r"(?:通知|安排|公告|通报|报告|要求|说明)如下$"
)
_NAME_PREFIX = re.compile(
    r"^(?:[A-Za-z]{0,12}\d{1,8}[a-z0-9]{0,6}|\d{1,4})[\s_.、-]+|^[\[【(（]\d+[\])）】]\s*"
)
_CLOSING_MARKS = '”’》）)】」』？！?!"'
_CLOSING = re.compile(rf"[{re.escape(_CLOSING_MARKS)}]+")
_SUFFIXES = re.compile(r"(?:\.[A-Za-z0-9]{1,8})+$")
_BOOK_TITLE = re.compile(r"《([^《》\n]{8,60})》")
_TRIAL_MARK = re.compile(r"[(（](?:试行|暂行|草案|修订)[)）]$")
_PAGE_LABEL = re.compile(r"[【\[][^】\]]{2,8}[】\]]|(?:首页|您?的?当前位置|发布单位|索引号|标题\s*[|:：])")
_BAD_TITLES = re.compile(
    r"(?:新建|无标题|未命名|文档\d*|Document\d*|PowerPoint 演示文稿|Microsoft Word|幻灯片 ?\d+)", re.I
)
_SITE_NAME = re.compile(r"(?:网|网站|文库|在线|门户|频道|首页|客户端|新闻中心)$")


class Title(NamedTuple):
    """A title and where it was found (one of the ``FROM_…`` words)."""

    text: str
    source: str


def infer_title(raw: RawDocument, cleaned: CleanedDocument, name: str) -> Title:
    """The best title there is: own line, page, container, file name, opening sentence, in this order.

    A title line that differs from what the text calls itself throughout by one character is corrected
    here; the line in the text stays as it was printed.
    """
    if printed := printed_title([line for line in cleaned.text.split("\n") if line.strip()]):
        return Title(_as_cited(printed, cleaned.text), FROM_TEXT)
    own = _without_site_name(cleaned.title.strip())
    if own and not _is_no_title(own):
        return Title(_as_cited(own, cleaned.text), FROM_TEXT)
    opening = _letters(cleaned.text[:400])
    candidates = [
        *((title, FROM_PAGE) for title in _page_titles(raw)),
        *((title, FROM_TEXT) for title in _first_line(cleaned.text)),
        *((title, FROM_CONTAINER) for title in _container_titles(raw.metadata)),
        *((title, FROM_NAME) for title in _name_titles(name, opening)),
        *((title, FROM_OPENING) for title in _opening_titles(cleaned.text)),
    ]
    best = next((Title(text, source) for text, source in candidates if is_title(text)), None)
    return (
        best._replace(text=_as_printed(best.text, cleaned.text))
        if best
        else Title(PurePath(name).stem, FROM_NAME)
    )


def _is_no_title(line: str) -> bool:
    """Whether a line that stands where a title would is a page's label, address, rule or a sentence."""
    is_label = bool(_PAGE_LABEL.match(line) or re.search(r"https?://|www\.", line))
    is_ruled = bool(re.fullmatch(r"[-=_*~—\s]{2,}.*[-=_*~—\s]{2,}", line))
    return is_label or is_ruled or is_restriction(line) or len(re.findall(r"[，,]", line)) >= 3


def is_title(text: str) -> bool:
    """Whether a text can be a title: some Chinese, one line, not long, no sentence, no site's name."""
    return (
        len(_HAN.findall(text)) >= MIN_TITLE_CHARS
        and len(text) <= MAX_TITLE_CHARS
        and not re.search(r"[。；;\n]", text)
        and not _BAD_TITLES.match(text)
        and not _SITE_NAME.search(text)
        and not _is_no_title(text)
    )


def _as_cited(title: str, text: str) -> str:
    """The name that the text gives itself in 《》 at least twice, if one character apart from the title."""
    bare = _letters(title)
    cited = Counter(_TRIAL_MARK.sub("", name) for name in _BOOK_TITLE.findall(text))
    if any(_letters(name) == bare for name in cited):
        return title
    close = [name for name, times in cited.items() if times >= 2 and _is_one_slip(bare, _letters(name))]
    return close[0] if len(close) == 1 else title


def _as_printed(title: str, text: str) -> str:
    """The title with the punctuation that it has near the text's beginning, where it stands there too."""
    letters = [re.escape(letter) for letter in _letters(title)]
    match = re.search(r"[\W_]{0,3}".join(letters), text[:OPENING_WINDOW_CHARS])
    if not match:
        return title
    closing = _CLOSING.match(text[match.end() :]) if title[-1] in _CLOSING_MARKS else None
    return _balanced_start(match[0], title) + (closing[0] if closing else "")


def _balanced_start(printed: str, title: str) -> str:
    """The opening mark that a title begins with is no letter, so the search left it behind."""
    return (title[0] if title[0] in "“‘《（(【「『" else "") + printed


def _is_one_slip(one: str, other: str) -> bool:
    """Whether one inserted, lost or wrong character tells the two apart."""
    if one == other or abs(len(one) - len(other)) > 1 or min(len(one), len(other)) < 8:
        return False
    same = next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    rest, other_rest = one[same:], other[same:]
    return rest[1:] in (other_rest, other_rest[1:]) or rest == other_rest[1:]


def _page_titles(raw: RawDocument) -> Iterator[str]:
    page = raw.metadata
    if raw.format in ("html", "pdf"):
        yield from (page.get(key, "") for key in ("heading",) if raw.format == "html")
        bars = [page.get("page_title", ""), page.get("title", "")]
        yield from (_without_site(bar) for bar in bars if _BAR.search(bar))
        if raw.format == "html":
            yield from reversed(bars)
    for around in dict.fromkeys((surroundings.head(raw.text), surroundings.tail(raw.text))):
        for pattern in _ON_PAGE:
            for match in pattern.finditer(around):
                yield match[1].strip(" |")
    glued = _GLUED_TITLE.search(surroundings.head(raw.text))
    if glued:
        yield _before_report(glued[1])


def _without_site_name(title: str) -> str:
    """A title without ``_栏目_站名`` behind it, if the last part is evidently a site."""
    parts = [part for part in _BAR.split(title) if part]
    is_bar = len(parts) > 1 and _SITE_NAME.search(parts[-1]) and len(parts[0]) >= MIN_TITLE_CHARS
    return parts[0].strip() if is_bar else title


def _without_site(bar: str) -> str:
    parts = [part for part in _BAR.split(bar) if part]
    return parts[0].strip() if parts else ""


def _before_report(glued: str) -> str:
    """The title out of ``原标题：`` + title + report, cut where the report evidently begins; else empty.

    A report evidently begins at a date or a stock phrase, or where the title's first words come again.
    """
    starts = [match.start() for match in _REPORT_START.finditer(glued) if match.start() >= 8]
    again = glued.find(glued[:4], 8)
    starts += [again] if again > 0 else []
    cut = min(starts, default=0)
    return glued[:cut].strip() if 0 < cut <= MAX_TITLE_CHARS else ""


def _first_line(text: str) -> Iterator[str]:
    """The first line, marks of secrecy aside, if it reads as a heading and not as a sentence or a section."""
    lines = [_HEADING_MARK.sub("", line).strip() for line in text[:OPENING_WINDOW_CHARS].split("\n")]
    line = next((line for line in lines if line and not is_restriction(line)), "")
    if line and not re.search(r"[。，,；;：:！!]", line) and not _ENUMERATED.match(line):
        yield line


def _container_titles(metadata: Mapping[str, str]) -> Iterator[str]:
    title = metadata.get("title", "")
    yield _without_site(title) if _BAR.search(title) else title


def _name_titles(name: str, opening: str) -> Iterator[str]:
    """The file's name without numbers and site; not if it only repeats how the text begins."""
    stem = surroundings.simplified(_NAME_PREFIX.sub("", _SUFFIXES.sub("", PurePath(name).name)))
    parts = [part.strip() for part in re.split(r"[_|]", stem) if len(_HAN.findall(part)) >= MIN_TITLE_CHARS]
    if parts and not (len(_letters(parts[0])) >= 8 and _letters(parts[0]) in opening):
        yield parts[0]


def _opening_titles(text: str) -> Iterator[str]:
    """What the first real sentence states, without dateline, date and purpose, cut at a comma."""
    for sentence in re.split(r"[。！？!?\n]", text[:OPENING_WINDOW_CHARS]):
        # Whom a letter is for is not what it is about.
        if is_addressee(sentence):
            continue
        bare = _DATELINE.sub("", _HEADING_MARK.sub("", sentence.strip()))
        statement = _ANNOUNCED.sub(r"\g<what>", _statement(bare))
        if len(_HAN.findall(statement)) >= MIN_OPENING_CHARS:
            yield _shortened(statement)
            return


def _statement(sentence: str) -> str:
    """The sentence behind its time and purpose: ``为…，近日，某街道举办…`` begins at 某街道."""
    if _PURPOSE.match(sentence):
        time = _TIME_CLAUSE.search(sentence)
        if time:
            return sentence[time.end() :]
        acting = next((clause for clause in re.split(r"[,，]", sentence) if _ACT.search(clause)), "")
        return acting or sentence
    while match := _LEADING_TIME.match(sentence):
        sentence = sentence[match.end() :]
    return sentence


def _shortened(sentence: str) -> str:
    """The shortest beginning up to a comma that still says something, quotes kept whole."""
    for match in re.finditer(r"[,，;；:：]|$", sentence):
        part = sentence[: match.start()]
        goes_on = bool(_ACT.match(sentence[match.start() + 1 :])) and not _ACT.search(part)
        if len(part) >= MIN_OPENING_CHARS and _is_outside_quotes(part) and not goes_on:
            return part[:MAX_TITLE_CHARS]
    return sentence[:MAX_TITLE_CHARS]


def _is_outside_quotes(words: str) -> bool:
    return words.count("“") <= words.count("”") and words.count("《") <= words.count("》")


def _letters(text: str) -> str:
    return _NOT_LETTER.sub("", text)
