"""A language model that points at units as well: it is shown them under numbers and gives numbers back.

Nothing that it writes reaches anybody. What it says moves the decision as far as it is to be trusted, and
that is measured: once a model, on a few known questions.
"""

from __future__ import annotations

import json
import logging
import math
import re
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from bot.answering.language_model import OpenAIEndpoint
from bot.answering.pointing import Pointed, Pointing
from bot.answering.privacy import masked, may_leave
from bot.answering.resilience import DailyBudget, Deadline, Message, ModelFailure, ResilientModel
from prompts import fingerprint, render
from retrieval.reading.decision import moved

if TYPE_CHECKING:
    from bot.settings import LanguageModelSettings

BUDGET_NAME = "language-model-calls.json"
TRUST_NAME = "language-model-trust.json"
TEMPLATES = ("pointing_rules", "pointing_question")
UNITS_SHOWN = 20
"""So many units, the likeliest by the bundled reader, are shown in the order of their documents."""
UNIT_CHARS = 240
PROMPT_CHARS = 2_000
_TITLE_CHARS = 24
# An endless reply must not fill the memory.
_REPLY_MAX = 20_000
_NONE = "无"
_THOUGHT = re.compile(r"<think>.*", re.DOTALL)
# What models put around numbers.
_AROUND = re.compile(r"编号|答案|[:：\[\]【】()（）第句条。.]|[`*]")
_PARTED = re.compile(r"[,，、;；和\s]+")
_NUMBERS = re.compile(r"(?P<first>\d{1,3})(?:[-~—至到](?P<last>\d{1,3}))?")
# No vote moves the odds by more than this, in logits.
_MOST = 3.0
# A small model without a graphics card takes seconds a question.
_CHECK_S = 300.0
_logger = logging.getLogger(__name__)


class Unreadable(ModelFailure):
    """A reply that is neither numbers nor 无."""

    def __init__(self) -> None:
        super().__init__("语言模型没有按编号作答", retryable=False)


@dataclass(frozen=True, slots=True)
class Trust:
    """How a model does on known questions: shares, smoothed so that none is 0 or 1.

    ``finds`` of the questions that have an answer it points at one; ``invents`` of the others it does too.
    Of units that answer it names ``names``, of those that do not ``misnames``.
    """

    finds: float = 0.8
    invents: float = 0.6
    names: float = 0.7
    misnames: float = 0.2

    def of_vote(self, found: bool) -> float:
        """What its vote adds to the logit that something answers."""
        return _ratio(self.finds, self.invents, found)

    def of_unit(self, named: bool) -> float:
        """What naming a unit, or not, adds to that unit's logit."""
        return _ratio(self.names, self.misnames, named)


