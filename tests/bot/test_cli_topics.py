"""``dangwu topics`` over the seeds."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli.entry import run
from tests.command import document, output


def test_the_seeds_models_are_listed_with_what_explains_them(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["topics", "--json", "-n", "200"]) == 0
    page = document(capsys)
    found = {each["name"]: each for each in page["topics"]}
    expected = {
        "“1+3”社区党组织体系": "流动党员党支部为基础",
        "“五种服务模式”": "按需服务",
        "四必访": "生病住院必访",
        "“双向述职评议”": "四有四述",
        "“三级协调机制”": "区域化党建工作指导委员会",
        "社区党员议事会的五个议事程序": "确立议程",
    }
    for name, words in expected.items():
        assert found[name]["is_explained"] and words in found[name]["passage"]["text"]
    assert not found["党员奉献积分制"]["is_explained"]
    assert page["n"] == len(page["topics"]) and page["pages"] == 1
    for each in page["topics"]:
        passage = each["passage"]
        place = slice(each["start"] - passage["start"], each["end"] - passage["start"])
        assert each["quote"] and passage["text"][place] == each["quote"]


def test_pages_follow_each_other_without_gap(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["topics", "--json", "-n", "6"]) == 0
    whole = document(capsys)
    names = []
    for page in ("1", "2"):
        assert run(["topics", "--json", "-n", "3", "--page", page]) == 0
        names += [each["name"] for each in document(capsys)["topics"]]
    assert names == [each["name"] for each in whole["topics"]]


def test_a_pattern_in_another_script_finds_the_name(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["topics", "雙向述職"]) == 0
    out, _ = output(capsys)
    assert out.startswith("1. “双向述职评议”") and "《" in out and "第 1/1 页" in out


def test_nothing_found_and_a_page_too_far_are_said(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["topics", "火星移民"]) == 0
    assert output(capsys)[0].strip() == "没有找到与“火星移民”有关的条目。"
    assert run(["topics", "--page", "99"]) == 0
    assert "只有" in output(capsys)[0]


@pytest.mark.parametrize("option", [["-n", "0"], ["--page", "0"], ["-n", "many"]])
def test_a_count_that_is_none_is_wrong_usage(
    corpus: Path, option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["topics", *option]) == 2
    assert "应是" in output(capsys)[1]


def test_an_empty_corpus_is_an_error_with_a_remedy(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["topics"]) == 1
    assert "dangwu ingest" in output(capsys)[1]
