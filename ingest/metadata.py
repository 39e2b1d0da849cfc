"""What a document is: title, author, issuer, 文号, dates, kind, status, source site, audience.

Read from the cleaned text, the page around it and the container, by general marks alone. A sidecar file
wins over all of this (``ingest.documents``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from ingest import decrees, repeals, surroundings
from ingest.audience import AUDIENCES, find_audience, marked_name
from ingest.authors import find_author
from ingest.dates import DATE, anonymous, iso_date, read_date
from ingest.personal import find_personal
from ingest.records import CleanedDocument, RawDocument
from ingest.title_inference import infer_title

KEYS = (
    "title", "title_from", "author", "abstract", "keywords", "date", "issuer", "number", "kind", "status",
    "status_from", "supersedes", "amends", "effective", "expires", "site", "audience", "audience_from",
)  # fmt: skip

# How far from either end a document's own marks (文号, signature, secrecy) may stand, in lines.
HEAD_LINES = 12
TAIL_LINES = 8
MARK_LINES = 6

_LABELS = {
    "issuer": "(?:发布|发文|印发|颁布|制定)(?:单位|机关|部门|机构)",
    "number": "发布文号|发文字号|发文文号|文号|文件编号",
    "issued": "成文日期|发文日期|印发日期|印发时间|签发日期|颁布日期|颁布时间|通过日期",
    "published": "发布日期|公布日期",
    "effective": "生效日期|实施日期|施行日期|执行日期|实施时间|生效时间",
    "lapsed": "失效日期|废止日期",
    "validity": "时效性|有效性|效力状态|时效状态|效力",
}
_LABEL_VALUE = r"(?:^|[\n\s【\[])(?:{names})\s*(?:[】\]]\s*[:：]?|[:：])[^\S\n]*([^\n\t【\[]*)"

# Labels may stand side by side in one line.
_NEXT_LABEL = re.compile(r"\s{2,}|\s+(?=[\u4e00-\u9fff]{2,6}\s*[:：])")

_PUBLISHED = re.compile(
    rf"(?:发布时间|发表时间|发布日期|发表日期|更新时间|时间|日期|发布于|发表于)\s*[:|]?\s*({DATE})"
)
_UPLOADED = re.compile(rf"(?:上传时间|上传日期|收录时间|入库时间)\s*[:|]?\s*({DATE})")
_PAGE_STAMP = re.compile(rf"(?:^|\n)\s*({DATE})(?:\s+\d{{1,2}}:\d{{2}}(?::\d{{2}})?)?\s*(?:,|来源|正文|\n|$)")
_ADOPTED = re.compile(rf"({anonymous(DATE)})[^\n,，()（）]{{0,40}}?(发布|印发|公布|颁布|施行|通过|批准|修订)")
_PUBLISHED_BY = re.compile(r"日\s*([\u4e00-\u9fff、 ]{3,40}?)(?:发布|印发|公布|颁布)")
_DAY_LINE = re.compile(rf"[(（]?\s*({DATE})\s*[)）]?(?:\s*印发)?")
_DATELINE = re.compile(r"((?:19|20)\d{2})?年?(\d{1,2})月(\d{1,2})日(?:电|讯)")

_ABSTRACT = re.compile(
    r"(?:^|[\n\s|])[\[【〔]?(?:内容)?摘\s*要[\]】〕]?\s*[:：]?\s*(.{20,3000}?)(?=\s*[\[【〔]?(?:关\s*键\s*词|主题词|Key\s?words|Abstract|中图分类号|中图法分类号)|\n|$)",
    re.S,
)
_KEYWORDS = re.compile(
    r"[\[【〔]?(?:关\s*键\s*词|主题词)[\]】〕]?\s*[:：]?\s*([^\n。]{2,200}?)(?=\s*[\[【〔]?(?:中图|文献标识|文章编号|DOI|Abstract|摘\s*要|基金|收稿|作者)|\s+(?:0|1|一、|引\s*言|前\s*言)|[\n。]|$)"
)

_SITE = r"[\u4e00-\u9fffA-Za-z0-9·]{1,14}?"
_SITE_END = (
    r"(?:新闻网|党建网|网|网站|文库|文档|之家|论坛|在线|日报|晚报|时报|早报"
    r"|客户端|门户|传媒|新闻|平台|通讯社)"
)
_SITES = (
    re.compile(rf"请在({_SITE}{_SITE_END})上搜索"),
    re.compile(
        r"(?:Powered by|Copyright[^\n]{0,30}?[.\s])\s*([\u4e00-\u9fff0-9A-Za-z]{2,16}(?:网|文库|之家|论坛))",
        re.I,
    ),
    re.compile(rf"(?:^|[\s|。©])({_SITE}{_SITE_END})[^\S\n]*(?:版)?[^\S\n]*(?:版权所有|All Rights)", re.I),
    re.compile(r"返回([\u4e00-\u9fff]{2,6})[,，]\s*查看更多"),
    re.compile(rf"(?:欢迎(?:访问|来到|光临)|本文(?:来自|来源于?|转自))\s*[:：]?\s*({_SITE}{_SITE_END})"),
    re.compile(
        rf"(?:^|[\n\s(])(?:文件来源|来源|信息来源|稿件来源|转自)[】]?\s*[:：]\s*({_SITE}{_SITE_END}|新华社|中新社)(?=$|[\s)|,。])"
    ),
    re.compile(
        rf"(?:^|[\n\s。:)）])({_SITE}{_SITE_END})\s*(?:\d{{4}}年)?(?:\d{{1,2}}月\d{{1,2}}日)?(?:电|讯)(?=[\s(（,，])"
    ),
    re.compile(rf"(?:^|[\n。:)）])\s*({_SITE}{_SITE_END})(?:/[\u4e00-\u9fff]+)?记者"),
    re.compile(r"\*?([\u4e00-\u9fff]{2,8})独家稿件"),
)
_SLOGAN_SITE = re.compile(
    r"([\u4e00-\u9fff]{2,8}(?:之家|文库|网|论坛|在线))[,，](?:全国|中国|最大|最|专业|免费|国内)"
)


def describe(raw: RawDocument, cleaned: CleanedDocument, name: str) -> dict[str, str]:
    """Every known field of ``KEYS`` that the document gives away; ``title`` and ``audience`` always.

    ``audience_from`` says what makes it 内部. Dates are ISO 8601 as far as known. Several names, titles or
    key words are joined by ``；``.
    """
    title = infer_title(raw, cleaned, name)
    page = _Page(raw, cleaned)
    label = page.label
    kind = document_kind(title.text, page)
    issued = issue_date(page)
    number = own_number(page)
    audience, audience_from = _audience(page, name)
    effective = read_date(label("effective")) or decrees.effective_date(cleaned.text, issued)
    found = {
        "title": title.text,
        "title_from": title.source,
        "author": author(page) if kind not in decrees.RULE_KINDS else "",
        "abstract": _joined_lines(_ABSTRACT, cleaned.text),
        "keywords": keywords(cleaned.text),
        "date": issued,
        "issuer": issuer(page, number, title.text, kind),
        "number": number,
        "kind": kind,
        "status": decrees.status_of(title.text, kind, label("validity"), label("lapsed")),
        "supersedes": decrees.SEPARATOR.join(repeals.superseded(cleaned.text, title.text)),
        "amends": decrees.SEPARATOR.join(repeals.amended(cleaned.text, title.text)),
        "effective": effective,
        "expires": repeals.expiry(cleaned.text, effective, issued),
        "site": site(page),
        "audience": audience,
        "audience_from": audience_from,
    }
    return {key: value for key, value in found.items() if value}


def _audience(page: _Page, name: str) -> tuple[str, str]:
    named = marked_name(PurePosixPath(name))
    if named:
        return AUDIENCES[1], named
    marked = find_audience(page.marks, page.lines[-2:], page.lines, page.raw.margins)
    personal = "" if marked[1] else find_personal(page.raw.text)
    return (AUDIENCES[1], f"含个人信息：{personal}") if personal else marked


class _Page:
    """One document with the page around it, each view prepared once."""

    def __init__(self, raw: RawDocument, cleaned: CleanedDocument) -> None:
        self.raw = raw
        self.text = cleaned.text
        self.lines = [line for line in map(_plain, cleaned.text.split("\n")) if line]
        self.head = surroundings.head(raw.text)
        self.tail = surroundings.tail(raw.text)
        self.removed = surroundings.removed(cleaned)

    @property
    def marks(self) -> list[str]:
        """The lines at the head where a mark of restriction may stand, of the raw page and the text."""
        raw_lines = [line.strip() for line in self.head.split("\n") if line.strip()]
        return raw_lines[:MARK_LINES] + self.lines[:MARK_LINES]

    def label(self, field: str) -> str:
        """The value behind one of the ``_LABELS`` at the page's head; empty if it has none."""
        match = re.search(_LABEL_VALUE.format(names=_LABELS[field]), self.head)
        return _NEXT_LABEL.split(match[1])[0].strip() if match else ""


