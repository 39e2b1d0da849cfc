"""An answer that a language model writes slowly, as people see it while it is being written."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from bot.telegram.delivery import Delivery
from bot.telegram.requests import Target
from bot.telegram.streaming import Stream
from tests.bot.telegram.fake_api import Call, FakeApi, Fault
from tests.bot.telegram.fake_rules import Json, group, person, private
from tests.bot.telegram.harness import BotProcess, bot
from tests.bot.telegram.markup import make_answer
from tests.bot.telegram.simulation import Server, SimulatedTime, make_bot, refusal
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
        before = len(api.calls)
        api.faults["editMessageText"].append(Fault(400, "Bad Request: message to edit not found", times=99))
        other = api.say(private(6), person(6), "社区党员议事会的五个议事程序是哪些？")
        running.wait_for(lambda: len(api.replies(other)) == 2)
        assert running.stop() == 0
    (message,) = api.replies(asked)
    shown_so_far = [call for call in api.calls[:before] if call.method in ("sendMessage", "editMessageText")]
    texts = [shown(call) for call in shown_so_far]
    assert len(texts) >= 3 and all("还没有写完" in text for text in texts[:-1])
    check_verified(texts)
    assert all(step in message["text"] for step in STEPS) and "还没有写完" not in message["text"]
    assert message["reply_markup"]["inline_keyboard"] and api.refusals(429) == []
    assert len(api.calls_of("sendMessageDraft")) == 2, "each chat is tried once"
    # Whoever deletes what was shown so far still gets the answer.
    assert all(step in api.replies(other)[1]["text"] for step in STEPS)


class Ledger:
    """Counts the announcements of a message that is about to leave."""

    def __init__(self) -> None:
        self.sendings = 0

    async def sending(self, index: int) -> None:
        self.sendings += 1

    async def sent(self, index: int, message_id: int) -> None:
        """Nothing to note."""


class Show:
    """A stream before a server in memory, in simulated time."""

    def __init__(self) -> None:
        self.time = SimulatedTime()
        self.server = Server(self.time)
        delivery = Delivery(make_bot(self.server), clock=self.time, sleep=self.time.sleep)
        self.ledger = Ledger()
        self.stream = Stream(delivery, Target(5, reply_to=3), self.ledger, sleep=self.time.sleep)

    async def write(self, count: int, every_s: float, chars: int = 10) -> None:
        """Write so many sentences at this pace."""
        answer = make_answer([("党" * chars, (n,)) for n in range(1, count + 1)])
        async with self.stream as stream:
            for statement, citation in zip(answer.statements, answer.citations, strict=True):
                stream.add(statement, [citation])
                await self.time.sleep(every_s)

    @property
    def methods(self) -> list[str]:
        return [call.method for call in self.server.calls]


async def test_an_answer_that_comes_at_once_is_not_shown_in_parts() -> None:
    show = Show()
    await show.time.run(show.write(9, 0.1))
    assert show.methods == [] and show.ledger.sendings == 0


async def test_drafts_leave_no_mark_and_a_message_is_announced_once() -> None:
    drafts, edits = Show(), Show()
    await drafts.time.run(drafts.write(5, 2.0))
    assert set(drafts.methods) == {"sendMessageDraft"} and len(drafts.methods) == 5
    assert (drafts.ledger.sendings, drafts.stream.message_id) == (0, None)
    edits.server.faults[5].append(refusal(400, "TEXTDRAFT_PEER_INVALID"))
    await edits.time.run(edits.write(5, 2.0))
    assert edits.methods == ["sendMessageDraft", "sendMessage", *["editMessageText"] * 4]
    assert (edits.ledger.sendings, edits.stream.message_id, edits.server.floods) == (1, 1, 0)


async def test_what_no_longer_fits_one_message_waits_for_the_whole_answer() -> None:
    show = Show()
    await show.time.run(show.write(9, 2.0, chars=900))
    assert len(show.methods) == 4 and all(len(call.fields["text"]) <= 4096 for call in show.server.calls)


async def test_a_person_who_blocked_the_bot_is_shown_nothing_more() -> None:
    show = Show()
    show.server.faults[5] += [refusal(400, "no drafts"), refusal(403, "Forbidden: bot was blocked")]
    await show.time.run(show.write(5, 2.0))
    assert show.methods == ["sendMessageDraft", "sendMessage"] and show.stream.message_id is None
