"""Two texts clause by clause as one HTML page: self-contained, for a screen of any width and for paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from bot.change_words import CHANGE_WORDS, grouped, heading, places, run_name, summary, wording
from bot.rendering.page import page_environment
from ingest.comparing import Change, ClausePair, Comparison
from ingest.comparing.wording import Stretch, stretches

if TYPE_CHECKING:
    from jinja2 import Template


@dataclass(frozen=True, slots=True)
class Row:
    """A pair as it is shown: ``stretches`` of both wordings, one wording alone for what has not changed."""

    change: Change
    word: str
    heading: str
    place: str
    has_old: bool
    has_new: bool
    stretches: Sequence[Stretch]


@dataclass(frozen=True, slots=True)
class Run:
    """Rows that follow each other; those that have not changed are folded under ``name``."""

    name: str
    rows: Sequence[Row]


def render_clause_page(old_title: str, new_title: str, found: Comparison) -> str:
    """The page, well-formed as XML too."""
    return _template().render(
        old_title=old_title or "旧", new_title=new_title or "新", found=found, **clause_context(found)
    )


def clause_context(found: Comparison) -> dict[str, object]:
    """What the templates show of a comparison."""
    return {
        "runs": list(_runs(found)),
        "summary": summary(found),
    }


def _runs(found: Comparison) -> Iterator[Run]:
    moved = places(found.pairs)
    for is_same, run in grouped(found.pairs):
        yield Run(run_name(run) if is_same else "", [_row(pair, moved.get(pair, "")) for pair in run])


def _row(pair: ClausePair, place: str) -> Row:
    old, new = (wording(side) for side in (pair.old, pair.new))
    is_alike = pair.change in ("same", "moved")
    return Row(
        change=pair.change,
        word=CHANGE_WORDS[pair.change],
        heading=heading(pair),
        place=place,
        has_old=bool(pair.old),
        has_new=bool(pair.new),
        stretches=[Stretch(new, new)] if is_alike else list(_unbroken(stretches(old, new))),
    )


def _unbroken(found: Sequence[Stretch]) -> Iterator[Stretch]:
    """The stretches with the line breaks before a change in front of it: a mark begins at its words."""
    for each in found:
        old, new = each.old.lstrip(), each.new.lstrip()
        yield Stretch(each.old[: len(each.old) - len(old)], each.new[: len(each.new) - len(new)])
        yield Stretch(old, new)


@cache
def _template() -> Template:
    return page_environment().get_template("clauses.html")
