"""The one assistant behind every channel: a message in, a turn out; reading beside it, off the event loop."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from bot import asking
from bot.answering.conversation import Conversations, Dialogue, Key, Turn
from bot.answering.further import Further
from bot.answering.gaps import Gaps
from bot.answering.privacy import for_readers
from bot.answering.small_talk import small_talk
from bot.asking import QUESTION_CHARS_MAX
from bot.feedback import read_feedback
from bot.reading import DocumentView, PassageView, find_document, find_passage
from bot.rendering.feedback import feedback_text
from bot.work import WorkQueue
from retrieval.catalogue import TopicCatalogue
from retrieval.topics import Topic

if TYPE_CHECKING:
    from bot.answering.answer import Answer
    from bot.compose import Application
    from retrieval.authority import Register
    from retrieval.records import Audience, DocumentInfo, Evidence
    from retrieval.retriever import Search
    from retrieval.snapshot import Snapshot

_Result = TypeVar("_Result")
_POINTS_BACK = re.compile(r"[这那此它他她]|(?<!应)该|其(?![他余实次])|上述|上面|前面|以上")
# A text shorter than this asks nothing by itself: 请问, 怎么看, 帮忙查查.
_SELF_CONTAINED_CHARS_MIN = 6
_PASSAGES_LISTED = 5
_FEEDBACK_LISTED = 10
# More threads than processors only make each answer slower.
_WORKERS = 2
# Most of the time of a language model's answer is spent waiting for it.
_WORKERS_THAT_WAIT = 8
QUEUE_MAX = 500
"""Questions of everybody that may wait for a free processor."""
WHEN_EMPTY = "请用一句话提问，如：预备党员的预备期多长？"


@dataclass(frozen=True, slots=True)
class Overview:
    """What the corpus holds for some audience: the version's name, documents and passages."""

    index_version: str
    documents: int
    passages: int