class Adviser:
    """Asks one language model which units answer; safe to use from several threads.

    ``trust_file`` keeps how it did on the known questions; before it has been asked them, a model is
    trusted little.
    """

    def __init__(
        self,
        model: ResilientModel,
        *,
        timeout_s: float,
        allow_internal: bool = False,
        trust_file: Path | None = None,
    ) -> None:
        self._model = model
        self._allow_internal = allow_internal
        self._trust_file = trust_file
        self._trust = self._kept()
        self.timeout_s = timeout_s

    @property
    def answerer(self) -> str:
        """How answers name it: ``llm:`` and the model."""
        return f"llm:{self._model.name}"

    @property
    def version(self) -> str:
        """What answers depend on besides the corpus: the model, the templates and how far it is trusted."""
        return f"{self.answerer} {fingerprint(*TEMPLATES)} {self._trust}"

    def advised(self, question: str, pointing: Pointing, deadline: Deadline) -> Pointing:
        """The pointing as it is after the model has been heard; ModelFailure, with the reason, else.

        A pointing without any unit stays as it is: there is nothing to show.
        """
        rules = {"is_local": self._model.is_local, "allow_internal": self._allow_internal}
        if not pointing.pointed:
            return pointing
        if not may_leave(pointing.pointed[0].source.passage.document, **rules):
            raise ModelFailure("所依据的资料标为“内部”，不发给外部的语言模型", retryable=False)
        shown = _fitting([p for p in pointing.pointed if may_leave(p.source.passage.document, **rules)])
        shown.sort(key=lambda p: (p.source.passage.document.source, p.unit.start))
        texts = [_line(p) for p in shown]
        hide = _as_is if self._model.is_local else masked
        # Neither units nor replies are logged, and no personal number of the question.
        _logger.info("%s, question %r, %d units", self.answerer, masked(question), len(shown))
        numbers = self._asked(hide(question), [hide(text) for text in texts], deadline)
        named = {id(shown[number - 1]) for number in numbers}
        return self._weighed(pointing, {id(p) for p in shown}, named)

    def check(self, deadline: Deadline) -> Trust:
        """Put the known questions to a model that has not been asked them; ModelFailure where it fails."""
        if self._trust is None:
            replies = [(self._tried(known, deadline), known) for known in known_questions()]
            self._trust = trust_in([(named, set(k["answers"]), len(k["units"])) for named, k in replies])
            self._keep(self._trust)
        return self._trust

    def _tried(self, known: dict, deadline: Deadline) -> set[int]:  # type: ignore[type-arg]
        """What a model names for a known question; a reply that cannot be read is a wrong one."""
        try:
            return set(self._asked(known["question"], known["units"], deadline))
        except Unreadable:
            return set() if known["answers"] else set(range(1, len(known["units"]) + 1))

    def check_quietly(self) -> None:
        """``check`` where nobody waits for it: what fails is a line in the log."""
        try:
            self.check(Deadline.after(_CHECK_S))
        except ModelFailure as failure:
            _logger.info("%s could not be tried: %s", self.answerer, failure.reason)

    def _weighed(self, pointing: Pointing, shown: set[int], named: set[int]) -> Pointing:
        trust = self._trust or Trust()
        heard = [
            replace(p, chance=moved(p.chance, trust.of_unit(id(p) in named))) if id(p) in shown else p
            for p in pointing.pointed
        ]
        heard.sort(key=_chance_of, reverse=True)
        answers = moved(pointing.answers, trust.of_vote(bool(named)))
        return replace(
            pointing, pointed=tuple(heard), answers=answers, is_answered=answers >= pointing.threshold
        )

    def _asked(self, question: str, texts: Sequence[str], deadline: Deadline) -> list[int]:
        """The numbers that the model gives; empty where it says that nothing answers."""
        lines = [f"{number}. {text}" for number, text in enumerate(texts, start=1)]
        asked = render("pointing_question", units="\n".join(lines), question=" ".join(question.split()))
        messages = (Message("system", render("pointing_rules")), *_turns(), Message("user", asked))
        reply = ""
        with closing(self._model.stream(messages, deadline)) as pieces:
            for piece in pieces:
                reply += piece
                if len(reply) > _REPLY_MAX:
                    raise Unreadable
        return numbers_in(reply, len(lines))

    def _kept(self) -> Trust | None:
        if self._trust_file is None:
            return None
        with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            kept = json.loads(self._trust_file.read_text(encoding="utf-8"))[self._key]
            return Trust(**{name: float(value) for name, value in kept.items()})
        return None

    def _keep(self, trust: Trust) -> None:
        """Write down what was found; where that cannot be, the model is asked again some time."""
        if self._trust_file is None:
            return
        known: dict[str, object] = {}
        with suppress(OSError, ValueError, TypeError):
            known = dict(json.loads(self._trust_file.read_text(encoding="utf-8")))
        shares = {name: getattr(trust, name) for name in ("finds", "invents", "names", "misnames")}
        with suppress(OSError):
            self._trust_file.write_text(json.dumps(known | {self._key: shares}, indent=1), encoding="utf-8")

    @property
    def _key(self) -> str:
        return f"{self.answerer} {fingerprint(*TEMPLATES)}"


