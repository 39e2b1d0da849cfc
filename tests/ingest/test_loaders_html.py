"""Web pages: every paragraph in order, page furniture out, tables readable, hostile markup bounded."""

from __future__ import annotations

import time

import pytest

from ingest.loaders import load
from ingest.records import RawDocument
from retrieval.errors import SourceError

ARTICLE = "<h1>关于做好发展党员工作的通知</h1><p>各党支部：</p><p>现将有关事项通知如下。</p>"
CLAUSES = "".join(
    f"<p>　　第{number}条　党员应当遵守第{number}项要求。</p>" for number in "一二三四五六七八九十"
)


def a_page(body: str, head: str = "") -> RawDocument:
    markup = f"<!DOCTYPE html><html><head><meta charset='utf-8'>{head}</head><body>{body}</body></html>"
    return load(markup.encode(), "页面.html")


def lines_of(body: str) -> list[str]:
    return a_page(body).text.split("\n")


def test_paragraphs_are_lines_in_order() -> None:
    assert lines_of(ARTICLE) == ["关于做好发展党员工作的通知", "各党支部：", "现将有关事项通知如下。"]


def test_inline_tags_leave_no_trace_and_breaks_end_lines() -> None:
    body = "<div>党员<b>应当</b><span>按时</span>交纳<a href='/x'>党费</a>。<br>第二<i>行</i>。</div>"
    assert lines_of(body) == ["党员应当按时交纳党费。", "第二行。"]


def test_a_wrap_of_the_source_is_no_gap_between_characters_but_one_between_words() -> None:
    assert lines_of("<p>党员应当\n      按时交纳。 The\n  party card</p>") == [
        "党员应当按时交纳。 The party card"
    ]


def test_the_gap_behind_a_clause_number_stays() -> None:
    assert lines_of(CLAUSES)[0] == "第一条　党员应当遵守第一项要求。"


def test_text_beside_blocks_is_not_lost() -> None:
    assert lines_of("<div>前文<p>段落</p>后文<ul><li>项一<li>项二</ul>尾</div>") == [
        "前文",
        "段落",
        "后文",
        "项一",
        "项二",
        "尾",
    ]


MENU = "<li><a href='/a'>首页</a></li><li><a href='/b'>要闻</a></li><li><a href='/c'>党建</a></li>"


@pytest.mark.parametrize(
    "furniture",
    [
        f"<nav>{MENU}</nav>",
        f"<ul>{MENU}</ul>",
        f"<div class='top-bar'><ul>{MENU}</ul></div>",
        "<footer>版权所有 某网</footer>",
        "<div id='footer'>主办单位：某办公室</div>",
        "<div class='copyright'>京ICP备00000000号</div>",
        "<div class='share'>分享到</div>",
        "<div>当前位置：<a href='/'>首页</a> &gt; <a href='/d'>通知</a></div>",
        "<div style='display:none'>隐藏</div>",
        "<script>document.write('广告')</script><style>p{}</style><noscript>请启用</noscript>",
        "<form><input value='搜索'><select><option>全部</option></select></form>",
    ],
)
def test_page_furniture_is_out_and_the_article_whole(furniture: str) -> None:
    expected = lines_of(ARTICLE + CLAUSES)
    assert lines_of(furniture + ARTICLE + CLAUSES) == expected
    assert lines_of(ARTICLE + CLAUSES + furniture) == expected


@pytest.mark.parametrize("name", ["footer", "nav", "copyright-content", "share", "comment"])
def test_an_article_under_an_unlucky_class_name_stays(name: str) -> None:
    assert len(lines_of(f"<div class='{name}'>{ARTICLE}{CLAUSES}</div>")) == 13


def test_a_contents_list_of_anchors_stays() -> None:
    contents = "".join(f"<li><a href='#c{number}'>第{number}章</a></li>" for number in "一二三四")
    assert "第四章" in lines_of(f"<ul>{contents}</ul>{ARTICLE}{CLAUSES}")


def test_a_short_signature_block_stays() -> None:
    signature = "<div align='right'>中共某市委组织部</div><div align='right'>2020年5月6日</div>"
    assert lines_of(ARTICLE + signature)[-2:] == ["中共某市委组织部", "2020年5月6日"]


