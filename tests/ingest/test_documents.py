"""From bytes to the finished document, on real parts."""

from __future__ import annotations

import pytest

from ingest.documents import read_document
from retrieval.errors import SourceError
from tests.invisible import unseen

RULE = """临江市党支部工作办法（试行）

第一条 为了加强党支部建设，根据《中国共产党章程》，制定本办法。

第二条 党支部是党的基础组织。

第三条 本办法自2020年7月1日起施行。《临江市党支部工作规则》同时废止。
"""


def test_a_document_is_finished_with_title_and_metadata() -> None:
    document = read_document(RULE.encode(), "办法.txt")
    assert document.title == "临江市党支部工作办法（试行）"
    assert document.metadata["status"] == "试行" and document.metadata["kind"] == "办法"
    assert document.metadata["supersedes"] == "《临江市党支部工作规则》"
    assert document.metadata["audience"] == "公开"
    assert document.raw == RULE and document.format == "text" and document.encoding == "utf-8"


def test_the_sidecar_wins_over_the_text() -> None:
    sidecar = 'title = "支部办法"\nstatus = "已废止"\naudience = "内部"\nsupersedes = ""'.encode()
    document = read_document(RULE.encode(), "办法.txt", sidecar)
    assert document.title == document.metadata["title"] == "支部办法"
    assert document.metadata["status"] == "已废止" and document.metadata["audience"] == "内部"
    assert "supersedes" not in document.metadata and document.metadata["kind"] == "办法"


def test_a_wrong_sidecar_is_named() -> None:
    with pytest.raises(SourceError, match=r"办法\.txt\.meta\.toml"):
        read_document(RULE.encode(), "办法.txt", b'staus = "x"')


def test_the_same_bytes_give_the_same_document_and_the_name_changes_only_an_inferred_title() -> None:
    assert read_document(RULE.encode(), "甲.txt") == read_document(RULE.encode(), "乙.txt")


def test_a_page_and_its_plain_text_agree() -> None:
    paragraphs = "".join(f"<p>{line}</p>" for line in RULE.split("\n") if line)
    page = (
        f"<html><head><title>{RULE.splitlines()[0]}_临江党建网</title></head><body>{paragraphs}</body></html>"
    )
    of_page = read_document(page.encode("gb18030"), "办法.txt")
    assert of_page.metadata["site"] == "临江党建网" and of_page.format == "html"
    assert [line for line in of_page.text.split("\n") if line] == [
        line for line in read_document(RULE.encode(), "办法.txt").text.split("\n") if line
    ]


def test_the_loaders_warnings_are_joined_once() -> None:
    document = read_document(f"<html><body><p>{RULE}</p>".encode(), "半页.html")
    assert sum("没有结束标记" in warning for warning in document.warnings) == 1


def test_a_file_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(SourceError):
        read_document(b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "图.txt")


def test_names_and_properties_of_a_file_bring_nothing_that_nobody_sees_into_the_title() -> None:
    body = "交党费。\n" * 30
    named = read_document(body.encode(), "党费\u202e须知\x1b[31m\n伪造\u061c.txt")
    assert named.title == "党费须知[31m 伪造" == named.metadata["title"]
    page = (
        f"<html><head><title>党费&#x202e;收缴&#x3164;须知&#10;第一版</title></head><body>{body}</body></html>"
    )
    assert unseen(" ".join(read_document(page.encode(), "a.html").metadata.values())) == set()
