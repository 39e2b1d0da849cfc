"""A mark of secrecy makes a document internal wherever a file carries it; to speak of it does not."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest
from docx import Document
from docx.oxml import parse_xml
from openpyxl import Workbook
from pptx import Presentation

from ingest.audience import find_audience, is_restriction, marked_name
from ingest.documents import read_document
from ingest.parts import standard_parts
from ingest.pipeline import ingest, plan_ingest
from retrieval.store import Store
from retrieval.vectors import VectorFolders

BODY = ["党支部学习制度", "第一条　每月组织学习一次,由组织委员负责登记。", "第二条　学习时间不少于两个小时。"]
W_NS = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
VML = 'xmlns:v="urn:schemas-microsoft-com:vml"'


def word(change: Callable[[Document], None] = lambda _: None) -> bytes:
    document = Document()
    for line in BODY * 3:
        document.add_paragraph(line)
    change(document)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def in_header(document: Document) -> None:
    document.sections[0].header.paragraphs[0].text = "内部资料  注意保存"


def in_first_footer(document: Document) -> None:
    document.sections[0].different_first_page_header_footer = True
    document.sections[0].first_page_footer.paragraphs[0].text = "(不得外传)"


def in_even_header_of_second_section(document: Document) -> None:
    section = document.add_section()
    document.settings.odd_and_even_pages_header_footer = True
    section.even_page_header.is_linked_to_previous = False
    section.even_page_header.paragraphs[0].text = "秘密★1年"


def in_text_box(document: Document) -> None:
    box = (
        f"<w:p {W_NS} {VML}><w:r><w:pict><v:shape><v:textbox><w:txbxContent>"
        "<w:p><w:r><w:t>内 部</w:t></w:r><w:r><w:t> 文 件</w:t></w:r></w:p>"
        "</w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>"
    )
    document.paragraphs[5]._p.addnext(parse_xml(box))


def as_watermark(document: Document) -> None:
    drawn = '<w:r><w:pict><v:shape><v:textpath string="内部资料"/></v:shape></w:pict></w:r>'
    drawn = f"<w:p {W_NS} {VML}>{drawn}</w:p>"
    document.sections[0].header._element.append(parse_xml(drawn))


def in_properties(document: Document) -> None:
    document.core_properties.subject = "机密"


@pytest.mark.parametrize(
    ("change", "found_in"),
    [
        (in_header, "页眉“内部资料 注意保存”"),
        (in_first_footer, "页脚“(不得外传)”"),
        (in_even_header_of_second_section, "页眉“秘密★1年”"),
        (in_text_box, "文本框“内 部 文 件”"),
        (as_watermark, "水印“内部资料”"),
        (in_properties, "文件属性“机密”"),
    ],
)
def test_a_mark_around_a_word_text(change: Callable[[Document], None], found_in: str) -> None:
    plain, marked = read_document(word(), "制度.docx"), read_document(word(change), "制度.docx")
    assert plain.metadata["audience"] == "公开" and "audience_from" not in plain.metadata
    assert (marked.metadata["audience"], marked.metadata["audience_from"]) == ("内部", found_in)


def test_a_mark_around_a_sheet_or_a_slide() -> None:
    book, show = Workbook(), Presentation()
    book.active.append(["学习时间", "地点"])
    book.active.append(["每月一次", "活动室"])
    book.active.oddFooter.center.text = "内部使用"
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = "学习制度", "每月学习一次。"
    show.slide_masters[0].placeholders[0].text = "内部资料 请勿外传"
    for made, name, found_in in (
        (book, "表.xlsx", "页脚“内部使用”"),
        (show, "课.pptx", "母版“内部资料 请勿外传”"),
    ):
        target = io.BytesIO()
        made.save(target)
        found = read_document(target.getvalue(), name).metadata
        assert (found["audience"], found["audience_from"]) == ("内部", found_in)


def test_a_mark_in_the_foot_of_a_web_page_counts_and_the_entry_of_a_menu_does_not() -> None:
    page = "<html><body><nav><a href='/a'>内部资料</a></nav><p>{body}</p>{foot}</body></html>"
    body = "</p><p>".join(BODY)
    marked = page.format(body=body, foot="<footer>内部资料,不得外传</footer>").encode()
    plain = page.format(body=body, foot="<footer>联系我们</footer>").encode()
    assert read_document(marked, "页.html").metadata["audience_from"] == "网页边栏“内部资料,不得外传”"
    assert read_document(plain, "页.html").metadata["audience"] == "公开"


@pytest.mark.parametrize(
    ("line", "is_mark"),
    [
        ("内部资料", True), ("【内部】", True), ("密级：秘密", True), ("机密★5年", True),
        ("秘密 编号:0012", True),
        ("内部文件·严禁外传", True), ("仅供内部使用", True), ("此件不公开", True), ("请勿转发", True),
        ("内 部 材 料  注 意 保 密", True),
        ("内部监督", False), ("关于内部资料管理的规定", False), ("秘密的范围", False),
        ("保守国家秘密", False),
        ("内部控制制度", False), ("此件公开发布", False), ("版权所有 不得转载", False),
        ("商业秘密保护", False),
        ("党内监督条例", False), ("", False),
    ],
)  # fmt: skip
def test_a_mark_stands_by_itself(line: str, is_mark: bool) -> None:
    assert is_restriction(line) is is_mark


@pytest.mark.parametrize(
    ("path", "found_in"),
    [
        ("资料/通报（内部）.docx", "文件名“通报（内部）”"),
        ("资料/内部资料/名单.txt", "文件夹名“内部资料”"),
        ("秘密/2024/方案.txt", "文件夹名“秘密”"),
        ("资料/【不得外传】讲话.txt", "文件名“【不得外传】讲话”"),
        ("资料/讲话-内部.txt", "文件名“讲话-内部”"),
        ("资料/中国共产党党内监督条例.txt", ""),
        ("内部控制/内部审计工作规定.docx", ""),
        ("保密教育/保守秘密的故事.txt", ""),
        ("docs/a.txt", ""),
    ],
)
def test_a_name_is_marked_where_the_phrase_is_set_apart(path: str, found_in: str) -> None:
    assert marked_name(PurePosixPath(path)) == found_in


@pytest.mark.parametrize("hidden", ["\u200b", "\u202e", "\u3164", "\u061c", "\U000e0041" * 200], ids=ascii)
def test_a_mark_counts_with_characters_in_it_that_nobody_sees(hidden: str) -> None:
    assert is_restriction(f"内{hidden}部资料")
    assert marked_name(PurePosixPath(f"资料/通报（内{hidden}部）.docx"))


def test_a_list_of_grades_inside_a_text_is_no_mark() -> None:
    lines = ["密级分为:", "绝密", "机密", "秘密", "内部资料", "其他"]
    assert find_audience((), (), lines[:4]) == ("公开", "")
    assert find_audience((), (), lines) == ("内部", "正文“内部资料”")


def test_the_plan_says_why_and_what_a_maintainer_says_counts_more(tmp_path: Path) -> None:
    folder = tmp_path / "docs" / "内部资料"
    folder.mkdir(parents=True)
    text = "\n".join(BODY)
    (folder / "名单.txt").write_text(text, encoding="utf-8")
    (folder / "公告.txt").write_text(text.replace("学习", "值班"), encoding="utf-8")
    (folder / "公告.txt.meta.toml").write_text('audience = "公开"\n', encoding="utf-8")
    (tmp_path / "docs" / "甲.docx").write_bytes(word(in_header))
    store = Store.open(tmp_path / "data", create=True)
    plan = plan_ingest([tmp_path / "docs"], store, exclude=tmp_path / "data").documents
    assert {each.source: (each.audience, each.reason.partition("；与")[0]) for each in plan} == {
        "docs/内部资料/公告.txt": ("", "新文件"),
        "docs/内部资料/名单.txt": ("内部", "新文件；内部（文件夹名“内部资料”）"),
        "docs/甲.docx": (
            "内部",
            "新文件；内部（页眉“内部资料 注意保存”）",
        ),
    }
    ingest([tmp_path / "docs"], store, None, VectorFolders(store), parts=standard_parts())
    with store.snapshot(frozenset({"公开"})) as public:
        assert [each.source for each in public.documents()] == ["docs/内部资料/公告.txt"]
    (tmp_path / "docs" / "内部资料").rename(tmp_path / "docs" / "资料")
    ingest([tmp_path / "docs"], store, None, VectorFolders(store), parts=standard_parts())
    with store.snapshot(frozenset({"公开"})) as public:
        assert [each.source for each in public.documents()] == ["docs/资料/公告.txt", "docs/资料/名单.txt"]
    store.close()
