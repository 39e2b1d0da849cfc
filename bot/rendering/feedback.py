"""What people said of answers as plain text, for a terminal and for a chat."""

from __future__ import annotations

from datetime import datetime

from bot.feedback import Feedback, RatedAnswer
from bot.rendering.legible import on_one_line
from bot.telegram.callbacks import VERDICTS

NOTHING = "还没有评价、意见和答不了的问题。"


def feedback_text(feedback: Feedback, *, most: int | None = None) -> str:
    """Votes by verdict, rated answers with their numbers, comments and gaps; at most ``most`` of each.

    Answers that more people found fault with come first, later ones before earlier ones.
    """
    answers = sorted(feedback.answers, key=lambda each: (each.is_good, -each.id))
    sections = (
        ("评价过的回答", [_rated(each) for each in answers]),
        ("意见", [f"{_day(each.at)}  {on_one_line(each.text)}" for each in reversed(feedback.comments)]),
        ("答不了的问题", [f"{gap.count} 次  {on_one_line(gap.question)}" for gap in feedback.gaps]),
    )
    blocks = [_section(title, lines, most) for title, lines in sections if lines]
    if not blocks:
        return NOTHING
    votes = "，".join(f"{verdict} {count}" for verdict, count in feedback.counts.items())
    return "\n\n".join([f"评价：{votes}", *blocks])


def _section(title: str, lines: list[str], most: int | None) -> str:
    more = [f"……共 {len(lines)} 条"] if most is not None and len(lines) > most else []
    return "\n".join([title, *lines[:most], *more])


def _rated(rated: RatedAnswer) -> str:
    given = [vote.verdict for vote in rated.votes]
    votes = "，".join(f"{verdict} {given.count(verdict)}" for verdict in VERDICTS if verdict in given)
    refused = "（拒答）" if rated.status == "refused" else ""
    head = f"#{rated.id}  {rated.question}{refused}"
    details = f"  {votes}  {rated.index_version}  {_day(rated.asked_at)}"
    return f"{on_one_line(head)}\n{on_one_line(details)}"


def _day(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d}"
