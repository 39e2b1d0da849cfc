"""What a refusal says: that the corpus is silent, and up to three different documents near it."""

from __future__ import annotations

from bot.answering.refusal import refusal_message
from retrieval.records import DocumentInfo, Evidence, Passage, ScoredPassage


def evidence(*titles: str) -> Evidence:
    passages = tuple(
        ScoredPassage(
            Passage(str(n), DocumentInfo(str(n), f"docs/{n}.txt", title), "", "paragraph", 0, 1, "x", "k"),
            0.5,
        )
        for n, title in enumerate(titles)
    )
    return Evidence("?", passages, "v1")


def test_up_to_three_different_documents_are_named_nearest_first() -> None:
    message = refusal_message(evidence("甲", "乙", "甲", "丙", "丁"))
    assert "没有找到" in message and "《甲》、《乙》、《丙》" in message and "丁" not in message


def test_a_document_without_a_title_is_named_by_its_source() -> None:
    assert "docs/0.txt" in refusal_message(evidence(""))


def test_without_any_document_nothing_is_named() -> None:
    message = refusal_message(evidence())
    assert "没有找到" in message and "《" not in message


def test_braces_in_a_title_are_text() -> None:
    assert "《{nearest}{0}》" in refusal_message(evidence("{nearest}{0}"))
