"""PDF: text in order, running heads and page numbers gone, scans and locked files refused."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText

from ingest.documents import read_document
from ingest.loaders import load
from retrieval.errors import SourceError

# A font whose codes are Unicode itself, so that Chinese can be written without any font file.
TO_UNICODE = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def
1 begincodespacerange <0000> <FFFF> endcodespacerange
1 beginbfrange <0000> <FFFF> <0000> endbfrange endcmap end end"""

CID_FONT = (
    b"<</Type/Font/Subtype/CIDFontType2/BaseFont/X/CIDSystemInfo<</Registry(A)/Ordering(I)/Supplement 0>>>>"
)
FONT = b"<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[4 0 R]/ToUnicode 3 0 R>>"
PIXEL = b"/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceRGB/BitsPerComponent 8"

BODY = [f"各级党组织要严格落实第{number}项要求，坚持正面教育为主" for number in range(12)]


def a_pdf(pages: Sequence[Sequence[tuple[int, str]]], *, picture: bool = False) -> bytes:
    """A PDF of A4 pages, each line given with its height in points above the foot (0 to 842)."""
    objects: list[bytes] = [b"", b"", stream(TO_UNICODE), CID_FONT, FONT, stream(b"\0" * 3, PIXEL)]
    kids = []
    for lines in pages:
        objects.append(stream(b"\n".join(drawn(height, text) for height, text in lines)))
        images = b"/XObject<</I 6 0 R>>" if picture else b""
        page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R" % len(objects)
        objects.append(page + b"/Resources<</Font<</F 5 0 R>>%b>>>>" % images)
        kids.append(b"%d 0 R" % len(objects))
    objects[0] = b"<</Type/Catalog/Pages 2 0 R>>"
    objects[1] = b"<</Type/Pages/Kids[%b]/Count %d>>" % (b" ".join(kids), len(kids))
    return assembled(objects)


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<<%b/Length %d>>stream\n%b\nendstream" % (entries, len(content), content)


def drawn(height: int, text: str) -> bytes:
    return b"BT /F 12 Tf 1 0 0 1 72 %d Tm <%b> Tj ET" % (height, text.encode("utf-16-be").hex().encode())


def assembled(objects: Sequence[bytes]) -> bytes:
    body, offsets = b"%PDF-1.5\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + end


def a_page(number: int, *, head: str = "党内法规选编", foot: str = "") -> list[tuple[int, str]]:
    lines = [(760 - 20 * at, f"{text}（{number}）") for at, text in enumerate(BODY)]
    return [(810, head), *lines, (30, foot or f"- {number} -")]


def refusal(data: bytes) -> SourceError:
    with pytest.raises(SourceError) as caught:
        load(data, "文件.pdf")
    assert caught.value.remedy
    return caught.value


def test_lines_come_in_order_and_keep_their_breaks() -> None:
    raw = load(a_pdf([a_page(1), a_page(2)]), "文件.pdf")
    assert raw.format == "pdf"
    assert raw.text.split("\n") == [f"{text}（{number}）" for number in (1, 2) for text in BODY]


@pytest.mark.parametrize("foot", ["第{} 页 共 3 页", "{}/3", "— {} —", "党内法规选编 {}"])
def test_running_heads_and_page_numbers_go(foot: str) -> None:
    text = load(a_pdf([a_page(number, foot=foot.format(number)) for number in (1, 2, 3)]), "文件.pdf").text
    assert "选编" not in text and "页" not in text and len(text.split("\n")) == 3 * len(BODY)


def test_a_title_that_later_pages_repeat_at_their_head_stays_where_it_is_a_title() -> None:
    first = [(720, "党内法规选编"), *a_page(1)[2:]]
    text = load(a_pdf([first, a_page(2), a_page(3)]), "文件.pdf").text
    assert text.startswith("党内法规选编\n") and text.count("选编") == 1


