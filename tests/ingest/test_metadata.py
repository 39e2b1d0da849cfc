"""Metadata by general marks: every sample here is written for the test, in the manner of real documents."""

from __future__ import annotations

import pytest

from ingest.metadata import KEYS, describe
from ingest.records import CleanedDocument, Edit, RawDocument


def described(
    text: str,
    *,
    raw: str | None = None,
    title: str | None = None,
    name: str = "a1b2c3.txt",
    container: dict[str, str] | None = None,
    format: str = "text",
    removed: str = "",
) -> dict[str, str]:
    """Metadata of a text as cleaned; ``title`` is its first line unless given."""
    document = RawDocument(text=raw or text, format=format, metadata=container or {})
    cleaned = CleanedDocument(
        title=text.split("\n")[0] if title is None else title,
        text=text,
        raw=document.text,
        metadata={},
        edits=(Edit("boilerplate", 0, len(removed), removed, ""),) if removed else (),
        warnings=(),
        quarantine=None,
    )
    found = describe(document, cleaned, name)
    assert set(found) <= set(KEYS) and all(found.values())
    return found


NOTICE = """中共临江市委组织部文件
临组发〔2021〕12号
关于进一步规范党费收缴工作的通知
各县（市、区）委组织部，市直机关各党委：
根据《关于中国共产党党费收缴、使用和管理的规定》（中组发〔2008〕3号），现就有关事项通知如下。
一、按月足额收缴
党员应当按月交纳党费。
中共临江市委组织部
2021年3月4日"""


def test_a_notice_with_red_head_and_signature() -> None:
    found = described(NOTICE, title="关于进一步规范党费收缴工作的通知")
    assert found["issuer"] == "中共临江市委组织部"
    assert found["number"] == "临组发〔2021〕12号"
    assert found["date"] == "2021-03-04"
    assert found["kind"] == "通知"
    assert "supersedes" not in found and "status" not in found and "author" not in found


RULE = """中国共产党某地党组工作规定（试行）
（2016年3月2日中共临江市委常委会会议审议批准 2016年3月10日中共临江市委发布）
第一章 总则
第一条 为了规范党组工作，根据《中国共产党章程》和《中国共产党党组工作条例》，制定本规定。
第二条 党组是党在国家机关中设立的领导机构。
第三条 本规定由市委组织部负责解释。
第四条 本规定自2016年4月1日起施行。\
2009年印发的《临江市党组工作办法》（临办发〔2009〕7号）和《临江市党组议事规则（试行）》同时废止。"""


def test_a_trial_rule_with_the_note_below_its_title() -> None:
    found = described(RULE)
    assert found["kind"] == "规定" and found["status"] == "试行"
    assert found["date"] == "2016-03-10" and found["effective"] == "2016-04-01"
    assert (
        found["supersedes"] == "《临江市党组工作办法》（临办发〔2009〕7号）；《临江市党组议事规则（试行）》"
    )
    assert "number" not in found


@pytest.mark.parametrize(
    ("ending", "superseded"),
    [
        ("本条例自发布之日起施行。原《某条例》同时废止。", "《某条例》"),
        (
            "本办法自印发之日起施行，《旧办法》（中组发[1999]8号）即行废止。",
            "《旧办法》（中组发〔1999〕8号）",
        ),
        ("自本细则施行之日起，《甲暂行规定》《乙暂行规定》停止执行。", "《甲暂行规定》；《乙暂行规定》"),
        ("本规定自2020年1月1日起施行。中组发〔1990〕3号文件同时废止。", "中组发〔1990〕3号"),
        ("本规则代替《会议规则》。", "《会议规则》"),
        ("以前规定与本条例不一致的，按照本条例执行。", ""),
        ("根据《中国共产党章程》制定本条例，自发布之日起施行。", ""),
        ("《关于〈某规定〉的补充通知》不再执行。", "《关于〈某规定〉的补充通知》"),
    ],
)
def test_what_a_text_declares_replaced(ending: str, superseded: str) -> None:
    text = f"中国共产党某工作条例\n第一条 依据《中国共产党章程》，制定本条例。\n第二条 {ending}"
    assert described(text).get("supersedes", "") == superseded


def test_a_cited_number_is_not_the_documents_own() -> None:
    text = "关于学习的通知\n各支部：\n按照中组发〔2019〕5号文件要求，认真学习。\n（联系电话略）"
    assert "number" not in described(text)


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("（中办发〔2014〕33 号）", "中办发〔2014〕33号"),
        ("中组发[2009]12号", "中组发〔2009〕12号"),
        ("国发（2016）5号", "国发〔2016〕5号"),
        ("文号：厅字〔2017〕18号", "厅字〔2017〕18号"),
        ("中华人民共和国主席令 第四十六号", "中华人民共和国主席令第四十六号"),
    ],
)
def test_the_number_in_its_printed_forms(line: str, number: str) -> None:
    assert described(f"关于某项工作的意见\n{line}\n正文第一段说明工作要求。")["number"] == number


