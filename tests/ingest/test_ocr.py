"""Text in pictures: read where the extra is installed, told of where it is not."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingest.documents import read_document
from ingest.loaders import formats, load, ocr
from ingest.loaders.ocr import PageText, Unread, pictures, read_pages
from ingest.loaders.ocr_layout import Printed, paragraphs
from ingest.pipeline import plan_ingest
from retrieval.authority import scan_notices
from retrieval.errors import SourceError
from retrieval.leftovers import OCR_NAME
from retrieval.store import Store
from tests.corpus import plain_parts, run_ingest

SHARED = Path(__file__).parents[3] / "shared" / "corpus" / "office"
SCAN = SHARED / "扫描件-表彰决定.pdf"
needs_scan = pytest.mark.skipif(not SCAN.is_file(), reason="the scan is not part of the repository")
is_installed = formats.BY_NAME["image"].is_available
needs_ocr = pytest.mark.skipif(not is_installed, reason="the extra ocr is not installed")
DECISION = "关于表彰优秀共产党员的决定\n经研究，决定授予李建国等5名同志优秀共产党员称号。"


@pytest.fixture
def without_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = replace(formats.BY_NAME["image"], package="no_such_package_here")
    monkeypatch.setitem(formats.BY_NAME, "image", missing)


@pytest.fixture(scope="module")
def scanned() -> Any:
    """The page of the scan as a picture."""
    pdfium = pytest.importorskip("pypdfium2")
    page = pdfium.PdfDocument(SCAN.read_bytes())[0]
    return page.render(scale=1).to_pil()


def encoded(picture: Any, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


@needs_ocr
@needs_scan
class TestReading:
    def test_a_scan_is_read_and_marked(self) -> None:
        found = read_document(SCAN.read_bytes(), SCAN.name)
        assert found.text == DECISION and found.metadata["ocr"] == "全文"

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP"])
    def test_pictures_of_every_kind(self, scanned: Any, kind: str) -> None:
        raw = load(encoded(scanned, kind), "决定.png")
        assert raw.format == "image" and raw.text == DECISION and raw.recognised == "全文"
        assert bool(raw.remarks) == (kind in ("JPEG", "TIFF", "BMP")) or not raw.remarks

    def test_a_tiff_of_two_pages_is_read_in_order(self, scanned: Any) -> None:
        data = encoded(scanned, "TIFF", save_all=True, append_images=[scanned])
        assert load(data, "决定.tif").text == f"{DECISION}\n{DECISION}"

    def test_what_a_picture_in_a_document_says_stands_where_it_does(self, scanned: Any) -> None:
        import docx

        document = docx.Document()
        document.add_paragraph("附件一")
        document.add_picture(io.BytesIO(encoded(scanned, "PNG")))
        document.add_picture(io.BytesIO(encoded(scanned.resize((60, 85)), "PNG")))
        document.add_paragraph("以上为附件。")
        buffer = io.BytesIO()
        document.save(buffer)
        raw = load(buffer.getvalue(), "附件.docx")
        assert raw.text == f"附件一\n{DECISION}\n以上为附件。" and raw.recognised == "第 1 张图"

    def test_the_plan_counts_and_the_ingest_reads_and_citations_say_so(self, tmp_path: Path) -> None:
        docs = tmp_path / "docs"
        docs.mkdir()
        (docs / SCAN.name).write_bytes(SCAN.read_bytes())
        parts = plain_parts(tmp_path, read_document=read_document)
        (change,) = plan_ingest([docs], None, exclude=tmp_path / "data", parts=parts).documents
        assert change.change == "new" and "1 页图片要用 OCR 识别" in change.reason
        run_ingest(tmp_path / "data", docs, read_document=read_document)
        assert not (tmp_path / "data" / OCR_NAME).exists()
        with Store.open(tmp_path / "data", create=False).snapshot() as snapshot:
            (info,) = snapshot.documents()
            (notice,) = scan_notices([info])
        assert "OCR" in notice and "原件" in notice

    def test_a_blank_picture_is_told(self) -> None:
        from PIL import Image

        with pytest.raises(SourceError, match="没有认出文字"):
            load(encoded(Image.new("RGB", (600, 800), "white"), "PNG"), "空.png")

    def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked(self) -> None:
        from PIL import Image

        bomb = encoded(Image.new("1", (30_000, 30_000)), "PNG")
        with pytest.raises(SourceError):
            load(bomb, "炸弹.png")


class TestProgress:
    def test_what_was_read_is_taken_up_again(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        drawn: list[int] = []
        seen: list[tuple[int, int]] = []

        def draw(number: int) -> Callable[[], None]:
            def fail_at_the_third() -> None:
                drawn.append(number)
                if number == 2 and len(drawn) < 4:
                    raise RuntimeError("the power went")

            return fail_at_the_third

        draws = [draw(number) for number in range(3)]
        monkeypatch.setattr(ocr, "_threads", lambda pages: 1)
        with pictures("read", tmp_path, lambda stage, done, total: seen.append((done, total))):
            with pytest.raises(RuntimeError):
                read_pages(b"file", draws)
            assert read_pages(b"file", draws) == [PageText()] * 3
            assert drawn == [0, 1, 2, 2] and seen[-1] == (3, 3)
            read_pages(b"another file", draws[:1])
        assert drawn == [0, 1, 2, 2, 0]

    @needs_ocr
    @needs_scan
    @pytest.mark.parametrize("mode", ["count", "defer"])
    def test_a_document_of_pictures_alone_is_put_off(self, mode: Any) -> None:
        with pictures(mode, None), pytest.raises(Unread) as caught:
            load(SCAN.read_bytes(), SCAN.name)
        assert caught.value.pages == 1


@needs_scan
def test_without_the_extra_it_is_said_what_would_have_been_read(without_extra: None) -> None:
    with pytest.raises(SourceError, match="1 页") as caught:
        load(SCAN.read_bytes(), SCAN.name)
    assert "附加项 ocr" in caught.value.remedy


def line(left: float, top: float, text: str, height: float = 20, score: float = 1.0) -> Printed:
    return Printed(left, top, left + 20 * len(text), top + height, text, score)


class TestLayout:
    def test_full_lines_go_on_and_indented_ones_begin(self) -> None:
        lines = [
            line(40, 0, "第一条为加强管理，根据有关规定，制定本"),
            line(0, 30, "办法。"),
            line(40, 60, "第二条每月检查一次。"),
        ]
        assert paragraphs(lines) == ["第一条为加强管理，根据有关规定，制定本办法。", "第二条每月检查一次。"]

    def test_pieces_beside_each_other_are_one_line(self) -> None:
        lines = [line(300, 2, "张敏"), line(0, 0, "姓名"), line(0, 40, "职务")]
        assert paragraphs(lines) == ["姓名　张敏", "职务"]

    def test_a_large_title_is_not_joined_with_the_text(self) -> None:
        lines = [line(0, 0, "关于表彰的决定决定", height=44), line(0, 50, "各支部：各支部：各支部")]
        assert len(paragraphs(lines)) == 2

    def test_nothing_is_nothing(self) -> None:
        assert paragraphs([]) == []
