"""What a maintainer may write beside a file, and what is refused with the allowed values."""

from __future__ import annotations

import pytest

from ingest.sidecar import KEYS, read_sidecar
from retrieval.errors import SourceError

NAME = "文件.txt.meta.toml"


def refusal(toml: str | bytes) -> SourceError:
    with pytest.raises(SourceError) as caught:
        read_sidecar(toml.encode() if isinstance(toml, str) else toml, NAME)
    assert NAME in caught.value.message and caught.value.remedy
    return caught.value


def test_every_key_is_read() -> None:
    toml = """
    title = "中国共产党发展党员工作细则"
    issuer = "中共中央办公厅"
    number = "中办发[2014] 33 号"
    date = 2014-05-28
    status = "现行"
    supersedes = ["《中国共产党发展党员工作细则（试行）》", "中组发〔1990〕3号"]
    kind = "细则"
    audience = "内部"
    """
    assert read_sidecar(toml.encode(), NAME) == {
        "title": "中国共产党发展党员工作细则",
        "issuer": "中共中央办公厅",
        "number": "中办发〔2014〕33号",
        "date": "2014-05-28",
        "status": "现行",
        "supersedes": "《中国共产党发展党员工作细则（试行）》；中组发〔1990〕3号",
        "kind": "细则",
        "audience": "内部",
    }


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2018-10-28", "2018-10-28"),
        ('"2018-10-28"', "2018-10-28"),
        ('"2018-10"', "2018-10"),
        ('"2018"', "2018"),
        ("2018", "2018"),
        ("2018-10-28T09:30:00+08:00", "2018-10-28"),
        ('""', ""),
    ],
)
def test_dates_may_be_toml_dates_strings_or_a_year(written: str, read: str) -> None:
    assert read_sidecar(f"date = {written}".encode(), NAME) == {"date": read}


@pytest.mark.parametrize("written", ['"2018-13-01"', '"去年"', "[2018]", "true", "09:30:00", "1.5", "18"])
def test_what_is_no_date_is_refused(written: str) -> None:
    assert "date" in refusal(f"date = {written}").message


def test_an_unknown_key_is_refused_with_the_known_ones() -> None:
    found = refusal('titel = "标题"')
    assert "titel" in found.message and all(key in found.remedy for key in KEYS)


@pytest.mark.parametrize(
    ("toml", "allowed"),
    [
        ('status = "有效"', "已废止"),
        ('kind = "条列"', "条例"),
        ('audience = "秘密"', "内部"),
        ("audience = true", "公开"),
    ],
)
def test_a_value_outside_the_choice_is_refused_with_the_choice(toml: str, allowed: str) -> None:
    assert allowed in refusal(toml).remedy


@pytest.mark.parametrize(
    "toml", ['title = ""', "title = 3", "issuer = []", "supersedes = [1]", "number = 33"]
)
def test_a_value_of_the_wrong_type_is_refused(toml: str) -> None:
    assert toml.split(" ")[0] in refusal(toml).message


def test_an_empty_value_is_kept_so_that_it_clears_what_the_text_says() -> None:
    assert read_sidecar(b'status = ""\nsupersedes = []', NAME) == {"status": "", "supersedes": ""}


def test_a_file_that_is_no_toml_is_refused() -> None:
    assert "TOML" in refusal("title 标题").message


def test_a_file_in_another_encoding_is_refused_with_the_byte() -> None:
    assert refusal('title = "标题"'.encode("gb18030")).position == 9


def test_a_byte_order_mark_is_no_error() -> None:
    assert read_sidecar('\ufefftitle = "标题一二"'.encode(), NAME) == {"title": "标题一二"}


def test_an_empty_sidecar_says_nothing() -> None:
    assert read_sidecar(b"", NAME) == {}


def test_what_nobody_sees_is_no_part_of_a_field() -> None:
    text = r"""
title = "党费\u202e须知\u0000\u001b[31m"
issuer = "某区委\u061c\n伪造\u2066"
supersedes = ["甲\u200b乙"]
"""
    assert read_sidecar(text.encode(), NAME) == {
        "title": "党费须知[31m",
        "issuer": "某区委 伪造",
        "supersedes": "甲乙",
    }
