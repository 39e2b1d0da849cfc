"""Conversations: each asker's last questions, so that the next one may lean on them.

A conversation belongs to one ``Key``; nothing of it is ever read for another one. It is bounded in turns
and in age, and lives in memory only.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from threading import Lock
from typing import Protocol

from bot.answering.answer import Answer, Citation
from bot.answering.demands import asks_number, states_number
from bot.answering.followup import Asked, Resolved, resolve
from bot.answering.further import Further
from bot.answering.gaps import Gaps
from bot.answering.membership import items_of
from bot.answering.nearest import QUOTES_MAX
from bot.answering.refusal import refusal_message
from bot.answering.small_talk import small_talk
from prompts import render
from retrieval.normalise import match_key, search_key
from retrieval.records import Audience
from retrieval.retriever import STAFF

TURNS_MAX = 6
"""A follow-up may lean on this many questions before it."""
AGE_MAX_S = 1800.0
"""A question older than this is forgotten."""
CONVERSATIONS_MAX = 1000
"""Of more conversations than this the longest unused are forgotten."""


@dataclass(frozen=True, slots=True)
class Key:
    """Whose conversation it is: the channel, the chat and topic in it, and the person who asks there."""

    channel: str
    chat: str = ""
    topic: str = ""
    user: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of a conversation: as it was ``asked``, as it was looked up, and the answer to that."""

    asked: str
    rewritten: str
    answer: Answer

    @property
    def is_rewritten(self) -> bool:
        """Whether something else than what was typed was looked up, so that the asker must be told."""
        return match_key(self.asked) != match_key(self.rewritten)


class Answers(Protocol):
    """Whoever answers a question that stands for itself."""

    def answer(self, question: str, *, audiences: Collection[Audience] = ...) -> Answer: ...


@dataclass(frozen=True, slots=True)
class _Remembered:
    at: float
    audiences: frozenset[Audience]
    asked: Asked


class Conversations:
    """All running conversations; safe to use from several threads. ``clock`` gives seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._histories: OrderedDict[Key, deque[_Remembered]] = OrderedDict()
        self._lock = Lock()

    def resolve(self, key: Key, text: str, *, audiences: Collection[Audience] = STAFF) -> Resolved:
        """What to look up for ``text`` in this conversation.

        Turns that were answered for more audiences than may read now are passed over.
        """
        return resolve(text, [each.asked for each in self._live(key, frozenset(audiences))])

    def remember(
        self, key: Key, resolved: Resolved, answer: Answer, *, audiences: Collection[Audience] = STAFF
    ) -> None:
        """Note what was looked up and answered; an error is no turn of a conversation."""
        if answer.status == "error":
            return
        entry = _Remembered(
            self._clock(), frozenset(audiences), Asked(resolved.question, answer, resolved.item)
        )
        with self._lock:
            self._histories.setdefault(key, deque(maxlen=TURNS_MAX)).append(entry)
            self._histories.move_to_end(key)
            while len(self._histories) > CONVERSATIONS_MAX:
                self._histories.popitem(last=False)

    def forget(self, key: Key) -> None:
        """Begin this conversation anew."""
        with self._lock:
            self._histories.pop(key, None)

    def given(
        self, key: Key, question: str, *, audiences: Collection[Audience] = STAFF
    ) -> tuple[Citation, ...]:
        """Everything that this conversation cited for ``question``, oldest first."""
        turns = self._live(key, frozenset(audiences))
        return tuple(
            c for each in turns if each.asked.question == question for c in each.asked.answer.citations
        )

    def _live(self, key: Key, audiences: frozenset[Audience]) -> list[_Remembered]:
        since = self._clock() - AGE_MAX_S
        with self._lock:
            history = self._histories.get(key, deque())
            while history and history[0].at < since:
                history.popleft()
            if not history:
                self._histories.pop(key, None)
            return [each for each in history if each.audiences <= audiences]


class Dialogue:
    """Answers questions in conversation: what leans on earlier ones is completed first."""

    def __init__(
        self,
        answers: Answers,
        further: Further,
        conversations: Conversations,
        gaps: Gaps | None = None,
    ) -> None:
        self._answers = answers
        self._further = further
        self._gaps = gaps
        self.conversations = conversations

    def ask(
        self, key: Key, text: str, *, audiences: Collection[Audience] = STAFF, is_repeated: bool = False
    ) -> Turn:
        """The turn with the answer; EmptyCorpus when nothing has been ingested.

        What the corpus does not answer is noted as a gap, unless it ``is_repeated`` from before; but not
        that there is no more of an answer.
        """
        if small_talk(text):
            # It neither ends what the conversation is about nor lacks in the corpus.
            return Turn(text, text, self._answers.answer(text, audiences=audiences))
        resolved = self.conversations.resolve(key, text, audiences=audiences)
        if resolved.lacks_context:
            return Turn(text, text, Answer(text, "refused", message=render("refusal_no_context")))
        answer = self._follow_up(key, resolved, audiences)
        if answer is None:
            answer = self._answers.answer(resolved.question, audiences=audiences)
            if not _speaks_of(answer, resolved.named) or _is_beyond(resolved):
                answer = _refused(answer)
        self.conversations.remember(key, resolved, answer, audiences=audiences)
        if self._gaps is not None and not resolved.continues and not is_repeated:
            self._gaps.record(answer)
        return Turn(text, resolved.question, answer)

    def _follow_up(self, key: Key, resolved: Resolved, audiences: Collection[Audience]) -> Answer | None:
        """The answer to what asks about an earlier answer; ``None`` for a question of its own."""
        if resolved.continues:
            given = self.conversations.given(key, resolved.question, audiences=audiences)
            return self._further.more(resolved.question, given, audiences=audiences)
        if resolved.item and resolved.listed is not None:
            return self._further.item(resolved.question, resolved.item, resolved.listed, audiences=audiences)
        return None


def _speaks_of(answer: Answer, name: str) -> bool:
    """Whether an answer says what was asked in one breath with a name; always, where there is none.

    海口呢 after a question on the whole province must not be answered with the province's figure, nor
    with that of 三亚 from the same sentence.
    """
    if not name or not answer.citations:
        return True
    short = search_key(name.rstrip("省市县区镇乡村") if len(name) > 2 else name)
    for citation in answer.citations:
        above = search_key(f"{citation.section}\n{citation.document.title}")
        stretches = re.split(r"[。；;\n]", search_key(citation.quote))
        needs_number = asks_number(answer.question)
        named = (s for s in stretches if short in s or short in above)
        if any(states_number(stretch) or not needs_number for stretch in named):
            return True
    return False


def _is_beyond(resolved: Resolved) -> bool:
    """Whether an item is asked for that the list does not have."""
    return resolved.listed is not None and resolved.item > len(items_of(resolved.listed))


def _refused(answer: Answer) -> Answer:
    """The refusal in place of an answer that speaks of something else."""
    nearest = answer.citations[:QUOTES_MAX]
    return replace(
        answer,
        status="refused",
        statements=(),
        citations=(),
        nearest=nearest,
        message=refusal_message(nearest),
    )
