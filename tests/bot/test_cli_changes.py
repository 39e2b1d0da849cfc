"""What the commands tell of changed wording and of editions that the corpus lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli.entry import run
from tests.command import document, output
from tests.corpus import write_files

RULE = """社区党员活动阵地管理办法
第一条　为了规范社区党员活动阵地的管理，制定本办法。
第二条　党小组会{often}召开一次，由组长主持，会议情况记入党员手册。
第三条　使用活动室的支部应当提前三天登记，登记内容包括时间、人数和用途。
"""
CARD = "2014年5月28日 中共中央办公厅印发"
DETAILED_RULES = f"""中国共产党发展党员工作细则
（{CARD}）
第一条　为了规范发展党员工作，根据《中国共产党章程》，制定本细则。
第二条　预备党员的预备期为一年，从支部大会通过其为预备党员之日算起。
"""


@pytest.fixture
def changed(home: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A corpus, and a document of it that has been changed since."""
    folder = write_files(home / "docs", rule=RULE.format(often="每季度"), other="党员应当按期交纳党费。" * 9)
    assert run(["ingest", "docs"]) == 0
    write_files(folder, rule=RULE.format(often="每月"))
    output(capsys)
    return folder


def test_the_plan_says_what_would_change_in_the_wording(
    changed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ingest", "--plan"]) == 0
    assert "docs/rule.txt：第二条“每季度”改为“每月”" in output(capsys)[0]
    assert run(["ingest", "--plan", "--json"]) == 0
    wordings = {each["source"]: each.get("wording") for each in document(capsys)["documents"]}
    assert wordings["docs/other.txt"] is None
    assert wordings["docs/rule.txt"] == {
        "counts": {"changed": 1},
        "places": [{"change": "changed", "label": "第二条", "old": "每季度", "new": "每月"}],
    }


def test_history_show_and_report_tell_it_afterwards(
    changed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ingest"]) == 0
    output(capsys)
    assert run(["history"]) == 0
    assert "第二条“每季度”改为“每月”" in output(capsys)[0]
    assert run(["history", "--json"]) == 0
    newest, oldest = document(capsys)["versions"]
    assert [each["source"] for each in newest["wording"]] == ["docs/rule.txt"] and oldest["wording"] == []
    assert run(["show", "docs/rule.txt", "--changes"]) == 0
    out, _ = output(capsys)
    assert "[-每季度-]" in out and "{+每月+}" in out
    assert run(["show", "docs/other.txt", "--changes"]) == 0
    assert "没有变过" in output(capsys)[1]
    assert run(["report"]) == 0
    page = Path(output(capsys)[0].strip()).read_text(encoding="utf-8")
    assert "近来的变化" in page and "第二条“每季度”改为“每月”" in page


def test_a_purged_document_leaves_no_wording_behind(
    changed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ingest"]) == 0
    assert run(["remove", "docs/rule.txt", "--purge", "--yes"]) == 0
    output(capsys)
    assert run(["history", "--json"]) == 0
    assert "每季度" not in output(capsys)[0]


def test_what_was_internal_before_is_not_in_the_public_report(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_files(home / "docs", rule="内部资料 注意保存\n" + RULE.format(often="每季度"))
    assert run(["ingest", "docs"]) == 0
    write_files(folder, rule=RULE.format(often="每月"))
    assert run(["ingest"]) == 0
    output(capsys)
    for extra, is_told in (([], True), (["--public"], False)):
        assert run(["report", *extra]) == 0
        page = Path(output(capsys)[0].strip()).read_text(encoding="utf-8")
        assert ("每季度" in page) is is_told


def test_a_replaced_edition_alone_is_named_wherever_the_corpus_is_looked_at(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_files(home / "docs", rules=DETAILED_RULES)
    said = "已有2026年5月11日的新版本，资料库里没有收录"
    assert run(["ingest", "docs", "--plan"]) == 0
    assert said in output(capsys)[0]
    assert run(["ingest", "docs", "--json"]) == 0
    (missing,) = document(capsys)["missing"]
    assert (missing["source"], missing["adopted"]) == ("docs/rules.txt", "2026-05-11")
    assert run(["doctor", "--json"]) in (0, 1)
    (check,) = [each for each in document(capsys)["checks"] if each["name"] == "版本登记"]
    assert check["status"] == "warning" and said in check["message"] and "可能不全" in check["message"]
    assert run(["report", "--json"]) == 0
    report = document(capsys)
    assert len(report["missing"]) == 1
    assert "缺少的新版本" in Path(report["file"]).read_text(encoding="utf-8")
    assert run(["show", "docs/rules.txt"]) == 0
    assert said in output(capsys)[1]
    assert run(["ask", "预备党员的预备期多长", "--json"]) == 0
    answer = document(capsys)
    assert answer["status"] == "answered" and any(said in each for each in answer["notices"])
    assert {each["document"]["status"] for each in answer["citations"]} == {"已修订"}


def test_a_broken_register_of_the_maintainers_is_named(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_files(home / "docs", rules=DETAILED_RULES)
    assert run(["ingest", "docs"]) == 0
    (home / "data" / "editions.toml").write_text("[[rule]]\ntitel = 1", encoding="utf-8")
    output(capsys)
    assert run(["ask", "预备期多长"]) == 2
    assert "editions.toml" in output(capsys)[1]
    assert run(["doctor", "--json"]) == 1
    (check,) = [each for each in document(capsys)["checks"] if each["name"] == "版本登记"]
    assert check["status"] == "broken"
