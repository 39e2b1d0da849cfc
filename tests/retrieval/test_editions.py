"""The register of known editions: what it says of documents, and where it keeps silent."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from retrieval.authority import Register, source_notices
from retrieval.edition_files import EDITIONS_NAME, known_editions, read_register
from retrieval.editions import KnownEditions
from retrieval.errors import SettingError
from retrieval.period import AskedTime
from retrieval.records import DocumentInfo

TODAY = datetime.date(2026, 11, 29)
RULES = "中国共产党发展党员工作细则"


@pytest.fixture(scope="module")
def known() -> KnownEditions:
    return known_editions()


def document(title: str, kind: str = "细则", **metadata: str) -> DocumentInfo:
    name = f"docs/{title}{''.join(metadata.values())}.txt"
    return DocumentInfo(name, name, title, "现行", metadata={"kind": kind, **metadata})


def missing_days(known: KnownEditions, *documents: DocumentInfo) -> list[str]:
    return [each.edition.adopted for each in known.missing(documents, TODAY) if each.edition]


def test_it_holds_sixty_rules_and_more_each_with_its_editions_in_order(known: KnownEditions) -> None:
    assert len(known.rules) >= 60 and known.as_of
    assert len({each.title for each in known.rules}) == len(known.rules)
    for rule in known.rules:
        days = [each.adopted for each in rule.editions]
        assert days == sorted(days) and len(set(days)) == len(days)
        assert all(not each.in_force or each.in_force >= each.adopted for each in rule.editions)
        assert all(each.check or not each.is_confirmed for each in rule.editions)


@pytest.mark.parametrize(
    ("held", "newer"),
    [
        (document(RULES, date="2014-05-28", issuer="中共中央办公厅"), "2026-05-11"),
        (document(RULES, number="中办发〔2014〕33号"), "2026-05-11"),
        # A reprint is younger than what it prints.
        (document(RULES, date="2019-03-02"), "2026-05-11"),
        (document(f"{RULES}（试行）"), "2026-05-11"),
        # Undated, but it says what it replaces.
        (document(RULES, supersedes=f"《{RULES}（试行）》（中组发〔1990〕3号）"), "2026-05-11"),
        (document("中国共产党章程（2017年10月24日通过）", "党章"), "2022-10-22"),
        (document("中国共产党纪律处分条例", "条例", effective="2018-10-01"), "2023-12-19"),
        (document("中国共产党基层组织选举工作暂行条例", "条例"), "2020-07-13"),
        (document("中共中央关于印发《中国共产党党组工作条例（试行）》的通知", "通知"), "2019-04-06"),
        (document("全国党员教育培训工作规划（2024—2028年）", "其他"), None),
        (document("中国共产党支部工作条例（试行）", "条例", date="2018-10-28"), None),
        (document(RULES, date="2026-05-11"), None),
    ],
)
def test_a_replaced_edition_alone_is_known_by_its_day_number_or_title(
    known: KnownEditions, held: DocumentInfo, newer: str | None
) -> None:
    assert missing_days(known, held) == ([newer] if newer else [])


@pytest.mark.parametrize(
    "other",
    [
        document("发展党员工作细则", date="2014-05-28"),
        document(RULES, date="2014-05-28", issuer="中共清江县委组织部"),
        document(RULES, date="2014-05-28", issuer="中央民族大学党委"),
        document(f"{RULES}解读", "讲话", date="2014-06-11"),
        document(f"学习《{RULES}》心得体会", "其他", date="2015-01-01"),
        document(f"清江县实施《{RULES}》办法", "办法", date="2015-01-01"),
        document(RULES, "论文", date="2014-06-01"),
        document("清江县纪律处分条例", "条例", date="2016-01-01"),
        # Nothing tells which edition it is.
        document("中国共产党纪律处分条例", "条例"),
        document("社区党员活动阵地管理办法", "办法", date="2001-01-01"),
    ],
)
def test_what_only_looks_alike_raises_no_alarm(known: KnownEditions, other: DocumentInfo) -> None:
    assert known.missing([other], TODAY) == []


def test_nothing_is_missing_where_the_edition_in_force_is_held_too(known: KnownEditions) -> None:
    assert missing_days(known, document(RULES, date="2014-05-28"), document(RULES, date="2026-05-11")) == []


def test_an_edition_whose_day_has_not_come_replaces_nothing(known: KnownEditions) -> None:
    held = document("中国共产党纪律处分条例", "条例", effective="2018-10-01")
    assert known.missing([held], datetime.date(2023, 12, 31)) == []
    assert len(known.missing([held], datetime.date(2024, 1, 1))) == 1


def test_the_notice_names_the_day_and_how_far_the_register_goes(known: KnownEditions) -> None:
    held = document(RULES, date="2014-05-28")
    (missing,) = known.missing([held], TODAY)
    register = Register(missing={held.id: missing})
    (notice,) = source_notices([held], register)
    assert (
        "2026年5月11日的新版本" in notice
        and "没有收录" in notice
        and "2026年5月19日的版本登记，可能不全" in notice
    )
    assert register.effective(held).status == "已修订"
    # Nothing else can speak in its stead, so it is not held back either.
    assert register.is_lapsed(held) and not register.is_out_of_time(register.effective(held), AskedTime())


def test_the_maintainers_file_adds_and_overrules(tmp_path: Path) -> None:
    (tmp_path / EDITIONS_NAME).write_text(
        f"""as_of = "2027-01-01"
[[rule]]
title = "{RULES}"
editions = [{{ adopted = "2014-05-28" }}]
[[rule]]
title = "清江县流动党员管理办法"
issuer = "中共清江县委"
editions = [{{ adopted = "2019" }}, {{ adopted = "2025-03", unconfirmed = true }}]
[[rule]]
title = "清江县党费管理办法"
ended = "2024-06-01"
editions = [{{ adopted = "2010" }}]
""",
        encoding="utf-8",
    )
    known = known_editions(tmp_path)
    assert known.as_of == "2027-01-01"
    assert missing_days(known, document(RULES, date="2014-05-28")) == []
    own = document("清江县流动党员管理办法", "办法", date="2019-08-01", issuer="中共清江县委")
    (found,) = known.missing([own], TODAY)
    assert "日期未核实" in found.sentence
    (ended,) = known.missing([document("清江县党费管理办法", "办法", date="2010")], TODAY)
    assert ended.status == "已废止" and "2024年6月1日废止" in ended.sentence


@pytest.mark.parametrize(
    "text",
    [
        "rule = 1",
        "as_of = 2026-05-31",
        "[[rule]]\ntitle = '甲'",
        "[[rule]]\ntitle = '甲'\neditions = [{ adopted = '二〇二〇' }]",
        "[[rule]]\ntitle = '甲'\neditions = [{ adopted = '2020', date = '1' }]",
        "这不是 TOML",
    ],
)
def test_a_register_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(SettingError, match="版本登记"):
        read_register(text, "editions.toml")
