"""Answers written by a language model and verified sentence by sentence: only what holds is ever shown."""

from __future__ import annotations

import logging
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.answering.answer import Citation, Statement
from bot.answering.drafts import Draft, Piece, Source, Wanted
from bot.answering.fitness import holds, members
from bot.answering.judge import judge
from bot.answering.language_model import OpenAIEndpoint
from bot.answering.offer import Offer, Offered, offer, template_version
from bot.answering.privacy import masked, may_leave
from bot.answering.reply import Written, lines, written
from bot.answering.resilience import DailyBudget, Deadline, ModelFailure, ResilientModel
from bot.answering.slots import bare
from bot.answering.verification import Verdict, verify
from retrieval.normalise import search_key

if TYPE_CHECKING:
    from bot.settings import LanguageModelSettings

STATEMENTS_MAX = 24
"""An answer has no more statements: a model that goes on is stopped."""
DROPPED_MAX = 40
"""After this many sentences that do not hold, nothing more is expected of a reply."""

BUDGET_NAME = "language-model-calls.json"

OnStatement = Callable[[Statement, Sequence[Citation]], None]
"""Gets each statement once it is verified, with the citations it names, in order."""

_ITEM_SHARE = 0.5
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Task:
    """A question that the corpus answers: what is wanted, the sources read, and the extractive draft."""

    question: str
    wanted: Wanted
    sources: Sequence[Source]
    draft: Draft


@dataclass(frozen=True, slots=True)
class Generated:
    """The verified statements with their citations, numbered from 1 in order of first use."""

    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]


class Generator:
    """Writes answers with one language model; safe to use from several threads."""

    def __init__(
        self,
        model: ResilientModel,
        *,
        timeout_s: float,
        allow_internal: bool = False,
        chance: random.Random | None = None,
    ) -> None:
        self._model = model
        self._allow_internal = allow_internal
        # Keys that cannot be foreseen by whoever writes a document.
        self._chance = chance or random.SystemRandom()
        self.timeout_s = timeout_s

    @property
    def answerer(self) -> str:
        """How answers name it: ``llm:`` and the model."""
        return f"llm:{self._model.name}"

    @property
    def version(self) -> str:
        """What answers depend on besides the corpus: the model and the templates."""
        return f"{self.answerer} {template_version()}"

    def generate(self, task: Task, deadline: Deadline, on_statement: OnStatement | None = None) -> Generated:
        """A verified answer that does what was asked; ModelFailure, with the reason, where there is none.

        ``on_statement`` may have been given statements before the failure: each of them is verified.
        """
        sources = self._sendable(task)
        hide = _as_is if self._model.is_local else masked
        offered = offer(task.question, sources, chance=self._chance, masked=hide)
        ledger = Ledger(offered, on_statement)
        try:
            self._read(offered, ledger, deadline)
            ledger.check(task)
        finally:
            # Neither passages nor replies are logged, and no personal number of the question.
            _logger.info(
                "%s, prompt %s, question %r: %d statements, dropped %s",
                self.answerer,
                template_version(),
                masked(task.question),
                len(ledger.statements),
                dict(ledger.dropped),
            )
        return Generated(tuple(ledger.statements), tuple(ledger.citations))

    def _sendable(self, task: Task) -> list[Source]:
        """The sources that may leave, that of the draft among them."""
        rules = {"is_local": self._model.is_local, "allow_internal": self._allow_internal}
        sources = [source for source in task.sources if may_leave(source.passage.document, **rules)]
        offered = {source.passage.document.id for source in sources}
        if any(piece.passage.document.id not in offered for piece in task.draft.pieces):
            raise ModelFailure("所依据的资料标为“内部”，不发给外部的语言模型", retryable=False)
        return sources

    def _read(self, offered: Offer, ledger: Ledger, deadline: Deadline) -> None:
        stream = self._model.stream(offered.rules, offered.question, deadline)
        with closing(stream):
            for line in lines(stream):
                for sentence in written(line):
                    ledger.enter(sentence)
                if len(ledger.statements) >= STATEMENTS_MAX or ledger.dropped.total() >= DROPPED_MAX:
                    return


def make_generator(settings: LanguageModelSettings, *, data_dir: Path) -> Generator:
    """A generator on the endpoint of the settings; the calls of a day are counted below ``data_dir``."""
    budget = DailyBudget(settings.calls_a_day, path=data_dir / BUDGET_NAME)
    return Generator(
        ResilientModel(OpenAIEndpoint(settings), budget=budget),
        timeout_s=settings.timeout_s,
        allow_internal=settings.allow_internal,
    )


def _as_is(text: str) -> str:
    return text