def _plain(line: str) -> str:
    return re.sub(r"^#{1,6}\s+|\*\*", "", line).strip()


def own_number(page: _Page) -> str:
    """The document's own 文号: labelled, or a line of its own near either end; never a cited one."""
    labelled = re.search(decrees.NUMBER, page.label("number"))
    if labelled:
        return decrees.normal_number(labelled[0])
    head = [_plain(line) for line in page.head.split("\n")]
    lines = page.lines[:HEAD_LINES] + page.lines[-TAIL_LINES:] + [line for line in head if line][:HEAD_LINES]
    return next((number for number in map(decrees.number_of_line, lines) if number), "")


def issuer(page: _Page, number: str, title: str, kind: str) -> str:
    """The office that issued it: labelled, signed, named by the opening or by the 文号.

    准则 and 条例 of the whole party can only be the Central Committee's, by its own rules on rules.
    """
    if page.label("issuer"):
        return page.label("issuer")
    signed = _signature(page)[0] or _adopting_office(page)
    stated = decrees.issuer_in_words("\n".join(page.lines[:HEAD_LINES])) or decrees.issuer_of_number(number)
    if signed or stated:
        return signed or stated
    is_party_wide = title.startswith("中国共产党") and kind in ("党章", "准则", "条例")
    return "中共中央" if is_party_wide and "章程" not in title else ""


