"""The page around the document and the cuts through it, on documents of no seed; and what must stay."""

from __future__ import annotations

import pytest

from ingest.cleaning.plausibility import to_traditional
from tests.ingest.cleaning.samples import BODY, NOTICE, TITLE, cleaned, squeezed

FARMS = (
    "安阳市| 延庆区| 滕州市| 吉木萨尔县| 东港市| 永兴县| 镇赉"
    "县| 新疆| 法库县| 舟山市| 鄂温克族自治旗| 博客| 榆树市|",
    "宜昌市 荆州市 襄阳市 十堰市 黄冈市 孝感市 咸宁市 随州市 恩施州 仙桃市 天门市 潜江市",
    "友情链接：新华网 人民网 央视网 光明网 中国网 求是网 共产党员网 党建网 中新网 环球网",
    "北京 上海 天津 重庆 广州 深圳 杭州 南京 武汉 成都 西安 苏州 郑州 长沙 青岛 沈阳",
)
SPAM = (
    "亚洲精品国产自在久久_国产成人精品日本亚洲_久久99热只有频精品6_欧美激情视频",
    "澳门博彩|北京赛车|时时彩平台|棋牌游戏|百家乐开户|六合彩资料",
    "办证-代开发票-刻章-贷款-办理毕业证",
)
HEADS = (
    "首页 > 政务公开 > 通知公告",
    "分享到： 微信 新浪微博 QQ空间",
    "上传人：小明 文档编号：12345 上传时间：2020-01-01 格式：DOC 页数：5 大小：30KB",
    "小编寄语：今天小编为大家整理了关于加强机关党建工作的通知范文，希望对大家有所帮助，欢迎阅读参考！",
    "阅读 1234",
    "第1页 / 共5页",
    "点击上方蓝字关注我们",
    "时间:2022-02-02 06:07:00",
)
TAILS = (
    "相关阅读\n机关党建工作总结\n机关党建工作计划2023",
    "猜你喜欢：\n· 党支部工作总结\n热门标签：\n党建 党课 党员\nCopyr"
    "ight © 2010-2023 某某网 All Rights Reserved",
    "上一篇：关于开展主题党日的通知\n下一篇：关于缴纳党费的通知\n京IC"
    "P备12345678号-1 京公网安备 11010102000001号",
    "免责声明：本文来源于网络，版权归原作者所有，如有侵权请联系我们删除。",
    "以上就是关于加强机关党建工作的通知的全部内容，更多范文请关注本站！",
    "【打印】【关闭】\n主办单位：某某区人民政府办公室 技术支持：某某公司",
    "扫一扫在手机打开当前页\n下载本文\n文档为doc格式",
)


@pytest.mark.parametrize("head", HEADS + SPAM + FARMS[3:])
def test_what_stands_over_the_title_goes(head: str) -> None:
    assert cleaned(f"{head}\n{NOTICE}").text == NOTICE


@pytest.mark.parametrize("head", HEADS)
def test_what_stands_under_the_title_goes(head: str) -> None:
    assert cleaned(f"{TITLE}\n\n{head}\n{BODY}").text.replace("\n\n", "\n") == NOTICE


@pytest.mark.parametrize("tail", TAILS + FARMS + SPAM)
def test_what_stands_behind_the_document_goes(tail: str) -> None:
    assert cleaned(f"{NOTICE}\n\n{tail}\n").text == NOTICE


def test_source_and_author_stay_where_counters_and_buttons_go() -> None:
    line = "发布时间：2023-07-01 10:20 来源：区委办 作者：张三 浏览次数：1234 字号：【大 中 小】"
    assert squeezed(cleaned(f"{TITLE}\n{line}\n{BODY}").text) == squeezed(
        f"{TITLE}来源：区委办 作者：张三{BODY}"
    )


