"""Formats recognised by content, text in order, and one clear sentence for what cannot be read."""

from __future__ import annotations

import io
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from ingest.loaders import load
from retrieval.errors import SourceError

FORMATS = Path(__file__).parents[3] / "shared" / "corpus" / "formats"
PARAGRAPH = "党支部是党的基础组织，担负直接教育党员、管理党员、监督党员的职责。"


def docx_bytes(build: Callable[[object], None]) -> bytes:
    import docx

    document = docx.Document()
    build(document)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def a_docx(text: str = PARAGRAPH) -> bytes:
    return docx_bytes(lambda document: document.add_paragraph(text))


def with_part(archive: bytes, part: str, content: bytes) -> bytes:
    """The archive with one part replaced or added."""
    source = zipfile.ZipFile(io.BytesIO(archive))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            if name != part:
                target.writestr(name, source.read(name))
        target.writestr(part, content)
    return buffer.getvalue()


def refusal(data: bytes, name: str = "文件.docx") -> SourceError:
    with pytest.raises(SourceError) as caught:
        load(data, name)
    assert caught.value.remedy
    assert caught.value.message.count("。") == 1 and "Traceback" not in caught.value.message
    return caught.value


# --- recognition ---


@pytest.mark.parametrize(
    ("data", "name", "found"),
    [
        (PARAGRAPH.encode(), "改名.pdf", "text"),
        (f"# 总则\n\n{PARAGRAPH}".encode("gb18030"), "改名.docx", "text"),
        (f"<html><body><p>{PARAGRAPH}</p></body></html>".encode(), "网页.txt", "html"),
        (f"\ufeff<!DOCTYPE html><p>{PARAGRAPH}".encode("utf-16-le"), "网页.doc", "html"),
        (f"<!-- 抓取 -->\n<div>{PARAGRAPH}</div>".encode(), "网页", "html"),
        (a_docx(), "文档.txt", "docx"),
    ],
)
def test_the_format_is_recognised_by_content_whatever_the_name(data: bytes, name: str, found: str) -> None:
    raw = load(data, name)
    assert raw.format == found and PARAGRAPH in raw.text


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "空文件"),
        (b" \n\t\r\n", "空文件"),
        (b"MZ\x90\x00" + bytes(range(256)) * 20, "可执行程序"),
        (b"\x7fELF" + b"\0" * 100, "可执行程序"),
        (b"#!/bin/sh\nrm x\n", "脚本程序"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "图片"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 50, "图片"),
        (b"Rar!\x1a\x07\x00" + b"\0" * 50, "压缩包"),
        (b"\x1f\x8b\x08" + bytes(60), "压缩包"),
        (bytes(range(256)) * 64, "二进制"),
        (b"<?xml version='1.0'?><feed>x</feed>", "XML"),
        (b"PK\x03\x04 this is no archive", "损坏"),
        (b"PK\x05\x06" + b"\0" * 18, "空的压缩包"),
    ],
)
def test_what_is_no_document_is_refused_by_name(data: bytes, word: str) -> None:
    assert word in refusal(data).message


def test_a_text_that_begins_with_the_letters_of_a_program_is_text() -> None:
    assert load("MZ县委组织部关于党员发展的说明".encode(), "说明.txt").format == "text"
    assert load("BM小区党支部换届公告".encode(), "公告.txt").format == "text"


def test_an_encrypted_spreadsheet_is_refused_with_the_advice_to_remove_the_password() -> None:
    found = refusal((Path(__file__).parent / "formats" / "加密.xlsx").read_bytes())
    assert "加密" in found.message and "密码" in found.remedy


# --- unsafe or damaged packages ---


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = with_part(a_docx(), "word/media/image1.xml", b"\0" * (60 << 20))
    tracemalloc.start()
    began = time.monotonic()
    assert "压缩" in refusal(bomb).message
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.monotonic() - began < 5 and peak < 30 << 20


@pytest.mark.parametrize("wide", [False, True])
def test_xml_entities_are_refused(wide: bool) -> None:
    laughs = '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><w>&b;</w>'
    part = ("\ufeff" + laughs).encode("utf-16-le") if wide else laughs.encode()
    assert "实体" in refusal(with_part(a_docx(), "word/document.xml", part)).message


