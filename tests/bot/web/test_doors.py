"""The doors for programs, by the clients that people use: each answer is the terminal's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from starlette.routing import Route

from bot.compose import Application
from bot.rendering.json import answer_json
from bot.settings import Settings
from bot.web.openapi import describe
from bot.web.people import new_key
from retrieval.config import EmbeddingSettings
from retrieval.records import EVERYONE, STAFF
from tests.bot.web.harness import (
    CANARY,
    INTERNAL_QUESTION,
    MOBILE,
    QUESTION,
    Running,
    WithReader,
    serving,
)

QUESTIONS = (QUESTION, "社区党员服务站的电脑是什么牌子？", "党费由谁收缴？", INTERNAL_QUESTION)
_VARYING = ("id", "elapsed_ms")


@pytest.fixture(scope="module")
def terminal(library: Path) -> Iterator[Application]:
    """The program as the terminal runs it, over the same corpus."""
    settings = Settings(_env_file=None, data_dir=library, embedding=EmbeddingSettings(model="none"))
    with WithReader(settings, announce=print) as application:
        yield application


@pytest.fixture(scope="module")
def keys() -> dict[str, tuple[str, str]]:
    """Keys and their lines: for everybody's documents, for internal ones, and one that is soon used up."""
    return {
        name: new_key(f"{name}:{rest}")
        for name, rest in (("网站", "公开:500"), ("办公", "内部:500"), ("慢", "公开:2"))
    }


@pytest.fixture(scope="module")
def keyed(library: Path, keys: dict[str, tuple[str, str]]) -> Iterator[Running]:
    """A site that serves programs by their keys alone."""
    with serving(library, keys=tuple(line for _, line in keys.values())) as running:
        yield running


def same(document: dict[str, Any]) -> dict[str, Any]:
    """An answer without what differs each time it is given."""
    return {key: value for key, value in document.items() if key not in _VARYING}


def as_printed(terminal: Application, question: str, audiences: Any = STAFF) -> dict[str, Any]:
    """The answer as the terminal prints it."""
    answer = terminal.answerer.answer(question, audiences=audiences)
    return same(json.loads(json.dumps(answer_json(answer, answer_id=None), ensure_ascii=False)))


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_json_door_gives_what_the_terminal_prints(
    site: Running, terminal: Application, question: str
) -> None:
    with site.client() as client:
        posted = client.post("/api/ask", json={"question": question, "id": "q7"}).json()
        got = client.get("/api/ask", params={"q": question}).json()
    assert posted["id"] == "q7" and same(posted) == same(got) == as_printed(terminal, question)


def test_every_response_is_as_it_is_described(site: Running) -> None:
    with site.client() as client:
        described = client.get("/api/openapi.json").json()
        documents = client.get("/api/documents").json()
        one = documents["documents"][0]["id"]
        first = client.get(f"/api/documents/{one}").json()["first_passage"]
        calls = {
            "/api/ask": f"/api/ask?q={QUESTION}",
            "/api/search": "/api/search?q=议事程序&k=3&explain=1",
            "/api/documents": "/api/documents?n=2&page=2",
            "/api/documents/{document_id}": f"/api/documents/{one}",
            "/api/passages/{passage_id}": f"/api/passages/{first}",
            "/api/topics": "/api/topics?q=党员",
        }
        for path, call in calls.items():
            said = described["paths"][path]["get"]["responses"]["200"]["content"]["application/json"][
                "schema"
            ]
            found = client.get(call).json()
            jsonschema.validate(found, {**said, "components": described["components"]})
            assert found
        wrong = client.get("/api/documents/0")
        schema = {"$ref": "#/components/schemas/Error", "components": described["components"]}
        jsonschema.validate(wrong.json(), schema)
    assert wrong.status_code == 404


