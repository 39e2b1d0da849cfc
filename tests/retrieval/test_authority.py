"""Which document has more to say, from metadata alone; and the time a question asks about."""

from __future__ import annotations

import pytest

from retrieval.authority import (
    Register,
    change_notices,
    edition_key,
    first_day,
    is_later,
    make_register,
    rank,
    source_notices,
    standing,
    title_key,
)
from retrieval.effect import NOT_IN_FORCE, STATES
from retrieval.normalise import search_key
from retrieval.period import AskedTime, asked_time, without_time
from retrieval.records import DocumentInfo, Passage


def document(title: str, kind: str = "条例", **metadata: str) -> DocumentInfo:
    name = f"{title}{metadata.get('date', '')}{metadata.get('issuer', '')}"
    status = metadata.pop("status", "")
    return DocumentInfo(name, f"docs/{name}.txt", title, status, metadata={"kind": kind, **metadata})


def test_kinds_rank_as_the_party_ranks_them() -> None:
    kinds = ["党章", "准则", "规定", "细则", "通知", "讲话", "经验材料", "其他"]
    assert [rank(document("某", kind)) for kind in kinds] == list(range(8))
    assert rank(document("某", "条例")) == rank(document("某", "准则"))
    assert rank(document("某", "新闻")) == rank(document("某", "论文"))
    assert rank(DocumentInfo("x", "x", "x")) == 7


def test_of_one_kind_the_central_offices_come_first() -> None:
    central, local = document("某", issuer="中共中央办公厅"), document("某", issuer="中共某县委")
    assert standing(central) < standing(local) < standing(document("某", "规定", issuer="中共中央"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("中国共产党发展党员工作细则", "《发展党员工作细则（试行）》"),
        ("支部工作条例（2018年修订）", "支部工作条例"),
        ("关于印发《支部工作条例》的通知", "支部工作条例(试行)"),
    ],
)
def test_editions_of_one_rule_share_a_key(one: str, other: str) -> None:
    assert edition_key(one) == edition_key(other)


def test_other_rules_have_other_keys() -> None:
    assert edition_key("支部工作条例（农村）") != edition_key("支部工作条例")
    assert title_key("支部工作条例（试行）") != title_key("支部工作条例")
    assert edition_key("中国共产党章程") == "中国共产党章程"


def test_the_year_of_a_document_outweighs_the_date_of_its_page() -> None:
    assert first_day(document("某条例", date="2021-05-01", number="中发〔2018〕3号")) == "2018"
    assert first_day(document("某条例（2016年修订）", date="2021-05-01")) == "2016"
    assert first_day(document("某条例", date="2018-05-01", number="中发〔2018〕3号")) == "2018-05-01"
    assert first_day(document("某条例", effective="2019-01-01", number="中发〔2018〕3号")) == "2019-01-01"


def test_a_day_within_a_year_is_not_known_to_be_later_than_the_year() -> None:
    day, year = document("某条例", date="2018-05-01"), document("某条例", date="2018")
    assert not is_later(day, year) and not is_later(year, day)
    assert is_later(document("某条例", date="2019"), day)


OLD = document("支部工作条例（试行）", date="2010-03-01", number="中发〔2010〕5号")
NEW = document("支部工作条例", date="2018-05-20", supersedes="《支部工作条例（试行）》（中发〔2010〕5号）")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (OLD, NEW),
        (document("旧办法", "办法"), document("新规定", "规定", supersedes="《旧办法》")),
        (
            document("旧通知", "通知", number="组字〔2009〕1号"),
            document("新规定", supersedes="组字〔2009〕1号"),
        ),
        (document("支部工作条例", date="2010"), document("支部工作条例", date="2018")),
        (document("支部工作条例（试行）", date="2010"), document("《支部工作条例》", date="2018")),
        (document("旧办法", "办法", date="2022-02-02"), document("新规定", date="2018", supersedes="旧办法")),
    ],
)
def test_a_replaced_document_is_found(old: DocumentInfo, new: DocumentInfo) -> None:
    register = make_register([new, old])
    assert set(register.replaced) == {old.id}
    assert register.replaced[old.id].successor == new
    assert register.effective(old).status in ("已修订", "已废止")
    assert register.effective(new) is new