def make_adviser(settings: LanguageModelSettings, *, data_dir: Path) -> Adviser:
    """An adviser on the endpoint of the settings; its calls of a day are counted below ``data_dir``."""
    budget = DailyBudget(settings.calls_a_day, path=data_dir / BUDGET_NAME)
    return Adviser(
        ResilientModel(OpenAIEndpoint(settings), budget=budget),
        timeout_s=settings.timeout_s,
        allow_internal=settings.allow_internal,
        trust_file=data_dir / TRUST_NAME,
    )


def _fitting(pointed: Sequence[Pointed]) -> list[Pointed]:
    """As many of the likeliest as there is room for."""
    found: list[Pointed] = []
    room = PROMPT_CHARS
    for each in pointed[:UNITS_SHOWN]:
        room -= len(_line(each))
        if room < 0 and found:
            break
        found.append(each)
    return found


def _line(pointed: Pointed) -> str:
    """A unit as it is shown: what stands above it, then its text."""
    source, unit = pointed.source, pointed.unit
    title = source.passage.document.title[:_TITLE_CHARS]
    text = " ".join(source.view.text[unit.start : unit.end].split())
    return f"《{title}》{text[:UNIT_CHARS]}"


def numbers_in(reply: str, count: int) -> list[int]:
    """The numbers of a reply, each from 1 to ``count``; empty for 无. ModelFailure for anything else."""
    said = _AROUND.sub("", _THOUGHT.sub("", reply.rpartition("</think>")[2])).strip()
    if said == _NONE:
        return []
    found: dict[int, None] = {}
    for part in filter(None, _PARTED.split(said)):
        numbers = _NUMBERS.fullmatch(part)
        if numbers is None:
            raise Unreadable
        first, last = int(numbers["first"]), int(numbers["last"] or numbers["first"])
        found |= dict.fromkeys(range(max(1, first), min(last, count) + 1))
    if not found:
        raise Unreadable
    return list(found)


def trust_in(replies: Sequence[tuple[set[int], set[int], int]]) -> Trust:
    """How far a model is to be trusted that named these units, where those answer, of so many."""
    with_answer = [named for named, right, _ in replies if right]
    without = [named for named, right, _ in replies if not right]
    right_units = sum(len(right) for _, right, _ in replies)
    wrong_units = sum(size - len(right) for _, right, size in replies)
    return Trust(
        finds=_share(sum(map(bool, with_answer)), len(with_answer)),
        invents=_share(sum(map(bool, without)), len(without)),
        names=_share(sum(len(named & right) for named, right, _ in replies), right_units),
        misnames=_share(sum(len(named - right) for named, right, _ in replies), wrong_units),
    )


@cache
def known_questions() -> tuple[dict, ...]:  # type: ignore[type-arg]
    """The questions that a model is tried on: units, the question, the numbers of those that answer."""
    lines = files("bot.answering").joinpath("data/model_check.jsonl").read_text(encoding="utf-8")
    return tuple(json.loads(line) for line in lines.splitlines() if line)


def _turns() -> tuple[Message, ...]:
    """Two neutral turns that show the form of a reply."""
    units = "1. 茶室在三楼。\n2. 茶室每周二清洁。\n3. 清洁由保洁员负责。"
    asked = (("茶室哪天打扫", "2"), ("茶室收多少钱", _NONE))
    return tuple(
        message
        for question, reply in asked
        for message in (
            Message("user", render("pointing_question", units=units, question=question)),
            Message("assistant", reply),
        )
    )


def _share(count: int, of: int) -> float:
    return round((count + 1) / (of + 2), 4)


def _ratio(when_right: float, when_wrong: float, said: bool) -> float:
    odds = when_right / when_wrong if said else (1 - when_right) / (1 - when_wrong)
    return max(-_MOST, min(_MOST, math.log(odds)))


def _chance_of(pointed: Pointed) -> float:
    return pointed.chance


_as_is: Callable[[str], str] = str