def test_every_place_of_the_doors_is_described_and_no_other(site: Running) -> None:
    from bot.web.api import Api
    from bot.web.openai import ChatCompletions

    routes: list[Route] = [*Api(site.web.site).routes, *ChatCompletions(site.web.site).routes]
    served = {each.path.replace(":str}", "}") for each in routes}
    assert served == set(describe("")["paths"])


def test_a_program_may_lean_on_what_was_asked_before(site: Running) -> None:
    with site.client() as client:
        named = [
            client.post("/api/ask", json={"question": each, "conversation": "甲"}).json()
            for each in (QUESTION, "那第三步呢？")
        ]
        told = client.post("/api/ask", json={"question": "那第三步呢？", "before": [QUESTION]}).json()
        alone = client.post("/api/ask", json={"question": "那第三步呢？", "conversation": "乙"}).json()
    assert "采纳议程" in named[1]["answer"] and named[1]["answer"] == told["answer"]
    assert told["rewritten"] and alone["status"] == "refused"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ('{"question": ', "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ("[]", "application/json", 400),
        ('{"question": 7}', "application/json", 400),
        ('{"question": ""}', "application/json", 400),
        ('{"question": "党费由谁收缴？", "before": "x"}', "application/json", 400),
        ('{"question": "党费由谁收缴？"}', "text/plain", 415),
        ("\xff\xfe", "application/json", 400),
    ],
)
def test_what_is_no_question_is_told_so_in_json(site: Running, body: str, kind: str, status: int) -> None:
    with site.client() as client:
        response = client.post(
            "/api/ask",
            content=body.encode("latin-1", "ignore") if "\xff" in body else body.encode(),
            headers={"content-type": kind},
        )
    assert response.status_code == status and response.json()["error"]["message"]


def test_the_client_of_openai_gets_the_answer_with_its_sources(site: Running, terminal: Application) -> None:
    from openai import NotFoundError, OpenAI

    # The client wants a key, and here any will do.
    with OpenAI(base_url=site.base + "/v1", api_key="x", http_client=site.client()) as client:
        assert [each.id for each in client.models.list()] == ["dangwu"]
        messages: Any = [{"role": "system", "content": "简短"}, {"role": "user", "content": QUESTION}]
        whole = client.chat.completions.create(model="dangwu", messages=messages)
        expected = as_printed(terminal, QUESTION)
        content = whole.choices[0].message.content or ""
        assert content.startswith(expected["answer"]) and "出处\n〔1〕《" in content
        assert whole.model_extra and whole.model_extra["citations"] == expected["citations"]
        pieces = [
            piece
            for chunk in client.chat.completions.create(
                model="dangwu", messages=messages, stream=True, stream_options={"include_usage": True}
            )
            for piece in [chunk.choices[0].delta.content if chunk.choices else None]
            if piece
        ]
        assert len(pieces) > 3 and "".join(pieces) == content
        more: Any = [
            *messages,
            {"role": "assistant", "content": content},
            {"role": "user", "content": "那第三步呢？"},
        ]
        assert "采纳议程" in (
            client.chat.completions.create(model="dangwu", messages=more).choices[0].message.content or ""
        )
        with pytest.raises(NotFoundError):
            client.chat.completions.create(model="gpt-4", messages=messages)


def test_the_client_of_langchain_gets_the_same(keyed: Running, keys: Any, terminal: Application) -> None:
    from langchain_openai import ChatOpenAI

    with keyed.client() as client:
        model = ChatOpenAI(
            model="dangwu", base_url=keyed.base + "/v1", api_key=keys["办公"][0], http_client=client
        )
        answer = model.invoke(QUESTION)
        streamed = "".join(str(each.content) for each in model.stream(QUESTION))
    assert str(answer.content).startswith(as_printed(terminal, QUESTION)["answer"])
    assert streamed == answer.content


