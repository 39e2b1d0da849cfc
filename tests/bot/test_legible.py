"""What somebody put into a record is shown as text: it steers nothing, turns nothing, forges nothing."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import RenderableType
from rich.text import Text

from bot.answering.answer import Answer, Citation, Statement
from bot.answering.gaps import Gap
from bot.cli.console import UNWRAPPED
from bot.feedback import Feedback
from bot.rendering.diff import render_diff
from bot.rendering.evaluation import render_evaluation
from bot.rendering.feedback import feedback_text
from bot.rendering.gaps import render_gaps
from bot.rendering.history import render_history
from bot.rendering.legible import json_text, on_one_line, printable, visible
from bot.rendering.report import render_report
from bot.rendering.safe_console import SafeConsole
from bot.rendering.terminal import render_answer, render_evidence
from bot.rendering.topics import render_topics, topic_page
from ingest.comparing.rewording import DocumentRewording, reworded
from ingest.plan import DocumentChange
from ingest.records import CleanedDocument, Edit
from ingest.report import IngestReport
from retrieval.history import PastVersion
from retrieval.records import DocumentInfo, Evidence, Passage, ScoredPassage
from retrieval.snapshot import Version
from retrieval.topics import Topic
from tests.invisible import BLINKING, FORGED, HOSTILE, STAYS, unseen

AT = "2026-05-04T08:30:00+00:00"


def shown(renderable: RenderableType) -> str:
    """What a console writes where there are no colours."""
    console = SafeConsole(width=400)
    with console.capture() as capture:
        console.print(renderable, soft_wrap=True)
    return capture.get()


def hostile_records() -> dict[str, RenderableType]:
    """Every table and list of records that an older program took in as they came."""
    info = DocumentInfo(id="d", source=HOSTILE, title=HOSTILE, status=HOSTILE, metadata={"issuer": HOSTILE})
    found = ScoredPassage(Passage("p", info, HOSTILE, "table", 0, 1, f"甲{BLINKING}\u202e乙", "k"), 1.0)
    columns: dict[str, Any] = {each.name: HOSTILE if each.type == "str" else 1 for each in fields(Version)}
    version = Version(**{**columns, "digest": "ab" * 32, "created_at": AT})
    topic = Topic(HOSTILE, (HOSTILE,), found.passage, 0, len(HOSTILE), 1, 1.0, True)
    past = PastVersion(
        version, "", HOSTILE, {"to": HOSTILE}, ({"source": HOSTILE, "change": "new"},), 0, True, False
    )
    worded = reworded(f"第一条 {HOSTILE}旧。", f"第一条 {HOSTILE}新。")
    assert worded is not None
    new = DocumentChange("1", HOSTILE, "new", HOSTILE, 3)
    gap = Gap(HOSTILE, 1, AT, AT, (HOSTILE,), "v1")
    raw = HOSTILE + BLINKING
    edit = Edit("invisible", 0, len(raw), raw, "")
    miss = {"id": HOSTILE, "question": HOSTILE, "failed": ["complete"]}
    figures: dict[str, Any] = {"n": 1, "hit@1": 0.5}
    return {
        "answer": render_answer(
            Answer(
                HOSTILE,
                "answered",
                (Statement(f"甲{BLINKING}\u202e乙", (1,)),),
                (Citation(1, "p", info, HOSTILE, HOSTILE, 0, 1),),
                notices=(HOSTILE,),
                suggestions=(HOSTILE,),
            ),
            width=UNWRAPPED,
        ),
        "evidence": render_evidence(Evidence("？", (found,), "v", (HOSTILE,)), width=UNWRAPPED),
        "topics": render_topics(topic_page([topic], HOSTILE, 1, 9), width=UNWRAPPED),
        "history": render_history([past], {1: [DocumentRewording("d", HOSTILE, worded)]}),
        "gaps": render_gaps([gap], width=UNWRAPPED),
        "feedback": Text(feedback_text(Feedback(gaps=(gap,)))),
        "report": render_report(IngestReport("v", True, (new,), 0)),
        "diff": render_diff(CleanedDocument(HOSTILE, "", raw, {}, (edit,), (), None), with_marks=True),
        "evaluation": render_evaluation(
            {**figures, "by_type": {HOSTILE: figures}, "latency_ms": {"p50": 1, "p95": 1}, "misses": [miss]}
        ),
        "a text": HOSTILE,
    }


@pytest.mark.parametrize("name", hostile_records())
def test_no_record_steers_the_terminal_or_forges_a_line(name: str) -> None:
    written = shown(hostile_records()[name])
    assert unseen(written) == set()
    assert "[red]红[/red]" in written, "no markup is taken for what it says"
    if name not in ("diff", "a text"):
        assert FORGED not in [line.strip() for line in written.split("\n")]


@given(st.text(st.characters(), max_size=50), st.text(st.sampled_from(HOSTILE), max_size=20))
def test_json_has_the_same_value_and_steers_no_terminal(name: str, text: str) -> None:
    document = {name: [text, {"名": name}], "\ud800": "\u202e\x7f" + text}
    for indent in (None, 2):
        written = json_text(document, indent=indent)
        assert json.loads(written) == document
        assert unseen(written) == set() and "名" in written


@pytest.mark.parametrize("name", STAYS)
def test_what_shapes_letters_and_emoji_is_shown(name: str) -> None:
    assert printable(STAYS[name]) == STAYS[name] == visible(STAYS[name])


def test_what_nobody_sees_is_named_where_the_point_is_to_see_it() -> None:
    assert visible("甲\u061c乙\u3164丙\U000e0041丁\x1b[m\x9b") == (
        "甲⟨U+061C⟩乙⟨U+3164⟩丙⟨U+E0041⟩丁⟨U+001B⟩[m⟨U+009B⟩"
    )


@given(st.text(st.one_of(st.characters(), st.sampled_from(HOSTILE + "\ud800\udcff\t"))))
def test_shown_text_holds_nothing_that_steers(text: str) -> None:
    for shown in (printable(text), on_one_line(text)):
        shown.encode("utf-8")
        assert not {"\x1b", "\x9b", "\x7f", "\r", "\t", "\u061c", "\u202e", "\u2067", "\u2028"} & set(shown)
        assert printable(shown) == shown
    assert "\n" not in on_one_line(text)
    assert visible(visible(text)) == visible(text)