@pytest.mark.parametrize(
    ("number", "issuer"),
    [
        ("中发〔2019〕1号", "中共中央"),
        ("中办发〔2018〕2号", "中共中央办公厅"),
        ("中组发〔2020〕3号", "中共中央组织部"),
    ],
)
def test_the_central_offices_are_known_by_the_letters_of_the_number(number: str, issuer: str) -> None:
    assert described(f"关于某项工作的意见\n{number}\n正文第一段说明工作要求。")["issuer"] == issuer


def test_the_opening_of_a_report_on_a_rule_names_its_issuer() -> None:
    text = "中国共产党某工作规定\n近日，中共中央办公厅印发《中国共产党某工作规定》。\n第一条 制定本规定。"
    assert described(text)["issuer"] == "中共中央办公厅"


def test_party_wide_regulations_can_only_be_the_central_committees() -> None:
    assert described("中国共产党某项条例\n第一条 制定本条例。")["issuer"] == "中共中央"
    assert "issuer" not in described("临江市某项条例\n第一条 制定本条例。")


def test_the_labels_of_a_database_page() -> None:
    raw = """【发布单位】中共临江市委
【发布文号】临发〔2012〕9号
【发布日期】2012-06-01
【生效日期】2012-07-01
【失效日期】2018-05-05
临江市党员管理办法
第一条 为加强管理，制定本办法。"""
    found = described("临江市党员管理办法\n第一条 为加强管理，制定本办法。", raw=raw)
    assert found["issuer"] == "中共临江市委" and found["number"] == "临发〔2012〕9号"
    assert found["date"] == "2012-06-01" and found["effective"] == "2012-07-01"
    assert found["status"] == "已废止" and found["kind"] == "办法"


@pytest.mark.parametrize(
    ("label", "status"),
    [("现行有效", "现行"), ("失效", "已废止"), ("已被修改", "已修订"), ("尚未失效", "现行"), ("", "现行")],
)
def test_the_validity_that_a_page_states(label: str, status: str) -> None:
    text = "临江市党员管理办法\n第一条 为加强管理，制定本办法。"
    assert described(text, raw=f"时效性：{label}\n{text}")["status"] == status


@pytest.mark.parametrize(
    ("title", "kind", "status"),
    [
        ("中国共产党章程", "党章", "现行"),
        ("中国共产党廉洁自律准则", "准则", "现行"),
        ("中国共产党党内监督条例（试行）", "条例", "试行"),
        ("中国共产党党组讨论决定党员处分事项工作程序规定（试行）", "规定", "试行"),
        ("干部选拔任用工作暂行条例", "条例", "试行"),
        ("某某条例（已废止）", "条例", "已废止"),
        ("关于印发《发展党员工作细则》的通知", "通知", ""),
        ("关于加强新形势下党的建设的意见", "意见", ""),
        ("在全市组织部长会议上的讲话", "讲话", ""),
        ("在庆祝建党大会上的讲话（摘要）", "讲话", ""),
        ("某协会章程", "其他", ""),
        ("党支部工作手册", "其他", ""),
    ],
)
def test_kind_and_status_by_the_title(title: str, kind: str, status: str) -> None:
    found = described(f"{title}\n这里是文件的正文，说明有关的工作要求和内容安排。")
    assert found["kind"] == kind and found.get("status", "") == status


PAPER = (
    "基层党组织建设的路径选择\n王明 李小红\n"
    "摘要：本文讨论基层党组织在城市治理中的作用，并提出若干改进的路径和建议。"
    "\n关键词：基层党建；城市治理 组织力\n中图分类号：D267 文献标识码：A\n引言\n城市在变化。"
)


def test_a_paper_with_authors_abstract_and_key_words() -> None:
    found = described(PAPER)
    assert found["kind"] == "论文"
    assert found["author"] == "王明；李小红"
    assert found["abstract"] == "本文讨论基层党组织在城市治理中的作用，并提出若干改进的路径和建议。"
    assert found["keywords"] == "基层党建；城市治理；组织力"


def test_a_paper_that_lost_its_line_breaks() -> None:
    text = (
        "赵晓峰 [摘 要] 文章围绕农村基层党组织的组织力提升问题展开讨论，提出三条对策。 "
        "[关键词] 组织力；农村党建 "
        "[中图分类号] D267 一、问题的提出 农村在变化。"
    )
    found = described(text, title="", name="农村基层党组织组织力提升研究.txt")
    assert found["title"] == "农村基层党组织组织力提升研究" and found["title_from"] == "文件名"
    assert found["author"] == "赵晓峰" and found["keywords"] == "组织力；农村党建"
    assert found["abstract"] == "文章围绕农村基层党组织的组织力提升问题展开讨论，提出三条对策。"