async def test_the_client_of_mcp_asks_searches_lists_and_reads(
    keyed: Running, keys: Any, terminal: Application
) -> None:
    pytest.importorskip("mcp")
    import httpx2
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    for name, audiences in (("办公", STAFF), ("网站", EVERYONE)):
        headers = {"authorization": f"Bearer {keys[name][0]}"}
        async with (
            httpx2.AsyncClient(headers=headers, trust_env=False, timeout=60) as web,
            Client(streamable_http_client(keyed.base + "/mcp", http_client=web)) as client,
        ):
            tools = {each.name for each in (await client.list_tools()).tools}
            assert tools == {"ask", "search", "list", "read"}
            for question in QUESTIONS:
                result = await client.call_tool("ask", {"question": question})
                assert same(_told(result)) == as_printed(terminal, question, audiences)
            found = _told(await client.call_tool("search", {"question": "党员议事会", "count": 2}))
            assert len(found["passages"]) == 2
            listed = _told(await client.call_tool("list", {}))
            read = _told(await client.call_tool("read", {"document_id": listed["documents"][0]["id"]}))
            assert (read["text"] and read["next_offset"] is None) or read["next_offset"] > 0
            gone = await client.call_tool("read", {"document_id": "0000"})
            assert gone.is_error
            assert any("换届" in each["title"] for each in listed["documents"]) == (audiences == STAFF)
            assert (
                CANARY
                in json.dumps(
                    _told(await client.call_tool("ask", {"question": INTERNAL_QUESTION})), ensure_ascii=False
                )
            ) == (audiences == STAFF)


def _told(result: Any) -> dict[str, Any]:
    told = result.structured_content or json.loads(result.content[0].text)
    return dict(told.get("result", told))


@pytest.mark.parametrize("path", ["/api/ask?q=党费", "/api/documents", "/v1/models", "/mcp"])
@pytest.mark.parametrize("key", ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer dw-" + "A" * 32])
def test_without_a_key_no_door_opens(keyed: Running, path: str, key: str) -> None:
    with httpx.Client(base_url=keyed.base, trust_env=False) as client:
        assert client.get(path, headers={"authorization": key} if key else {}).status_code == 401


def test_a_key_opens_what_it_is_for_and_as_often_as_it_says(keyed: Running, keys: Any) -> None:
    with keyed.client(headers={"authorization": f"Bearer {keys['网站'][0]}"}) as client:
        assert CANARY not in client.get("/api/ask", params={"q": INTERNAL_QUESTION}).text
        assert MOBILE not in client.get("/api/ask", params={"q": "老党员互助热线的手机是多少？"}).text
        assert client.get("/desk").status_code == 403
    with keyed.client(headers={"authorization": f"Bearer {keys['办公'][0]}"}) as client:
        assert CANARY in client.get("/api/ask", params={"q": INTERNAL_QUESTION}).text
    with keyed.client(headers={"authorization": f"Bearer {keys['慢'][0]}"}) as client:
        codes = [client.get("/api/search", params={"q": "党费"}).status_code for _ in range(3)]
        assert codes == [200, 200, 429]


def test_two_hundred_at_once_each_get_their_own_answer_in_their_own_order(site: Running) -> None:
    import asyncio

    asked = [QUESTION, "党费由谁收缴？", "党费收据保管几年？", "支部委员会第7次会议研究什么？"]

    async def person(number: int, client: httpx.AsyncClient) -> list[str]:
        answers = []
        for step in range(2):
            question = asked[(number + step) % len(asked)]
            response = await client.post("/api/ask", json={"question": question, "conversation": str(number)})
            assert response.status_code == 200, response.text
            answers.append(response.json()["question"])
        return answers

    async def crowd() -> list[list[str]]:
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(
            base_url=site.base, trust_env=False, timeout=300, limits=limits
        ) as client:
            return await asyncio.gather(*(person(number, client) for number in range(200)))

    for number, answers in enumerate(asyncio.run(crowd())):
        assert answers == [asked[(number + step) % len(asked)] for step in range(2)]
