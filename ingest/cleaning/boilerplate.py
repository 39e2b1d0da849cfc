"""What the hosting site put around, into and behind the document.

The cues are general ones. Lines are judged one by one (``furniture``) and by where they stand; inside
sentences only what nobody writes there is taken out, and the sentence is closed up again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.cleaning.data import page_words
from ingest.cleaning.furniture import header_tokens, is_furniture, is_site_notice
from ingest.cleaning.lines import ends_sentence, lines_of, removed
from ingest.cleaning.plausibility import is_han
from ingest.cleaning.trace import Replacement

# Words that only such lines hold, and words that they hold besides.
_SPAM_PROOF = re.compile(
    "毛片|久久|人妻|无码|有码|麻豆|少妇|蜜臀|香蕉|成人|黄色|博彩|百家乐|六合彩?|时时彩|北京赛车|老虎机|代孕|办证|代开|迷药"
    "|私服|约炮|色情|(?<![a-z])av(?![a-z])",
    re.IGNORECASE,
)
_SPAM = re.compile(
    "一区|二区|三区|国产|亚洲|欧美|日韩|视频|在线观看|免费观看|精品|高清|彩票|娱乐城|棋牌|投注|开户|赌|发票|刻章|外挂|贷款|激情|伦理"
    "|福利|直播|麻将|捕鱼|充值|优惠|试玩|注册送|毕业证"
)
_SPAM_TITLE = re.compile(
    "免费(?:视频|小说|电影|观看)|在线(?:观看|视频|播放)|影院|高清|网址|小说|彩票|棋牌|娱乐|注册|APP下载|app|成人|直播"
)
_SPAM_SEGMENTS = re.compile(r"[_|｜,，\-—\s]+")
_ADMINISTRATIVE = re.compile("[\u4e00-\u9fff]{1,7}(?:省|市|县|区|旗|州|盟|镇|乡|自治县|自治州|新区)")
_FARM_SPLIT = re.compile(r"[|｜\s　·•]+")
_FARM_ITEMS_MIN = 10
_FARM_EDGE_LINES = 4
_BARS = re.compile("(?:[^|｜]{1,12}[|｜]\\s?){10}")
_CITIES = page_words("places")
_FARM_LABEL = re.compile(
    "(?:友情链接|合作伙伴|热门(?:城市|地区|站点)|城市(?:分站|导航)|地区导航|友情连接)\\s*[:：]?"
)

_TAIL_HEAD = re.compile(
    r"[【\[]?(?:(?:相关|推荐|扩展|延伸|往期|编辑|热门|最新|精彩|更多|随机|同类|友情|热点|您可能(?:感兴趣|喜欢)的?|猜你喜欢的?"
    r"|大家(?:都)?在看|本类)"
    r"(?:阅读|推荐|回顾|文章|链接|资源|搜索|新闻|内容|文档|资讯|范文|话题|标签|论文|精选|排行){1,3}|随便看看?|猜你喜欢|展开阅读全文"
    r"|看(?:过|了)(?:本文|该文).{0,10}|用户评论|网友评论|文章评论|发表评论)[】\]]?\s*[:：|]?"
)
_LINK_MAX = 60
_HEAD_CHARS = 3000
_HEAD_LINES = 6

_DATE = r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?"
_NEWS_HEAD = re.compile(rf"(?:\s*+(?:{_DATE})?\s*+[，,]\s*+正文\s*+[：:]\s*+(?:原标题\s*+[：:]\s*+)*+)++")
_ORIGINAL_TITLE = re.compile(r"(?m)^(?:[ 　]*+原标题[ 　]*+[：:][ 　]*+)++")
_NEWS_TAIL = re.compile(
    r"(?:返回(?:搜狐|网易|腾讯|新浪|凤凰|首页)[网站号]?[，, ]*查看更多)++"
    r"(?:[ 　]*+责任编辑[ 　]*+[：:][^\n。]{0,12})?(?=[ 　]*+(?:\n|$))"
)
# The word, with or without brackets, the text of the advertisement, and the cross that closes it.
_ADVERTISEMENT = re.compile(r"[【\[(（]?广告[】\])）]?[ 　:：]([^\n。×✕]{2,120})[ 　！!>]{1,8}[×✕](?![\d ])")
_BAIT = re.compile(
    "点击|注册|领取|免费|直播|下载|进入|扫码|美女|秒杀|优惠|包邮|限时|红包|赚钱|贷款|试玩|>|！|!|任你|？|\\?"
)
# «本文来源：…网 www.….com» and the like, wherever it stands.
_ADDRESS = r"(?:https?://|www\.|[A-Za-z0-9-]+\.(?:com|cn|net|org))[\w./?=&%#-]*"
_CREDITS = tuple(
    re.compile(rf"[（(\[【]?{lead}[-—_ ]{{0,2}}{_ADDRESS}[^）)\]】，。；\n]{{0,12}}[）)\]】]?")
    for lead in (
        r"(?:本文|文章|资料|以上内容)(?:来源于?|来自|转自|转载自|摘自|出自|由)[:：]?[^）)\]】\n]{0,30}?",
        r"(?:更多|找)[^，。；\n]{0,12}(?:范文|公文|课件|文章)[^，。；\n]{0,12}",
        r"(?:第一|中国|全国|大|无忧|好|免费|公务员|老)?(?:范文|文秘|秘书|公文|课件|题库|论文|作文)(?:之家|大全)?网",
    )
)
# A site's name from its last word on, and the praise behind it: «…之家,全国…共同天地».
_SLOGAN_CORE = re.compile(
    "(?:之家|家园|在线|论坛|文库|天地|门户|网站|网|资源库|大全|无忧)[,，:：!！ —-]{1,2}[\u4e00-\u9fff]{2,14}?"
    "(?:天地|家园|平台|门户|网站|助手|伴侣|帮手|首选|资源库|基地|乐园|港湾|大全|家|站)"
)
# In front of a name or inside the praise, these make a clause of the author's out of it.
_VERBS = re.compile(
    "登[录陆]|访问|进入|依托|通过|利用|建设|打造|开展|推进|学习|查询|办理|实现|提供|发布|关注|完善|创建|构建|搭建|发挥"
    "|建立|建好|建成|成为"
)
_GOVERNING = frozenset("造设成好为建是的了把将用在到立入于")
_NATIONAL = re.compile("[,，:：!！ —-](?:全国|全中国|中国最|国内)")
_SITE_NAME_CHARS_MAX = 8


def spam_lines(text: str) -> list[Replacement]:
    """Title lines that a hacked site carries: strings of search words for sex, gambling and forgery."""
    return removed([line for line in lines_of(text) if _is_spam(line.text)])


def link_farms(text: str) -> Iterator[Replacement]:
    """Lines that consist of names of places and other links; tables and sentences are not such lines.

    Without bars between them, names are a farm only at either end of the page and without a lead-in.
    """
    lines = [line for line in lines_of(text) if line.text]
    for index, line in enumerate(lines):
        at_edge = index < _FARM_EDGE_LINES or index >= len(lines) - _FARM_EDGE_LINES
        led_in = index > 0 and lines[index - 1].text[-1] in "：:"
        if _is_link_farm(line.text) and (_BARS.search(line.text) or (at_edge and not led_in)):
            yield Replacement(line.start, line.end, "")


def furniture_lines(text: str) -> list[Replacement]:
    """Navigation, counters, pagers, share bars, records and the site's notices to its visitors."""
    return removed([line for line in lines_of(text) if is_furniture(line.text) or is_site_notice(line.text)])