@pytest.mark.parametrize(
    "others",
    [
        [document("积分管理办法", "办法", date="2015", issuer="中共甲县委"),
         document("积分管理办法", "办法", date="2019", issuer="中共乙县委")],
        [document("工作总结", "其他", date="2015"), document("工作总结", "其他", date="2019")],
        [document("支部工作条例", date="2010"), document("支部工作条例（征求意见稿）", date="2019")],
        [document("支部工作条例", date="2018", supersedes="《支部工作条例》")],
        [NEW, document("支部工作条例", date="2018-05-20", issuer="中共中央", supersedes="《支部工作条例》")],
        [document("某规定", supersedes="《支部工作条例》（中发〔1999〕1号）"),
         document("支部工作条例", number="中发〔2010〕5号")],
    ],
)  # fmt: skip
def test_documents_that_replace_nothing(others: list[DocumentInfo]) -> None:
    assert make_register(others).replaced == {}


def test_copies_of_an_edition_on_later_pages_replace_nothing() -> None:
    first, old_copy = document("支部工作条例", date="2010"), document("支部工作条例", date="2020")
    new, new_copy = document("支部工作条例", date="2018"), document("支部工作条例", date="2019")
    contents = {first.id: "abcd", old_copy.id: "abcd", new.id: "abxy", new_copy.id: "abxy"}
    register = make_register([first, old_copy, new, new_copy], lambda document_id: contents[document_id])
    assert set(register.replaced) == {first.id, old_copy.id}
    assert all(each.successor == new for each in register.replaced.values())


def test_a_chain_names_the_edition_in_force_and_a_circle_ends() -> None:
    editions = [document("支部工作条例", date=year) for year in ("1990", "2010", "2018")]
    register = make_register(editions)
    assert register.replaced[editions[0].id].successor == editions[2]
    assert register.replaced[editions[0].id].until == "2010"
    a, b = document("甲规定", supersedes="《乙规定》"), document("乙规定", supersedes="《甲规定》")
    assert {each.successor.title for each in make_register([a, b]).replaced.values()} == {"甲规定", "乙规定"}


def test_notices_name_the_successor_of_what_is_cited() -> None:
    register = make_register([OLD, NEW])
    assert source_notices([OLD, OLD], register) == (
        "《支部工作条例（试行）》已修订，已被《支部工作条例》（2018-05-20）取代。",
    )
    assert source_notices([NEW], register) == ()
    first, second = document("支部工作条例", date="2010-03-01"), document("支部工作条例", date="2018")
    assert source_notices([first], make_register([first, second])) == (
        "《支部工作条例》（2010-03-01）已修订，已被《支部工作条例》（2018）取代。",
    )
    lapsed = document("关于印发《某规定》的通知", "通知", status="已废止")
    assert source_notices([lapsed], Register()) == ("《关于印发〈某规定〉的通知》已废止。",)


def test_what_is_to_come_replaces_nothing_yet() -> None:
    coming = document("支部工作条例", date="2026-11-01", effective="2027-01-01")
    before = make_register([NEW, coming], day="2026-12-31")
    assert before.state(NEW) == "" and before.state(coming) == "尚未施行"
    assert source_notices([coming], before) == ("《支部工作条例》尚未施行，自2027-01-01起施行。",)
    after = make_register([NEW, coming], day="2027-01-01")
    assert after.state(NEW) == "已修订" and after.state(coming) == ""


def test_a_term_that_has_run_out_ends_a_rule_by_itself() -> None:
    rule = document("积分办法", status="现行", date="2020-01-01", expires="2024-12-31")
    assert make_register([rule], day="2024-12-31").state(rule) == "现行"
    over = make_register([rule], day="2025-01-01")
    assert over.state(rule) == "已失效" and over.is_lapsed(rule)
    assert source_notices([rule], over) == ("《积分办法》已失效，有效期到2024-12-31为止。",)
    assert over.is_out_of_time(rule, AskedTime()) and not over.is_out_of_time(rule, AskedTime("2023", "2023"))


def passage(of: DocumentInfo, section: str) -> Passage:
    return Passage(f"{of.id}-0", of, section, "clause", 0, 1, "某", "k")


