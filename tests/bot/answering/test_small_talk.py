"""What asks nothing gets a human reply; what asks anything is looked up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.answering.conversation import Conversations, Dialogue, Key
from bot.answering.further import Further
from bot.answering.gaps import Gaps
from bot.answering.small_talk import kind_of, small_talk, table
from retrieval.retriever import Retriever
from retrieval.store import Store
from tests.corpus import answering, run_ingest, write_files

QUESTIONS = sorted((Path(__file__).parents[2] / "questions").glob("*.jsonl"))


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, each) for kind, _, examples in table() for each in examples]
)
def test_every_example_of_the_table_is_of_its_kind(kind: str, text: str) -> None:
    # Who says 好的谢谢 thanks.
    assert kind_of(text) in (kind, "thanks") and small_talk(text)


def test_no_question_is_taken_for_small_talk() -> None:
    lines = [line for file in QUESTIONS for line in file.read_text(encoding="utf-8").splitlines()]
    asked = [json.loads(line)["question"] for line in lines]
    assert len(asked) > 600 and [each for each in asked if small_talk(each)] == []


@pytest.mark.parametrize(
    "text",
    [
        "党费", "入党", "谢谢党组织怎么写", "你好，三会一课是什么", "在职党员", "请问党费怎么交",
        "可以入党吗", "第三步呢", "还有吗", "继续", "那海口呢", "为什么", "是不是", "帮助困难党员",
        "可以吗", "行不行", "怎么用党费", "对口帮扶",
    ],
)  # fmt: skip
def test_what_may_ask_something_is_looked_up(text: str) -> None:
    assert small_talk(text) == ""


def test_it_quotes_nothing_is_no_gap_and_leaves_the_conversation_as_it_was(tmp_path: Path) -> None:
    steps = "\n".join(f"{n}、谢谢配合，完成第{n}项。" for n in range(1, 4))
    run_ingest(
        tmp_path / "data", write_files(tmp_path / "docs", a=f"你好社区办法\n办事有三个步骤：\n{steps}")
    )
    store = Store.open(tmp_path / "data", create=False)
    retriever, gaps = Retriever(store, None, None), Gaps(tmp_path / "data")
    dialogue = Dialogue(answering(retriever), Further(retriever, answering(retriever)), Conversations(), gaps)
    for text in ("你好", "谢谢", "在吗？", "👍"):
        answer = dialogue.ask(Key("terminal"), text).answer
        assert (answer.status, answer.passages, answer.citations) == ("refused", (), ())
        assert answer.message == small_talk(text)
    assert gaps.list() == []
    store.close()
