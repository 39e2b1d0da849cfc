"""Warnings and quarantine: what is reported, what is held back, and what must be neither."""

from __future__ import annotations

import pytest

from tests.ingest.cleaning.samples import BODY, NOTICE, cleaned


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("第十八条 甲。\n第十九条 乙。\n第二十一条 丙。", "第十九条之后是第二十一条"),
        ("## 第九条 甲。\n\n## 第十条 乙。\n\n## 第十二条 丙。", "第十条之后是第十二条"),
        ("第1条 甲。\n第2条 乙。\n第4条 丙。", "第2条之后是第4条"),
        (BODY + "\n他德高望众，工作一交性完成。", "德高望众"),
        (BODY + "\n莫愁社区*年成立党委，和“”组织作斗争。", "隐去"),
        (BODY + "\n已对余家非公企业指派联络员。", "隐去"),
        (BODY + "\n这里有一个\ue17a字。", "无法恢复"),
        (BODY + "\n姓名 | 职务 | 得分\n张三 | 书记\n李四 | 委员 | 90", "表格"),
        (BODY + "\n会议要求?ň镏梁讟喤芎缃瘥。", "未能修复"),
        (BODY + "\n增进群众福社。", "福社"),
        (BODY + "\n" + BODY.split("\n")[4] + "各支部要善于把党组织的意图变成", "预览"),
    ],
)
def test_what_looks_wrong_is_reported_with_its_place(text: str, part: str) -> None:
    document = cleaned(text)
    matching = [warning for warning in document.warnings if part in warning]
    assert matching and all(warning.startswith("第 ") for warning in matching)
    assert document.quarantine is None


def test_sound_text_gives_no_warning() -> None:
    assert cleaned(NOTICE).warnings == ()
    assert (
        cleaned(
            "第九条 甲。\n第十条 乙。\n第十一条 丙。\n第一百零一条 略。".replace("\n第一百零一条 略。", "")
        ).warnings
        == ()
    )


def test_a_hundred_troubles_of_one_kind_are_counted_not_listed() -> None:
    warnings = cleaned(BODY + "\n\ue17a乱码" * 100).warnings
    assert len(warnings) == 21 and "另有 80 处" in warnings[-1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\n",
        "首页\n产品展示\n新闻中心\n联系我们",
        "恒温恒湿试验箱\n在线咨询\n首页\n林频产品\n试验箱系列\n成功案例\n新闻中心\n常见问题\n解决方案\n关于林频\n服务支持\n联系我们",
        "版权声明：本站文章均来自网络，如有侵权，请联系我们，我们收到后将立即删除，谢谢！",
        "关于党建的通知",
        "锟斤拷\ufffd\ufffd锟斤拷\ufffd\ue123\ue124\ufffd\ufffd党员\ufffd\ufffd\ufffd",
    ],
)
def test_pages_without_a_document_are_held_back_with_one_sentence(text: str) -> None:
    reason = cleaned(text).quarantine
    assert reason and reason.endswith("。") and reason.count("。") == 1


@pytest.mark.parametrize(
    "text",
    [
        "预备党员的预备期为一年，从支部大会通过之日算起。",
        "问：党费怎么交？答：由支部按月收缴，不得拖欠。",
        "第三十六条 本条例由中央组织部负责解释。",
        "优秀共产党员名单\n张三 李四 王五\n赵六 钱七 孙八\n周九 吴十",
        "序号 | 党组织名称 | 领取人 | 领取数量\n1 | 第一支部 | 张三 | 5",
    ],
)
def test_short_documents_are_not_held_back(text: str) -> None:
    assert cleaned(text).quarantine is None