def _adopting_office(page: _Page) -> str:
    """Who published it by the note under the title: (…2018年10月28日中共中央发布)."""
    notes = [line for line in page.lines[1:4] if line.startswith(("(", "（"))]
    acts = [match for line in notes for match in _PUBLISHED_BY.finditer(line)]
    return decrees.office_of_line(acts[-1][1]) if acts else ""


def _signature(page: _Page) -> tuple[str, str]:
    """Office and day where they stand as two lines of their own, or as the last lines; else empty."""
    lines = page.lines
    for at, line in enumerate(lines[1:], 1):
        day = _DAY_LINE.fullmatch(line)
        office = decrees.office_of_line(lines[at - 1])
        if day and office:
            return office, read_date(day[1])
    heads = [office for office in map(decrees.office_of_line, lines[:4]) if office]
    return (heads[0] if heads else ""), ""


def issue_date(page: _Page) -> str:
    """The day of issue as the document or its page gives it, the most official statement first."""
    return next((found for find in _DATE_FINDERS if (found := find(page))), "")


def _labelled_date(page: _Page) -> str:
    return read_date(page.label("issued"))


def _published_date(page: _Page) -> str:
    return read_date(page.label("published"))


def _signed_date(page: _Page) -> str:
    return _signature(page)[1]


def _adopted_date(page: _Page) -> str:
    """From the note under the title: (2018年9月21日…审议批准 2018年10月28日…发布): the later act."""
    for line in page.lines[1:4]:
        if line.startswith(("(", "（")) or _ADOPTED.match(line):
            acts = [(match[2], read_date(match[1])) for match in _ADOPTED.finditer(line)]
            public = [day for act, day in acts if act in ("发布", "印发", "公布", "颁布", "修订")]
            if acts:
                return public[-1] if public else acts[0][1]
    return ""


def _line_date(page: _Page) -> str:
    """A line near either end that is a date and nothing else."""
    near = page.lines[1:4] + page.lines[-3:][::-1]
    return next((read_date(match[1]) for line in near if (match := _DAY_LINE.fullmatch(line))), "")


def _page_date(page: _Page) -> str:
    stated = read_date(page.raw.metadata.get("date", ""))
    for pattern in (_PUBLISHED, _PAGE_STAMP, _UPLOADED):
        match = pattern.search(page.head) or pattern.search(page.tail)
        stated = stated or (read_date(match[1]) if match else "")
    return stated


def _dateline(page: _Page) -> str:
    match = _DATELINE.search(page.text[:400])
    if not match:
        return ""
    year = match[1] or _page_date(page)[:4]
    return iso_date([int(year), int(match[2]), int(match[3])]) if year else ""


_DATE_FINDERS: tuple[Callable[[_Page], str], ...] = (
    _labelled_date, _signed_date, _adopted_date, _published_date, _line_date, _page_date, _dateline,
)  # fmt: skip


def author(page: _Page) -> str:
    """Who wrote it; what the head of a web page says counts last, a container's property never.

    Word and PDF name whoever owned the program that made the file.
    """
    stated = page.raw.metadata.get("author", "") if page.raw.format == "html" else ""
    return find_author(page.text, page.lines, page.tail, stated)


def keywords(text: str) -> str:
    """The key words behind 关键词 or 主题词, joined by ``；``; empty if there are none."""
    match = _KEYWORDS.search(text)
    words = re.split(r"[;；,，、|]+|\s{1,}", match[1].strip()) if match else []
    return decrees.SEPARATOR.join(word.strip() for word in words if word.strip())


def _joined_lines(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text[:20_000])
    return " ".join(match[1].split()) if match else ""


