"""What is said when the corpus does not answer: so, and where the nearest documents are."""

from __future__ import annotations

from prompts import render
from retrieval.records import Evidence

_NEAREST = 3


def refusal_message(evidence: Evidence) -> str:
    """The refusal, naming up to three different documents that come nearest."""
    titles = dict.fromkeys(p.passage.document.title or p.passage.document.source for p in evidence.passages)
    nearest = "、".join(f"《{title}》" for title in list(titles)[:_NEAREST])
    return render("refusal_with_nearest", nearest=nearest) if nearest else render("refusal")
