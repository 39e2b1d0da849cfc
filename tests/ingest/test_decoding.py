"""Bytes become text in the encoding they are in, or are refused at the byte that cannot be read."""

from __future__ import annotations

import codecs

import pytest

from ingest.decoding import decode
from retrieval.errors import SourceError

SIMPLIFIED = "中国共产党党员必须按期交纳党费。\r\n党支部应当按月收缴，不得无故拖欠。"
TRADITIONAL = "黨支部應當按月收繳黨費，不得無故拖欠。\n黨員應當自覺、主動、按時、足額交納。"


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        (SIMPLIFIED, "utf-8", "utf-8"),
        (SIMPLIFIED, "gb18030", "gb18030"),
        (TRADITIONAL, "gb18030", "gb18030"),
        (TRADITIONAL, "big5", "big5"),
        ("ASCII only, but a text", "ascii", "utf-8"),
    ],
)
def test_the_text_comes_back_from_each_encoding(text: str, codec: str, name: str) -> None:
    assert decode(text.encode(codec)) == (text, name)


@pytest.mark.parametrize("length", range(4, len(TRADITIONAL)))
def test_short_big5_is_not_taken_for_gb18030(length: int) -> None:
    assert decode(TRADITIONAL[:length].encode("big5"))[0] == TRADITIONAL[:length]


@pytest.mark.parametrize("length", range(4, len(SIMPLIFIED)))
def test_short_gb18030_is_not_taken_for_big5(length: int) -> None:
    assert decode(SIMPLIFIED[:length].encode("gb18030"))[0] == SIMPLIFIED[:length]


@pytest.mark.parametrize(
    ("mark", "codec"),
    [(codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF8, "utf-8")],
)
def test_a_byte_order_mark_decides_and_is_no_text(mark: bytes, codec: str) -> None:
    assert decode(mark + SIMPLIFIED.encode(codec)) == (SIMPLIFIED, codec)


def test_an_undecodable_byte_is_refused_with_its_place() -> None:
    data = SIMPLIFIED.encode() + b"\xff\xff" + SIMPLIFIED.encode()
    with pytest.raises(SourceError) as caught:
        decode(data)
    assert caught.value.position is not None
    assert 0 < caught.value.position <= len(SIMPLIFIED.encode())
    assert str(caught.value.position) in caught.value.message and caught.value.remedy


def test_the_place_in_utf16_counts_the_mark() -> None:
    with pytest.raises(SourceError) as caught:
        decode(codecs.BOM_UTF16_LE + "党".encode("utf-16-le") + b"\x00\xdc")
    assert caught.value.position == 4


@pytest.mark.parametrize("data", [b"", b"  \n", b"PK\x03\x04\x00\x00\x08\x00", b"\x89PNG\r\n\x1a\n\x00\x00"])
def test_empty_and_binary_files_are_refused_with_a_remedy(data: bytes) -> None:
    with pytest.raises(SourceError) as caught:
        decode(data)
    assert caught.value.remedy


def test_a_stray_control_character_does_not_make_a_text_binary() -> None:
    text = SIMPLIFIED * 5 + "\x1f" + SIMPLIFIED
    assert decode(text.encode())[0] == text


def test_a_download_that_broke_off_inside_a_character_is_read_up_to_there() -> None:
    text = SIMPLIFIED * 10
    assert decode(text.encode()[:-1]) == (text[:-1] + "\N{REPLACEMENT CHARACTER}", "utf-8")
