"""What is left of a question when its question words are taken out."""

from __future__ import annotations

import pytest

from retrieval.definitions import defined_subject, defines
from retrieval.normalise import search_key
from retrieval.question import analyse
from retrieval.synonyms import expansions, parse_groups


@pytest.mark.parametrize(
    ("question", "kept", "dropped"),
    [
        ("社区党员议事会有哪五个议事程序?", "议事程序", "哪"),
        ("请问入党介绍人需要几名?", "介绍人", "请问"),
        ("发展对象的问题怎么检查?", "检查", "怎么"),
        ("你好,帮我查一下党费的收缴比例是多少", "收缴比例", "多少"),
    ],
)
def test_question_words_go_and_content_stays(question: str, kept: str, dropped: str) -> None:
    content = analyse(question).content
    assert kept in content and dropped not in content


def test_a_question_of_question_words_alone_keeps_them() -> None:
    assert analyse("为什么?").content


def test_quoted_names_and_clause_numbers_are_told() -> None:
    question = analyse("支部工作条例第十三条对“三会一课”怎么规定?")
    assert question.clause == "第13条"
    assert question.quoted == ("3会1课",)


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("什么是社区党建?它有什么特点?", "社区党建"),
        ("“1+3”社区党组织体系是什么?", "1+3社区党组织体系"),
        ("党支部在党内的地位是什么？", "党支部"),
        ("“众星拱月”是什么意思?", "众星拱月"),
        ("党支部是干什么的", "党支部"),
        ("非公党建的重要抓手是什么?", None),
        ("入党介绍人必须是什么党员？", None),
        ("海南省的城镇化率是多少?", None),
    ],
)
def test_only_a_definition_has_a_subject(question: str, subject: str | None) -> None:
    assert defined_subject(search_key(question)) == subject


@pytest.mark.parametrize(
    ("text", "is_definition"),
    [
        ("社区党建是随着社区地位上升而出现的新领域。", True),
        ("社区党员议事会——是组织各方力量的载体。", True),
        ("## 第二条 社区党建是党的建设的延伸。", True),
        ("第二条　本条例所称社区党建，是指街道和社区的党的建设。", True),
        ("本办法所指的社区党建是指街道、社区的党建工作。", True),
        ("要推动社区党建和楼宇党建。", False),
        ("他谈到社区党建，指出三点不足。", False),
        ("社区党建是否有效,要看群众。", False),
    ],
)
def test_a_definition_is_told_from_a_mention(text: str, is_definition: bool) -> None:
    subject = "社区党员议事会" if "议事会" in text else "社区党建"
    assert defines(text, subject) is is_definition


def test_synonyms_come_from_the_table_and_the_longer_word_wins() -> None:
    groups = parse_groups("# 注\n非公\t非公有制\n非公企业\t非公有制企业\n")
    assert expansions("非公企业怎么办", groups) == ["非公有制企业"]
    assert expansions("别的", groups) == []


def test_everyday_words_lead_to_terms_and_not_back() -> None:
    everyday = parse_groups("老板\t企业主\t出资人\n")
    assert expansions("老板怎么想", (), everyday) == ["企业主", "出资人"]
    assert expansions("企业主怎么想", (), everyday) == []


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("四必访访哪四种人?", ("4必访",)),
        ("三会一课是啥", ("3会1课",)),
        ("什么是“两学一做”?", ("2学1做",)),
        ("三会一课分别指哪三会哪一课?", ("3会1课",)),
        ("3月5日开会吗,一年开三次吗?", ()),
        ("第三章第四条规定了什么?", ()),
    ],
)
def test_names_made_of_numbers_need_no_quotation_marks(question: str, names: tuple[str, ...]) -> None:
    assert analyse(question).quoted == names
