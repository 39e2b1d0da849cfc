"""``dangwu compare``: files and documents of the corpus beside each other, as text, JSON and a page."""

from __future__ import annotations

import io
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.cells import cell_len

from bot.cli.entry import run
from tests.command import document, output
from tests.corpus import write_files

OLD = """社区党员活动阵地管理办法（试行）
第一条　为了规范社区党员活动阵地的管理，制定本办法。
第二条　党小组会每季度召开一次，由组长主持，会议情况记入党员手册。
第三条　使用活动室的支部应当提前三天登记，登记内容包括时间、人数和用途。
第四条　本办法由街道党工委负责解释。
"""
NEW = """社区党员活动阵地管理办法
第一条　为了规范社区党员活动阵地的管理，制定本办法。
第二条　党小组会每月召开一次，由组长主持，会议情况记入党员手册。
第三条　经费实行专款专用，每笔支出须经两名支部委员签字。
第四条　使用活动室的支部应当提前三天登记，登记内容包括时间、人数和用途。
第五条　本办法由街道党工委负责解释。
"""


@pytest.fixture
def pair(home: Path) -> Path:
    return write_files(home / "docs", old=OLD, new=NEW)


def test_the_json_is_that_of_the_contract(pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", "docs/old.txt", "docs/new.txt", "--json"]) == 0
    found = document(capsys)
    assert list(found) == ["old", "new", "clauses"]
    differing = [each for each in found["clauses"] if each["change"] != "same"]
    assert [each["change"] for each in differing] == ["changed", "changed", "new"]
    assert differing[1]["old"] == {
        "label": "第二条",
        "text": "党小组会每季度召开一次，由组长主持，会议情况记入党员手册。",
    }
    assert differing[2]["old"] == {"label": "", "text": ""}


def test_the_text_marks_what_changed_within_a_sentence(
    pair: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["compare", "docs/old.txt", "docs/new.txt"]) == 0
    out, err = output(capsys)
    assert "[-每季度-]召开" in out and "{+每月+}召开" in out
    assert "修改 2 处，新增 1 处；其余 3 处未变。" in out
    assert "docs/old.txt" in err


def test_documents_of_the_corpus_are_named_as_elsewhere(
    pair: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ingest", "docs"]) == 0
    output(capsys)
    assert run(["compare", "docs/old", "docs/new.txt", "--json"]) == 0
    assert document(capsys)["old"]["source"] == "docs/old.txt"
    assert run(["compare", "活动阵地管理办法", "docs/new.txt"]) == 2
    assert "2 份资料" in output(capsys)[1]


def test_the_page_stands_alone_and_is_well_formed(pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", "docs/old.txt", "docs/new.txt", "--page", "p.html"]) == 0
    page = Path("p.html").read_text(encoding="utf-8")
    ElementTree.fromstring(page.replace("<!DOCTYPE html>", ""))
    assert "<del>每季度</del>" in page and "<ins>每月</ins>" in page
    assert "://" not in page and "<script" not in page and "prefers-color-scheme: dark" in page


def test_what_a_document_holds_is_escaped(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(home, a="第一条　甲<b>乙</b>丙丁戊己。", b="第一条　甲<script>乙</script>丙丁戊己。")
    assert run(["compare", "a.txt", "b.txt", "--page", "p.html"]) == 0
    assert "<script" not in Path("p.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "said"),
    [("none.txt", "没有这个文件"), ("docs", "文件夹"), ("", "没有这个文件")],
)
def test_what_is_neither_a_file_nor_a_document_is_named(
    pair: Path, capsys: pytest.CaptureFixture[str], old: str, said: str
) -> None:
    assert run(["compare", old, "docs/new.txt"]) == 2
    out, err = output(capsys)
    assert out == "" and said in err


def test_the_lines_fit_a_terminal_of_eighty_columns() -> None:
    from rich.console import Console

    from bot.rendering.clauses import render_comparison
    from ingest.comparing import compare

    console = Console(width=80, record=True, file=io.StringIO())
    found = compare(OLD, NEW + "第六条　" + "党员应当按期交纳党费，" * 30)
    console.print(render_comparison(found, width=80, with_marks=True), soft_wrap=True)
    assert max(cell_len(line) for line in console.export_text().splitlines()) <= 80
