"""The pages where people ask: question, answer, sources, and what they think of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.answering.answer import Answer
from bot.answering.conversation import Key, Turn
from bot.answering.small_talk import small_talk
from bot.asking import QUESTION_CHARS_MAX
from bot.rendering.forwarding import render_forwardable
from bot.rendering.json import answer_json
from bot.telegram.callbacks import VERDICTS
from bot.web.site import Site, see_other, session_of, text_of, whole_number
from bot.web.views import source_view
from retrieval.errors import InputError

if TYPE_CHECKING:
    from bot.web.sessions import GivenTurn, Session

PAGE_CHAT = 0
"""What stands in the records for the chat of an answer that was given on the page."""
_EXAMPLES = 4
_COMMENT_CHARS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Shown:
    """A turn as the page shows it: ``given`` where it can be voted on, ``forward`` as it may be passed on.

    ``is_outdated`` where the corpus has changed since: what it quotes may be for fewer people now.
    """

    turn: Turn
    given: GivenTurn | None
    forward: str
    share: str
    is_outdated: bool = False

    @property
    def answer(self) -> Answer:
        return self.turn.answer

    @property
    def is_talk(self) -> bool:
        """Whether it is a greeting, on which nobody has a verdict."""
        return bool(small_talk(self.turn.asked))


class AskPages:
    """The pages of one site where people ask."""

    def __init__(self, site: Site) -> None:
        self._site = site

    @property
    def routes(self) -> list[Route]:
        """Their places."""
        return [
            Route("/", self.start),
            Route("/ask", self.shared, methods=["GET"]),
            Route("/ask", self.ask, methods=["POST"]),
            Route("/new", self.begin_anew, methods=["POST"]),
            Route("/vote", self.vote, methods=["POST"]),
            Route("/comment", self.comment, methods=["POST"]),
            Route("/source/{passage_id:str}", self.source),
        ]

    async def start(self, request: Request) -> Response:
        """The question, and below it what this browser has asked, the last first."""
        person = self._site.person(request)
        session = session_of(request)
        version = (await self._site.assistant.overview(person.audiences)).index_version
        turns = [_shown(each, version) for each in reversed(session.turns)]
        topics = [] if turns else list(await self._site.assistant.topics(person.audiences))[:_EXAMPLES]
        return self._site.page(
            request,
            "ask.html",
            turns=turns,
            examples=[f"什么是{topic.name}？" for topic in topics if topic.is_explained],
            question="",
            chars_max=QUESTION_CHARS_MAX,
        )

    async def ask(self, request: Request) -> Response:
        """Answer a question of this browser's conversation, and lead on to the page that has the answer."""
        person = self._site.person(request)
        session = session_of(request)
        form = await self._site.form(request)
        try:
            turn = await self._turn(request, session, text_of(form, "question"))
        except InputError as exc:
            session.notice = f"{exc.message}{exc.remedy}"
            return see_other("/")
        answer_id = 0
        if not small_talk(turn.asked):
            record = answer_json(turn.answer, answer_id=None) | {"suggestions": list(turn.answer.suggestions)}
            answer_id = self._site.store.keep_answer(PAGE_CHAT, person.number, record)
        session.add(turn, answer_id)
        return see_other("/#answer")

    async def shared(self, request: Request) -> Response:
        """The answer to the question of a link, outside of every conversation."""
        person = self._site.person(request)
        question, version = request.query_params.get("q", ""), request.query_params.get("v", "")
        if not question.strip():
            return see_other("/")
        self._site.admit(person)
        async with self._site.turn(person):
            answer = await self._site.assistant.answer_once(question, person.audiences)
        turn = Turn(answer.question, answer.question, answer)
        is_other = bool(version) and bool(answer.index_version) and version != answer.index_version
        return self._site.page(
            request,
            "shared.html",
            shown=Shown(turn, None, render_forwardable(turn), _share(turn)),
            former_version=version[:40] if is_other else "",
        )

    async def begin_anew(self, request: Request) -> Response:
        """Forget the conversation of this browser."""
        person = self._site.person(request)
        session = session_of(request)
        await self._site.form(request)
        self._site.assistant.forget_conversation(_key(session, person.number))
        session.turns.clear()
        return see_other("/")

    async def vote(self, request: Request) -> Response:
        """Keep what this browser thinks of an answer that it was given."""
        person = self._site.person(request)
        session = session_of(request)
        form = await self._site.form(request)
        number, verdict = whole_number(text_of(form, "turn")), text_of(form, "verdict")
        given = next((each for each in session.turns if each.number == number), None)
        if given is None or not given.answer_id or verdict not in VERDICTS:
            raise HTTPException(404, "没有这个回答，请重新提问。")
        self._site.store.vote(given.answer_id, person.number, verdict)
        session.notice = f"已记下：{verdict}。谢谢。"
        return see_other("/#answer")

    async def comment(self, request: Request) -> Response:
        """Keep what somebody writes to the maintainers."""
        person = self._site.person(request)
        session = session_of(request)
        text = text_of(await self._site.form(request), "comment").strip()
        if not text:
            session.notice = "意见是空的。"
            return see_other("/")
        self._site.admit(person)
        self._site.store.comment(person.number, text[:_COMMENT_CHARS_MAX])
        session.notice = "意见已经记下，谢谢。"
        return see_other("/")

    async def source(self, request: Request) -> Response:
        """A quote in its place in the document."""
        person = self._site.person(request)
        start, end = (whole_number(request.query_params.get(name, "")) for name in ("start", "end"))
        passage_id = request.path_params["passage_id"]
        assistant = self._site.assistant
        view = await assistant.read(
            person.audiences,
            lambda snapshot: source_view(snapshot, assistant.register(snapshot), passage_id, start, end),
        )
        return self._site.page(request, "source.html", view=view)

    async def _turn(self, request: Request, session: Session, text: str) -> Turn:
        person = self._site.person(request)
        self._site.admit(person)
        async with self._site.turn(person):
            return await self._site.assistant.ask(
                _key(session, person.number), text, "", person.audiences, when_empty=" 请写下要问的问题。"
            )


def _key(session: Session, person: int) -> Key:
    return Key("page", str(session.number), "", str(person))


def _shown(given: GivenTurn, version: str) -> Shown:
    turn = given.turn
    is_outdated = turn.answer.index_version not in ("", version)
    return Shown(turn, given, render_forwardable(turn), _share(turn), is_outdated)


def _share(turn: Turn) -> str:
    return "/ask?" + urlencode({"q": turn.rewritten, "v": turn.answer.index_version})
