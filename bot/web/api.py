"""The door for programs that speak JSON: what the commands print with ``--json``, over HTTP."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.answering.conversation import Key, Turn
from bot.asking import QUESTION_CHARS_MAX
from bot.reading import find_document
from bot.rendering.explain import explain_json
from bot.rendering.json import answer_json, document_json, evidence_json, passage_json
from bot.rendering.legible import json_text
from bot.rendering.topics import topic_page, topics_json
from bot.web.openapi import describe
from bot.web.site import Site, whole_number
from bot.web.views import Filters
from retrieval.records import ScoredPassage
from retrieval.topics import matching

if TYPE_CHECKING:
    from bot.web.people import Person
    from retrieval.retriever import Search
    from retrieval.snapshot import Snapshot

BEFORE_MAX = 5
"""So many earlier questions of a conversation are looked at."""
_FOUND_MAX = 100
_PAGE_MAX = 200
_NAME_CHARS_MAX = 100
Json = dict[str, Any]


class Api:
    """The JSON door of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site

    @property
    def routes(self) -> list[Route]:
        """Its places."""
        return [
            Route("/api/ask", self.ask, methods=["GET", "POST"]),
            Route("/api/search", self.search),
            Route("/api/documents", self.documents),
            Route("/api/documents/{document_id:str}", self.document),
            Route("/api/passages/{passage_id:str}", self.passage),
            Route("/api/topics", self.topics),
            Route("/api/openapi.json", self.description),
        ]

    async def ask(self, request: Request) -> Response:
        """The answer to a question, as ``dangwu ask --json`` prints it."""
        person = self._site.person(request)
        asked = await body_of(request) if request.method == "POST" else dict(request.query_params)
        question = text_in(asked, "question") or text_in(asked, "q")
        before: Any = asked.get("before", [])
        if not isinstance(before, list) or not all(isinstance(each, str) for each in before):
            raise HTTPException(400, "before 应是字符串的列表。")
        turn = await answered(
            self._site, person, question, before, conversation=text_in(asked, "conversation")
        )
        answer_id = asked.get("id") or secrets.token_hex(6)
        more = {"rewritten": turn.rewritten} if turn.is_rewritten else {}
        return say(answer_json(turn.answer, answer_id=answer_id, extra=more))

    async def search(self, request: Request) -> Response:
        """The passages nearest to a question, as ``dangwu search --json`` prints them."""
        person = self._site.person(request)
        asked = request.query_params
        count = min(max(whole_number(asked.get("k", ""), 5), 1), _FOUND_MAX)
        return say(await found(self._site, person, asked.get("q", ""), count, bool(asked.get("explain"))))

    async def documents(self, request: Request) -> Response:
        """The documents, as ``dangwu list --json`` prints them, a page at a time."""
        person = self._site.person(request)
        asked = request.query_params
        wanted = Filters(*(asked.get(name, "")[:200] for name in ("q", "status", "kind", "audience")))
        page = max(whole_number(asked.get("page", ""), 1), 1)
        size = min(max(whole_number(asked.get("n", ""), _PAGE_MAX), 1), _PAGE_MAX)
        return say(await listed(self._site, person, wanted, page, size))

    async def document(self, request: Request) -> Response:
        """One document with its whole text."""
        person = self._site.person(request)
        return say(await read(self._site, person, request.path_params["document_id"]))

    async def passage(self, request: Request) -> Response:
        """One passage with the ids of its neighbours."""
        person = self._site.person(request)
        passage_id = request.path_params["passage_id"]
        view = await self._site.assistant.passage(passage_id, person.audiences)
        shown = passage_json(ScoredPassage(view.passage, 0.0))
        for name in ("score", "also_in"):
            del shown[name]
        place = {"position": view.position, "total": view.total}
        return say(shown | place | {"previous_id": view.previous_id, "next_id": view.next_id})

    async def topics(self, request: Request) -> Response:
        """The procedures and models with a name, as ``dangwu topics --json`` prints them."""
        person = self._site.person(request)
        words = request.query_params.get("q", "").strip()[:200]
        page = max(whole_number(request.query_params.get("page", ""), 1), 1)
        topics = await self._site.assistant.topics(person.audiences)
        overview = await self._site.assistant.overview(person.audiences)
        return say(topics_json(topic_page(matching(topics, words), words, page, 20), overview.index_version))

    async def description(self, request: Request) -> Response:
        """What this door takes and gives, for programs that read OpenAPI; no secret, so for everybody."""
        return say(describe(self._site.settings.url))


