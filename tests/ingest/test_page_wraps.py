"""Lines of PDFs that go on in the next one."""

from __future__ import annotations

import pytest

from ingest.loaders.page_wraps import join_wrapped

FULL = "为了加强流动党员管理，根据有关规定，结合本街道的工作实际，现就有关事项"


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (
            [f"　　{FULL}", "通知如下。", "　　" + FULL, "如下。"],
            [f"　　{FULL}通知如下。", f"　　{FULL}如下。"],
        ),
        ([FULL, FULL, "如下。", "第一条 内容。"], [FULL + FULL + "如下。", "第一条 内容。"]),
        ([FULL, "（一）内容。", FULL, "一、时间"], [FULL, "（一）内容。", FULL, "一、时间"]),
    ],
)
def test_what_was_broken_at_the_margin_is_one_line(lines: list[str], joined: list[str]) -> None:
    assert join_wrapped(lines) == joined


@pytest.mark.parametrize(
    "lines",
    [
        ["床前明月光", "疑是地上霜", "举头望明月"],
        ["姓名 职务 得分", "张三 书记 95", "李四 委员 90"],
        [FULL + "通知如下。", "各支部：", "一、时间"],
        [FULL, "各党支部："],
    ],
)
def test_lines_that_end_where_they_are_stay(lines: list[str]) -> None:
    assert join_wrapped(lines) == lines
