"""An answer that a language model writes slowly, as people see it while it is being written."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.bot.telegram.fake_api import Call, FakeApi, Fault
from tests.bot.telegram.fake_rules import Json, group, person, private
from tests.bot.telegram.harness import BotProcess, bot
from tests.llm_server import LlmServer, Request

STEPS = ("确立议程", "制订议程", "采纳议程", "评估议程", "实施议程")
LIES = ("议事会每周召开三次。", "议程由张三一人决定。")


def write(request: Request) -> str:
    """The five steps, and a lie behind each of the first two."""
    key = request.key_of("评估议程")
    steps = [line for line in request.passages[key].splitlines() if any(step in line for step in STEPS)]
    said = [f"{line}[{key}]" for line in steps]
    for place, lie in zip((1, 3), LIES, strict=True):
        said.insert(place, f"{lie}[{key}]")
    return "\n".join(said)


@pytest.fixture
def model() -> Iterator[LlmServer]:
    with LlmServer(write, pause_s=0.5) as server:
        yield server


def speaking(data_dir: Path, api: FakeApi, model: LlmServer) -> BotProcess:
    """A bot with this language model."""
    return bot(data_dir, api.url, DANGWU_LLM__BASE_URL=model.url, DANGWU_LLM__MODEL="scripted")


def shown(call: Call) -> str:
    return str(call.fields.get("text"))


def shown_before(api: FakeApi, chat: int, method: str, final: Json) -> list[Call]:
    return [
        c for c in api.calls_of(method) if c.chat_id == chat and not c.refused and c.at < final["sent_at"]
    ]


def check_verified(texts: list[str]) -> None:
    """Each text holds steps with their source, more of them than the one before, and no lie."""
    counts = [sum(step in text for step in STEPS) for text in texts]
    assert counts == sorted(counts) and counts[0] >= 1
    assert all("〔1〕《" in text for text in texts)
    assert not any(lie[:6] in text for text in texts for lie in LIES)


def test_a_private_chat_sees_verified_sentences_as_drafts_and_a_group_only_the_answer(
    api: FakeApi, private_copy: Path, model: LlmServer
) -> None:
    with speaking(private_copy, api, model) as running:
        running.wait_for(lambda: api.polls)
        api.say(private(5), person(5), "社区党员议事会有哪五个议事程序？")
        api.say(group(-100), person(6), "/ask 社区党员议事会的五个议事程序是哪些？")
        running.wait_for(lambda: api.sent(5) and api.sent(-100))
        assert running.stop() == 0
    (answer,) = api.sent(5)
    assert all(step in answer["text"] for step in STEPS) and "还没有写完" not in answer["text"]
    drafts = shown_before(api, 5, "sendMessageDraft", answer)
    assert len(drafts) >= 2 and len({c.fields["draft_id"] for c in drafts}) == 1
    assert all(b.at - a.at >= 0.9 for a, b in pairwise(drafts))
    assert all("还没有写完" in shown(each) for each in drafts)
    check_verified([*map(shown, drafts), answer["raw"]["text"]])
    assert {c.chat_id for c in api.calls_of("sendMessageDraft")} == {5} and len(api.sent(-100)) == 1
    assert all(call.at < answer["sent_at"] for call in api.calls_of("sendMessageDraft"))


def test_where_drafts_are_refused_one_message_grows_into_the_answer(
    api: FakeApi, private_copy: Path, model: LlmServer
) -> None:
    api.faults["sendMessageDraft"].append(Fault(400, "Bad Request: TEXTDRAFT_PEER_INVALID", times=99))
    with speaking(private_copy, api, model) as running:
        running.wait_for(lambda: api.polls)
        asked = api.say(private(5), person(5), "社区党员议事会有哪五个议事程序？")
        running.wait_for(lambda: "turn: answer" in running.log)
        assert running.stop() == 0
    (message,) = api.replies(asked)
    texts = [shown(call) for name in ("sendMessage", "editMessageText") for call in api.calls_of(name)]
    assert len(texts) >= 3 and all("还没有写完" in text for text in texts[:-1])
    check_verified(texts)
    assert all(step in message["text"] for step in STEPS) and "还没有写完" not in message["text"]
    assert message["reply_markup"]["inline_keyboard"] and api.refusals(429) == []
    assert len(api.calls_of("sendMessageDraft")) == 1


def test_whoever_deletes_what_was_shown_so_far_still_gets_the_answer(
    api: FakeApi, private_copy: Path, model: LlmServer
) -> None:
    api.faults["sendMessageDraft"].append(Fault(404, "Not Found", times=99))
    api.faults["editMessageText"].append(Fault(400, "Bad Request: message to edit not found", times=99))
    with speaking(private_copy, api, model) as running:
        running.wait_for(lambda: api.polls)
        asked = api.say(private(5), person(5), "社区党员议事会有哪五个议事程序？")
        running.wait_for(lambda: len(api.replies(asked)) == 2)
        assert running.stop() == 0
    assert all(step in api.replies(asked)[1]["text"] for step in STEPS)
