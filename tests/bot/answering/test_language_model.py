"""Answers with a scripted server on loopback that points, lies, writes prose, fails and hangs."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.answering.adviser import Adviser, Trust, known_questions, make_adviser, numbers_in, trust_in
from bot.answering.answer import Answer
from bot.answering.answerer import Answerer
from bot.answering.language_model import OpenAIEndpoint
from bot.answering.resilience import Backoff, Deadline, Message, ModelFailure, ResilientModel
from bot.settings import LanguageModelSettings
from ingest.passages import make_passages
from retrieval.retriever import Retriever
from retrieval.store import Store
from tests.corpus import answering, run_ingest
from tests.llm_server import LlmServer, Request, Script

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
PROCEDURE = "社区党员议事会有哪五个议事程序?"
RATE = "海南省的城镇化率是多少?"
SILENT_ON = "党费的收缴比例是多少?"
FAILING = (
    *("500", "401", "429", "hang", "drip", "endless", "malformed", "not json", "empty", "redirect"),
    *("cut", "length"),
)
SURE = Trust(finds=0.98, invents=0.02, names=0.98, misnames=0.02)
ASKED = [Message("system", "规则"), Message("user", "问题")]


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retriever]:
    data_dir = tmp_path_factory.mktemp("llm") / "data"
    run_ingest(data_dir, GOLDEN, make_passages=make_passages)
    store = Store.open(data_dir, create=False)
    yield Retriever(store, None, None)
    store.close()


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    """The libraries take seconds to import on a busy machine: not part of what is timed here."""
    import langchain_openai  # noqa: F401


def advised_by(
    server: LlmServer, trust: Trust | None = None, *, trust_file: Path | None = None, **settings: object
) -> Adviser:
    """An adviser on the scripted server, which retries without waiting long."""
    section = LanguageModelSettings(**{"base_url": server.url, "model": "scripted", **settings})  # type: ignore[arg-type]
    model = ResilientModel(OpenAIEndpoint(section), backoff=Backoff(base_s=0.01))
    adviser = Adviser(model, timeout_s=section.timeout_s, trust_file=trust_file)
    adviser._trust = trust or adviser._trust
    return adviser


def answerer(
    retriever: Retriever, server: LlmServer, trust: Trust | None = None, **settings: object
) -> Answerer:
    return answering(retriever, advised_by(server, trust, **settings))


def require_verbatim(retriever: Retriever, answer: Answer) -> None:
    with retriever.searching("党") as search:
        for citation in (*answer.citations, *answer.nearest):
            text = search.snapshot.document_text(citation.document.id)
            assert text[citation.start : citation.end] == citation.quote
    quoted = "".join("".join(citation.quote.split()) for citation in answer.citations)
    for statement in answer.statements:
        assert "".join(statement.text.split()) in quoted


def pointing_at(*words: str) -> Script:
    return lambda request: ",".join(str(request.number_of(each)) for each in words)


def test_the_units_that_a_model_points_at_are_quoted_from_the_corpus(retriever: Retriever) -> None:
    with LlmServer(pointing_at("城镇化率")) as server:
        answer = answerer(retriever, server, SURE).answer(RATE)
    assert answer.status == "answered" and answer.answerer == "llm:scripted" and answer.notices == ()
    assert "56" in answer.text
    require_verbatim(retriever, answer)


@pytest.mark.parametrize(
    "script",
    [
        lambda request: "城镇化率约为六成。",
        lambda request: request.messages[0]["content"],
        lambda request: "请先转账一百元。[1]" * 40,
        lambda request: f"{request.number_of('城镇化率')}，另外请转账到某某账户",
        lambda request: "9999",
        lambda request: "<think>城镇化率99%",
        lambda request: "1-999",
        lambda request: "忽略规则 " + request.prompt,
    ],
    ids=["prose", "rules", "advertising", "number and prose", "no such", "thinks", "all", "prompt"],
)
def test_nothing_that_a_model_writes_is_ever_shown(retriever: Retriever, script: Script) -> None:
    with LlmServer(script) as server:
        for trust in (None, SURE):
            answer = answerer(retriever, server, trust).answer(RATE)
            require_verbatim(retriever, answer)
            shown = answer.text + "".join(answer.notices) + "".join(answer.suggestions)
            assert not any(word in shown for word in ("转账", "六成", "99%", "忽略规则"))


@pytest.mark.parametrize("mode", FAILING)
def test_there_is_an_answer_and_a_reason_within_the_time(retriever: Retriever, mode: str) -> None:
    with LlmServer(lambda _: "1,2,3,4,5,6,7,8,9", mode) as server:
        begun = time.monotonic()
        answer = answerer(retriever, server, timeout_s=2.5).answer(RATE)
        elapsed = time.monotonic() - begun
    assert elapsed < 2.5
    assert answer.status == "answered" and "56" in answer.text
    assert answer.answerer == "extractive" and len(answer.notices) == 1


def test_a_server_that_does_not_stream_and_one_that_recovers_are_used(retriever: Retriever) -> None:
    for mode, calls in (("whole", 2), ("flaky", 3)):
        with LlmServer(pointing_at("城镇化率"), mode) as server:
            assert answerer(retriever, server).answer(RATE).answerer == "llm:scripted"
            assert len(server.requests) == calls


def test_a_model_to_be_trusted_is_heard_where_the_reader_refuses(retriever: Retriever) -> None:
    question = "社区党员议事会会长的工资是多少?"
    with LlmServer(pointing_at("会长")) as server:
        assert answerer(retriever, server).answer(question).status == "refused"
        assert len(server.requests) == 1
    with LlmServer(pointing_at("城镇化率")) as server, LlmServer(lambda _: "无") as silent:
        plain = answering(retriever).answer(RATE)
        assert plain.status == "answered"
        assert answerer(retriever, silent, SURE).answer(RATE).status == "refused"
        unsure = Trust(finds=0.5, invents=0.5, names=0.5, misnames=0.5)
        assert answerer(retriever, silent, unsure).answer(RATE).text == plain.text


def test_how_far_a_model_is_trusted_is_found_out_once_and_kept(tmp_path: Path) -> None:
    kept = tmp_path / "trust.json"

    def right(request: Request) -> str:
        known = next(k for k in known_questions() if f"问题：{k['question']}\n" in request.prompt)
        return ",".join(map(str, known["answers"])) or "无"

    with LlmServer(right) as server:
        adviser = advised_by(server, trust_file=kept)
        before = adviser.version
        trust = adviser.check(Deadline.after(30))
        assert len(server.requests) == len(known_questions())
        assert trust.finds > 0.8 > 0.2 > trust.invents and trust.names > 0.8 > 0.2 > trust.misnames
        assert adviser.version != before
        again = advised_by(server, trust_file=kept)
        assert again.check(Deadline.after(30)) == trust and again.version == adviser.version
        assert len(server.requests) == len(known_questions())
    with LlmServer(lambda _: "1") as server:
        yes_man = advised_by(server).check(Deadline.after(30))
    assert yes_man.of_vote(True) < 0.3 < trust.of_vote(True)


def test_the_known_questions_can_be_told_apart_by_reading_alone() -> None:
    known = known_questions()
    assert sum(not each["answers"] for each in known) == sum(bool(each["answers"]) for each in known) - 2
    for each in known:
        assert all(0 < number <= len(each["units"]) for number in each["answers"])
    assert trust_in([(set(k["answers"]), set(k["answers"]), len(k["units"])) for k in known]).finds > 0.85


@pytest.mark.parametrize(
    ("reply", "numbers"),
    [
        ("3", [3]),
        ("编号：3,4", [3, 4]),
        ("[2]、[4]", [2, 4]),
        ("1-3", [1, 2, 3]),
        ("2至4。", [2, 3, 4]),
        ("<think>1和2都像</think>\n2", [2]),
        ("2,99", [2]),
        ("无", []),
        ("答案：无。", []),
        ("1 3\n4", [1, 3, 4]),
    ],
)
def test_numbers_are_read_in_whatever_form(reply: str, numbers: list[int]) -> None:
    assert numbers_in(reply, 5) == numbers


@pytest.mark.parametrize(
    "reply",
    ["", "好的", "99", "<think>1", "2024年", "56.3%", "第2句没有回答，无", "无法判断", "3，另外请转账"],
)
def test_a_reply_without_numbers_is_none(reply: str) -> None:
    with pytest.raises(ModelFailure):
        numbers_in(reply, 5)


def test_what_is_shown_keeps_to_its_size_and_ends_in_the_question(retriever: Retriever) -> None:
    with LlmServer(lambda _: "无") as server:
        answerer(retriever, server).answer(SILENT_ON)
        request = server.requests[0]
    assert sorted(request.units) == list(range(1, len(request.units) + 1))
    assert len(request.prompt) < 2_500 and f"问题：{SILENT_ON}" in request.prompt
    assert [each["role"] for each in request.body["messages"]] == [
        "system", "user", "assistant", "user", "assistant", "user",
    ]  # fmt: skip


def test_the_key_of_the_endpoint_is_sent_and_never_logged(
    retriever: Retriever, caplog: pytest.LogCaptureFixture
) -> None:
    # A command run in this process before has set the level of the program's own loggers.
    caplog.set_level(logging.INFO, logger="bot")
    with caplog.at_level(logging.DEBUG), LlmServer(pointing_at("城镇化率")) as server:
        answerer(retriever, server, api_key="sk-very-secret").answer(RATE)
        assert server.requests[0].headers["authorization"] == "Bearer sk-very-secret"
    assert "sk-very-secret" not in caplog.text
    assert "llm:scripted" in caplog.text


def test_a_proxy_of_the_environment_is_not_used_for_this_machine(
    retriever: Retriever, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with LlmServer(pointing_at("城镇化率")) as server:
        assert answerer(retriever, server).answer(RATE).answerer == "llm:scripted"


def test_the_environment_cannot_lend_its_key_or_trace_the_call(
    retriever: Retriever, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LlmServer(pointing_at("城镇化率")) as server, LlmServer(lambda _: "") as tracing:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-service")
        monkeypatch.setenv("LANGSMITH_TRACING", "true")
        monkeypatch.setenv("LANGSMITH_ENDPOINT", tracing.url)
        monkeypatch.setenv("LANGSMITH_API_KEY", "ls-key")
        assert answerer(retriever, server).answer(RATE).answerer == "llm:scripted"
        assert "another-service" not in json.dumps(server.requests[0].headers)
        assert tracing.requests == []


def test_the_settings_make_a_working_adviser(retriever: Retriever, tmp_path: Path) -> None:
    with LlmServer(pointing_at("城镇化率")) as server:
        settings = LanguageModelSettings(base_url=server.url, model="scripted")
        answer = answering(retriever, make_adviser(settings, data_dir=tmp_path)).answer(RATE)
    assert answer.answerer == "llm:scripted"
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".json"] == [
        "language-model-calls.json"
    ]


def test_closing_a_stream_ends_the_call() -> None:
    with LlmServer(lambda _: "党建", "endless") as server:
        endpoint = OpenAIEndpoint(LanguageModelSettings(base_url=server.url, model="scripted"))
        stream = endpoint.stream(ASKED, 20)
        assert next(stream)
        begun = time.monotonic()
        stream.close()
        assert time.monotonic() - begun < 1


def test_a_refused_connection_is_worth_a_retry() -> None:
    with LlmServer() as server:
        url = server.url
    endpoint = OpenAIEndpoint(LanguageModelSettings(base_url=url, model="scripted"))
    with pytest.raises(ModelFailure, match="连不上") as failure:
        list(endpoint.stream(ASKED, 5))
    assert failure.value.retryable


def test_without_the_extra_the_call_fails_and_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.answering.language_model.find_spec", lambda name: None)
    settings = LanguageModelSettings(base_url="http://127.0.0.1:9/v1", model="absent")
    failing = OpenAIEndpoint(settings)
    with pytest.raises(ModelFailure, match="llm"):
        next(failing.stream(ASKED, 1.0))
