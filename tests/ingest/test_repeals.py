"""What a text says of the effect of rules, in the forms in which real ones say it."""

from __future__ import annotations

import pytest

from ingest.repeals import amended, expiry, superseded

OLD = "《流动党员管理办法》"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("第九条 本办法自2018年6月1日起施行。《流动党员管理办法》同时废止。", [OLD]),
        ("本办法自印发之日起施行，《流动党员管理\n办"
     "法》（临组发〔2009〕7号）同时\n废止。", [f"{OLD}（临组发〔2009〕7号）"]),
        ("原《流动党员管理办法》即行废止", [OLD]),
        ("自本通知印发之日起，停止执行《流动党员管理办法》。", [OLD]),
        ("经研究，决定废止《流动党员管理办法》（临组发〔2009〕7号）。", [f"{OLD}（临组发〔2009〕7号）"]),
        ("下列文件同时废止：\n1.《流动党员管理办法》\n2.关于党费收缴的通知（临组发〔2010〕2号）\n特此通知。",
         [OLD, "《关于党费收缴的通知》（临组发〔2010〕2号）"]),
        ("附件1\n决定废止的文件目录（2件）\n一、党内法规\n1.《"
     "流动党员管理办法》\n继续有效的文件目录\n1.《党费收缴办法》", [OLD]),
        ("序号 | 文件名称 | 文号 | 处理意见\n1 | 流动党员管理办法 | 临组发〔2"
     "009〕7号 | 废止\n2 | 党费收缴办法 | 临组发〔2010〕2号 | 继续有效",
         [f"{OLD}（临组发〔2009〕7号）"]),
        ("现将《流动党员管理规定》印发给你们，请遵照执行。《流动党员管理办法》不再执行。", [OLD]),
    ],
)  # fmt: skip
def test_what_is_repealed(text: str, names: list[str]) -> None:
    assert superseded(text, "流动党员管理规定") == names


@pytest.mark.parametrize(
    "text",
    [
        "第一条 根据《中国共产党章程》，制定本规定。",
        "《流动党员管理办法》继续有效。",
        "建议废止《流动党员管理办法》。",
        "《流动党员管理办法》尚未废止。",
        "《流动党员管理办法》废止的条件由上级规定。",
        "继续有效的文件目录\n1.《流动党员管理办法》",
        "1 | 《流动党员管理办法》 | 继续有效",
        "按照《流动党员管理办法》执行。本规定自发布之日起施行。",
        "决定修改的文件目录\n1.《流动党员管理办法》",
    ],
)
def test_what_is_only_named_is_not_repealed(text: str) -> None:
    assert superseded(text, "流动党员管理规定") == []


@pytest.mark.parametrize(
    ("text", "title", "changes"),
    [
        ("将《流动党员管理办法》第九条修改为：“第九条 每月汇报一次。”", "通知", [f"{OLD}第九条"]),
        ("一、第三条第二款中的“每季度”修改为“每月”。\n二、删去第五条。", "关于修改《流动党员管理办法》的决定",
         [f"{OLD}第三条、第五条"]),
        ("对《流动党员管理办法》作如下修改：\n第四条、第十"
     "二条之一修改为：“依照第九条办理，第八条改为备案。”", "通知",
         [f"{OLD}第四条、第十二条之一"]),
        ("依照第九条规定，将第十条修改为：“略”", "流动党员管理办法修正案", [f"{OLD}第十条"]),
        ("增加一条，作为第十二条：“略”", "关于修改《流动党员管理办法》的决定", []),
        ("依照《流动党员管理办法》第九条规定办理。", "通知", []),
        ("第三条 积分标准修改为每季度公布。", "党员积分办法", []),
    ],
)  # fmt: skip
def test_which_clauses_are_changed(text: str, title: str, changes: list[str]) -> None:
    assert amended(text, title) == changes


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("本办法自2020年1月1日起施行，有效期五年。", "2024-12-31"),
        ("本通知有效期至2025年6月30日。", "2025-06-30"),
        ("本办法自印发之日起试行一年。", "2021-03-31"),
        ("本办法自2020年1月1日起施行，试行期为2年。", "2021-12-31"),
        ("党员组织关系介绍信的有效期为三个月。", ""),
        ("流动党员活动证有效期两年。", ""),
        ("本办法自2020年1月1日起施行。", ""),
    ],
)
def test_until_when_a_text_holds(text: str, until: str) -> None:
    effective = "2020-01-01" if "2020年1月1日" in text else ""
    assert expiry(text, effective, "2020-04-01") == until
