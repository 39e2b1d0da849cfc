"""How good the answers are: completeness, citations, refusals, by the definitions of the contract."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.answering.answer import Answer, Citation
from retrieval.evaluation import (
    HIT_DEPTH,
    EvaluationQuestion,
    contains_all,
    is_hit,
    latency_summary,
    share,
)

if TYPE_CHECKING:
    from retrieval.snapshot import Version
    from retrieval.store import Store

# (document id) -> (its source, its cleaned text), or None for a document that is not in the corpus.
StoredText = Callable[[str], tuple[str, str] | None]
_MARK = re.compile(r"〔\d+〕")


@dataclass(frozen=True, slots=True)
class Judgement:
    """One answer judged. ``None`` stands for what does not apply to the question."""

    question: EvaluationQuestion
    answer: Answer
    elapsed_ms: float
    citations_valid: tuple[bool, ...]
    hit_1: bool | None
    hit_5: bool | None
    complete: bool | None
    cited: bool | None

    @property
    def is_refused(self) -> bool:
        return self.answer.status == "refused"

    def failures(self) -> list[str]:
        """The names of the metrics that this answer spoils."""
        flags = {
            "hit@1": self.hit_1,
            "hit@5": self.hit_5,
            "complete": self.complete,
            "cited": self.cited,
            "citation_valid": all(self.citations_valid),
            "refused": self.is_refused if self.question.is_unanswerable else None,
            "false_refusal": not self.is_refused if self.question.must else None,
        }
        return [name for name, is_met in flags.items() if is_met is False]


def evaluate_answers(
    questions: Sequence[EvaluationQuestion],
    answer: Callable[[str], Answer],
    stored_text: StoredText,
    *,
    clock: Callable[[], float],
    progress: Callable[[int, int], None],
) -> dict[str, Any]:
    """The JSON report over a question file; questions without ``must`` count only if unanswerable."""
    judgements = []
    for done, question in enumerate(questions, start=1):
        begun = clock()
        given = answer(question.question)
        judgements.append(judge_answer(question, given, (clock() - begun) * 1e3, stored_text))
        progress(done, len(questions))
    types = dict.fromkeys(each.type for each in questions)
    return {
        **summary(judgements),
        "latency_ms": latency_summary([each.elapsed_ms for each in judgements]),
        "by_type": {
            name: summary(each for each in judgements if each.question.type == name) for name in types
        },
        "misses": [miss(each) for each in judgements if each.failures()],
    }


def evaluate_current(
    store: Store,
    questions: Sequence[EvaluationQuestion],
    answer: Callable[[str], Answer],
    *,
    clock: Callable[[], float],
    progress: Callable[[int, int], None],
) -> tuple[Version, dict[str, Any]]:
    """The JSON report over the version that is current, and which one that is; EmptyCorpus without one."""
    with store.snapshot() as snapshot:
        sources = {info.id: info.source for info in snapshot.documents()}

        def stored_text(document_id: str) -> tuple[str, str] | None:
            if document_id not in sources:
                return None
            return sources[document_id], snapshot.document_text(document_id)

        outcome = evaluate_answers(questions, answer, stored_text, clock=clock, progress=progress)
        return snapshot.info, outcome


def judge_answer(
    question: EvaluationQuestion, answer: Answer, elapsed_ms: float, stored_text: StoredText
) -> Judgement:
    """One answer held against its question."""
    must = question.must
    return Judgement(
        question=question,
        answer=answer,
        elapsed_ms=elapsed_ms,
        citations_valid=tuple(is_citation_valid(each, stored_text) for each in answer.citations),
        hit_1=is_hit(answer.passages, must, 1) if must else None,
        hit_5=is_hit(answer.passages, must, HIT_DEPTH) if must else None,
        complete=is_complete(answer, must) if must else None,
        cited=contains_all((each.quote for each in answer.citations), must) if must else None,
    )


def is_complete(answer: Answer, must: Iterable[str]) -> bool:
    """Whether the answer, its marks aside, contains every ``must`` string."""
    return answer.status == "answered" and contains_all([_MARK.sub("", answer.text)], must)


def is_citation_valid(citation: Citation, stored_text: StoredText) -> bool:
    """Whether the quote stands verbatim at its offsets in the document that the citation names."""
    stored = stored_text(citation.document.id)
    if stored is None or not citation.quote or not 0 <= citation.start < citation.end:
        return False
    source, text = stored
    return source == citation.document.source and text[citation.start : citation.end] == citation.quote


def summary(judgements: Iterable[Judgement]) -> dict[str, Any]:
    """The metrics over some judgements; ``n`` counts all questions, scored or not."""
    found = list(judgements)
    answerable = [each for each in found if each.question.must]
    return {
        "n": len(found),
        "hit@1": share(bool(each.hit_1) for each in answerable),
        "hit@5": share(bool(each.hit_5) for each in answerable),
        "complete": share(bool(each.complete) for each in answerable),
        "cited": share(bool(each.cited) for each in answerable),
        "citation_valid": share(valid for each in found for valid in each.citations_valid),
        "refused": share(each.is_refused for each in found if each.question.is_unanswerable),
        "false_refusal": share(each.is_refused for each in answerable),
    }


def miss(judgement: Judgement) -> dict[str, Any]:
    """What a maintainer needs in order to see why an answer falls short."""
    return {
        "id": judgement.question.id,
        "type": judgement.question.type,
        "question": judgement.question.question,
        "failed": judgement.failures(),
        "must": list(judgement.question.must),
        "status": judgement.answer.status,
        "answer": judgement.answer.text,
    }
