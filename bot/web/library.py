"""The pages of the library: documents, one as it is read, what cleaning did to it, topics, search."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.reading import Gone
from bot.rendering.explain import explain_json
from bot.reporting.comparison import Comparison, compare
from bot.web.site import Site, whole_number
from bot.web.views import Filters, document_page, lines_of, shelf
from retrieval.topics import matching

if TYPE_CHECKING:
    from retrieval.retriever import Search
    from retrieval.snapshot import Snapshot

_DOCUMENTS_SHOWN = 50
_TOPICS_SHOWN = 50
_FOUND_SHOWN = 10
_COMPARED_CHARS = 30_000
_WORDS_CHARS_MAX = 200


class LibraryPages:
    """The pages of one site where people read."""

    def __init__(self, site: Site) -> None:
        self._site = site

    @property
    def routes(self) -> list[Route]:
        """Their places."""
        return [
            Route("/library", self.documents),
            Route("/library/{document_id:str}", self.document),
            Route("/library/{document_id:str}/edits", self.edits),
            Route("/topics", self.topics),
            Route("/search", self.search),
        ]

    async def documents(self, request: Request) -> Response:
        """The documents that this person may see, as far as the filters want them."""
        person = self._site.person(request)
        asked = request.query_params
        wanted = Filters(
            *(asked.get(name, "")[:_WORDS_CHARS_MAX] for name in ("q", "status", "kind", "audience"))
        )
        held = await self._site.assistant.documents(person.audiences)
        shown = shelf(held, wanted, whole_number(asked.get("page", ""), 1), _DOCUMENTS_SHOWN)
        return self._site.page(request, "library.html", shelf=shown, wanted=wanted)

    async def document(self, request: Request) -> Response:
        """One document as it is read, a part at a time."""
        person = self._site.person(request)
        document_id = request.path_params["document_id"]
        part = whole_number(request.query_params.get("part_no", ""), 1)
        assistant = self._site.assistant
        page = await assistant.read(
            person.audiences,
            lambda snapshot: document_page(snapshot, assistant.register(snapshot), document_id, part),
        )
        # The structure is found in the text as this person may read it.
        page = await self._site.assistant.work.run(lambda: replace(page, lines=lines_of(page)))
        changes = await self._changes(document_id) if person.role != "member" else []
        return self._site.page(request, "document.html", page=page, changes=changes)

    async def edits(self, request: Request) -> Response:
        """The text of a document before and after cleaning; for staff, since it is not masked."""
        person = self._site.person(request, "staff")
        document_id = request.path_params["document_id"]
        document, comparison = await self._site.assistant.read(
            person.audiences, lambda snapshot: _compared(snapshot, document_id)
        )
        return self._site.page(request, "edits.html", document=document, comparison=comparison)

    async def topics(self, request: Request) -> Response:
        """The procedures and models that have a name, best first."""
        person = self._site.person(request)
        words = request.query_params.get("q", "").strip()[:_WORDS_CHARS_MAX]
        topics = await self._site.assistant.topics(person.audiences)
        found = matching(topics, words) if words else list(topics)
        pages = max(1, -(-len(found) // _TOPICS_SHOWN))
        page = min(max(whole_number(request.query_params.get("page", ""), 1), 1), pages)
        shown = found[(page - 1) * _TOPICS_SHOWN : page * _TOPICS_SHOWN]
        return self._site.page(
            request, "topics.html", topics=shown, total=len(found), words=words, page=page, pages=pages
        )

    async def search(self, request: Request) -> Response:
        """The passages nearest to a question, with the reasons of their order."""
        person = self._site.person(request)
        question = request.query_params.get("q", "")
        if not question.strip():
            return self._site.page(request, "search.html", question="", evidence=None, reasons={})
        self._site.admit(person)

        def look(search: Search) -> tuple[Any, dict[str, Any]]:
            return search.evidence(_FOUND_SHOWN), explain_json(search, _FOUND_SHOWN)

        async with self._site.turn(person):
            evidence, reasons = await self._site.assistant.searching(question, person.audiences, look)
        return self._site.page(request, "search.html", question=question, evidence=evidence, reasons=reasons)

    async def _changes(self, document_id: str) -> list[dict[str, Any]]:
        """The versions that changed a document, newest first."""
        from retrieval.history import past_versions

        store = self._site.core.open_store()
        versions = await self._site.assistant.work.run(lambda: past_versions(store))
        return [
            {"version": each.version, "change": changed["change"], "reason": changed.get("reason", "")}
            for each in versions
            for changed in each.documents
            if changed.get("id") == document_id
        ]


def _compared(snapshot: Snapshot, document_id: str) -> tuple[Any, Comparison]:
    from ingest.cleaning import undo_edits
    from ingest.records import Edit

    try:
        document = snapshot.document(document_id)
    except KeyError as exc:
        raise Gone(document_id) from exc
    edits = [Edit(**each) for each in snapshot.document_edits(document_id)]
    raw = undo_edits(snapshot.document_text(document_id), edits)
    return document, compare(raw, edits, _COMPARED_CHARS)