def test_a_page_of_entities_is_refused() -> None:
    laughs = b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><html>&b;</html>'
    assert "XML" in refusal(laughs, "页面.html").message


def test_a_document_with_macros_is_refused() -> None:
    assert "宏" in refusal(with_part(a_docx(), "word/vbaProject.bin", b"\0" * 40)).message


def test_a_truncated_docx_is_refused() -> None:
    whole = a_docx()
    assert "损坏" in refusal(whole[: len(whole) // 2]).message


def test_a_docx_with_a_broken_main_part_is_refused() -> None:
    assert "损坏" in refusal(with_part(a_docx(), "word/document.xml", b"<w:document><unclosed>")).message


def test_every_cut_and_every_flipped_byte_of_a_docx_loads_or_is_refused() -> None:
    whole = a_docx()
    for at in range(0, len(whole), max(1, len(whole) // 60)):
        for damaged in (whole[:at], whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]):
            with suppress(SourceError):
                assert load(damaged, "损坏.docx").text


# --- docx ---


def test_docx_tables_stand_where_they_stood_with_merged_cells_once() -> None:
    def build(document: object) -> None:
        document.add_paragraph("表前。")  # type: ignore[attr-defined]
        table = document.add_table(rows=3, cols=3)  # type: ignore[attr-defined]
        for number, cell in enumerate(table._cells):
            cell.text = f"格{number}"
        table.cell(0, 0).merge(table.cell(0, 1)).text = "合并"
        table.cell(1, 2).merge(table.cell(2, 2)).text = "竖并"
        document.add_paragraph("表后。")  # type: ignore[attr-defined]

    assert load(docx_bytes(build), "表.docx").text.split("\n") == [
        "表前。",
        "合并 | 格2",
        "格3 | 格4 | 竖并",
        "格6 | 格7",
        "表后。",
    ]


W_NS = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
NUMBERING = f"""<?xml version="1.0" encoding="UTF-8"?><w:numbering {W_NS}>
<w:abstractNum w:abstractNumId="0">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="（%2）"/></w:lvl>
<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%3."/></w:lvl>
</w:abstractNum>
<w:num w:numId="7"><w:abstractNumId w:val="0"/></w:num>
</w:numbering>""".encode()


def a_paragraph(text: str, level: int | None = None) -> str:
    numbered = (
        ""
        if level is None
        else f'<w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="7"/></w:numPr></w:pPr>'
    )
    return f"<w:p>{numbered}<w:r><w:t>{text}</w:t></w:r></w:p>"


def docx_of(body: str) -> bytes:
    """A docx with this body; python-docx's template brings a numbering part to replace."""
    document = (
        f'<?xml version="1.0" encoding="UTF-8"?><w:document {W_NS}><w:body>{body}</w:body></w:document>'
    )
    return with_part(
        with_part(a_docx(), "word/document.xml", document.encode()), "word/numbering.xml", NUMBERING
    )


def test_automatic_numbers_are_printed_as_word_prints_them() -> None:
    levels = [("总体要求", 0), ("指导思想", 1), ("基本原则", 1), ("坚持一", 2), ("坚持二", 2)]
    levels += [("重点任务", 0), ("抓组织", 1)]
    body = "".join(a_paragraph(text, level) for text, level in levels)
    assert load(docx_of(body), "编号.docx").text.split("\n") == [
        "一、总体要求",
        "（一）指导思想",
        "（二）基本原则",
        "1. 坚持一",
        "2. 坚持二",
        "二、重点任务",
        "（一）抓组织",
    ]


def test_tracked_deletions_are_out_and_insertions_in() -> None:
    body = (
        "<w:p><w:r><w:t>预备期</w:t></w:r><w:del><w:r><w:delText>半年</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>一年</w:t></w:r></w:ins></w:p>"
    )
    assert load(docx_of(body), "修订.docx").text == "预备期一年"


def test_hidden_text_and_field_codes_are_out_and_field_results_in() -> None:
    body = (
        "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>隐藏</w:t></w:r><w:r><w:instrText>PAGE</w:instrText></w:r>"
        "<w:r><w:t>第3号</w:t></w:r></w:p>"
    )
    assert load(docx_of(body), "域.docx").text == "第3号"


def test_text_boxes_are_kept_once() -> None:
    box = f"<w:txbxContent>{a_paragraph('框内文字')}</w:txbxContent>"
    body = (
        '<w:p><w:r><w:t>框外</w:t></w:r><w:r><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/'
        f'markup-compatibility/2006"><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>'
        "</mc:AlternateContent></w:r></w:p>"
    )
    assert load(docx_of(body), "框.docx").text.split("\n") == ["框外", "框内文字"]


def test_headers_and_footers_of_a_docx_are_out() -> None:
    def build(document: object) -> None:
        document.sections[0].header.paragraphs[0].text = "页眉：某某文件"  # type: ignore[attr-defined]
        document.add_paragraph(PARAGRAPH)  # type: ignore[attr-defined]

    assert load(docx_bytes(build), "眉.docx").text == PARAGRAPH


def test_a_document_laid_out_in_one_cell_keeps_its_paragraphs() -> None:
    cell = a_paragraph("第一段。") + a_paragraph("第二段。")
    body = f"<w:tbl><w:tr><w:tc>{cell}</w:tc></w:tr></w:tbl>"
    assert load(docx_of(body), "格.docx").text.split("\n") == ["第一段。", "第二段。"]


def test_a_docx_without_text_is_refused() -> None:
    assert "没有文字" in refusal(a_docx("")).message


# --- other office formats ---


def test_a_spreadsheet_is_read_row_by_row() -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["姓名", "入党时间", "党费"])
    book.active.append(["张三", "2019-07-01", 12.0])
    buffer = io.BytesIO()
    book.save(buffer)
    raw = load(buffer.getvalue(), "台账.xlsx")
    assert raw.format == "xlsx" and raw.text == "姓名 | 入党时间 | 党费\n张三 | 2019-07-01 | 12"


def test_slides_are_read_in_order() -> None:
    import pptx

    deck = pptx.Presentation()
    for title in ("第一课", "第二课"):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = f"{title}的要点"
    buffer = io.BytesIO()
    deck.save(buffer)
    raw = load(buffer.getvalue(), "党课.pptx")
    assert raw.format == "pptx" and raw.text.split("\n") == [
        "第一课",
        "第一课的要点",
        "第二课",
        "第二课的要点",
    ]


# --- the files as collected ---


def shared(name: str) -> bytes:
    if not FORMATS.is_dir():
        pytest.skip("the collected files are not part of the repository")
    return next(FORMATS.glob(name)).read_bytes()


@pytest.mark.parametrize("name", ["*gb18030.txt", "*utf16le_bom.txt", "*utf8bom_crlf.txt"])
def test_one_regulation_reads_the_same_in_every_encoding(name: str) -> None:
    text = load(shared(name), name).text.replace("\r\n", "\n")
    assert text.startswith("中国共产党支部工作条例（试行）\n") and text.count("第三十七条") == 1


def test_a_real_page_keeps_every_clause_and_loses_its_menus() -> None:
    raw = load(shared("*.html"), "页.html")
    clauses = [line for line in raw.text.split("\n") if line.startswith("第") and "条 " in line[:7]]
    assert len(clauses) == 30 and raw.text.split("\n").index("中国共产党工作机关条例（试行）") < 12
    assert "地方法院" not in raw.text and "广告服务" not in raw.text and "ICP" not in raw.text


def test_a_real_docx_is_read_paragraph_by_paragraph() -> None:
    lines = load(shared("*.docx"), "规范.docx").text.split("\n")
    assert lines[-1] == "审核：指导老师、分管领导" and len(lines) == 22


def test_a_pdf_of_pictures_is_refused_with_the_advice_to_recognise_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ingest.loaders.pdf_scans.may_read", lambda *_, **__: False)
    monkeypatch.setattr("ingest.loaders.ocr.is_installed", lambda: False)
    found = refusal(shared("chatchat_ocr_test.pdf"), "扫描.pdf")
    assert "图片" in found.message and "OCR" in found.remedy


def test_a_real_pdf_is_read_in_order() -> None:
    raw = load(shared("*共产党员网.pdf"), "文章.pdf")
    assert raw.format == "pdf" and raw.text.endswith("⼈。") and "佛系" in raw.text