class Ledger:
    """The sentences of one reply: those that hold become statements, the others are counted by reason."""

    def __init__(self, offered: Offer, on_statement: OnStatement | None = None) -> None:
        self._offer = offered
        self._on_statement = on_statement
        self._numbers: dict[tuple[str, int, int], int] = {}
        self._pieces: list[Piece] = []
        self.statements: list[Statement] = []
        self.citations: list[Citation] = []
        self.dropped: Counter[str] = Counter()

    def enter(self, entry: Written) -> None:
        """Keep what an entry says if a passage it names bears it out: as a whole, else its sentences."""
        known = [self._offer.passages[key] for key in entry.keys if key in self._offer.passages]
        if len(known) < len(entry.keys):
            self.dropped["unknown key"] += len(entry.keys) - len(known)
        if not entry.keys:
            self.dropped["no key"] += 1
        if not known or self._keep(entry.text, known):
            return
        sentences = entry.sentences()
        for sentence in sentences:
            if len(sentences) == 1 or not self._keep(sentence.text, known):
                self.dropped[verify(sentence.text, known[0].sentences, known[0].context).reason] += 1

    def _keep(self, text: str, passages: Sequence[Offered]) -> bool:
        """Make a statement of a text, once, if one of the passages bears it out."""
        verdicts = [(each, verify(text, each.sentences, each.context)) for each in passages]
        held = [(each, verdict) for each, verdict in verdicts if verdict.holds]
        if not held:
            return False
        if all(text != statement.text for statement in self.statements):
            citations = [self._citation(each, verdict) for each, verdict in held]
            statement = Statement(text, tuple(dict.fromkeys(c.n for c in citations)))
            self.statements.append(statement)
            if self._on_statement is not None:
                self._on_statement(statement, citations)
        return True

    def _citation(self, offered: Offered, verdict: Verdict) -> Citation:
        passage = offered.source.passage
        place = (passage.document.id, verdict.start, verdict.end)
        if place in self._numbers:
            return self.citations[self._numbers[place] - 1]
        citation = Citation(
            n=len(self.citations) + 1,
            passage_id=passage.id,
            document=passage.document,
            section=passage.section,
            quote=offered.source.view.text[verdict.start : verdict.end],
            start=verdict.start,
            end=verdict.end,
        )
        self._numbers[place] = citation.n
        self.citations.append(citation)
        self._pieces.append(Piece(passage, verdict.start, verdict.end))
        return citation

    def check(self, task: Task) -> None:
        """ModelFailure unless the statements do what the question asks for."""
        if not self.statements:
            raise ModelFailure("语言模型没有写出核对得上的话", retryable=False)
        said = "\n".join(statement.text for statement in self.statements)
        does = _lists_all(task, said, len(self.statements)) and holds(task.wanted.asked, search_key(said))
        if not (does and self._is_judged_well(task)):
            raise ModelFailure("语言模型的话核对后不足以回答", retryable=False)

    def _is_judged_well(self, task: Task) -> bool:
        """Whether the quotes from one of the documents would pass as an extractive answer."""
        # Where a list was asked for, all its items have been found in the statements by now.
        items = task.draft.items
        drafts: dict[str, list[Piece]] = {}
        for piece in self._pieces:
            drafts.setdefault(piece.passage.document.id, []).append(piece)
        return any(
            judge(
                task.wanted, Draft(pieces[0].passage, tuple(pieces), task.draft.mark, items), task.sources
            ).answers
            for pieces in drafts.values()
        )


def _lists_all(task: Task, said: str, lines: int) -> bool:
    """Whether a list that was asked for is whole: every item named by the words at its head, or the count."""
    asked, key = task.wanted.asked, search_key(said)
    if asked.kind != "list":
        return True
    if task.draft.is_list:
        return all(_is_named(head, bare(key)) for head in _heads(task))
    return not asked.count or asked.count in members(key) | {lines}


def _heads(task: Task) -> Iterator[str]:
    views = {source.passage.document.id: source.view for source in task.sources}
    for piece in task.draft.pieces:
        text = views[piece.passage.document.id].text[piece.start : piece.end]
        for line in text.splitlines():
            if line.strip() and not line.rstrip().endswith((":", "：")):
                yield bare(search_key(re.split(r"[。；;：:，,]", _unlabelled(line))[0]))


def _unlabelled(line: str) -> str:
    return re.sub(
        r"^\s*(?:[(（]?[\d一二三四五六七八九十]{1,3}[)）、.．]|[①-⑳]|[一二三四五六七八九十]是)\s*", "", line
    )


def _is_named(head: str, key: str) -> bool:
    pairs = [head[i : i + 2] for i in range(len(head) - 1)]
    return not pairs or sum(pair in key for pair in pairs) >= _ITEM_SHARE * len(pairs)
