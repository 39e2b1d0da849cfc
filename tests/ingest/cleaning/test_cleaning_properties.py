"""What holds for every text, found by trying many."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.cleaning import Origins, apply_edits, clean
from ingest.cleaning.steps import STEPS, Step
from ingest.cleaning.trace import Replacement, TracedText
from ingest.records import CleanedDocument, Edit, RawDocument
from retrieval.invisible import without_invisible
from tests.invisible import GOES, STAYS

# Pieces of which the damaged and the sound documents of the field are made.
FRAGMENTS = (
    "党支部是党的基础组织",
    "推進城區(qū)基層黨建工作",
    "基礎(chǔ)",
    "開(kāi)展",
    "戰(zhàn)斗力?！薄凹訌姾透倪M黨的基層",
    "自己?jiǎn)挝坏募?jí)別",
    "，。“”　①",
    "(街道)",
    "（SARS）",
    "\n",
    "\n\n2、",
    "3、工作",
    "第一条",
    "第三条 ",
    "标题 | 关于党建 |\n范文 | ",
    "首页 > 新闻",
    "相关阅读",
    "随便看 |",
    "版权所有",
    "广告 看一看 ×",
    "，正文：原标题：",
    "返回搜狐，查看更多责任编辑：",
    "阜新| 武穴市| 慈溪市| ",
    "党姐织",
    "毎年",
    "只有3的个,仅占54.4%",
    "551个",
    "µ³Ô±",
    "共产党员",
    "鍏氬憳锛",
    "⽤⼈⺠⻓",
    "著名",
    "隨著",
    "乾",
    "\u200b",
    "\ufeff",
    "\r\n",
    "\t \xa0",
    "\ue17a",
    "\ufffd",
    "?",
    "e\u0301",
    "==========",
    "- 3 -",
    "公务员之家,全国公务员共同天地",
    *GOES.values(),
    *STAYS.values(),
)
TEXTS = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=4)), max_size=30).map("".join)
# Replacements for any text: pairs of cuts, and what to put between them.
CUTS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 6), st.text("ab", max_size=3)), max_size=8)
MANY = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def cleaned(text: str) -> CleanedDocument:
    return clean(RawDocument(text=text, format="text"))


@MANY
@given(TEXTS)
def test_cleaning_twice_equals_cleaning_once(text: str) -> None:
    once = cleaned(text)
    twice = cleaned(once.text)
    assert twice.text == once.text
    assert twice.edits == ()


@MANY
@given(TEXTS)
def test_nothing_that_nobody_sees_is_left_but_what_shapes_the_text(text: str) -> None:
    once = cleaned(text).text
    assert without_invisible(once) == once
    assert not {"\x1b", "\x9b", "\u061c", "\u200e", "\u202e", "\u2066", "\ufeff"} & set(once)


@MANY
@given(TEXTS)
def test_the_edits_turn_the_raw_text_into_the_cleaned_text(text: str) -> None:
    document = cleaned(text)
    assert apply_edits(text, document.edits) == document.text
    for edit in document.edits:
        assert edit.start < edit.end and text[edit.start : edit.end] == edit.before != edit.after
    for left, right in pairwise(document.edits):
        assert left.end <= right.start


@MANY
@given(TEXTS, st.data())
def test_origins_are_monotone_and_kept_text_is_found_in_the_raw_text(text: str, data: st.DataObject) -> None:
    document = cleaned(text)
    origins = Origins(document.edits)
    spans = [origins.raw_span(place, place + 1) for place in range(len(document.text))]
    assert all(a[0] <= b[0] and a[1] <= b[1] for a, b in pairwise(spans))
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    start = data.draw(st.integers(0, len(document.text)))
    end = data.draw(st.integers(start, len(document.text)))
    raw_start, raw_end = origins.raw_span(start, end)
    inside = [edit for edit in document.edits if raw_start <= edit.start and edit.end <= raw_end]
    assert document.text[start:end] in repaired(text, inside, raw_start, raw_end)


def repaired(text: str, edits: list[Edit], start: int, end: int) -> str:
    """``text[start:end]`` with the edits that lie in it."""
    parts, done = [], start
    for edit in edits:
        parts += [text[done : edit.start], edit.after]
        done = edit.end
    return "".join([*parts, text[done:end]])


@MANY
@given(st.text("xyz", max_size=60), st.lists(CUTS, max_size=5))
def test_folding_replacements_equals_making_them_one_step_after_the_other(
    text: str, rounds: list[list[tuple[int, int, str]]]
) -> None:
    traced = TracedText.of(text)
    plain = text
    for number, cuts in enumerate(rounds):
        replacements = [
            Replacement(start, min(start + width, len(plain)), after)
            for start, width, after in cuts
            if start < len(plain)
        ]
        traced = traced.replace(f"s{number}", replacements)
        done = -1
        parts, last = [], 0
        for item in sorted(replacements):
            if item.start < done or plain[item.start : item.end] == item.after:
                continue
            parts += [plain[last : item.start], item.after]
            last = done = item.end
        plain = "".join([*parts, plain[last:]])
        assert traced.text == plain
        assert apply_edits(text, traced.edits()) == plain


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_every_step_takes_any_text_and_never_inserts(step: Step, text: str) -> None:
    if step.detect(text):
        assert all(0 <= item.start <= item.end <= len(text) for item in step.repair(text))