def page_header(text: str) -> Iterator[Replacement]:
    """Times of day, counters and buttons in the lines under the title; source and author stay there."""
    filled = [line for line in lines_of(text[:_HEAD_CHARS]) if line.text][:_HEAD_LINES]
    for line in filled:
        for start, end in header_tokens(line.text):
            yield Replacement(line.text_start + start, line.text_start + end, "")


def tail(text: str) -> Iterator[Replacement]:
    """The end of the page from a heading like 相关阅读 on, if nothing but links follows it."""
    lines = lines_of(text)
    cut = None
    for index in range(len(lines) - 1, -1, -1):
        line = lines[index].text
        if _TAIL_HEAD.fullmatch(line):
            cut = index
        elif line and not _is_link(line):
            break
    if cut is None:
        return
    # A list of books is the author's, whatever its heading.
    below = [line.text for line in lines[cut + 1 :] if line.text]
    if 2 * sum("《" in line for line in below) < max(1, len(below)):
        yield Replacement(lines[cut].start, len(text), "")


def news_frame(text: str) -> Iterator[Replacement]:
    """What an aggregator puts around a report: ``2023-07-26 18:57，正文：原标题：``, 返回搜狐，查看更多."""
    head = _NEWS_HEAD.match(text)
    if head is not None:
        yield Replacement(0, head.end(), "")
    for found in _ORIGINAL_TITLE.finditer(text, head.end() if head else 0):
        yield Replacement(found.start(), found.end(), "")
    for found in _NEWS_TAIL.finditer(text):
        yield Replacement(found.start(), found.end(), "")


def inline_advertisements(text: str) -> Iterator[Replacement]:
    """``广告 … ×``: an advertisement with its closing cross, in the middle of a paragraph."""
    for found in _ADVERTISEMENT.finditer(text):
        if _BAIT.search(found[1]):
            yield Replacement(found.start(), found.end(), "")


