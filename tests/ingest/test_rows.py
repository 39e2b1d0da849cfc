"""Rows of tables: how loaders write them, and how they are read back."""

from __future__ import annotations

import datetime

import pytest

from ingest.loaders.cell_values import shown
from ingest.loaders.tables import Reached, table_lines
from ingest.rows import cells_of, is_row
from ingest.units import cut_units


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        ([["姓 名", "党费（元）"], ["张敏", "42"]], ["姓名：张敏；党费（元）：42"]),
        (  # a caption, a unit, a head of two rows, a group, a total and the signatures
            [
                ["党费收缴表", *[Reached("党费收缴表")] * 2],
                ["单位：元", "", ""],
                ["姓名", "党费", Reached("党费")],
                ["姓名", "应交", "实交"],
                ["一、在职党员", Reached("一、在职党员"), Reached("一、在职党员")],
                ["张敏", "42", "40"],
                ["合计", "42", "40"],
                ["填表人：王芳", "", "审核：李建国"],
            ],
            [
                "党费收缴表", "单位：元", "一、在职党员", "姓名：张敏；党费·应交：42；党费·实交：40",
                "合计；党费·应交：42；党费·实交：40", "填表人：王芳；审核：李建国",
            ],
        ),
        ([["姓名", "张敏", "性别", "女"], ["出生年月", "1985-03", "民族", "汉族"]],
         ["姓名：张敏；性别：女", "出生年月：1985-03；民族：汉族"]),
        ([["时间", "11月5日"], ["主持人", "李建国"]], ["时间：11月5日", "主持人：李建国"]),
        ([["姓名", "职务"], ["张敏", "书记"], ["姓名", "职务"], ["陈强", "委员"]],
         ["姓名：张敏；职务：书记", "姓名：陈强；职务：委员"]),
        ([["序号", "姓名", "签名"]], ["序号、姓名、签名"]),
        ([["甲", "乙", "丙"], ["丁", "戊", "己"]], ["甲；乙；丙", "丁；戊；己"]),
    ],
)  # fmt: skip
def test_rows_stand_under_their_head(rows: list[list[str]], lines: list[str]) -> None:
    assert table_lines(rows) == lines


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("姓名：张敏；月党费(元)：42", [("姓名", "张敏"), ("月党费(元)", "42")]),
        ("合计；月党费(元)：504", [("", "合计"), ("月党费(元)", "504")]),
        ("时间：19：00；地点：201室", [("时间", "19：00"), ("地点", "201室")]),
    ],
)
def test_a_row_is_read_back(line: str, cells: list[tuple[str, str]]) -> None:
    assert is_row(line, 0, len(line))
    found = cells_of(line, 0, len(line))
    assert [(cell.label, cell.value) for cell in found] == cells
    assert all(line[cell.start : cell.end] == cell.value for cell in found)


@pytest.mark.parametrize(
    "line",
    [
        "会议决定：同意确定刘洋为入党积极分子。",
        "给水：防结露保温；热水：保温；冷却水：按设计要求，未要求可以不作。一般均需保温。",
        "一是加强学习；二是改进作风；三是严肃纪律。",
        "联系人：王芳，电话0571-88001234。",
    ],
)
def test_prose_is_no_row(line: str) -> None:
    assert not is_row(line, 0, len(line))


def test_a_row_is_one_unit_under_its_caption_and_the_name_of_its_sheet() -> None:
    text = (
        "党费台账\n说明文字。\n三季度\n第三党支部明细\n姓名：张敏；职责：1.记账；2.收款；党费：42\n备注说明"
    )
    rows = [unit for unit in cut_units(text) if unit.kind == "row"]
    assert [(unit.path, text[unit.start : unit.end][:6]) for unit in rows] == [
        (("三季度 第三党支部明细",), "姓名：张敏；")
    ]


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (0.015, "0.0%", "1.5%"),
        (1, "0%", "100%"),
        (12500, "#,##0.00", "12,500.00"),
        (7, "000", "007"),
        (12, '0"元"', "12元"),
        (-3.5, "0.00;[Red](0.00)", "(3.50)"),
        (0, '0;-0;"-"', "-"),
        (0.1 + 0.2, "General", "0.3"),
        (42.0, "General", "42"),
        (3.14159, "# ?/?", "3.14159"),
        (datetime.datetime(2025, 7, 1), "yyyy-mm-dd", "2025-07-01"),
        (datetime.datetime(2025, 7, 1), 'yyyy"年"m"月"d"日"', "2025年7月1日"),
        (datetime.datetime(2025, 7, 1), "mm-dd-yy", "2025/7/1"),
        (datetime.datetime(2025, 7, 1, 14, 5), "yyyy/m/d h:mm", "2025/7/1 14:05"),
        (datetime.datetime(2025, 7, 1), '[$-804]yyyy"年"m"月";@', "2025年7月"),
        (datetime.time(9, 30), "h:mm", "09:30"),
        (True, "General", "是"),
        (None, "0.00", ""),
    ],
)
def test_a_value_is_shown_as_the_sheet_shows_it(value: object, number_format: str, text: str) -> None:
    assert shown(value, number_format) == text