NEWS = (
    "2022-05-06 10:11，正文：原标题：柳河街道：“红色驿站”暖人心5月5日，柳河街道党工委举办“红色驿站”启用仪式。"
    "驿站为户外劳动者提供饮水。（临江日报记者 孙丽）返回搜狐，查看更多责任编辑："
)


def test_a_report_with_a_glued_title() -> None:
    text = NEWS[NEWS.index("柳河") : NEWS.index("返回")]
    found = described(text, raw=NEWS, title="")
    assert found["title"] == "柳河街道：“红色驿站”暖人心" and found["title_from"] == "页面信息"
    assert found["kind"] == "新闻" and found["date"] == "2022-05-06"
    assert found["author"] == "孙丽" and found["site"] == "搜狐"


def test_a_report_without_a_title_is_named_by_what_it_states() -> None:
    text = (
        "现场图。临江新闻网2023年7月2日讯（记者 周敏 通讯员 吴昊）为进一步提升党员教育质量，激发队伍活力，"
        "7月1日，城南街道举办党员集中培训班，120人参加。"
    )
    found = described(text, title="")
    assert found["title"] == "城南街道举办党员集中培训班" and found["title_from"] == "首句"
    assert found["date"] == "2023-07-02" and found["author"] == "周敏；吴昊"
    assert found["site"] == "临江新闻网" and found["kind"] == "新闻"


def test_experience_of_a_place_without_a_title() -> None:
    text = (
        "近年来，我县创新党员管理方式，取得明显成效。\n我县坚持抓基层、打基础，主要做法如下。\n1.建好阵地。"
    )
    found = described(text, title="")
    assert found["title"] == "我县创新党员管理方式" and found["kind"] == "经验材料"


def test_a_speech_by_its_address() -> None:
    text = "坚定信心 开创新局\n同志们：\n这次会议的主要任务是总结工作。"
    assert described(text)["kind"] == "讲话"


def test_a_speech_with_day_and_speaker_below_its_title() -> None:
    text = "在全市党建工作推进会上的讲话\n（2019年6月12日）\n张建国\n同志们：\n这次会议很重要。"
    found = described(text)
    assert found["kind"] == "讲话" and found["author"] == "张建国" and found["date"] == "2019-06-12"


def test_the_note_below_a_title_names_who_published_it() -> None:
    text = "干部工作条例\n（2014年1月14日中共中央修订 2019年3月3日中共中央发布）\n第一条 制定本条例。"
    found = described(text)
    assert found["issuer"] == "中共中央" and found["date"] == "2019-03-03"


def test_labels_side_by_side_in_one_line() -> None:
    text = "关于做好发展党员工作的通知\n各县委组织部：\n现将有关事项通知如下。"
    raw = f"索引号：0001\t主题：党建\n发文机关：中共临江市委组织部\t成文日期：2021年03月04日\n{text}"
    found = described(text, raw=raw)
    assert found["issuer"] == "中共临江市委组织部" and found["date"] == "2021-03-04"


def test_authors_with_marks_of_footnotes() -> None:
    text = "高校学生党支部建设研究\n李 伟1，王晓燕2*\n（1.临江大学，江西 临江 330000）\n党支部是基础组织。"
    assert described(text)["author"] == "李伟；王晓燕"


@pytest.mark.parametrize("line", ["空行", "本站编辑", "返回 下载 举报", "临江市", "管理员"])
def test_a_short_line_that_is_no_name_is_no_author(line: str) -> None:
    assert "author" not in described(f"党建工作的思路\n{line}\n正文一段说明内容。")


def test_an_explanation_of_a_rule_is_no_rule() -> None:
    found = described("《中国共产党支部工作条例（试行）》解读\n条例的出台有重要意义。")
    assert found["kind"] == "其他" and "status" not in found and "issuer" not in found


def test_an_essay_that_opens_with_a_day_is_no_report() -> None:
    text = "让老物件说话\n近日，有关部门对思政课建设作出部署。5月18日是博物馆日。如何用好资源，值得思考。"
    assert described(text)["kind"] == "其他"


# --- where a title comes from ---


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("《社区党建联席会议制度探讨》由会员分享，可在线阅读。\n正文一段。", "社区党建联席会议制度探讨"),
        ("标题 | 农村党员教育的难点 |\n范文 | 正文一段。 |", "农村党员教育的难点"),
        ("標題 | 農村黨員教育的難點 |\n範文 | 正文一段。 |", "农村党员教育的难点"),
        ("前言：本站为你精心整理了楼宇党建工作思路范文，希望能为你提供参考。\n正文。", "楼宇党建工作思路"),
        ("正文一段。\n本文标题：机关党建的实践", "机关党建的实践"),
    ],
)
def test_a_title_that_only_the_page_still_tells(raw: str, title: str) -> None:
    found = described("正文一段，讲述了有关的内容，没有标题。", raw=raw, title="")
    assert found["title"] == title and found["title_from"] == "页面信息"


