"""Answers and search results in the JSON of the program's contract: plain dicts, keys in its order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.answering.answer import Answer, Citation
from ingest.records import CleanedDocument
from retrieval.holdings import HeldDocument
from retrieval.overrides import Fields
from retrieval.records import DocumentInfo, Evidence, ScoredPassage

Json = dict[str, Any]


def answer_json(answer: Answer, *, answer_id: Any, extra: Mapping[str, Any] | None = None) -> Json:
    """The answer; keys of ``extra`` follow it, those that an answer has itself are left out."""
    document: Json = {
        "id": answer_id,
        "question": answer.question,
        "status": answer.status,
        "answer": answer.text,
        "citations": [citation_json(each) for each in answer.citations],
        "passages": [passage_json(each) for each in answer.passages],
        "notices": list(answer.notices),
        "answerer": answer.answerer,
        "index_version": answer.index_version,
        "elapsed_ms": {
            "retrieve": round(answer.elapsed.retrieve, 1),
            "answer": round(answer.elapsed.answer, 1),
            "total": round(answer.elapsed.total, 1),
        },
    }
    if answer.status == "refused":
        document["nearest"] = [citation_json(each) for each in answer.nearest]
    if answer.suggestions:
        document["suggestions"] = list(answer.suggestions)
    if answer.status == "error":
        document["error"] = answer.message
    return document | {key: value for key, value in (extra or {}).items() if key not in document}


def citation_json(citation: Citation) -> Json:
    """One citation: its number, where it stands and its verbatim quote."""
    return {
        "n": citation.n,
        "passage_id": citation.passage_id,
        "document": document_json(citation.document),
        "section": citation.section,
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
    }


def passage_json(scored: ScoredPassage) -> Json:
    """One passage with its score."""
    passage = scored.passage
    return {
        "id": passage.id,
        "document": document_json(passage.document),
        "section": passage.section,
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
        "score": scored.score,
        "also_in": scored.also_in,
    }


def document_json(document: DocumentInfo) -> Json:
    """What is said of a document wherever it is cited."""
    return {
        "id": document.id,
        "title": document.title,
        "source": document.source,
        "status": document.status,
    }


def evidence_json(evidence: Evidence) -> Json:
    """The result of a search."""
    document: Json = {
        "question": evidence.question,
        "passages": [passage_json(each) for each in evidence.passages],
        "index_version": evidence.index_version,
    }
    return document | ({"notices": list(evidence.notices)} if evidence.notices else {})


def cleaned_json(cleaned: CleanedDocument) -> Json:
    """A cleaned document with every edit."""
    return {
        "title": cleaned.title,
        "text": cleaned.text,
        "metadata": dict(cleaned.metadata),
        "edits": [edit.as_json() for edit in cleaned.edits],
        "warnings": list(cleaned.warnings),
        "quarantine": cleaned.quarantine,
    }


def held_json(
    found: HeldDocument, cleaned: CleanedDocument, stated: Fields, *, status: str, with_raw: bool
) -> Json:
    """A document as the store holds it; ``stated`` is what a maintainer has said of it.

    ``status`` is its state among the other documents, where ``metadata`` has what it says itself.
    """
    return {
        "id": found.document_id,
        "source": found.source,
        "location": found.location,
        "state": found.state,
        "status": status,
        "stated": dict(stated),
        **cleaned_json(cleaned),
        **({"raw": cleaned.raw} if with_raw else {}),
    }