def test_of_a_rule_changed_in_part_only_the_changed_clause_is_out_of_time() -> None:
    rule = document("流动党员办法", status="现行", date="2015-01-01")
    change = document(
        "关于修改《流动党员办法》的决定",
        "其他",
        date="2020-01-01",
        amends="《流动党员办法》第九条、第十二条之一",
    )
    later = document("流动党员办法（2021年修订）", date="2021-01-01")
    register = make_register([rule, change], day="2026-01-01")
    assert register.state(rule) == "部分修改" and not register.is_lapsed(rule)
    for section, is_changed in (
        ("第二章 › 第九条", True),
        ("## 第十二条之一 某", True),
        ("第十二条", False),
        ("", False),
    ):
        held = passage(rule, section)
        assert register.is_passage_out_of_time(held, AskedTime()) is is_changed
        assert not register.is_passage_out_of_time(held, AskedTime("2016-01-01", "2016-12-31"))
    assert change_notices([passage(rule, "第九条")], register) == (
        "《流动党员办法》第九条已修改，见《关于修改〈流动党员办法〉的决定》（2020-01-01）。",
    )
    assert change_notices([passage(rule, "第八条")], register) == ()
    assert later.id not in make_register([rule, change, later], day="2026-01-01").amended


def test_what_a_maintainer_states_of_a_document_outweighs_what_others_say() -> None:
    stated = document("支部工作条例（试行）", status="现行", date="2010-03-01", status_from="标注")
    register = make_register([stated, NEW], day="2026-01-01")
    assert register.state(stated) == "现行" and not register.replaced


def test_the_rule_that_a_notice_issues_takes_the_place_of_the_notice() -> None:
    notice = document("关于印发《支部工作规定》的通知", "通知", date="2018-05-20", supersedes="《支部办法》")
    rule, old = document("支部工作规定", "规定", date="2018-05-20"), document("支部办法", "办法", date="2010")
    assert make_register([old, notice, rule]).replaced[old.id].successor == rule
    assert make_register([old, notice]).replaced[old.id].successor == notice


def test_an_edition_without_a_date_follows_the_one_on_trial() -> None:
    trial, final = document("支部办法（试行）", "办法"), document("支部办法", "办法")
    assert set(make_register([final, trial]).replaced) == {trial.id}


def test_every_state_has_one_word() -> None:
    assert len(set(STATES)) == len(STATES) and set(STATES) > NOT_IN_FORCE


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("预备期是多久？", AskedTime()),
        ("2016年当时预备期是怎么规定的？", AskedTime("2016-01-01", "2016-12-31")),
        ("二〇一六年三月的规定是什么？", AskedTime("2016-03-01", "2016-03-31")),
        ("2016年12月怎么规定？", AskedTime("2016-12-01", "2016-12-31")),
        ("2016年3月5日有效的条例", AskedTime("2016-03-05", "2016-03-05")),
        ("2018年以前怎么规定？", AskedTime("2017-12-31", "2017-12-31")),
        ("2018年修订前的预备期", AskedTime("2017-12-31", "2017-12-31")),
        ("2018年以后怎么规定？", AskedTime()),
        ("2015年后备干部的年龄", AskedTime("2015-01-01", "2015-12-31")),
        ("2016年13月的规定", AskedTime()),
        ("旧版条例里预备期多久？", AskedTime(former=True)),
        ("原来的规定是多少？", AskedTime(former=True)),
        ("修订前是多久？", AskedTime(former=True)),
        ("以前是怎么规定的？", AskedTime(former=True)),
        ("原来的党组织怎样转出关系？", AskedTime()),
        ("《2014-2018年规划》提出什么？", AskedTime()),
        ("新旧条例有什么变化？", AskedTime(open=True)),
        ("试行条例怎么规定？", AskedTime(open=True)),
    ],
)
def test_the_time_a_question_asks_about(question: str, wanted: AskedTime) -> None:
    assert asked_time(search_key(question)) == wanted


def test_the_edition_wanted_is_the_one_of_its_time() -> None:
    register = make_register([OLD, NEW])

    def wanted(question: str) -> list[str]:
        asked = asked_time(search_key(question))
        return [each.title for each in (OLD, NEW) if not register.is_out_of_time(each, asked)]

    assert wanted("预备期多久？") == [NEW.title]
    assert wanted("2015年的预备期多久？") == wanted("原来的规定是多久？") == [OLD.title]
    assert wanted("2020年的预备期多久？") == [NEW.title]
    assert wanted("2018年的预备期多久？") == [OLD.title, NEW.title]
    assert wanted("2018年的旧版规定多久？") == [OLD.title]
    assert wanted("新旧条例有什么不同？") == [OLD.title, NEW.title]


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        ("2016年当时预备期多久", "，预备期多久"),
        ("原来的规定是多久", "，是多久"),
        ("《2016年规划》提出什么", "《2016年规划》提出什么"),
        ("预备期多久", "预备期多久"),
    ],
)
def test_the_words_of_time_can_be_left_out(key: str, wanted: str) -> None:
    assert without_time(key) == wanted