@pytest.mark.parametrize(
    "splice",
    [
        "大秘书网,文秘人员的网上家园",
        "某某党务之家，全国党务工作者共同天地",
        "（本文来源：第一范文网 www.diyifanwen.com）",
        "广告 新人注册送千元礼包 点击领取>> ×",
    ],
)
def test_what_was_spliced_into_sentences_goes_and_they_are_closed_up(splice: str) -> None:
    damaged = BODY.replace("认真落实", f"认真{splice}落实").replace("选配政治", f"选{splice}配政治")
    assert cleaned(f"{TITLE}\n{damaged}").text == NOTICE


@pytest.mark.parametrize("place", ["组织生活会，", "认真", "支部"])
def test_a_site_that_praises_itself_before_the_nation_is_known_the_first_time(place: str) -> None:
    head, tail = BODY.split(place, 1)
    spliced = f"{head}{place}公务员之家，全国公务员共同天地{tail}"
    assert cleaned(f"{TITLE}\n{spliced}").text == NOTICE


def test_a_wrapper_goes_and_title_and_text_stay() -> None:
    flat = BODY.replace("\n", " ")
    tail = "随便看 |\n|\n免费提供各类范文下载、在线阅读服务，资源分享平台。\n"
    wrapped = f"标题 | {TITLE} |\n范文 | {flat} |\n{tail}"
    document = cleaned(wrapped)
    assert document.text == f"{TITLE}\n{flat}" and document.title == TITLE


@pytest.mark.parametrize("suffix", ["_某某市党建网", "_通知公告_共产党员网", " - 范文大全", "|某某门户网站"])
def test_the_sites_name_behind_the_title_goes(suffix: str) -> None:
    assert cleaned(f"{TITLE}{suffix}\n{BODY}").text == NOTICE


def test_the_title_stands_once() -> None:
    assert squeezed(cleaned(f"{TITLE}\n\n{TITLE}\n{BODY}").text) == squeezed(NOTICE)


@pytest.mark.parametrize(
    "head", ["，正文：", "2023-07-26 18:57，正文：", "2023-07-26 18:57:03，正文：原标题："]
)
def test_the_frame_of_an_aggregator_goes(head: str) -> None:
    flat = BODY.replace("\n", "")
    assert cleaned(f"{head}{flat}返回搜狐，查看更多责任编辑：\n").text == flat


FLAT = BODY.replace("\n", "") * 6


@pytest.mark.parametrize("chars", [170, 233, 401])
@pytest.mark.parametrize("style", ["{}、", "第{}页 ", "[{}]", "-{}-"])
def test_the_pages_of_a_preview_are_joined_without_a_seam(chars: int, style: str) -> None:
    pages = [FLAT[place : place + chars] for place in range(0, len(FLAT), chars)]
    preview = "\n\n".join(style.format(number) + page for number, page in enumerate(pages, 1))
    assert cleaned(f"{TITLE}\n\n{preview}").text.replace("\n\n", "\n") == f"{TITLE}\n{FLAT}"


def test_a_preview_that_begins_with_the_title_again_has_it_once() -> None:
    pages = [FLAT[place : place + 300] for place in range(0, len(FLAT), 300)]
    preview = "\n\n".join(
        f"{number}、{page}" for number, page in enumerate([TITLE + pages[0], *pages[1:]], 1)
    )
    assert cleaned(f"{TITLE}\n{preview}").text == f"{TITLE}\n{FLAT}"


@pytest.mark.parametrize(
    "text",
    [
        "目录\n1、确立议程\n2、制订议程\n3、采纳议程\n4、评估议程\n5、实施议程",
        "工作要点\n1、"
        + "认真学习党的理论路线方针政策" * 8
        + "\n2、"
        + "严格落实组织生活制度" * 10
        + "\n3、"
        + "做好发展党员工作" * 12,
        "工作要点\n1、"
        + "认真学习，" * 20
        + "。\n2、"
        + "严格落实，" * 20
        + "；\n3、"
        + "做好发展，" * 20
        + "。",
    ],
)
def test_numbered_lists_are_no_pages(text: str) -> None:
    assert cleaned(text).text == text