def credits(text: str) -> Iterator[Replacement]:
    """Notes in the middle of the text that name a site with its address as the source of the text."""
    for pattern in _CREDITS:
        for found in pattern.finditer(text):
            yield Replacement(found.start(), found.end(), "")


def slogans(text: str) -> Iterator[Replacement]:
    """The slogan of a site that was spliced into sentences; they are closed up again.

    Such a slogan names a site and praises it, stands in the text at least twice in the very same words,
    and at least once where nobody could have written it: between two words of a clause, with no mark of
    punctuation on either side. One that praises the site before the whole nation by its own name
    («公务员之家,全国公务员共同天地») is known the first time.
    """
    places: dict[str, list[int]] = {}
    for found in _SLOGAN_CORE.finditer(text):
        places.setdefault(found[0], []).append(found.start())
    for core, starts in places.items():
        yield from (Replacement(start, end, "") for start, end in _slogan_spans(text, core, starts))


def _slogan_spans(text: str, core: str, starts: list[int]) -> list[tuple[int, int]]:
    """Where a slogan stands, its name included; empty if the words may be the author's."""
    # What all places share in front may be more than the name: «认真公务员之家…» at both.
    counts = [_common_name(text, starts)] if len(starts) > 1 else []
    for name_chars in (*counts, _own_name(text, starts[0], core)):
        spans = [(start - name_chars, start + len(core)) for start in starts]
        if name_chars < 2 or _VERBS.search(text, *spans[0]):
            continue
        if any(_is_wedged(text, *span) for span in spans) or (len(spans) == 1 and _runs_on(text, *spans[0])):
            return spans
    return []


def _own_name(text: str, start: int, core: str) -> int:
    """How many characters in front of ``start`` come again in a praise that begins with the nation."""
    praise = _NATIONAL.search(core)
    if praise is None:
        return 0
    for count in range(_SITE_NAME_CHARS_MAX, 1, -1):
        name = text[max(0, start - count) : start]
        if len(name) == count and name in core[praise.end() :]:
            return count
    return 0


def _runs_on(text: str, start: int, end: int) -> bool:
    """Whether a clause goes on behind a span that begins one."""
    return text[start - 1 : start] in ("，", ",", "；", ";", "、") and is_han(text[end : end + 1])


def _common_name(text: str, starts: list[int]) -> int:
    """How many Chinese characters in front of all ``starts`` are the same."""
    for count in range(_SITE_NAME_CHARS_MAX):
        chars = {text[start - count - 1 : start - count] for start in starts}
        if len(chars) > 1 or not is_han(chars.pop()):
            return count
    return _SITE_NAME_CHARS_MAX


def _is_wedged(text: str, start: int, end: int) -> bool:
    """Whether a span has Chinese characters directly on both sides, and nothing that governs it."""
    before = text[start - 1 : start]
    return is_han(before) and before not in _GOVERNING and is_han(text[end : end + 1])


def _is_spam(line: str) -> bool:
    if not 10 <= len(line) <= 1000 or "。" in line:
        return False
    segments = [part for part in _SPAM_SEGMENTS.split(line) if part]
    proofs = sum(_SPAM_PROOF.search(part) is not None for part in segments)
    hits = sum(bool(_SPAM_PROOF.search(part) or _SPAM.search(part)) for part in segments)
    # Search words strung on underscores are a page's title, and nobody writes of free videos so.
    soft = sum(_SPAM_TITLE.search(part) is not None for part in line.split("_"))
    is_title = line.count("_") >= 2 and soft >= 3 and 5 * soft >= 3 * (line.count("_") + 1)
    return is_title or (len(segments) >= 4 and proofs >= 2 and hits >= 0.6 * len(segments))


def _is_link_farm(line: str) -> bool:
    if len(line) < 3 * _FARM_ITEMS_MIN or len(line) > 20_000 or re.search("[。；，]", line):
        return False
    items = [item for item in _FARM_SPLIT.split(_FARM_LABEL.sub("", line, count=1)) if item]
    if len(items) < _FARM_ITEMS_MIN or max(map(len, items)) > 12:
        return False
    places = sum(item in _CITIES or _ADMINISTRATIVE.fullmatch(item) is not None for item in items)
    return places >= 0.6 * len(items) or _FARM_LABEL.match(line) is not None


def _is_link(line: str) -> bool:
    """Whether a line below a tail heading may be a link, a notice or furniture, but no text."""
    if is_furniture(line) or is_site_notice(line) or _TAIL_HEAD.fullmatch(line) or line in {"|", "·", "-"}:
        return True
    return len(line) <= _LINK_MAX and not ends_sentence(line)
