"""Files made to do harm: every one is refused, in one sentence with a remedy."""

from __future__ import annotations

import pytest

from ingest.loaders import load
from ingest.loaders.bounds import MAX_CHARS, MAX_TAGS
from retrieval.errors import SourceError
from tests.hostile import TEXT, a_docx, a_workbook, hostile_contents, with_parts


@pytest.mark.parametrize("what", hostile_contents())
def test_no_hostile_file_is_read(what: str) -> None:
    name, make = hostile_contents()[what]
    with pytest.raises(SourceError) as caught:
        load(make(), name)
    assert caught.value.remedy and name in caught.value.message
    assert caught.value.message.count("。") == 1


def test_the_same_documents_without_the_harm_are_read() -> None:
    assert TEXT in load(a_docx(), "通知.docx").text
    assert "入党时间" in load(a_workbook(), "名册.xlsx").text
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
    formula = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Equation Native".encode("utf-16-le")
    parts = {"word/media/image1.png": picture, "word/embeddings/oleObject1.bin": formula}
    assert TEXT in load(with_parts(a_docx(), parts), "带图.docx").text


def test_bounds_are_met_by_what_is_just_within_them() -> None:
    assert len(load(("党" * MAX_CHARS).encode(), "长.txt").text) == MAX_CHARS
    with pytest.raises(SourceError, match="上限"):
        load(("党" * (MAX_CHARS + 1)).encode(), "长.txt")
    page = "<html><body><p>党支部" + "<i>" * (MAX_TAGS - 3)
    assert load(page.encode(), "页.html").text == "党支部"
    with pytest.raises(SourceError, match="上限"):
        load((page + "<i>").encode(), "页.html")
