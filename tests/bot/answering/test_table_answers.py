"""Questions over tables, asked of the whole program: a cell, a column, and what the table does not say."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator
from typing import Any

import pytest

from bot.answering.answer import Answer
from bot.answering.arithmetic import FORMS, form_of
from bot.compose import Application
from bot.settings import Settings
from ingest.parts import no_progress

MEMBERS = (
    ("何秀英", "女", "1962-04", "1988-07-01", "第一党支部"),
    ("郭志强", "男", "1979-12", "2003-06-15", "第一党支部"),
    ("唐丽", "女", "1990-08", "2012-12-20", "第二党支部"),
    ("欧阳明", "男", "1985-01", "2010-05-04", "第二党支部"),
    ("罗建军", "男", "1971-03", "1996-07-01", "第三党支部"),
)
DUTY = """<html><body><h1>柳林街道国庆值班安排表</h1><table><tr><td rowspan=2>日期</td><td colspan=2>值班人员
</td><td rowspan=2>值班电话</td></tr><tr><td>白班</td><td>夜班</td></tr>
<tr><td>10月1日</td><td>何秀英</td><td>郭志强</td><td>0571-81234567</td></tr>
<tr><td>10月2日</td><td>唐丽</td><td>欧阳明</td><td>0571-81234568</td></tr></table></body></html>"""
RULES = """# 槐树社区党员考核细则

| 考核项目 | 分值 | 评分标准 | 考核部门 |
|:--|:-:|--:|---|
| 组织生活 | 30 | 缺席一次扣5分 | 党支部 |
| 志愿服务 | 40 | 不足8小时每小时扣2分 | 社区党委 |
| 群众评价 | 30 | 满意率低于80%扣10分 | 网格 |
"""


def workbook() -> bytes:
    import openpyxl  # type: ignore[import-untyped]

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "名册"
    sheet.append(["柳林街道党员名册"])
    sheet.merge_cells("A1:F1")
    sheet.append(["序号", "姓 名", "性别", "出生年月", "入党时间", "所在支部"])
    for number, (name, sex, born, joined, branch) in enumerate(MEMBERS, 1):
        sheet.append([number, name, sex, born, datetime.date.fromisoformat(joined), branch])
    dues = book.create_sheet("党费")
    dues.append(["2024年四季度党费收缴情况（单位：元）"])
    dues.merge_cells("A1:E1")
    dues.append(["支部", "党费", None, "人数", "收缴率"])
    dues.append([None, "应交", "实交"])
    for area in ("B2:C2", "A2:A3", "D2:D3", "E2:E3"):
        dues.merge_cells(area)
    for row in (["第一党支部", 1200, 1200, 14, 1], ["第二党支部", 960.5, 900, 11, 0.937]):
        dues.append(row)
        dues.cell(dues.max_row, 5).number_format = "0.0%"
    dues.append(["合计", 2160.5, 2100, 25])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def document() -> bytes:
    import docx

    file: Any = docx.Document()
    file.add_paragraph("梧桐社区志愿服务积分办法")
    file.add_paragraph("表1 积分标准")
    table = file.add_table(rows=0, cols=4)
    for values in (
        ("类别", "活动内容", "积分", "审核人"),
        ("环保类", "清理河道", "3分/次", "组织委员"),
        ("", "垃圾分类宣传", "2分/次", "组织委员"),
        ("助老类", "陪同就医", "5分/次", "网格长"),
    ):
        for cell, value in zip(table.add_row().cells, values, strict=True):
            cell.text = value
    table.cell(1, 0).merge(table.cell(2, 0)).text = "环保类"
    target = io.BytesIO()
    file.save(target)
    return target.getvalue()


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    folder = tmp_path_factory.mktemp("tables")
    docs = folder / "资料"
    docs.mkdir()
    (docs / "柳林街道.xlsx").write_bytes(workbook())
    (docs / "积分办法.docx").write_bytes(document())
    (docs / "值班表.html").write_text(DUTY, encoding="utf-8")
    (docs / "考核细则.md").write_text(RULES, encoding="utf-8")
    with Application(Settings(data_dir=folder / "data", _env_file=None), announce=pytest.skip) as running:
        running.ingest([docs], no_progress)
        yield running


def asked(application: Application, question: str) -> Answer:
    answer = application.answerer.answer(question)
    with application.open_store().snapshot() as snapshot:
        for citation in answer.citations:
            text = snapshot.document_text(citation.document.id)
            assert text[citation.start : citation.end] == citation.quote
    used = {n for statement in answer.statements for n in statement.citations}
    assert used == {citation.n for citation in answer.citations}
    return answer


@pytest.mark.parametrize(
    ("question", "said", "unsaid"),
    [
        ("欧阳明是哪年入党的？", "2010-05-04", "唐丽；"),
        ("罗建军在哪个支部？", "第三党支部", "何秀英"),
        ("何秀英的出生年月是什么时候？", "1962-04", "郭志强"),
        ("第二党支部应交党费多少？", "党费·应交：960.5", "第一党支部"),
        ("第二党支部的收缴率是多少？", "93.7%", "唐丽"),
        ("陪同就医积几分？", "5分/次", "清理河道"),
        ("垃圾分类宣传属于哪一类？", "类别：环保类", "陪同就医"),
        ("10月2日夜班是谁？", "夜班：欧阳明", "10月1日"),
        ("志愿服务的分值是多少？", "分值：40", "群众评价"),
        ("群众评价由哪个部门考核？", "考核部门：网格", "社区党委"),
    ],
)
def test_a_cell_is_answered_by_its_row_alone(
    application: Application, question: str, said: str, unsaid: str
) -> None:
    answer = asked(application, question)
    assert said in answer.text and unsaid not in answer.text and " | " not in answer.text


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("谁入党最早？", "按所引5行比较，“入党时间”最早的是“何秀英”（1988-07-01）。"),
        ("哪个支部的实交党费最多？", "按所引2行比较，“党费·实交”最高的是“第一党支部”（1200）。"),
        (
            "第一党支部和第二党支部应交党费相差多少？",
            "按所引2行相减，“第一党支部”与“第二党支部”的“党费·应交”相差239.5。",
        ),
        ("两个支部一共多少人？", "按所引2行相加，“人数”共25。与表中所列一致。"),
        ("第二党支部有哪些党员？", "按所引各行计数，符合的共2行。"),
        ("考核总分是多少？", "按所引3行相加，“分值”共100。"),
        ("分值最高的考核项目是什么？", "按所引3行比较，“分值”最高的是“志愿服务”（40）。"),
    ],
)  # fmt: skip
def test_a_question_over_a_column_is_computed_from_the_rows_that_are_quoted(
    application: Application, question: str, sentence: str
) -> None:
    answer = asked(application, question)
    assert answer.statements[0].text == sentence
    assert answer.statements[0].citations == tuple(range(1, len(answer.citations) + 1))


@pytest.mark.parametrize(
    "question",
    [
        "张伟的入党时间？",
        "第四党支部应交党费多少？",
        "10月5日谁值班？",
        "唐丽的身份证号是多少？",
        "罗建军的民族是什么？",
    ],
)
def test_what_no_row_says_is_refused(application: Application, question: str) -> None:
    assert asked(application, question).status == "refused"


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_every_form_reads_its_example(form: Any) -> None:
    assert form_of(form.example) == form


@pytest.mark.parametrize("question", ["党费怎么交？", "支部委员会由几人组成", "入党要满多少岁"])
def test_other_questions_ask_nothing_over_a_column(question: str) -> None:
    assert form_of(question) is None or form_of(question).name == "count"  # type: ignore[union-attr]
