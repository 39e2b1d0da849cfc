"""What people asked in vain, judged and wrote, as far as the reader of the report may see it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, tzinfo

from bot.answering.gaps import Gap
from bot.feedback import Feedback, RatedAnswer
from bot.reporting.content import Rated, Remark, Tally, Unanswered, Voices
from bot.telegram.callbacks import VERDICTS
from retrieval.records import DocumentInfo

LISTED_MAX = 100
"""How many questions, judged answers and remarks are listed, each."""


def collect_voices(
    feedback: Feedback, documents: Sequence[DocumentInfo], zone: tzinfo | None, *, is_public: bool
) -> Voices:
    """What of ``feedback`` the report tells; no document is named that is not among ``documents``.

    A question that came near any other document may tell of it, so the public report does not have it; nor
    has it remarks, which may speak of anything.
    """
    titles = {each.title or each.source for each in documents}
    ids = {each.id for each in documents}
    gaps = [gap for gap in feedback.gaps if not is_public or titles.issuperset(gap.nearest)]
    answers = [each for each in feedback.answers if not is_public or ids.issuperset(_touched(each))]
    answers.sort(key=lambda each: (each.is_good, -each.id))
    remarks = [] if is_public else feedback.comments[::-1]
    counted = (("没能回答的问题", gaps), ("评价过的回答", answers), ("意见", remarks))
    return Voices(
        len(gaps),
        tuple(_unanswered(gap, titles, zone) for gap in gaps[:LISTED_MAX]),
        _votes(answers),
        tuple(_rated(each, titles, zone) for each in answers[:LISTED_MAX]),
        tuple(Remark(each.text, each.at.astimezone(zone)) for each in remarks[:LISTED_MAX]),
        tuple(
            f"{what}共 {len(found)} 条，只列出 {LISTED_MAX} 条，其余见 dangwu feedback。"
            for what, found in counted
            if len(found) > LISTED_MAX
        ),
    )


def _touched(rated: RatedAnswer) -> set[str]:
    """The ids of the documents that the answer cites or came near."""
    return {each["document"]["id"] for each in (*rated.record["citations"], *rated.record["passages"])}


def _unanswered(gap: Gap, titles: Collection[str], zone: tzinfo | None) -> Unanswered:
    nearest = tuple(title for title in gap.nearest if title in titles)
    return Unanswered(gap.question, gap.count, datetime.fromisoformat(gap.last_at).astimezone(zone), nearest)


def _rated(rated: RatedAnswer, titles: Collection[str], zone: tzinfo | None) -> Rated:
    documents = (each["document"] for each in rated.record["citations"])
    cited = dict.fromkeys(each["title"] or each["source"] for each in documents)
    return Rated(
        rated.question,
        rated.status == "refused",
        _votes([rated]),
        rated.asked_at.astimezone(zone),
        tuple(title for title in cited if title in titles),
    )


def _votes(answers: Sequence[RatedAnswer]) -> tuple[Tally, ...]:
    counts = Counter(vote.verdict for each in answers for vote in each.votes)
    return tuple(Tally(verdict, counts[verdict]) for verdict in VERDICTS if counts[verdict])
