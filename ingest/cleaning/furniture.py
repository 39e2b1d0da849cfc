"""Lines of a web page that are not the document: navigation, counters, notices of the site.

Each question is about one line by itself, so that it can be asked of any page. A line must show several
cues, or one that nobody writes into a document; a doubtful line stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from ingest.cleaning.data import page_words

# A line of furniture is short; long lines are text, whatever words they hold.
_LINE_MAX = 400

_NAVIGATION_WORDS = page_words("navigation")
# Words that a document may use as a line by itself.
_AMBIGUOUS_ALONE = page_words("ambiguous")
_SHARE_TARGETS = page_words("share")
_PAGER = re.compile(r"\d{1,3}|\.{2,3}")
_TOKEN_SPLIT = re.compile(r"[\s|｜>＞»›·•/、:：\[\]【】()（）<《》,，…]+")

_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"第?\s*\d{1,4}\s*页?\s*[/／]\s*共?\s*\d{1,4}\s*页",
        r"共\s*\d{1,4}\s*页.{0,12}第?\s*\d{1,4}\s*页?",
        r".{2,90}_第\d{1,4}页",
        # A farm of search words where a title would stand: every part begins alike.
        r"([\u4e00-\u9fff]{2})[^_。，\n]{0,20}(?:_\1[^_。，\n]{0,20}){2,}(?:_[^_。，\n]{1,20}){0,8}",
        r"时间\s*[:：]\s*\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?\s+\d{1,2}:\d{2}:\d{2}",
        r"(?:发布|发表|更新|上传|录入)(?:时间|日期)\s*[:：]\s*\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?",
        r"(?:已有)?\s*(?:浏览|阅读|点击|访问|查看|下载|点赞|评论)(?:次数|量|数|人数)?\s*[:：(（]?\s*\d[\d,.万w+]*\s*次?人?[)）]?(?:次(?:浏览|阅读))?",
        r"\d[\d,.万w+]*\s*(?:次|人)?(?:浏览|阅读|点击|评论|点赞)",
        r"[【\[(（]?\s*字(?:体|号)\s*[:：]?\s*[【\[(（]?\s*(?:[大中小]\s*){2,3}[】\])）]?\s*(?:打印|关闭)?",
        r"[【\[]\s*(?:打印|关闭|收藏|推荐|纠错|返回)[^。]{0,30}[】\]]",
        r"[|｜\s]*(?:网站)?首页(?:\s*[|｜]\s*[^|｜。]{2,8}){2,}[|｜\s]*",
        r"[\u4e00-\u9fff]{2,8}(?:网|文库|文档)\s*[（(]?(?:https?://)?(?:www\.)?[a-z0-9-]+\.(?:com|cn|net|org)[\w./]*[)）]?",
        r"您是第\s*\d+\s*(?:位|个)(?:访客|访问者|浏览者).{0,10}|.{0,12}(?:今日|总)访问量?\s*[:：]\s*\d+.{0,10}",
        r"(?:建议|推荐)使用.{0,40}(?:分辨率|浏览器).{0,20}",
        r"原创\s.{0,60}发表于\S{2,6}",
        r"(?:文档)?(?:下载|所需|需要)积分\s*[:：]\s*\d+\s?分?",
        r"[上下]一[篇页条]\s*[:：].{0,80}",
        r"(?:当前位置|您(?:现在|当前)?(?:所在)?的?位置|位置导航)\s*[:：].{0,120}",
        r"(?:网站)?首页\s*[>＞»›].{0,120}",
        r"(?:一键)?分享(?:网站|本文|文章)?(?:到|至)\s*(?:[:：].{0,40}|(?:微信|朋友圈|微博|QQ)\S{0,6})?",
        r"(?:点击|长按|扫描?|识别)[^。]{0,10}二维码[^。]{0,30}",
        r"(?:展开|点击|查看)[^。，]{0,4}(?:阅读|查看)?(?:全文|更多|剩余)[^。，]{0,10}",
        r"扫一扫.{0,16}|(?:点击|长按).{0,6}(?:蓝字|关注).{0,10}|点个?(?:在看|赞).{0,12}|关注(?:我们|公众号).{0,10}",
        r"(?:点击|立即|免费|打开)?(?:上方|下方|这里)?(?:下载|打开|收藏)(?:该|此|本)?(?:文档|本文|全文|原文).{0,8}",
        r"文[档件](?:格式)?(?:为|是|[:：])\s?\.?(?:doc|docx|pdf|word|txt)\s?(?:格式)?",
        r"(?:标签|tags?)\s*[:：]\s*\S{2,10}(?:\s+\S{2,10}){2,}",
    )
)
# The same inside a line that also names source and author, between white space or at its ends.
_HEADER_TOKEN = re.compile(
    r"(?:(?<=[\s|｜])|^)(?:"
    r"(?:(?:发布|发表|更新|上传|录入)?(?:时间|日期)\s?[:：]\s?)?\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:\s|(?<=日))\d{1,2}:\d{2}(?::\d{2})?"
    r"|(?:发布|发表|更新|上传|录入)?(?:时间|日期)\s?[:：]\s?\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?"
    r"|(?:浏览|阅读|点击|访问|查看|下载)(?:次数|量|数|人数)?\s?[:：(（]\s?\d[\d,.万w+]*\s?[次人]?[)）]?"
    r"|(?:浏览|阅读|点击|访问)\s?\d+\s?次?|\d+\s?次(?:浏览|阅读|点击)"
    r"|[【\[(（]?\s?字[体号]\s?[:：]?\s?[【\[(（]?\s?(?:[大中小]\s?){2,3}[】\])）]?"
    r"|一?键?分享(?:本文|文章|网站)?[到至]?\s?[:：]?\s?(?:(?:微信|朋友圈|新浪|腾讯|微博|QQ|空间|好友|人人网|豆瓣)\s?){0,8}"
    r"|[【\[](?:打印|关闭|收藏|推荐|纠错|返回|字号)[^】\]]{0,12}[】\]]|打印(?:本页|此页|文章)?|关闭窗口|收藏本页"
    r")(?=[\s|｜]|$)"
)
_HEADER_PROOF = re.compile("发布|发表|更新|上传|录入|浏览|阅读|点击|访问|字[体号]|分享|打印|关闭|收藏")
_SOURCE_LABEL = re.compile(r"(?:来源|作者|编辑|责编|发布者|稿源)\s?[:：]")
_HEADER_MAX = 300
_RECORD = re.compile(
    r"ICP\s*[备证]|公网安备|Copyright|©|Powered\s+by|Rights\s+Reserved|经营许可证\s*[:：]|备案号\s*[:：]|网站标识码",
    re.IGNORECASE,
)
_OWNERSHIP = re.compile(r"版权所有|技术支持\s*[:：]|(?:主办|承办|承建|运维)单位\s*[:：].*(?:电话|邮编|技术)")
_UPLOAD_LABELS = re.compile(
    r"(?:上传人|上传者|文档编号|上传时间|文档格式|格式|页数|大小|文件大小|下载积分|所需积分)\s*[:：]"
)

# Each says: a site is speaking to its visitors. Two stand for a cue that is enough by half.
_SITE_CUES: tuple[tuple[int, re.Pattern[str]], ...] = tuple(
    (weight, re.compile(pattern))
    for weight, pattern in (
        (
            2,
            "不代表(?:本|我)(?:站|网|平台|号)|由会员(?:分享|上传)|本(?:站|网)(?:所有|转载)?(?:文章|资料|内容|资源)?(?:均|全部)?(?:来自|来源)",
        ),
        (1, "本站|本网站|我站|我们的客服|站长"),
        (1, "网友(?:上传|提供|分享|投稿)|(?:来自|来源于?|源自|收集于?|转载自)(?:网络|互联网|网友)"),
        (1, "客服(?:老师|人员)?"),
        (1, "原创(?:文章|范文|内容)"),
        (
            1,
            "仅供(?:大家|您|你|各位)?(?:参考|学习)|供(?:大家|您|你|各位|您的)参考|参考(?:借鉴|价值|范文)|希望(?:能|对|可以).{0,16}(?:帮助|参考|喜欢)",
        ),
        (1, "欢迎(?:大家|您|你|各位)?(?:参考|咨询|阅读|下载|借鉴|访问|关注|收藏|来电|转载|浏览)"),
        (1, "范文"),
        (1, "侵权|侵犯(?:了)?.{0,12}(?:权益|版权|权利)"),
        (1, "(?:立即|及时|马上|尽快|第一时间).{0,4}(?:删除|处理)|予以删除|删除处理"),
        (1, "转载"),
        (1, "版权(?:归|属|申明|声明|问题)"),
        (1, "联系(?:我们|站长|本站|管理员|客服|删除)"),
        (1, "在线阅读|全文阅读|阅读全文"),
        (1, "免费(?:下载|提供|阅读|获取|领取)"),
        (1, "文库|文档(?:下载|分享)|珍藏版"),
        (1, "下载(?:服务|本文|地址|链接|全文|文档|后|保存)"),
        (1, "小编"),
        (1, "精心整理|(?:整理|收集|搜集|分享)了"),
        (1, "(?:特别|免责|版权|权利)(?:声明|申明|提示|注意)"),
        (1, "(?:资源|资料|知识|信息).{0,4}(?:检索|平台|下载|分享)|分享平台"),
        (2, "更多.{0,24}(?:请|尽在|敬请)(?:访问|登录|登陆|关注|搜索|浏览|点击|在.{2,10}上搜索)"),
        (1, "(?:微信)?公众号|扫码|扫一扫|长按"),
        (1, "以上(?:内容|就是|文章)|本文(?:来自|来源|由|转自)"),
        (1, "(?:app|APP|软件).{0,4}下载"),
        (1, "(?:该|本|此)文档|文档(?:总)?共\\d+页"),
        (1, "免费预览|预览范围|超出.{0,6}预览"),
        (1, "喜欢就下载|VIP|付费|贡献者|立享|购买"),
        (1, "(?:商业|非法)用途|学习、研究之用|研究之用"),
    )
)
# A site that speaks to its visitors names itself, them or its wares; rules about sites and copyright do not.
_VOICE = re.compile(
    "[本我]站|本网|小编|网友|会员|客服|欢迎|范文|希望(?:能|对|可以)|敬请|原作者|本文(?:来|由|转)|以上(?:就是|内容)"
    "|[该本此]文档|珍藏版|为[您你]|免费(?:提供|预览)|不代表|站长|更多"
)
_LEAD_LABEL = re.compile(
    r"[【\[(（]?(?:导语|前言|导读|提示|摘录|简介|声明|说明|温馨提示|版权|免责|特别|编辑推荐|篇一)[^，。]{0,4}[】\])）]?\s*[:：]"
)
# A preface of the author's may welcome its readers too; a site's names the site or its trade.
_SITE_ITSELF = re.compile("[本我]站|本网|小编|范文|客服|网友|不代表|原创|侵权|转载|网络")
_CUES_MIN = 3
_LINES_KEPT = 20_000
_CUES_MIN_LABELLED = 2


# Several steps ask about the same lines, and again in the next pass.
@lru_cache(maxsize=_LINES_KEPT)
def is_furniture(line: str) -> bool:
    """Whether a stripped line belongs to the page around the document."""
    if not line or len(line) > _LINE_MAX:
        return False
    return (
        is_navigation(line)
        or is_record(line)
        or any(pattern.fullmatch(line) for pattern in _PATTERNS)
        or len(_UPLOAD_LABELS.findall(line)) >= 3
    )


def is_navigation(line: str) -> bool:
    """Whether all words of the line are names of functions of a page or of places to share it."""
    if len(line) > 120:
        return False
    tokens = [token for token in _TOKEN_SPLIT.split(line) if token]
    if not tokens:
        return False
    if all(token in _SHARE_TARGETS for token in tokens):
        return len(tokens) > 1
    if not all(token in _NAVIGATION_WORDS or _PAGER.fullmatch(token) for token in tokens):
        return False
    words = [token for token in tokens if token in _NAVIGATION_WORDS]
    return len(words) > 1 or (len(words) == 1 and words[0] not in _AMBIGUOUS_ALONE)


def header_tokens(line: str) -> list[tuple[int, int]]:
    """Where a line under the title holds times of day, counters and buttons, as spans of the line.

    Empty unless the line is the page's: a time may be that of a meeting, so there must be a counter or
    a button besides, or the name of a source.
    """
    if len(line) > _HEADER_MAX:
        return []
    found = [match for match in _HEADER_TOKEN.finditer(line) if match[0]]
    sourced = _SOURCE_LABEL.search(line) is not None
    proven = any(_HEADER_PROOF.search(match[0]) for match in found) and len(found) > 1
    return [match.span() for match in found] if sourced or proven else []


def is_record(line: str) -> bool:
    """Whether the line states who owns and registered the site."""
    if _RECORD.search(line) and len(line) <= 200 and "。" not in line.rstrip("。"):
        return True
    return _OWNERSHIP.search(line) is not None and len(line) <= 80 and not re.search("[。，；]", line)


@lru_cache(maxsize=_LINES_KEPT)
def is_site_notice(line: str) -> bool:
    """Whether the site speaks to its visitors: leads, upload notes, disclaimers, offers."""
    if not line or len(line) > _LINE_MAX:
        return False
    if not _VOICE.search(line):
        return False
    score = sum(weight for weight, cue in _SITE_CUES if cue.search(line))
    labelled = _LEAD_LABEL.match(line) is not None and _SITE_ITSELF.search(line) is not None
    return score >= (_CUES_MIN_LABELLED if labelled else _CUES_MIN)


def navigation_share(lines: Sequence[str]) -> float:
    """The share of lines that name functions of a page, or hold such names beside others."""
    if not lines:
        return 0.0
    hits = sum(
        is_furniture(line)
        or (len(line) < 200 and any(t in _NAVIGATION_WORDS for t in _TOKEN_SPLIT.split(line)))
        for line in lines
    )
    return hits / len(lines)