def site(page: _Page) -> str:
    """The site that hosted the page, by its own lines, its slogans or its title bar; empty if unknown."""
    stated = page.raw.metadata.get("site", "")
    if stated:
        return stated
    for pattern in _SITES:
        # Of a short page, tail and head are the same.
        for around in dict.fromkeys((page.tail, page.head, *page.removed)):
            match = pattern.search(around)
            if match:
                return match[1]
    slogan = next((match for piece in page.removed if (match := _SLOGAN_SITE.search(piece))), None)
    return slogan[1] if slogan else _title_bar_site(page.raw.metadata)


def _title_bar_site(metadata: Mapping[str, str]) -> str:
    bar = metadata.get("page_title", "") or metadata.get("title", "")
    last = re.split(r"\s*[_|｜]\s*|\s*[-–—]+\s*", bar)[-1].strip()
    return (
        last
        if re.fullmatch(rf"[\u4e00-\u9fffA-Za-z0-9]{{2,14}}{_SITE_END}|[\u4e00-\u9fff]{{2,12}}网", last)
        else ""
    )


_PAPER = re.compile(
    r"(?:^|[\n\s|])[\[【]?摘\s*要[\]】]?\s*[:：]|关键词[\]】]?\s*[:：]|中图分类号|文献标识码|参考文献"
)
_PAPER_TITLE = re.compile(
    r"探讨|研究|思考|探析|浅析|浅谈|浅议|刍议|探索|探微|初探|探究|分析|^论|简论|^试论|思路|路径|对策"
)
_ESSAY = re.compile(
    r"(?:作|做)[下些一了]{0,3}(?:探讨|探析|思考|分析|研究)|谈(?:几点|点|一些|些)(?:看法|体会|认识|思考)|本文(?:拟|从|就|试|将|通过)"
)
_OTHER_TITLE = re.compile(
    r"(?:规范|指南|手册|方案|制度|计划|总结|流程|模板|登记表|一览表|名单|纲要|规划|目录|要点|须知|问答|标准|公示|公告|通报|决定|决议|公报|批复|纪要|报告|请示|倡议书|公开信|解读|答记者问|体会|读后感|感悟|申请书|志愿书)(?:[(（][^()（）]*[)）])?$"
)
_SPEECH = re.compile(
    r"^(?:[^\n]{0,60}\n){0,3}\s*[^\n]{0,10}(?:同志们|各位代表|各位领导|各位同志|各位党员)[:：!！,，]|^[^\n]{0,60}同志们[:：]"
)
_NEWS_PAGE = re.compile(r"正文:|原标题|责任编辑|责编|\d日(?:讯|电)|独家稿件|返回搜狐|(?:报|网|台)记者")
_NEWS_WORDS = re.compile(
    r"记者|通讯员|\d{1,2}月\d{1,2}日|近日|日前|举办|举行|启动仪式|开展了?|报道|来源|讯(?=[(（\s])"
)
_PRESS = re.compile(r"记者|通讯员|报道|讯(?=[(（\s])|[(（]来源")
_EVENT = re.compile(
    r"[^\n]{0,60}?(?:\d{1,2}月\d{1,2}日|近日|日前)[^\n]{0,120}?(?:举办|举行|召开|开展|启动|上线)"
)
MAX_REPORT_CHARS = 6_000
_EXPERIENCE = re.compile(
    r"我(?:市|县|区|镇|乡|街道|社区|村|校|局|部|省|单位|支部)|经验做法|主要做法|工作成效|做法和(?:成效|体会)"
)
_CLAUSE = re.compile(r"(?:^|\n)\s*(?:#+\s*)?第[一二三四五六七八九十百]{1,4}条")


def document_kind(title: str, page: _Page) -> str:
    """One of ``decrees.KINDS``: by the title's ending, else by how the text speaks; 其他 in doubt."""
    named = decrees.kind_of_title(title)
    if named and not (named in decrees.RULE_KINDS and _is_report(page) and not _CLAUSE.search(page.text)):
        return named
    if _OTHER_TITLE.search(title):
        return "其他"
    if _SPEECH.search(page.text[:600]):
        return "讲话"
    if _PAPER.search(page.text[:3000]) or _ESSAY.search(page.text[:1500]):
        return "论文"
    if _is_report(page):
        return "新闻"
    if len(_EXPERIENCE.findall(page.text[:3000])) >= 2:
        return "经验材料"
    return "论文" if _PAPER_TITLE.search(title) else "其他"


def _is_report(page: _Page) -> bool:
    """Whether press marks stand at the page's ends, or the opening tells an event of a day."""
    ends = page.head[:600] + "\n" + page.tail[-300:]
    marks = len(set(_NEWS_PAGE.findall(ends)))
    spoken = page.text[:500] + page.text[-120:]
    is_press = bool(marks or _PRESS.search(spoken) or _EVENT.match(page.text[:300]))
    return (
        is_press
        and len(page.text) < MAX_REPORT_CHARS
        and 2 * marks + len(set(_NEWS_WORDS.findall(spoken))) >= 3
    )