def test_a_sentence_that_every_page_repeats_in_its_body_stays() -> None:
    pages = [[(700, "宣誓人要举起右手"), *a_page(number)] for number in (1, 2, 3)]
    assert load(a_pdf(pages), "文件.pdf").text.count("宣誓人") == 3


@pytest.mark.parametrize(
    ("pages", "found_in"),
    [
        ([a_page(n, head="内部资料 注意保存") for n in (1, 2)], "页眉“内部资料 注意保存”"),
        ([a_page(n, foot=f"不得外传 {n}") for n in (1, 2)], "页脚“不得外传 1”"),
        ([[*a_page(n), (430, "内部资料")] for n in (1, 2)], "水印“内部资料”"),
        ([a_page(n, head="内部监督工作") for n in (1, 2)], ""),
    ],
)
def test_a_mark_that_goes_with_the_furniture_is_read_before(
    pages: Sequence[Sequence[tuple[int, str]]], found_in: str
) -> None:
    assert read_document(a_pdf(pages), "文件.pdf").metadata.get("audience_from", "") == found_in


def test_a_stamp_laid_over_a_page_is_a_mark() -> None:
    writer = PdfWriter(clone_from=io.BytesIO(a_pdf([a_page(1)])))
    writer.add_annotation(0, FreeText(text="秘密", rect=(400, 780, 500, 820)))
    target = io.BytesIO()
    writer.write(target)
    assert read_document(target.getvalue(), "文件.pdf").metadata["audience_from"] == "图章或批注“秘密”"


def test_a_year_at_the_end_of_the_body_is_no_page_number() -> None:
    assert load(a_pdf([[(700, BODY[0]), (400, "2018")]]), "文件.pdf").text.endswith("2018")


def test_a_file_of_pictures_is_refused_with_the_advice_to_recognise_it() -> None:
    assert "OCR" in refusal(a_pdf([[(400, "扫描件")], []], picture=True)).remedy


def test_a_single_scanned_page_is_named_in_a_warning() -> None:
    both = PdfWriter()
    for pages, picture in (([a_page(1)], False), ([[]], True)):
        both.append(PdfReader(io.BytesIO(a_pdf(pages, picture=picture))))
    buffer = io.BytesIO()
    both.write(buffer)
    raw = load(buffer.getvalue(), "文件.pdf")
    assert BODY[0] in raw.text and any("第 2 页" in each for each in (*raw.remarks, *raw.warnings))


def test_a_file_without_any_text_is_refused() -> None:
    assert "没有" in refusal(a_pdf([[]])).message


def encrypted(user_password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(a_pdf([a_page(1)]))))
    writer.encrypt(user_password, owner_password="owner", algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def test_a_locked_file_is_refused_with_the_advice_to_remove_the_password() -> None:
    found = refusal(encrypted("secret"))
    assert "加密" in found.message and "密码" in found.remedy


def test_a_file_that_is_only_protected_against_printing_is_read() -> None:
    assert BODY[0] in load(encrypted(""), "文件.pdf").text


def test_a_truncated_file_is_refused() -> None:
    whole = a_pdf([a_page(1), a_page(2)])
    for share in (0.2, 0.5, 0.9):
        assert "不完整" in refusal(whole[: int(len(whole) * share)]).message


def test_garbage_between_head_and_end_is_refused() -> None:
    assert refusal(b"%PDF-1.7\n" + bytes(range(256)) * 40 + b"\n%%EOF")


def test_a_page_tree_that_contains_itself_ends() -> None:
    looped = a_pdf([a_page(1)]).replace(b"/Kids[8 0 R]", b"/Kids[2 0 R]")
    assert looped != a_pdf([a_page(1)])
    assert refusal(looped)


def test_a_page_that_draws_too_much_is_refused() -> None:
    import zlib

    packed = zlib.compress(b"q Q " * (6 << 20))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>",
        stream(packed, b"/Filter/FlateDecode"),
    ]
    assert "过大" in refusal(assembled(objects)).message