def test_a_data_table_is_rows_with_merged_cells_filled() -> None:
    table = (
        "<table><tr><th colspan=2>入党程序</th><th>期限</th></tr>"
        "<tr><td rowspan=2>培养</td><td>积极分子</td><td>一年</td></tr>"
        "<tr><td>发展对象</td><td>三个月</td></tr></table>"
    )
    assert lines_of(f"<p>表一</p>{table}<p>表后</p>") == [
        "表一",
        "入党程序：培养；入党程序：积极分子；期限：一年",
        "入党程序：培养；入党程序：发展对象；期限：三个月",
        "表后",
    ]


def test_a_table_that_lays_out_the_page_is_paragraphs() -> None:
    side = "<td><p>侧栏说明文字。</p></td>"
    main = f"<td>{ARTICLE}<table><tr><td>{CLAUSES}</td></tr></table></td>"
    lines = lines_of(f"<table><tr>{side}{main}</tr></table>")
    assert lines[0] == "侧栏说明文字。" and lines[3] == "现将有关事项通知如下。" and len(lines) == 14


def test_ruby_annotations_and_deleted_text_are_out() -> None:
    assert lines_of("<p><ruby>党<rp>(</rp><rt>dǎng</rt><rp>)</rp></ruby>员<del>废文</del></p>") == ["党员"]


def test_preformatted_text_keeps_its_lines() -> None:
    assert lines_of("<pre>第一行\n第二行</pre>") == ["第一行", "第二行"]


def test_entities_are_characters() -> None:
    assert lines_of("<p>&ldquo;三会一课&rdquo;&nbsp;&#20826;&amp;员</p>") == ["“三会一课” 党&员"]


@pytest.mark.parametrize("charset", ["gb2312", "gb18030", "utf-8", "big5", "utf-16"])
def test_the_charset_is_found(charset: str) -> None:
    # Traditional characters that every one of the five encodings has.
    text = "黨員應當按時參加組織生活，努力工作" if charset == "big5" else "党员应当按时参加组织生活，努力工作"
    markup = f"<html><head><meta charset='{charset}'></head><body><p>{text * 5}</p></body></html>"
    assert load(markup.encode(charset), "页.html").text == text * 5


def test_a_wrong_charset_label_does_not_win_over_the_bytes() -> None:
    label = "<?xml version='1.0' encoding='gb2312'?><html><meta charset='gb2312'>"
    markup = label + "<p>党员应当按时参加组织生活</p></html>"
    assert load(markup.encode(), "页.html").text == "党员应当按时参加组织生活"


def test_what_the_head_says_is_metadata() -> None:
    head = (
        "<title>通知_某党建网</title><meta name='PubDate' content='2020-05-06 10:00'>"
        "<meta name='SiteName' content='某党建网'><meta property='og:title' content='通知'>"
    )
    assert a_page(ARTICLE, head).metadata == {
        "page_title": "通知_某党建网",
        "heading": "关于做好发展党员工作的通知",
        "title": "通知",
        "date": "2020-05-06 10:00",
        "site": "某党建网",
    }


def test_an_unfinished_page_is_read_with_a_warning() -> None:
    raw = load(f"<html><body>{ARTICLE}<p>半句".encode(), "页.html")
    assert raw.text.endswith("半句") and raw.warnings


@pytest.mark.parametrize("body", ["", "<script>run()</script>", "<img src='scan.png'>"])
def test_a_page_without_text_is_refused(body: str) -> None:
    with pytest.raises(SourceError, match="没有文字"):
        a_page(body)


@pytest.mark.parametrize(
    "hostile",
    [
        "<div>" * 100_000,
        "<b>" * 100_000,
        "<table><tr><td>" * 20_000,
        "<p>字</p>" * 200_000,
        "<a href='/x'>链</a>" * 100_000,
        "\u3000\n" * 500_000,
        "字\n" * 500_000,
        "<!--" * 300_000,
        "&amp;" * 500_000,
        "字" * 2_000_000,
        "<div class='" + "nav " * 300_000 + "'>字</div>",
        "<" * 900_000,
    ],
)
def test_hostile_markup_ends_in_bounded_time(hostile: str) -> None:
    began = time.monotonic()
    raw = a_page(f"<p>开头的一段话。</p>{hostile}")
    assert "开头的一段话" in raw.text
    assert time.monotonic() - began < 20