def test_the_title_bar_of_a_page_without_its_site() -> None:
    bar = {"page_title": "让红色资源活起来_先锋文苑_临江党建网"}
    found = described("红色资源是宝贵财富，要用好。", title="", container=bar, format="html")
    assert found["title"] == "让红色资源活起来" and found["site"] == "临江党建网"


def test_a_title_bar_that_only_names_the_site_is_no_title() -> None:
    found = described(
        "我区推进楼宇党建，形成合力。", title="", container={"page_title": "临江法院网"}, format="html"
    )
    assert found["title"] == "我区推进楼宇党建"


def test_the_title_is_never_a_hash_while_the_text_says_something() -> None:
    assert (
        described("党员要按时交纳党费，这是基本义务。", title="", name="51e6136c7780a4cc.txt")["title"]
        == "党员要按时交纳党费"
    )


def test_a_slip_in_the_title_line_is_corrected_by_what_the_text_calls_itself() -> None:
    cited = "《中国共产党党支部工作条例》"
    text = f"中国共产党党支部工条例\n现印发{cited}，请遵照执行。\n{cited}已经批准。"
    assert described(text)["title"] == "中国共产党党支部工作条例"


def test_another_rule_of_a_like_name_does_not_change_the_title() -> None:
    other = "《中国共产党地方组织工作条例》"
    text = f"中国共产党地方委员会工作条例\n参照{other}执行。\n{other}另有规定。"
    assert described(text)["title"] == "中国共产党地方委员会工作条例"


# --- dates, sites, audience ---


@pytest.mark.parametrize(
    ("raw", "date"),
    [
        ("时间:2022-02-02 06:07:00\n正文。", "2022-02-02"),
        ("時間:2022-02-02 06:07:00\n正文。", "2022-02-02"),
        ("发布时间：2021年9月3日 来源：某网\n正文。", "2021-09-03"),
        ("上传人:某 上传时间:2019-08-02 格式:DOCX\n正文。", "2019-08-02"),
        ("2023/08/04 16:08\n正文。", "2023-08-04"),
        ("日期：2020.07\n正文。", "2020-07"),
        ("时间：2021-13-45\n正文。", ""),
    ],
)
def test_the_date_of_the_page(raw: str, date: str) -> None:
    assert described("党建工作的思路\n正文一段。", raw=raw).get("date", "") == date


def test_a_signature_in_han_numerals() -> None:
    text = "关于开展学习的通知\n各支部：\n请认真学习。\n中共临江市委办公室\n二〇一四年五月二十八日"
    assert described(text)["date"] == "2014-05-28"


@pytest.mark.parametrize(
    ("raw", "site"),
    [
        ("正文。\n更多相关《…》请在知识文库上搜索。", "知识文库"),
        ("正文。\n电脑版 |知识文库版权所有", "知识文库"),
        ("正文。\n99范文网 https://x.example\nCopyright © 2015-2024 . 99范文网 版权所有", "99范文网"),
        ("正文。\n来源：临江党建网", "临江党建网"),
        ("正文。*晚风独家稿件，转载请注明出处。", "晚风"),
        ("正文没有站名。", ""),
    ],
)
def test_the_site_by_its_furniture(raw: str, site: str) -> None:
    assert described("党建工作的思路\n正文一段。", raw=raw).get("site", "") == site


def test_the_site_by_an_advertisement_that_the_cleaning_removed() -> None:
    found = described("党建工作的思路\n正文一段。", removed="公務員家園網,全國公務員共同天地")
    assert found["site"] == "公务员家园网"


@pytest.mark.parametrize(
    ("text", "audience"),
    [
        ("内部资料 注意保存\n党建参考\n正文。", "内部"),
        ("机密★3年\n关于某事的报告\n正文。", "内部"),
        ("关于某事的报告\n（内部文件，不得外传）\n正文。", "内部"),
        ("关于内部资料管理的规定\n内部资料应当妥善保管。", "公开"),
        ("党建参考\n要加强内部文件的管理，严禁外传。", "公开"),
    ],
)
def test_restricted_documents_are_known_by_their_mark_alone(text: str, audience: str) -> None:
    assert described(text)["audience"] == audience


def test_ten_megabytes_of_any_trigger_are_described_in_linear_time() -> None:
    import time

    for trigger in ("《", "（", "自", "中", " ", "\n", "同时废止", "作者：", "2014年"):
        text = "党建工作的思路\n" + trigger * (2_000_000 // len(trigger))
        began = time.monotonic()
        described(text)
        assert time.monotonic() - began < 10, trigger