class Assistant:
    """Questions to one application, in the order in which there is room for them.

    Everything that comes from here is as the asker's audiences may read it, see ``for_readers``.
    ``bound`` is how many questions may wait for a thread.
    """

    def __init__(self, application: Application, *, bound: int = QUEUE_MAX) -> None:
        self._application = application
        self._dialogue = Dialogue(
            application.answerer,
            Further(application.retriever, application.answerer),
            Conversations(),
            Gaps(application.data_dir),
        )
        self._catalogue = TopicCatalogue(application.open_store())
        self._keys: dict[str, set[Key]] = {}
        workers = _WORKERS_THAT_WAIT if application.settings.llm.model else _WORKERS
        self.work = WorkQueue(workers=workers, bound=bound)

    async def ask(
        self,
        key: Key,
        text: str,
        context: str,
        audiences: Collection[Audience],
        *,
        before: Sequence[str] = (),
        when_empty: str = WHEN_EMPTY,
    ) -> Turn:
        """The turn of ``text``, which may point at ``context``, a quoted message.

        ``before`` are the questions that a channel without a memory says were asked before in a conversation
        that nobody else has; that conversation is forgotten afterwards.
        InputError, with the channel's remedy ``when_empty``, where there is no question, or too long a one;
        QueueFull where too many wait.
        """
        question, fallback = with_context(text, context, when_empty=when_empty)

        def work() -> Turn:
            for each in before:
                self._dialogue.ask(key, each, audiences=audiences, is_repeated=True)
            turn = self.turn(key, question, audiences)
            if turn.answer.status == "refused" and fallback:
                second = self.turn(key, fallback, audiences)
                turn = second if second.answer.status == "answered" else turn
            return turn

        try:
            return await self.work.run(work)
        finally:
            if before:
                self.forget(key.user)

    def turn(self, key: Key, question: str, audiences: Collection[Audience]) -> Turn:
        """The turn of a question that has been checked, computed in this very thread."""
        self._keys.setdefault(key.user, set()).add(key)
        return for_readers(self._dialogue.ask(key, question, audiences=audiences), audiences)

    async def answer_once(self, text: str, audiences: Collection[Audience]) -> Answer:
        """The answer for these audiences, outside of every conversation; raises as ``ask`` does."""
        question = checked_question(text)
        answerer = self._application.answerer
        return await self.work.run(
            lambda: for_readers(answerer.answer(question, audiences=audiences), audiences)
        )

    def forget_conversation(self, key: Key) -> None:
        """Begin one conversation anew."""
        self._dialogue.conversations.forget(key)

    def forget(self, user: str) -> None:
        """Drop every conversation of a person."""
        for key in self._keys.pop(user, set()):
            self._dialogue.conversations.forget(key)

    async def search(
        self, text: str, audiences: Collection[Audience], *, count: int = _PASSAGES_LISTED
    ) -> Evidence:
        """The ``count`` passages nearest to ``text``; InputError and QueueFull as with an answer."""
        return await self.searching(text, audiences, lambda search: search.evidence(count))

    async def searching(
        self, text: str, audiences: Collection[Audience], look: Callable[[Search], _Result]
    ) -> _Result:
        """What ``look`` makes of a whole search while its snapshot is held; raises as ``search`` does."""
        question = checked_question(text)
        retriever = self._application.retriever

        def work() -> _Result:
            with retriever.searching(question, audiences=audiences) as search:
                return for_readers(look(search), audiences)

        return await self.work.run(work)

    async def passage(self, passage_id: str, audiences: Collection[Audience]) -> PassageView:
        """A passage with its neighbours; Gone where it is not there for these audiences."""

        def work(snapshot: Snapshot) -> PassageView:
            view = find_passage(snapshot, passage_id)
            return replace(view, passage=self.register(snapshot).shown(view.passage))

        return await self.read(audiences, work)

    async def document(self, document_id: str, audiences: Collection[Audience]) -> DocumentView:
        """What is known of a document; Gone where it is not there for these audiences."""

        def work(snapshot: Snapshot) -> DocumentView:
            view = find_document(snapshot, document_id)
            return replace(view, document=self.register(snapshot).effective(view.document))

        return await self.read(audiences, work)

    async def topics(self, audiences: Collection[Audience]) -> Sequence[Topic]:
        """The procedures and models that these audiences may read about, best first."""
        return await self.work.run(lambda: for_readers(self._catalogue.topics(audiences)[1], audiences))

    async def documents(self, audiences: Collection[Audience]) -> list[DocumentInfo]:
        """The documents that these audiences may see, by source."""
        return await self.read(
            audiences, lambda snapshot: list(map(self.register(snapshot).effective, snapshot.documents()))
        )

    async def overview(self, audiences: Collection[Audience]) -> Overview:
        """Which corpus version is served, and how much of it these audiences may see."""

        def work(snapshot: Snapshot) -> Overview:
            return Overview(snapshot.index_version, len(snapshot.documents()), snapshot.passage_count)

        return await self.read(audiences, work)

    async def feedback(self) -> str:
        """What people said of the answers, for a maintainer."""
        data_dir = self._application.data_dir
        return await self.work.run(lambda: feedback_text(read_feedback(data_dir), most=_FEEDBACK_LISTED))

    def register(self, snapshot: Snapshot) -> Register:
        """What has replaced what among the documents of a snapshot."""
        return self._application.retriever.register(snapshot)

    async def read(self, audiences: Collection[Audience], work: Callable[[Snapshot], _Result]) -> _Result:
        """What ``work`` reads from the current version as these audiences may see it."""
        store = self._application.open_store()

        def read() -> _Result:
            with store.snapshot(audiences) as snapshot:
                return for_readers(work(snapshot), audiences)

        return await self.work.run(read)


def checked_question(text: str, *, when_empty: str = WHEN_EMPTY) -> str:
    """The question without white space around it; InputError where it is empty or too long."""
    return asking.checked_question(text, when_empty=when_empty, when_long="请只写要问的那句话。")


def with_context(text: str, context: str, *, when_empty: str = WHEN_EMPTY) -> tuple[str, str]:
    """The question to ask, and another to try where that one is refused (empty: none).

    A quoted message is the question where the text is none, part of it where the text points back, and a
    second attempt otherwise. It is cut to what fits; the text never is.
    """
    # A question mark below somebody's question asks for its answer.
    if small_talk(text) and not (context and not text.strip("?？ ")):
        return text, ""
    if not context:
        return checked_question(text, when_empty=when_empty), ""
    if not any(c.isalnum() for c in text):
        return checked_question(context[:QUESTION_CHARS_MAX]), ""
    question = checked_question(text)
    room = QUESTION_CHARS_MAX - len(question) - 1
    joined = f"{context[:room]}\n{question}" if room > 0 else question
    if len(question) < _SELF_CONTAINED_CHARS_MIN or _POINTS_BACK.search(question):
        return joined, ""
    return question, joined
