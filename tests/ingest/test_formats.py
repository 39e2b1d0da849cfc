"""What offices hold beside docx and pdf, read from files that real programs wrote (``formats/README.md``)."""

from __future__ import annotations

import gzip
import io
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from ingest.documents import read_document
from ingest.loaders import load
from ingest.loaders.formats import FORMATS, SUFFIXES, ending_remark
from ingest.loaders.legacy import UNGUIDED, UNNUMBERED
from retrieval.errors import SourceError

HOME = Path(__file__).parent / "formats"
SHARED = Path(__file__).parents[3] / "shared" / "corpus" / "office"


def lines_of(name: str) -> list[str]:
    data = (HOME / name).read_bytes()
    plain = gzip.decompress(data) if name.endswith(".gz") else data
    return load(plain, name.removesuffix(".gz")).text.split("\n")


class TestTexts:
    @pytest.mark.parametrize("name", ["办法.doc", "办法.odt", "办法.rtf"])
    def test_paragraphs_and_tables_stand_in_order(self, name: str) -> None:
        lines = lines_of(name)
        assert lines[:2] == ["西桥镇党员教育管理办法", "第一章 总则"]
        assert "——“三会一课”计入。" in lines[3]
        assert [line for line in lines if "张敏 |" in line] == ["1 | 张敏 | 40 | 优秀"]
        assert "2 | 李䶮 | 36" in lines and "一季度 | 优 | 3人" in lines
        assert lines[-2:] == ["中共西桥镇委员会", "2025年3月1日"]

    @pytest.mark.parametrize("name", ["办法.doc", "办法.odt", "办法.rtf"])
    def test_what_is_hidden_or_deleted_is_out_and_what_was_inserted_is_in(self, name: str) -> None:
        text = "\n".join(lines_of(name))
        assert "联系人：张敏。新增的话。" in text
        assert "隐藏的字" not in text and "已删去" not in text

    @pytest.mark.parametrize("name", ["办法.doc", "办法.odt", "办法.rtf", "党费.xls", "党费.ods", "办法.ofd"])
    def test_a_mark_in_the_running_head_makes_it_internal(self, name: str) -> None:
        found = read_document((HOME / name).read_bytes(), name).metadata
        assert found["audience"] == "内部" and "内部资料" in found["audience_from"]

    @pytest.mark.parametrize("name", ["值班.odt", "值班.rtf"])
    def test_automatic_numbers_notes_and_boxes_are_read_and_comments_are_not(self, name: str) -> None:
        lines = lines_of(name)
        assert lines[:5] == [
            "值班制度",
            "第一条 实行领导带班[1]。",
            "（一）工作日",
            "（二）节假日",
            "第二条 值班人员每日   交接。",
        ]
        assert "文本框里的话" in lines and "仇某" in lines
        assert lines[-1] == "[1] 脚注：带班领导为班子成员。"
        assert "批注" not in "".join(lines)

    def test_what_an_old_word_file_does_not_tell_is_said(self) -> None:
        raw = load((HOME / "值班.doc").read_bytes(), "值班.doc")
        assert raw.remarks == (UNNUMBERED, UNGUIDED) and "批注" not in raw.text
        assert load((HOME / "办法.doc").read_bytes(), "办法.doc").metadata["author"] == "西桥镇党委"

    @pytest.mark.parametrize(
        ("rtf", "text"),
        [
            (rb"{\rtf1\ansi\ansicpg936\deff0 \'b5\'b3\'d4\'b1\par \'d1\'a7\'cf\'b0\par}", "党员\n学习"),
            # WPS writes each character in Unicode with a question mark for old readers.
            (rb"{\rtf1\ansi\uc1 \u20826?\u-28247?\par}", "党醩"),
            # A supplementary character is two units; \uc2 stands for two bytes of GBK.
            (rb"{\rtf1\ansi\uc2 \u20826\'b5\'b3{\uc1\u-10174?\u-8265?}\par}", "党𠮷"),
            (
                rb"{\rtf1{\fonttbl{\f0\fcharset134 S;}{\f1\fcharset0 A;}}\f0 \'b5\'b3\f1 abc\f0\'d4\'b1\par}",
                "党abc员",
            ),
            (
                rb"{\rtf1\ansicpg936{\*\generator W;}{\header \'d2\'b3}\'b5\'b3{\v \'d2\'fe}\par}",
                "党",
            ),
            (rb"{\rtf1\ansi {\pict\bin4 }}}}}ok\par}", "ok"),
        ],
    )
    def test_rtf_of_several_programs(self, rtf: bytes, text: str) -> None:
        assert load(rtf, "a.rtf").text == text


