"""Answers as text and JSON: nothing lost, nothing too wide, nothing that steers the terminal."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from bot.answering.answer import Answer, Citation, Elapsed, Statement
from bot.rendering.diff import render_diff
from bot.rendering.evaluation import render_evaluation
from bot.rendering.json import answer_json, evidence_json
from bot.rendering.legible import printable, visible
from bot.rendering.report import render_report
from bot.rendering.terminal import render_answer, render_evidence
from bot.rendering.unreadable import unreadable_lines
from bot.rendering.wrapping import shorten, wrap_cells
from bot.reporting.alignment import blocks
from ingest.plan import DocumentChange
from ingest.records import CleanedDocument, Edit
from ingest.report import IngestReport
from retrieval.records import DocumentInfo, Evidence, Passage, ScoredPassage

LONG = "社区党员议事会集体讨论，明确可操作的实施方案；" * 20
INFO = DocumentInfo(id="d1", source="seeds/002.txt", title="探寻城市管理中社区党建发展思路", status="现行")
PASSAGE = ScoredPassage(Passage("p1", INFO, "三 › 3", "list", 5, 5 + len(LONG), LONG, "k"), 0.83)
CITATION = Citation(1, "p1", INFO, "三 › 3", LONG, 5, 5 + len(LONG))
ANSWER = Answer(
    question="有哪些程序？",
    status="answered",
    statements=(Statement("共有五个议事程序：", (1,)), Statement("1、确立议程。" + LONG, (1,))),
    citations=(CITATION,),
    passages=(PASSAGE,),
    notices=("该文已被新文取代。",),
    index_version="v1-abc",
    elapsed=Elapsed(9.123, 3.0, 12.4),
)
# What Chinese line breaking has to deal with: marks, brackets, Latin words, numbers, wide and narrow.
CHINESE = st.text(alphabet="党员议事“”，。（）〔1〕a1. -—…\n　é😀", max_size=80)


@given(CHINESE, st.integers(min_value=4, max_value=40))
def test_wrapping_loses_nothing_but_space_and_keeps_to_the_width(text: str, width: int) -> None:
    lines = wrap_cells(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(st.text(alphabet="党员议事，。（", min_size=1, max_size=60))
def test_punctuation_does_not_begin_a_line_unless_it_fills_one(text: str) -> None:
    lines = wrap_cells(text, 20)
    for before, line in pairwise(lines):
        assert line[0] not in "，。" or sum(c in "，。（" for c in before) >= len(before) // 2


def test_a_mark_or_a_number_is_not_broken() -> None:
    assert wrap_cells("党员共有100名〔12〕", 12) == ["党员共有100", "名〔12〕"]
    assert wrap_cells("党员共有100名", 10) == ["党员共有", "100名"]


@pytest.mark.parametrize("width", [40, 60, 100])
def test_every_line_of_an_answer_fits_the_terminal(width: int) -> None:
    lines = render_answer(ANSWER, width=width).plain.split("\n")
    assert max(map(cell_len, lines)) <= width


def test_an_answer_is_shown_whole_and_only_its_quotes_are_shortened() -> None:
    shown = render_answer(ANSWER, width=80).plain
    flat = "".join(shown.split())
    answer, _, sources = flat.partition("出处")
    assert answer == "".join(ANSWER.text.split())
    assert "《探寻城市管理中社区党建发展思路》三›3" in sources
    assert "seeds/002.txt现行" in sources
    assert "…" in sources and len(sources) < len(LONG)
    assert sources.endswith("提示：该文已被新文取代。")


def test_a_refusal_shows_its_message_the_nearest_passages_and_questions_to_ask() -> None:
    passage = PASSAGE.passage
    quote = Citation(1, passage.id, passage.document, "", passage.text[:9], passage.start, passage.start + 9)
    refusal = Answer(
        "？",
        "refused",
        passages=(PASSAGE,) * 5,
        message="资料里没有。",
        nearest=(quote,),
        suggestions=("什么是甲？",),
    )
    shown = render_answer(refusal, width=80).plain
    assert shown.startswith("资料里没有。\n\n最接近的原文（不是答案）\n· 《探寻城市管理中社区党建发展思路》")
    assert shown.count("《探寻城市管理中社区党建发展思路》") == 1 and f"“{quote.quote}”" in shown
    assert "1. 什么是甲？" in shown


def test_passages_found_are_shown_whole_with_their_scores() -> None:
    evidence = Evidence("？", (ScoredPassage(PASSAGE.passage, 0.83, also_in=2),), "v1", ("只按词检索。",))
    shown = "".join(render_evidence(evidence, width=60).plain.split())
    assert LONG in shown and "1.0.83另见2处" in shown and "提示：只按词检索。" in shown


def test_an_empty_search_says_so() -> None:
    assert "没有找到" in render_evidence(Evidence("？", (), "v1"), width=60).plain


def test_a_document_cannot_steer_the_terminal() -> None:
    hostile = "甲\x1b[2J\x1b]0;x\x07乙\u202e丙\r"
    assert printable(hostile) == "甲[2J]0;x乙丙\n"
    info = DocumentInfo(id="d", source="a\x1b[31m.txt", title=hostile)
    evidence = Evidence(
        "？", (ScoredPassage(Passage("p", info, hostile, "table", 0, 1, hostile, "k"), 1),), "v"
    )
    assert not {"\x1b", "\x07", "\r", "\u202e"} & set(render_evidence(evidence, width=60).plain)


@given(st.text(max_size=300), st.integers(min_value=10, max_value=100))
def test_a_shortened_quote_keeps_its_ends_and_the_limit(text: str, limit: int) -> None:
    flat = " ".join(text.split())
    short = shorten(text, limit)
    assert len(short) <= limit
    assert short == flat or (short[0] == flat[0] and short[-1] == flat[-1] and "…" in short)


def test_the_json_of_an_answer_has_the_keys_of_the_contract_in_order() -> None:
    document = answer_json(ANSWER, answer_id="q1")
    assert list(document) == [
        "id",
        "question",
        "status",
        "answer",
        "citations",
        "passages",
        "notices",
        "answerer",
        "index_version",
        "elapsed_ms",
    ]
    assert document["elapsed_ms"] == {"retrieve": 9.1, "answer": 3.0, "total": 12.4}
    assert document["citations"][0] == {
        "n": 1,
        "passage_id": "p1",
        "document": {"id": "d1", "title": INFO.title, "source": "seeds/002.txt", "status": "现行"},
        "section": "三 › 3",
        "quote": LONG,
        "start": 5,
        "end": 5 + len(LONG),
    }
    assert document["passages"][0] == {
        "id": "p1",
        "document": document["citations"][0]["document"],
        "section": "三 › 3",
        "text": LONG,
        "start": 5,
        "end": 5 + len(LONG),
        "score": 0.83,
        "also_in": 0,
    }
    assert json.loads(json.dumps(document, ensure_ascii=False)) == document


def test_foreign_keys_are_handed_through_and_never_replace_the_answers_own() -> None:
    document = answer_json(ANSWER, answer_id=7, extra={"type": "list", "answer": "别的", "must": []})
    assert (document["id"], document["type"], document["must"]) == (7, "list", [])
    assert document["answer"] == ANSWER.text


def test_an_error_says_why_under_a_key_of_its_own() -> None:
    document = answer_json(Answer("？", "error", message="第 2 行不是完整的 JSON"), answer_id=None)
    assert (document["status"], document["error"]) == ("error", "第 2 行不是完整的 JSON")


def test_the_json_of_a_search_has_question_passages_and_version() -> None:
    document = evidence_json(Evidence("？", (PASSAGE,), "v1-abc"))
    assert list(document) == ["question", "passages", "index_version"]


RAW = "甲(jiǎ)乙\n广告\n丙\n\n丁\n戊\u200b"
EDITS = (
    Edit("pinyin", 1, 6, "(jiǎ)", ""),
    Edit("boilerplate", 8, 11, "广告\n", ""),
    Edit("invisible", 17, 18, "\u200b", ""),
)
CLEANED = CleanedDocument("甲", "甲乙\n丙\n\n丁\n戊", RAW, {}, EDITS, (), None)


def test_a_diff_shows_every_edit_with_its_step_and_counts_the_rest() -> None:
    from rich.console import Console

    console = Console(width=80)
    with console.capture() as capture:
        console.print(render_diff(CLEANED, with_marks=True))
    shown = capture.get()
    for text in (
        "[-(jiǎ)-]",
        "‹pinyin›",
        "[-广告",
        "‹boilerplate›",
        "⟨U+200B⟩",
        "… 3 行没有改动 …",
        "共 3 处改动",
    ):
        assert text in shown


@given(st.data())
def test_the_blocks_of_a_diff_cover_the_raw_text_and_hold_every_edit_whole(data: st.DataObject) -> None:
    raw = data.draw(st.text(alphabet="甲乙\n", max_size=40))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(raw)), max_size=8)))
    edits = [Edit("s", a, b, raw[a:b], "") for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    found = list(blocks(raw, edits))
    assert "".join(raw[block.start : block.end] for block in found) == raw
    assert [edit for block in found for edit in block.edits] == edits
    assert all(block.start <= edit.start and edit.end <= block.end for block in found for edit in block.edits)


def test_invisible_characters_are_written_out() -> None:
    assert visible("甲\u200b\u3000乙\n") == "甲⟨U+200B⟩\u3000乙\n"


def test_a_report_names_every_change_but_the_unchanged_ones() -> None:
    from rich.console import Console

    documents = (
        DocumentChange("1", "a.txt", "new", "新文件", 3),
        DocumentChange("2", "b.txt", "broken", "不是文本"),
        DocumentChange("3", "c.txt", "unchanged", "", 5),
    )
    console = Console(width=80)
    with console.capture() as capture:
        console.print(render_report(IngestReport("v1-abc", True, documents, 3)))
    shown = capture.get()
    assert "a.txt" in shown and "不是文本" not in shown and "c.txt" not in shown
    assert "新增 1，读不了 1，未变 1；计算了 3 个向量；当前版本 v1-abc。" in shown


def test_what_could_not_be_read_is_a_line_each_and_what_helps_is_said_once() -> None:
    long = "资料/" + "很长的文件夹名/" * 9 + "名册.doc"
    documents = [
        DocumentChange("1", "a/甲.txt", "broken", "“甲.txt”是空文件。请确认文件已保存完整。"),
        DocumentChange("2", "b/乙.txt", "broken", "“乙.txt”是空文件。请确认文件已保存完整。"),
        DocumentChange("3", long, "broken", "“名册.doc”已加密，打不开；" + "说明" * 40 + "。请去掉密码。"),
        DocumentChange("4", "d.txt", "broken", "读不了（权限不够）"),
    ]
    lines = list(unreadable_lines(documents))
    assert ("a/甲.txt：是空文件", "") in lines
    assert ("b/乙.txt：是空文件", "请确认文件已保存完整。") in lines
    assert all(cell_len(f"错误：{line}") <= 80 for line, _ in lines)
    (cut,) = (line for line, remedy in lines if remedy == "请去掉密码。")
    assert cut.startswith("…") and "名册.doc：已加密" in cut and cut.endswith("…")


def test_an_evaluation_shows_a_dash_where_nothing_was_to_count() -> None:
    from rich.console import Console

    report: dict[str, Any] = {
        "n": 1,
        "hit@1": None,
        "hit@5": 1.0,
        "latency_ms": {"p50": 1.0, "p95": 2.0},
        "by_type": {},
        "misses": [{"id": "q1", "question": "问？", "gold": "g", "rank": None, "found": []}],
    }
    console = Console(width=80)
    with console.capture() as capture:
        console.print(render_evaluation(report))
    assert "–" in capture.get() and "1.000" in capture.get() and "五名以外" in capture.get()