@pytest.mark.parametrize("width", [26, 34, 45])
def test_lines_broken_at_a_width_are_joined_again(width: int) -> None:
    text = "\n".join([TITLE, *(line * 3 for line in BODY.split("\n")[:-2])])
    broken = "\n".join(
        line[place : place + width] for line in text.split("\n") for place in range(0, len(line), width)
    )
    assert squeezed(cleaned(broken).text) == squeezed(text)
    assert len(cleaned(broken).text.split("\n")) <= len(text.split("\n")) + 2


def test_page_numbers_and_the_header_beside_them_go() -> None:
    paragraphs = [f"第{n}段：{BODY.split(chr(10))[2]}" for n in range(1, 13)]
    pages = ["\n".join(paragraphs[place : place + 3]) for place in range(0, 12, 3)]
    printed = "\n".join(f"某某文件汇编\n{page}\n— {number} —" for number, page in enumerate(pages, 1))
    # The first header stands above no number; it may be the title of the whole.
    assert cleaned(printed).text.removeprefix("某某文件汇编\n") == "\n".join(paragraphs)


SOUND = (
    "培训安排\n时间：2023-07-01 10:00 至 2023-07-01 12:00\n位置：三楼会议室\n分享至各支部学习\n请准时参加。",
    "阅读书目\n扩展阅读\n1.《论党的建设》\n2.《中国共产党简史》\n3.《党支部工作手册》",
    "前言：本书希望对广大党务工作者有所帮助，欢迎大家阅读，并提出宝贵意见。\n编写组",
    "设备清单\n国产设备 | 高清视频 | 直播终端 | 音响\n10 | 20 | 30 | 40",
    "网络转载他人作品，不得侵犯他人权益，有异议的应当及时删除，并联系版权归属单位，非法用途的依法处理。",
    "党员可以扫码关注微信公众号、下载学习强国APP、在线阅读党报党刊，免费获取学习资料，分享资源平台信息。",
    "登记情况\n1\n张三\n书记\n2\n李四\n委员\n3\n王五\n委员\n4\n赵六\n委员",
    "关键词：党建 基层 社区 治理\n位置：一号楼\n下一步，抓好落实。\n编辑\n张三",
    "请登录中国文秘网查询，登录党员管理信息系统（www.12371.cn）办理；查找资料请访问www.12371.cn首页。",
    "红军不怕远征难，万水千山只等闲。\n五岭逶迤腾细浪，乌蒙磅礴走泥丸。\n金沙水拍云崖暖，大渡桥横铁索寒。",
    "床前明月光，\n疑是地上霜。\n举头望明月，\n低头思故乡。",
    "各单位网站要落实ICP备案管理要求，版权所有者应当依法维权。转载新闻须注明来源。",
    "关于召开党员大会的通知\n时间：2023年7月1日 9:30\n地点：三"
    "楼会议室\n联系人：张三 电话：010-12345678\n请准时参加。",
    "优秀共产党员名单\n张三 李四 王五 赵六 钱七 孙八 周九 吴十 郑一 冯二 陈三 褚四\n刘一\n王二\n张五",
    "我市辖区包括：\n东城区 西城区 朝阳区 海淀区 丰台区 石景山区 "
    "通州区 大兴区 昌平区 顺义区 房山区 怀柔区\n各区党委要抓好落实。",
    "市 | 县\n安阳市 | 林州市\n鹤壁市 | 浚县\n新乡市 | 卫辉市",
    "问：党费怎么交？答：按月交纳。\n问:入党要什么条件?答:年满十八岁。\n问:为什么?因为党章规定。",
    "学习SARS防控经验，A组和B组（2）讨论GDP、Wi-Fi、5G网络与AI技术（AI）的应用，参见ISO9001（2015）。",
    "某某市近日开展主题党日活动。\n相关链接\n主题党日是组织生"
    "活的重要形式，一般每月固定一天开展。各支部应当结合实际安排。",
    "阵地是党员之家，全国党员共同家园建设要加强。打造党员之家，全国党员共同天地活动已经启动。",
    "我们建设职工之家,打造温馨家园活动持续开展。大家建设职工之家,打造温馨家园。",
    "党员登录共产党员网,进入全国党员管理平台办理。干部登录共产党员网,进入全国党员管理平台查询。",
    "登录共产党员网（www.12371.cn）学习。来源：《求是》2019年第3期。户外广告 规格为3 × 4米。",
    "某某社区党委声明：网上流传的消息不实。转载不实信息、侵犯他人权益的，将依法追究责任。",
    "第八条　党员必须编入一个支部。\n第九条　党员有退党的自由。",
    "是否党员：□是 □否\n性别：□男□女\n请在□内打√。",
    "关于下载使用学习平台的通知\n请各支部组织党员下载安装平"
    "台软件，免费提供注册服务。\n更多操作说明请登录平台查看。",
    "[1] 习近平. 论党的建设[M]. 北京: 中央文献出版社, 2020.\n"
    "[2] 王某某. 基层党建研究[J]. 求是, 2019(3): 12-15.",
    "预备党员的预备期为一年，从支部大会通过之日算起。",
    "| 姓名 | 职务 | 得分 |\n| 张三 | 书记 | 95 |\n| 李四 | 委员 | 95 |",
    "《细则》（试行）规定：“三会一课”——即支部党员大会……等，①②③④均须记录；误差±0.5%，全角ＡＢＣ照旧。",
)