async def answered(
    site: Site, person: Person, question: str, before: list[str], *, conversation: str = ""
) -> Turn:
    """The turn of a program's question; ``before`` are those that it says were asked before."""
    if not site.people.is_open or person.is_program:
        site.admit(person)
    who = str(person.number)
    if before:
        # Nobody else's conversation, whoever the program asks for.
        key = Key("program", secrets.token_hex(8), "", secrets.token_hex(8))
    else:
        key = Key("program", conversation[:_NAME_CHARS_MAX] or secrets.token_hex(8), "", who)
    earlier = [each.strip()[:QUESTION_CHARS_MAX] for each in before if each.strip()][-BEFORE_MAX:]
    async with site.turn(person):
        return await site.assistant.ask(key, question, "", person.audiences, before=earlier)


async def found(site: Site, person: Person, question: str, count: int, explains: bool) -> Json:
    """What a search finds."""
    if not site.people.is_open or person.is_program:
        site.admit(person)

    def look(search: Search) -> Json:
        more = {"explain": explain_json(search, count)} if explains else {}
        return evidence_json(search.evidence(count)) | more

    async with site.turn(person):
        return await site.assistant.searching(question, person.audiences, look)


async def listed(site: Site, person: Person, wanted: Filters, page: int, size: int) -> Json:
    """A page of the documents that are wanted."""

    def work(snapshot: Snapshot) -> Json:
        register = site.assistant.register(snapshot)
        served = [each for each in snapshot.holdings() if each.quarantine is None]
        served = [replace(each, info=register.effective(each.info)) for each in served]
        held = [each for each in served if wanted.match(each.info)]
        shown = held[(page - 1) * size : page * size]
        rows = [
            {
                **document_json(each.info),
                "date": each.info.metadata.get("date", ""),
                "issuer": each.info.metadata.get("issuer", ""),
                "audience": each.info.audience,
                "format": each.format,
                "passages": each.passages,
            }
            for each in shown
        ]
        pages = max(1, -(-len(held) // size))
        return {"documents": rows, "n": len(held), "page": page, "pages": pages} | {
            "index_version": snapshot.index_version
        }

    return await site.assistant.read(person.audiences, work)


async def read(site: Site, person: Person, document_id: str) -> Json:
    """One document whole; Gone where there is none for this person."""

    def work(snapshot: Snapshot) -> Json:
        view = find_document(snapshot, document_id)
        document = site.assistant.register(snapshot).effective(view.document)
        return {
            **document_json(document),
            "audience": document.audience,
            "metadata": dict(document.metadata),
            "passages": view.total,
            "first_passage": view.first_id,
            "text": snapshot.document_text(document_id),
            "index_version": snapshot.index_version,
        }

    return await site.assistant.read(person.audiences, work)


async def body_of(request: Request) -> Json:
    """The JSON object that was sent; HTTPException for anything else."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        # A page of another site can make a browser send anything but this.
        raise HTTPException(415, "请求的正文应是 application/json。")
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise HTTPException(400, "请求的正文不是 JSON。") from None
    if not isinstance(body, dict):
        raise HTTPException(400, "请求的正文应是一个 JSON 对象。")
    return body


def text_in(body: Json, name: str) -> str:
    """A string of the body, empty where there is none; HTTPException where it is something else."""
    value = body.get(name, "")
    if not isinstance(value, str):
        raise HTTPException(400, f"{name} 应是字符串。")
    return value


def say(document: Any) -> Response:
    """A JSON document as the response."""
    return Response(json_text(document), media_type="application/json")