class TestTables:
    @pytest.mark.parametrize("name", ["党费.xls", "党费.ods"])
    def test_cells_read_as_they_are_shown_and_hidden_sheets_do_not(self, name: str) -> None:
        lines = lines_of(name)
        assert lines[:3] == ["党费", "2025年三季度党费收缴表", "姓名 | 月党费 | 入党日期 | 占比"]
        assert lines[3] == "张敏 | 12.50 | 2010-07-01 | 25%" and "合计 | 50" in lines
        assert lines[-3:] == ["名册", "姓名 | 电话", "张敏 | 010-62001234"]
        assert "不应读出" not in "".join(lines)

    @pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
    def test_delimited_text_of_any_kind(self, delimiter: str, encoding: str) -> None:
        rows = [["姓名", "住址"], ["张敏", "南湖路1号，2单元"], ["李强", f'"西山{delimiter}社区"']]
        text = "\r\n".join(delimiter.join(row) for row in rows)
        raw = load(text.encode(encoding), "名册.csv")
        assert raw.format == "csv"
        assert raw.text.split("\n") == [
            "姓名 | 住址",
            "张敏 | 南湖路1号，2单元",
            f"李强 | 西山{delimiter}社区".replace("\t", " "),
        ]

    def test_a_text_called_csv_stays_as_it_is(self) -> None:
        text = "党支部工作条例,试行\n第一条 为了加强,规范党支部建设,制定本条例。\n第二条 党支部是基础组织。"
        assert load(text.encode(), "条例.csv").text == text

    def test_excel_says_what_its_delimiter_is(self) -> None:
        assert load("sep=;\n姓名;月党费\n张敏;12,5".encode(), "a.csv").text == "姓名 | 月党费\n张敏 | 12,5"


class TestSlides:
    @pytest.mark.parametrize("name", ["培训.ppt.gz", "培训.odp"])
    def test_slides_are_read_in_order(self, name: str) -> None:
        assert lines_of(name) == ["党员教育培训", "每月二十日", "集中学习", "考核每季度一次"]


class TestPages:
    def test_an_ofd_is_read_line_by_line(self) -> None:
        raw = load((HOME / "办法.ofd").read_bytes(), "办法.ofd")
        lines = raw.text.split("\n")
        assert "西桥镇党员教育管理办法" in lines and "1　张敏　40　优秀" in lines
        assert "第二条党员每年集中学习培训时间不少于32 学时；村（社区）书记不少于56 学时" in lines

    def test_an_ofd_as_the_standard_lays_it_out(self) -> None:
        raw = load(an_ofd(["第一条 党员应当按月交纳党费。", "第二条 无正当理由不交的，予以批评。"]), "a.ofd")
        assert raw.text == "第一条 党员应当按月交纳党费。\n第二条 无正当理由不交的，予以批评。"
        assert raw.metadata == {"title": "党费办法", "created": "2025-03-01"}

    def test_an_ofd_whose_stamp_says_so_is_internal(self) -> None:
        data = an_ofd(["第一条 内容。"], {"Doc_0/Annots/Page_0/Annotation.xml": STAMP})
        assert read_document(data, "a.ofd").metadata["audience"] == "内部"


OFD = 'xmlns:ofd="http://www.ofdspec.org/2016"'
STAMP = f"""<ofd:PageAnnot {OFD}><ofd:Annot><ofd:Appearance><ofd:TextObject>
<ofd:TextCode>内部资料</ofd:TextCode></ofd:TextObject></ofd:Appearance></ofd:Annot></ofd:PageAnnot>"""


