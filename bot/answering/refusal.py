"""What is said when the corpus does not answer: so, and where the nearest documents are."""

from __future__ import annotations

from collections.abc import Sequence

from bot.answering.answer import Citation
from prompts import render
from retrieval.effect import NOT_IN_FORCE


def refusal_message(nearest_wording: Sequence[Citation]) -> str:
    """The refusal, naming the documents whose wording comes nearest, and first those not in force."""
    named = {
        f"《{each.document.title or each.document.source}》": each.document.status for each in nearest_wording
    }
    if not named:
        return render("refusal")
    states = "".join(f"；最接近的{title}{state}" for title, state in named.items() if state in NOT_IN_FORCE)
    return render("refusal_with_nearest", nearest="、".join(named), states=states)
