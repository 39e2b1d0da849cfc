"""What Word shows beside plain text: signs of symbol fonts, boxes, readings, prompts, deleted marks."""

from __future__ import annotations

import pytest

from ingest.loaders import load
from tests.ingest.test_loaders import a_docx, with_part


def _word(body: str) -> bytes:
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    document = f"<w:document {space}><w:body>{body}</w:body></w:document>"
    return with_part(a_docx(), "word/document.xml", document.encode())


def _paragraph(*runs: str, mark: str = "") -> str:
    return f"<w:p><w:pPr><w:rPr>{mark}</w:rPr></w:pPr>{''.join(runs)}</w:p>"


def _run(text: str, font: str = "") -> str:
    fonts = f'<w:rPr><w:rFonts w:ascii="{font}"/></w:rPr>' if font else ""
    return f"<w:r>{fonts}<w:t>{text}</w:t></w:r>"


def _sign(font: str, code: str) -> str:
    return f'<w:r><w:sym w:font="{font}" w:char="{code}"/></w:r>'


def _control(properties: str, text: str) -> str:
    return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{text}</w:sdtContent></w:sdt>"


def _ruby(base: str, reading: str) -> str:
    parts = f"<w:rt>{_run(reading)}</w:rt><w:rubyBase>{_run(base)}</w:rubyBase>"
    return f"<w:r><w:ruby>{parts}</w:ruby></w:r>"


_BOX = "<w:r><w:fldChar><w:ffData><w:checkBox>{}</w:checkBox></w:ffData></w:fldChar></w:r>"


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (
            _paragraph(_run("申请"), _sign("Wingdings", "F0E8"), _run("谈话"), _sign("Webdings", "F0FF")),
            ["申请→谈话"],
        ),
        (
            _paragraph(_sign("Wingdings", "F0FE"), _run("党员"), _sign("Wingdings", "00A8"), _run("群众")),
            ["☑党员□群众"],
        ),
        (
            _paragraph(_run("不少于"), _sign("Symbol", "F0B3"), _run("3人，误差"), _sign("Symbol", "F0B1")),
            ["不少于≥3人，误差±"],
        ),
        (_paragraph(_run("年度\uf0e0季度"), _run("\uf0fc", "Wingdings"), _run("合格")), ["年度→季度✔合格"]),
        (
            _paragraph(
                _BOX.format("<w:checked/>"), _run("是"), _BOX.format('<w:default w:val="0"/>'), _run("否")
            ),
            ["☑是□否"],
        ),
        (
            _paragraph(_run("前一段被"), mark="<w:del/>")
            + _paragraph(_run("接到后一段。"))
            + _paragraph(_run("另一段。")),
            ["前一段被接到后一段。", "另一段。"],
        ),
        (_paragraph(_run("姓名："), _control("<w:showingPlcHdr/>", _run("单击此处输入文字。"))), ["姓名："]),
        (_paragraph(_run("姓名："), _control("", _run("张敏"))), ["姓名：张敏"]),
        (_paragraph(_ruby("于", "yú"), _run("某")), ["于某"]),
    ],
)
def test_what_word_shows_is_read(body: str, lines: list[str]) -> None:
    assert load(_word(body), "表.docx").text.split("\n") == lines
