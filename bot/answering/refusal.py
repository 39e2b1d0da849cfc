"""What is said when the corpus does not answer: so, and where the nearest documents are."""

from __future__ import annotations

from collections.abc import Sequence

from bot.answering.answer import Citation
from prompts import render


def refusal_message(nearest_wording: Sequence[Citation]) -> str:
    """The refusal, naming the documents whose wording comes nearest."""
    titles = dict.fromkeys(each.document.title or each.document.source for each in nearest_wording)
    nearest = "、".join(f"《{title}》" for title in titles)
    return render("refusal_with_nearest", nearest=nearest) if nearest else render("refusal")