@pytest.mark.parametrize("text", SOUND)
def test_sound_text_stays_as_it_is(text: str) -> None:
    document = cleaned(text)
    assert document.text == text
    assert document.edits == () and document.quarantine is None


def test_a_page_with_everything_wrong_gives_the_document_alone() -> None:
    readings = {
        "黨": "dǎng",
        "開": "kāi",
        "會": "huì",
        "導": "dǎo",
        "關": "guān",
        "強": "qiáng",
        "務": "wù",
        "學": "xué",
    }
    title, body = (
        "".join(
            f"{char}({readings[char]})" if char in readings else char
            for char in to_traditional().convert(text)
        )
        for text in (TITLE, BODY)
    )
    lead = f"前言:本站為你精心整理了{title}範文,希望能為你的創作提供參考價值,我們的客服老師歡迎咨詢。"
    spliced = body.replace("認真", "認真公務員之家,全國公務員共同天地")
    assert spliced.count("公務員之家") == 2
    page = f"{SPAM[0]}\n{title}\n{lead}\n{spliced}\n{FARMS[0]}"
    assert cleaned(page).text == NOTICE


def test_a_row_that_was_one_cell_is_printed_once_and_a_stray_mark_in_it_goes() -> None:
    row = " | ".join(["登记表（参考模9u板）"] * 5)
    text = f"{row}\n姓名 | 职务 | 得分 | 合格 | 合格\n表二（参考模板）"
    assert cleaned(text).text == "登记表（参考模板）\n姓名 | 职务 | 得分 | 合格 | 合格\n表二（参考模板）"


def test_rows_of_a_markdown_table_stand_under_their_head() -> None:
    table = "# 考勤\n\n| 情形 | 处理 |\n|---|:-:|\n| 迟到 | 扣1分 |\n代签 | |\n| 合计 | 2 |\n\n正文。"
    assert cleaned(table).text == "# 考勤\n\n情形：迟到；处理：扣1分\n情形：代签\n合计；处理：2\n\n正文。"


@pytest.mark.parametrize(
    "text", ["甲 | 乙\n丙 | 丁", "正文。\n---\n甲 | 乙", "甲 | 乙\n|---|", "a|b\n-|-|-\nc|d|e"]
)
def test_bars_without_a_head_that_fits_stay(text: str) -> None:
    assert cleaned(text).text == text
