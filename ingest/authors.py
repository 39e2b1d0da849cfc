"""Who wrote a document: labelled names, names under the title, reporters, signatures in brackets."""

from __future__ import annotations

import re
from collections.abc import Sequence

SEPARATOR = "；"
# Names stand near the ends of a document; further in they are those of other people.
HEAD_CHARS = 2_500
TAIL_CHARS = 300
MAX_LINE_CHARS = 40

_NAME = r"[\u4e00-\u9fff]{2,4}(?:·[\u4e00-\u9fff]{1,6})?"
_NAMES = rf"{_NAME}(?:[ 、，,]+{_NAME}){{0,5}}"
_AUTHOR_LABEL = re.compile(
    rf"(?:^|[\n\s(（。])(?:作者|撰稿|执笔|撰文|文字|文)\s*[:：|]\s*({_NAMES}?)(?=\s|$|[\n)）|/。,，]|编辑|责任|来源|单位|图片)"
)
_REPORTER = re.compile(
    rf"(?:[(（]|^|\n|讯|报)\s*[^\s()（）。，]{{0,12}}?(?:记者|通讯员)\s*[:：]?\s*({_NAMES}(?:\s+通讯员\s*{_NAMES})?)(?:\s+(?:文/图|摄影|报道|[^\s]{{1,4}}报道))?\s*(?:[)）]|\n|$|校对|编辑|报道|[^\s]{{1,4}}报道)"
)
_SIGNED = re.compile(rf"[。！？”][(（](?:通讯员\s*)?({_NAMES})[)）]\s*$")
_BEFORE_ABSTRACT = re.compile(rf"(?:^|\n|\|)\s*({_NAMES})\s*(?=(?:\[|【|〔)?摘\s*要)")
_SET_APART = re.compile(r"(?<![\u4e00-\u9fff])([\u4e00-\u9fff])\s+([\u4e00-\u9fff])(?![\u4e00-\u9fff])")
_NAME_LINE = re.compile(_NAMES)
_NOT_NAMES = re.compile(
    r"摘要|目录|前言|引言|正文|通知|文件|附件|方案|总则|附则|同志|各位|工作|党|会议|讲话|意见|报告|制度|办法|来源|编辑"
    r"|管理员|佚名|未知|网络|本站|先生$|女士$|[省市县区镇乡村部委局处科]$"
)
# Family names in the order of their frequency, so that 空行 or 东营 is no author.
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖萧田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪"
    "范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜"
    "倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲"
    "房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁"
    "沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻厉伊仝区郜海阚花权"
    "强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印"
    "逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利於呼居揭干但尉冶斯元束檀衣信展阴昝智幸奉植衡富尧闭由芶"
)


def find_author(text: str, lines: Sequence[str], page_end: str, stated: str = "") -> str:
    """The names joined by ``；``; empty if there are none that are evidently names of people.

    ``lines`` are the text's lines without blanks, ``page_end`` the end of the raw page, ``stated`` what a
    web page's head says, taken last.
    """
    ends = text[:HEAD_CHARS] + "\n\n" + text[HEAD_CHARS:][-TAIL_CHARS:].rstrip()
    places = (
        (_AUTHOR_LABEL, ends),
        (_BEFORE_ABSTRACT, ends),
        (_REPORTER, ends),
        (_SIGNED, ends),
        (_AUTHOR_LABEL, page_end),
    )
    found = [_names(match[1]) for pattern, around in places for match in pattern.finditer(around)]
    below_title = [_names_of_line(line) for line in lines[1:3]]
    return next(filter(None, (*found, *below_title, _names_of_line(stated))), "")


def _names_of_line(line: str) -> str:
    """The names that are all a line says, marks of footnotes aside: ``李 伟1，王晓燕2*``."""
    if len(line) > MAX_LINE_CHARS:
        return ""
    bare = _joined_single(re.sub(r"[\d*†①-⑨]+", "", line)).strip()
    return _names(bare) if _NAME_LINE.fullmatch(bare) else ""


def _joined_single(words: str) -> str:
    """Two characters that were set apart to fill the line are one name: 李 明."""
    return re.sub(
        r"(?<![\u4e00-\u9fff])([\u4e00-\u9fff])\s+([\u4e00-\u9fff])(?![\u4e00-\u9fff])", r"\1\2", words
    )


def _names(words: str) -> str:
    if _NOT_NAMES.search(words):
        return ""
    parts = re.split(r"[\s、，,]+", _joined_single(words.replace("通讯员", " ")))
    return SEPARATOR.join(part for part in parts if len(part) >= 2 and (part[0] in _SURNAMES or "·" in part))
