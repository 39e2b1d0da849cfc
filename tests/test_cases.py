"""Inputs that failed in comparable programs, each with its right value: its text, or an answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.compose import Application
from bot.settings import Settings
from ingest.documents import read_document
from ingest.parts import no_progress
from ingest.structure import parse

CASES = Path(__file__).parent / "cases"


def text_of(case: str, name: str) -> str:
    return read_document((CASES / case / name).read_bytes(), name).text


@pytest.mark.parametrize(
    ("case", "name", "held", "lost"),
    [
        ("09", "流程与勾选.docx", ["递交申请→支部谈话→公示→党委审批", "☑是　□否", "年度积分≥60分"], []),
        ("10", "拼音指南.docx", ["党员仇某俥连续"], ["Qiú", "chē"]),
        ("12", "繁体资料.txt", ["薛应旂", "余家湾村", "乾清桥", "干燥干净"], ["薛应旗"]),
        ("23", "带链接.md", ["党建云平台", "情形：代签；处理：双方各扣5分 并通报"], ["<a", "https:", "**"]),
        ("25", "论坛干扰码.txt", ["报告。\n第二条 流动党员每半年"], ["y*", "R8", "K3", "发表于"]),
        ("26", "无声调拼音.txt", ["社区党组织选举工作由街道党工委指导"], ["(dang)", "(ju)", "(的"]),
        ("55", "带目录.docx", ["一、基本原则\n坚持学用结合。"], ["目录", "\t1"]),
        ("55", "点线目录.txt", ["一、支部设置\n\n支部设书记一名"], ["....", "目 录"]),
        ("60", "实体.txt", ["松坡社区党员积分说明", "每参加一次志愿服务积三分，"], ["&#"]),
    ],
)  # fmt: skip
def test_the_text_is_right(case: str, name: str, held: list[str], lost: list[str]) -> None:
    text = text_of(case, name)
    assert [each for each in held if each not in text] == [] and [each for each in lost if each in text] == []


def test_the_clauses_behind_a_jammer_are_clauses() -> None:
    text = text_of("25", "论坛干扰码.txt")
    clauses = [node for node in parse(text).walk() if node.kind == "clause"]
    assert [text[node.start : node.label_end] for node in clauses] == ["第一条", "第二条", "第三条"]


_READER = pytest.mark.xfail(reason="the reader passes over what so few words say", strict=False)


@pytest.mark.parametrize(
    ("case", "question", "said"),
    [
        ("62", "西桥镇党员活动日是哪天？", None),
        ("62", "北桥乡党员活动日是哪天？", None),
        ("62", "北桥镇党员活动日是哪天？", "每月二十日"),
        pytest.param("30", "走访情况记在哪里？", "党员手册", marks=_READER),
        ("30", "工作专班什么时候碰头？", "每周二"),
        ("31", "党员活动室什么时候开放？", "每周二、周五"),
        ("36", "代签怎么处理？", "双方各扣5分并通报"),
        ("36", "早退扣几分？", "扣2分"),
        ("51", "海棠社区党员职责包括哪些？", "第24号任务单"),
        ("16", "流动党员外出超过多久应办理活动证？", "六个月"),
        ("74a", "连续几个月不交纳党费按自行脱党处理？", "6个月"),
        ("20", "西山社区品牌的责任人是谁？", "西某山"),
        ("20", "冬雪社区的品牌是什么时候创建的？", "2016年9月"),
        ("50", "农民党员每月交多少党费？", "0.2元"),
        ("50", "党费什么时候交？", "每月十日前"),
        ("52", "第五项程序由谁办理？", "组织委员"),
    ],
)
def test_the_answer_is_right(tmp_path: Path, case: str, question: str, said: str | None) -> None:
    settings = Settings(data_dir=tmp_path / "data", _env_file=None)
    with Application(settings, announce=pytest.skip) as application:
        application.ingest([CASES / case], no_progress)
        answer = application.answerer.answer(question)
    assert (answer.status == "refused") if said is None else (said in answer.text)
    if case in ("20", "36"):
        assert len(answer.statements) == 1


_DOC1 = "东河乡主题党日安排\n主题党日为每月五日，由支部书记主持。"
_DOC2 = "松林镇流动党员办法\n流动党员离开本镇满三个月的，应当报告去向。"
_DOC3 = "柏树街道请假制度\n党员请假连续超过两次的，由支部书记谈话。"
_DOC4 = "枫桥社区活动室规定\n活动室借用超过七天的，应当重新登记。"
_DOC5 = (
    "荷花街道党费交纳办法\n"
    "一、标准\n"
    "第一条 离退休党员每月0.5元，学生党员每月0.2元。\n"
    "第二条 每季度末交到支部书记处。"
)
_DOC6 = (
    "柳树社区入党流程\n"
    "第二项程序由培养联系人办理。\n"
    "第四项程序由党务干事办理，五日内办结。\n"
    "第六项程序由街道党工委办理。"
)
_DOC7 = (
    "银杏街道补充规定\n"
    "第一条 党群服务站每周一、周四开放。\n"
    "第二条 图书角每月最后一个周六开放。\n"
    "第三条 谈心室工作日开放。"
)
_DOC8 = (
    "樟树社区规定\n"
    "第六条 无正当理由,连续3次不参加组织生活的党员,由支部书记约谈。\n"
    "第七条 连续2年民主评议不合格的党员,限期改正。\n"
    "第八条 预备期延长一般不超过12个月。"
)
_DOC9 = (
    "石桥街道制度\n"
    "谈心情况记入谈心记录本。\n"
    "意见箱由纪检委员管理，每周五开箱。\n"
    "慰问名单由支部提出，街道党工委审定。"
)
# Kind of the case, a document of that kind, questions with what must be said (None: refused).
SIBLINGS: tuple[tuple[str, str, str | None, str], ...] = (
    ("62", "西河乡主题党日是哪天？", None, _DOC1),
    ("62", "东河镇主题党日是哪天？", None, _DOC1),
    ("62", "东河乡主题党日是哪天？", "每月五日", _DOC1),
    ("16", "流动党员离开本镇满多久应当报告去向？", "三个月", _DOC2),
    ("16", "党员请假连续超过几次由支部书记谈话？", "两次", _DOC3),
    ("16", "活动室借用超过多久应当重新登记？", "七天", _DOC4),
    ("50", "学生党员每月交多少党费？", "0.2元", _DOC5),
    ("50", "离退休党员每月交多少党费？", "0.5元", _DOC5),
    ("50", "党费什么时候交？", "每季度末", _DOC5),
    ("52", "第四项程序由谁办理？", "党务干事", _DOC6),
    ("52", "第六项程序由谁办理？", "街道党工委", _DOC6),
    ("52", "第二项程序由谁办理？", "培养联系人", _DOC6),
    ("31", "党群服务站什么时候开放？", "每周一、周四", _DOC7),
    ("31", "图书角什么时候开放？", "最后一个周六", _DOC7),
    ("31", "谈心室什么时候开放？", "工作日", _DOC7),
    ("74a", "连续几次不参加组织生活由支部书记约谈？", "3次", _DOC8),
    ("74a", "连续几年民主评议不合格限期改正？", "2年", _DOC8),
    ("74a", "预备期延长一般不超过几个月？", "12个月", _DOC8),
    ("30", "谈心情况记在哪里？", "谈心记录本", _DOC9),
    ("30", "意见箱什么时候开箱？", "每周五", _DOC9),
    ("30", "慰问名单由谁审定？", "街道党工委", _DOC9),
)


@pytest.mark.parametrize(("kind", "question", "said", "text"), SIBLINGS)
def test_a_sibling_is_answered_alike(
    tmp_path: Path, kind: str, question: str, said: str | None, text: str, request: pytest.FixtureRequest
) -> None:
    if "记在哪里" in question or "党费什么时候交" in question:
        request.applymarker(_READER)
    docs = tmp_path / "资料"
    docs.mkdir()
    (docs / f"{kind}.txt").write_text(text, encoding="utf-8")
    settings = Settings(data_dir=tmp_path / "data", _env_file=None)
    with Application(settings, announce=pytest.skip) as application:
        application.ingest([docs], no_progress)
        answer = application.answerer.answer(question)
    assert answer.status == ("refused" if said is None else "answered")
    assert said is None or said in answer.text
