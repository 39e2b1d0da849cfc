"""``dangwu list`` and ``dangwu formats``, as a person uses them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from bot.cli.entry import run
from bot.listing import COLUMNS
from ingest.loaders.formats import FORMATS
from tests.command import document, output

RULE = """中共{issuer}委员会
关于印发《{title}》的通知
第一条 为加强管理，制定本办法。
第二条 每月检查一次。
{date}"""


@pytest.fixture
def corpus(home: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    docs = home / "docs"
    (docs / "内部").mkdir(parents=True)
    for name, issuer, date in (
        ("值班办法", "南湖街道", "2024年5月1日"),
        ("学习办法", "西山街道", "2025年3月9日"),
    ):
        folder = docs / "内部" if name == "学习办法" else docs
        text = RULE.format(issuer=issuer, title=name, date=date)
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
        (folder / f"{name}.txt.meta.toml").write_text(
            f'title = "{name}"\nissuer = "中共{issuer}委员会"\ndate = "{date[:4]}-0{date[5]}-01"\n'
            'status = "现行"\n',
            encoding="utf-8",
        )
    (docs / "空.txt").write_bytes(b"")
    assert run(["ingest", "docs"]) == 1
    output(capsys)
    return docs


def titles(capsys: pytest.CaptureFixture[str], *options: str) -> list[str]:
    assert run(["list", "--json", *options]) == 0
    return [each["title"] for each in document(capsys)["documents"]]


def test_the_json_has_the_keys_of_the_contract(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list", "--json"]) == 0
    found = document(capsys)
    assert list(found) == ["documents", "index_version"] and found["index_version"].startswith("v1-")
    assert [tuple(each) for each in found["documents"]] == [COLUMNS, COLUMNS]
    inner = next(each for each in found["documents"] if "内部" in each["source"])
    assert inner["audience"] == "内部" and inner["format"] == "text" and inner["passages"] > 0
    assert (inner["date"], inner["issuer"]) == ("2025-03-01", "中共西山街道委员会")


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (("值班",), ["值班办法"]),
        (("--issuer", "西山"), ["学习办法"]),
        (("--audience", "公开"), ["值班办法"]),
        (("--since", "2025"), ["学习办法"]),
        (("--until", "2024-05"), ["值班办法"]),
        (("--since", "2024-06", "--until", "2025-02"), []),
        (("--format", "pdf"), []),
        (("办法", "--status", "现行"), ["学习办法", "值班办法"]),
    ],
)
def test_conditions_hold_together(
    corpus: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], found: list[str]
) -> None:
    assert sorted(titles(capsys, *options)) == sorted(found)


def test_csv_opens_in_office_programs(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    meta = corpus / "值班办法.txt.meta.toml"
    meta.write_text('title = "=HYPERLINK(1)"\n', encoding="utf-8")
    run(["ingest"])
    output(capsys)
    assert run(["list", "--csv"]) == 0
    out, _ = output(capsys)
    assert out.startswith("\ufeff编号,来源,标题")
    rows = list(csv.reader(io.StringIO(out.removeprefix("\ufeff"))))
    assert [len(row) for row in rows] == [9, 9, 9] and "'=HYPERLINK(1)" in {row[2] for row in rows}


@pytest.mark.parametrize(
    "option", [("--since", "昨天"), ("--audience", "大家"), ("--format", "exe"), ("--csv", "--json")]
)
def test_wrong_conditions_are_wrong_usage(
    home: Path, capsys: pytest.CaptureFixture[str], option: tuple[str, str]
) -> None:
    assert run(["list", *option]) == 2
    assert "错误：" in output(capsys)[1]


def test_an_empty_corpus_has_an_empty_list(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert titles(capsys) == []


def test_unreadable_files_are_in_the_report(
    corpus: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", "-o", "r.html"]) == 0
    page = (home / "r.html").read_text(encoding="utf-8")
    assert "读不了的文件" in page and "docs/空.txt" in page and "是空文件" in page
    assert run(["report", "--public", "-o", "p.html"]) == 0
    assert "空.txt" not in (home / "p.html").read_text(encoding="utf-8")


def test_formats_are_one_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["formats", "--json"]) == 0
    found = document(capsys)["formats"]
    assert [each["format"] for each in found] == [each.name for each in FORMATS]
    assert run(["formats"]) == 0
    out, _ = output(capsys)
    assert all(suffix in out for each in FORMATS for suffix in each.suffixes)
