"""What people said of answers, for the maintainers: read without a bot, and turned into evaluation cases.

Who voted or wrote is left out, and numbers of persons are masked. Reading makes no file: where no bot has
ever run there is simply nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any

from bot.answering.gaps import Gap, Gaps
from bot.answering.privacy import masked
from bot.telegram.callbacks import VERDICTS, Verdict
from bot.telegram.store import DATABASE_NAME, StoredAnswer, TelegramStore
from retrieval.errors import InputError
from retrieval.evaluation import UNANSWERABLE, comparison_key

GOOD: Verdict = VERDICTS[0]
CASE_TYPE = "feedback"
"""The type of a question that came from a person's verdict and is answered by the corpus."""
# Fewer characters in common say nothing.
_RUN_CHARS_MIN = 4
# (source, cleaned text) of every document of the corpus.
Texts = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class GivenVote:
    """One person's verdict and when it was given, UTC."""

    verdict: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RatedAnswer:
    """An answer with the votes on it, oldest first.

    ``record`` is its JSON document as ``dangwu ask --json`` prints it: question, answer, citations,
    passages, index version. ``asked_at`` is UTC.
    """

    id: int
    question: str
    status: str
    record: Mapping[str, Any]
    index_version: str
    asked_at: datetime
    votes: tuple[GivenVote, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether more people found it useful than found fault with it."""
        return 2 * sum(vote.verdict == GOOD for vote in self.votes) > len(self.votes)

    def as_json(self) -> dict[str, Any]:
        """The answer as ``dangwu feedback --json`` prints it."""
        return {
            "id": self.id,
            "question": self.question,
            "status": self.status,
            "answer": self.record["answer"],
            "citations": self.record["citations"],
            "passages": self.record["passages"],
            "index_version": self.index_version,
            "asked_at": _written(self.asked_at),
            "votes": [{"verdict": vote.verdict, "at": _written(vote.at)} for vote in self.votes],
        }


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote to the maintainers, and when, UTC."""

    text: str
    at: datetime

    def as_json(self) -> dict[str, str]:
        return {"text": self.text, "at": _written(self.at)}


@dataclass(frozen=True, slots=True)
class Feedback:
    """Answers that were voted on and comments, oldest first, and gaps, most asked first."""

    answers: tuple[RatedAnswer, ...] = ()
    comments: tuple[Comment, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many votes there are of each verdict, those that nobody gave included."""
        given = [vote.verdict for answer in self.answers for vote in answer.votes]
        return {verdict: given.count(verdict) for verdict in VERDICTS}

    def as_json(self) -> dict[str, Any]:
        """The JSON document of ``dangwu feedback --json``."""
        return {
            "votes": self.counts,
            "answers": [each.as_json() for each in self.answers],
            "comments": [each.as_json() for each in self.comments],
            "gaps": [each.as_json() for each in self.gaps],
        }


def read_feedback(data_dir: Path, *, since: datetime | None = None) -> Feedback:
    """What was said, and asked in vain, at ``since`` (with a time zone) or later; no file is made or changed.

    StoreError where a file is damaged.
    """
    seconds = since.timestamp() if since else 0.0
    gaps = tuple(gap for gap in Gaps(data_dir).list() if _is_since(gap, since))
    if not (data_dir / DATABASE_NAME).is_file():
        return Feedback(gaps=gaps)
    store = TelegramStore(data_dir, reads_only=True)
    try:
        votes, comments = store.votes(since=seconds), store.comments(since=seconds)
    finally:
        store.close()
    answers = []
    for _, group in groupby(votes, key=lambda vote: vote.answer.id):
        given = list(group)
        rated = tuple(GivenVote(vote.verdict, _moment(vote.at)) for vote in given)
        answers.append(_rated(given[0].answer, rated))
    return Feedback(
        tuple(answers), tuple(Comment(masked(text), _moment(at)) for _, text, at in comments), gaps
    )


def evaluation_case(rated: RatedAnswer, must: Sequence[str], texts: Callable[[], Texts]) -> dict[str, Any]:
    """One line of a question file, scored as it stands, from what people thought of an answer.

    With ``must``, which the corpus has to hold, the question is to be answered so. Without, an answer that
    was found useful is to stay as complete as it is: what it took from its quotes is the ``must``, and a
    refusal found useful stays a refusal. Any other answer is to be given no more: until somebody says what
    the right one is, the question is to be refused. InputError for a refusal that people found fault with,
    of which only a person can say what the answer is, and for a ``must`` that no document holds.
    """
    found: list[str] = []
    if must:
        found = _sources_of(must, texts())
    elif rated.is_good:
        must = _kept_words(rated.record)
        found = [each["document"]["source"] for each in rated.record["citations"]]
    elif rated.status == "refused":
        raise InputError(
            f"第 {rated.id} 号是拒答，有人认为不该拒答；正确的答案里该有什么，程序不知道。",
            remedy=f"从资料里抄下答案必须有的字样：dangwu feedback --case {rated.id} --must 字样",
        )
    return {
        "id": f"feedback-{rated.id}",
        "type": CASE_TYPE if must else UNANSWERABLE,
        "doc": list(dict.fromkeys(PurePosixPath(source).name for source in found)),
        "question": rated.question,
        "must": list(must),
        "votes": [vote.verdict for vote in rated.votes],
    }


def _kept_words(record: Mapping[str, Any]) -> list[str]:
    """What an answer took from its quotes: whole ones, or of those it put in its own words the longest run.

    Where there is no such run, the quotes themselves.
    """
    quotes = list(dict.fromkeys(each["quote"] for each in record["citations"]))
    answer = comparison_key(re.sub(r"〔\d+〕", "", record["answer"]))
    shared = [each if comparison_key(each) in answer else _longest_run(each, answer) for each in quotes]
    return [each for each in dict.fromkeys(shared) if len(each) >= _RUN_CHARS_MIN] or quotes


def _longest_run(quote: str, answer_key: str) -> str:
    key = comparison_key(quote)
    found = SequenceMatcher(None, key, answer_key, autojunk=False).find_longest_match()
    return key[found.a : found.a + found.size]


def _sources_of(must: Sequence[str], texts: Texts) -> list[str]:
    """The first document that holds every string, or else for each string the first that holds it."""
    first: dict[str, str] = {}
    keys = {each: comparison_key(each) for each in must}
    for source, text in texts:
        text_key = comparison_key(text)
        held = [each for each, key in keys.items() if key and key in text_key]
        if len(held) == len(keys):
            return [source]
        for each in held:
            first.setdefault(each, source)
    missing = [each for each in must if each not in first]
    if missing:
        raise InputError(
            f"资料里没有“{missing[0]}”。", remedy="--must 要照抄资料里的字样；可先用 dangwu search 查一查。"
        )
    return [first[each] for each in must]


def _rated(answer: StoredAnswer, votes: tuple[GivenVote, ...]) -> RatedAnswer:
    return RatedAnswer(
        answer.id,
        masked(answer.question),
        answer.status,
        answer.record,
        answer.index_version,
        _moment(answer.at),
        votes,
    )


def _is_since(gap: Gap, since: datetime | None) -> bool:
    return since is None or datetime.fromisoformat(gap.last_at) >= since


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _written(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
