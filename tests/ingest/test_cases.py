"""Inputs that failed, and fresh ones of their kind: titles, issuers, dates, numbers, sections."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.documents import read_document
from ingest.records import CleanedDocument
from ingest.units import cut_units

CASES = Path(__file__).parents[1] / "cases"


def read(name: str) -> CleanedDocument:
    (path,) = CASES.glob(name)
    return read_document(path.read_bytes(), path.name)


def paths(document: CleanedDocument) -> dict[str, tuple[str, ...]]:
    text = document.text
    return {text[unit.start : unit.end]: unit.path for unit in cut_units(text)}


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("22/*", "关于开展党员志愿服务月活动的通知"),
        ("27/*", "社区党员活动经费管理办法"),
        ("28/*", "关于认真做好2022年下半年党员组织关系排查工作的通知"),
        ("45/*", "做好党员信息采集工作"),
    ],
)
def test_titles(name: str, title: str) -> None:
    assert read(name).title == title


def test_the_head_of_a_web_page_and_of_a_red_head_document() -> None:
    page, red_head = read("22/*").metadata, read("28/*").metadata
    assert page["issuer"] == "中共云岭区委组织部" and page["number"] == "云组通〔2024〕8号"
    assert page["date"] == "2024-04-10" and page["kind"] == "通知"
    assert red_head["issuer"] == "中共清江县委组织部" and red_head["number"] == "清组通〔2022〕16号"
    assert red_head["date"] == "2022-08-25" and red_head["kind"] == "通知"


def test_menus_and_farms_of_words_are_no_text() -> None:
    assert read("22/*").text.startswith("关于开展党员志愿服务月活动的通知\n")
    assert read("27/*").text.startswith("社区党员活动经费管理办法\n")


def test_word_counts_the_articles_on_through_the_chapters() -> None:
    found = paths(read("05/*"))
    assert found["第三条 借用活动室须办理下列手续："] == ("第二章 借用", "第三条")
    assert found["第四条 逾期不还的，停止借用一个月。"] == ("第二章 借用", "第四条")


def test_sections_bear_the_numbers_printed() -> None:
    found = paths(read("04/*"))
    assert found["平台管理员由支部组织委员担任，每个支部限设一名。"] == (
        "第 2 章 账号管理",
        "2.2.1 用户与权限",
    )
    found = paths(read("14/*"))
    (path,) = [path for unit, path in found.items() if "谈话提醒" in unit]
    assert path == ("第十二条之二",)


@pytest.mark.parametrize("name", ["55/带目录.docx", "55/点线目录.txt"])
def test_lines_of_contents_head_nothing(name: str) -> None:
    assert not any(
        part[-1:].isdigit() or "..." in part for path in paths(read(name)).values() for part in path
    )


BODY = "\n各党支部：\n现将有关事项通知如下。\n一、时间\n三月份。\n"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("中共西桥镇委员会文件\n西委发〔2024〕3号\n关于印发《西桥镇党员积分管理办法》的通知" + BODY,
         "关于印发《西桥镇党员积分管理办法》的通知"),
        ("秘密\n特急\n中共柳河市委办公室文件\n柳办发〔2023〕12号\n签发人：李某\n"
         "关于召开2023年度\n民主生活会和组织生活会\n的通知" + BODY,
         "关于召开2023年度民主生活会和组织生活会的通知"),
        ("首页 | 机构 | 党建\n您现在的位置：首页 > 通知公告\n"
         "关于做好党费收缴工作的通知\n发布时间：2024-03-01 浏览：12次" + BODY,
         "关于做好党费收缴工作的通知"),
        ("中共青石县委\n青石县人民政府\n青委〔2022〕5号\n关于加强社区党建工作的\n实施意见（试行）" + BODY,
         "关于加强社区党建工作的实施意见（试行）"),
        ("发布日期：2024-01-02\n来源：区委组织部\n党员积分管理办法\n第一条 甲方。\n第二条 乙方。\n",
         "党员积分管理办法"),
    ],
)  # fmt: skip
def test_the_title_as_an_editor_takes_it(text: str, title: str) -> None:
    assert read_document(text.encode(), "扫描件.txt").title == title


@pytest.mark.parametrize(
    "title",
    ["中共西桥镇委员会工作规则", "支部建设的几点思考", "党的群众路线教育实践活动总结", "来源于群众的力量",
     "一张便民卡的故事",
     "关于新时代基层党建\n思考与探索"],
)  # fmt: skip
def test_titles_that_stand_first_stay_as_they_are(title: str) -> None:
    text = (
        f"{title}\n近年来，我镇党委坚持党建引领，取得了明显成效，群众普遍满意。\n下一步，我们将继续努力。\n"
    )
    assert read_document(text.encode(), "扫描件.txt").title == title.partition("\n")[0]
