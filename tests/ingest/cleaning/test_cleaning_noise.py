"""Kinds of noise beside their controls: what is taken out, and what an author means as it stands."""

from __future__ import annotations

import pytest

from ingest.cleaning import clean
from ingest.records import CleanedDocument, RawDocument

BODY = "第一条 流动党员外出三个月以上的，应当向支部报告。\n第二条 每半年至少参加一次组织生活。"
PARTS = "一、支部设置\n支部设书记一名。\n二、组织生活\n每月一次。"
CONTENTS = f"工作手册\n目 录\n一、支部设置 ……………… 1\n二、组织生活.......... (2)\n{PARTS}"
OTHERS = "内容由支部研究决定。" * 3


def cleaned(text: str) -> CleanedDocument:
    return clean(RawDocument(text=text, format="text"))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        # toneless and mixed readings, in either script
        ("黨(dang)的組(zu)織(zhi)和黨(dang)員(yuan)，黨(dang)委組(zu)織(zhi)，黨(dang)支部。" + OTHERS,
         "党的组织和党员，党委组织，党支部。" + OTHERS),
        ("社会(huì)主义和社会(huì)工作(zuo)，会(huì)议工作(zuo)，大会(hui)工作(zuo)，开会(huì)。" + OTHERS,
         "社会主义和社会工作，会议工作，大会工作，开会。" + OTHERS),
        # jammers at the ends and beginnings of lines, and on lines of their own
        (BODY.replace("\n", "6 Q4 @( h$ b( v: e7 z\n: K3 o( v) V% Q; y4 h; f, O "), BODY),
        (BODY.replace("\n", "\n! ^5 R8 j# c. L) k2 {\n") + "8 H1 f' |3 K$ D/ y  s", BODY),
        # entities and escapes
        ("&#20826;&#21592;&ldquo;积分&rdquo;说明", "党员“积分”说明"),
        ("\\u515a\\u5458\\u79ef\\u5206，每次\\u4e09分。", "党员积分，每次三分。"),
        # tags in plain text and Markdown
        ('<p align="center">活动日</p>\n<font color=red>每月二十日</font>开展。', "活动日\n每月二十日开展。"),
        ("# 办法\n\n**注意**：见[《细则》](https://e.cn/d)第3条。", "# 办法\n\n注意：见《细则》第3条。"),
        # dotted contents, drawn rules, library credits, strings of search words
        (CONTENTS, f"工作手册\n{PARTS}"),
        (f"标题\n★★★★★★★★★★\n{BODY}", f"标题\n{BODY}"),
        (f"标题\n☆★☆★☆★☆★\n{BODY}\n本文由某某文库整理，仅供学习参考", f"标题\n{BODY}"),
        (f"资料由党建范文网收集整理\n{BODY}", BODY),
        (f"某某免费视频_某某在线观看_某某小说_某某影院_高清网址\n标题\n{BODY}", f"标题\n{BODY}"),
        (f"发表于 2023-3-9 08:12:33\n{BODY}", BODY),
    ],
)  # fmt: skip
def test_noise_goes(raw: str, text: str) -> None:
    assert cleaned(raw).text == text


@pytest.mark.parametrize(
    "text",
    [
        "银行(háng)和行(xíng)走，长(cháng)度和长(zhǎng)辈，银行(háng)和行(xíng)走，长(cháng)度和长(zhǎng)辈。",
        "参会人员：王犇(bēn)、李淼(miǎo)、张垚(yáo)，由支部书记王犇(bēn)主持。",
        "选项：A. 1 B. 2 C. 3 D. 4\n答案：A. 3 B. 1 C. 2 D. 4",
        "x1 = 2 * ( y2 + 1 ) - 3\ny2 = 5 / ( x1 - 2 ) + 1",
        "电话：0571 - 88 00 12 34\n传真：0571 - 88 00 12 35",
        "网页里用 &nbsp; 表示空格，用 &lt; 和 &gt; 表示尖括号，这是 HTML 的写法。",
        "AT&amp;T 一处。",
        "编码 \\u4e2d 表示一个汉字。",
        "分数线<60分为不合格，60<=x<80为合格，>80为优秀。",
        "换行写作 `<br>`，加粗写作 `<b>字</b>`。",
        "脚注[1](见附录)和[2](同上)，2**3等于8，3**2等于9。",
        "茶叶 ............ 20\n矿泉水 ............ 35\n横幅 ............ 120",
        "评定等级：\n★★★★★\n★★★★\n★★★",
        "本目录由省档案馆整理，材料由组织部收集整理。",
        "党课目录_第一讲_第二讲_第三讲",
        "我们在线观看了高清影像资料，免费发放学习小说。",
    ],
)
def test_what_an_author_means_stays(text: str) -> None:
    assert cleaned(text).text == text


def test_a_name_keeps_its_own_character() -> None:
    assert cleaned("黨員薛應旂參加會議，紅旗飄揚。").text == "党员薛应旂参加会议，红旗飘扬。"