def an_ofd(lines: list[str], parts: dict[str, str] | None = None) -> bytes:
    """Pieces of text in the layout of the standard's examples: absolute and relative places, blocks."""
    objects = "".join(
        f'<ofd:TextObject ID="{n}" Boundary="30 {30 + 8 * n} 150 6" Font="3" Size="5">'
        f'<ofd:TextCode X="0" Y="5" DeltaX="g {len(line)} 5">{line}</ofd:TextCode></ofd:TextObject>'
        # From foot to head: what counts is the place.
        for n, line in reversed(list(enumerate(lines, 1)))
    )
    whole = {
        "OFD.xml": f"""<ofd:OFD {OFD}><ofd:DocBody><ofd:DocInfo><ofd:Title>党费办法</ofd:Title>
            <ofd:CreationDate>2025-03-01</ofd:CreationDate></ofd:DocInfo>
            <ofd:DocRoot>/Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>""",
        "Doc_0/Document.xml": f"""<ofd:Document {OFD}><ofd:CommonData><ofd:PageArea>
            <ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea></ofd:CommonData>
            <ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages></ofd:Document>""",
        "Doc_0/Pages/Page_0/Content.xml": f"""<ofd:Page {OFD}><ofd:Content><ofd:Layer ID="2">
            <ofd:PageBlock>{objects}</ofd:PageBlock></ofd:Layer></ofd:Content></ofd:Page>""",
        **(parts or {}),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in whole.items():
            archive.writestr(name, part)
    return buffer.getvalue()


class TestEndings:
    def test_a_wrong_ending_is_said_and_the_content_is_read(self) -> None:
        page = "<html><body><table><tr><td>姓名</td><td>月党费</td></tr></table></body></html>"
        found = read_document(page.encode(), "导出.xls")
        assert found.remarks == ("文件名以 .xls 结尾，内容其实是网页（html），已按内容读取",)
        assert found.remarks[0] in found.warnings and "月党费" in found.text

    @pytest.mark.parametrize(
        ("name", "found"),
        [
            *(("a.wps", "doc"), ("a.wps", "docx"), ("a.et", "xls"), ("a.dps", "pptx"), ("a.csv", "text")),
            *(("a.TXT", "text"), ("a", "doc"), ("a.tar.gz", "tar"), ("a.mht", "eml"), ("2025.3.1", "pdf")),
        ],
    )
    def test_an_ending_that_fits_or_says_nothing_is_not_mentioned(self, name: str, found: str) -> None:
        assert ending_remark(found, name) == ""

    def test_every_format_has_a_module_or_holds_documents(self) -> None:
        assert {each.name for each in FORMATS if not each.module} == {"zip", "tar"}
        assert len({each.name for each in FORMATS}) == len(FORMATS) and ".ofd" in SUFFIXES


class TestRefusals:
    @pytest.mark.parametrize("name", ["办法.doc", "党费.xls", "办法.rtf", "办法.odt", "办法.ofd", "值班.doc"])
    def test_every_cut_and_many_flipped_bytes_load_or_are_refused(self, name: str) -> None:
        whole = (HOME / name).read_bytes()
        for at in range(0, len(whole), max(1, len(whole) // 40)):
            for damaged in (whole[:at], whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]):
                with suppress(SourceError):
                    assert load(damaged, name).text

    def test_a_password_on_an_old_word_file_is_told(self) -> None:
        whole = bytearray((HOME / "办法.doc").read_bytes())
        at = whole.find(b"\xec\xa5")
        whole[at + 11] |= 1
        with pytest.raises(SourceError, match="加密"):
            load(bytes(whole), "办法.doc")

    def test_macros_in_an_old_file_are_refused(self) -> None:
        whole = (HOME / "办法.doc").read_bytes()
        name = "\x01CompObj".encode("utf-16-le")
        renamed = "VBA".encode("utf-16-le").ljust(len(name), b"\0")
        assert name in whole
        at = whole.find(name)
        # The entry's name and its length, which counts the closing zero.
        entry = bytearray(whole[at : at + 128])
        entry[: len(name)] = renamed
        entry[64] = 8
        with pytest.raises(SourceError, match="宏"):
            load(whole[:at] + bytes(entry) + whole[at + 128 :], "办法.doc")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the office folder is not part of the repository")
@pytest.mark.parametrize("ending", ["doc", "wps", "odt"])
def test_the_same_regulation_reads_the_same_in_every_format(ending: str) -> None:
    found = read_document((SHARED / f"党员学习制度.{ending}").read_bytes(), f"党员学习制度.{ending}")
    assert found.text == "党员学习制度\n党员每月集中学习不少于两次，每次不少于一小时。" and not found.remarks
