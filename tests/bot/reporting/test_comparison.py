"""Raw text beside cleaned text: nothing lost where all of it is shown, bounded where not."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.reporting.comparison import CONTEXT_CHARS, EDIT_CHARS, Comparison, Piece, compare
from ingest.cleaning import apply_edits, undo_edits
from ingest.records import Edit

TEXTS = st.text(alphabet="党员。\n 　\u200b", max_size=60)
UNBOUNDED = 10**9


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, tuple[Edit, ...]]:
    """A raw text and sorted, disjoint edits of it."""
    raw = draw(TEXTS)
    bounds = sorted(draw(st.sets(st.integers(0, len(raw)), max_size=8)))
    edits = (
        Edit("spaces", start, end, raw[start:end], draw(st.text(alphabet="甲乙\n", max_size=3)))
        for start, end in list(pairwise(bounds))[::2]
    )
    return raw, tuple(edits)


def side(pieces: tuple[Piece, ...]) -> str:
    return "".join(piece.text for piece in pieces)


def without_breaks(text: str) -> str:
    return text.replace("\n", "")


@given(edited())
def test_undoing_the_edits_gives_the_raw_text(found: tuple[str, tuple[Edit, ...]]) -> None:
    raw, edits = found
    assert undo_edits(apply_edits(raw, edits), edits) == raw


def test_edits_of_another_text_are_not_undone() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        undo_edits("党员", [Edit("spaces", 0, 1, " ", "组织")])


@given(edited())
def test_a_whole_comparison_holds_both_texts_and_every_edit(found: tuple[str, tuple[Edit, ...]]) -> None:
    raw, edits = found
    whole = compare(raw, edits, UNBOUNDED)
    assert whole.is_whole and whole.shown == whole.edits == len(edits)
    # Where lines end is shown by the rows.
    assert without_breaks("".join(side(row.before) for row in whole.rows)) == without_breaks(raw)
    cleaned = apply_edits(raw, edits)
    assert without_breaks("".join(side(row.after) for row in whole.rows)) == without_breaks(cleaned)
    assert sum(count for row in whole.rows for _, count in row.steps) == len(edits)
    removed = [p.text for row in whole.rows for p in row.before if p.kind == "changed"]
    assert removed == [edit.before for edit in edits if edit.before]


@given(edited())
def test_a_part_shows_the_first_edits_and_counts_what_it_leaves_out(
    found: tuple[str, tuple[Edit, ...]],
) -> None:
    raw, edits = found
    assume(edits)
    part = compare(raw, edits, 0)
    assert not part.is_whole
    assert 1 <= part.shown == sum(count for row in part.rows for _, count in row.steps)
    removed = [p.text for row in part.rows for p in row.before if p.kind == "changed"]
    assert removed == [edit.before for edit in edits[: part.shown] if edit.before]


def neighbourhoods(raw: str, edits: list[Edit], room: int = 1000) -> Comparison:
    comparison = compare(raw, edits, room)
    assert not comparison.is_whole
    return comparison


def test_of_a_very_long_line_the_neighbourhood_of_its_edit_is_shown() -> None:
    raw = "党" * 5_000_000 + " " + "员" * 5_000_000
    comparison = neighbourhoods(raw, [Edit("spaces", 5_000_000, 5_000_001, " ", "")])
    (row,) = comparison.rows
    around = CONTEXT_CHARS
    assert [(p.kind, p.text, p.chars) for p in row.before] == [
        ("left out", "", 5_000_000 - around),
        ("kept", "党" * around, around),
        ("changed", " ", 1),
        ("kept", "员" * around, around),
        ("left out", "", 5_000_000 - around),
    ]


def test_of_a_very_long_edit_both_ends_are_shown() -> None:
    raw = "党员\n" + "页" * 3_000_000 + "脚\n党费\n"
    end = raw.index("脚") + 1
    comparison = neighbourhoods(raw, [Edit("tail", 3, end, raw[3:end], "")])
    passed, row, rest = comparison.rows
    assert (passed.before[0].chars, rest.before[0].chars) == (3, 3)
    shown = [piece for piece in row.before if piece.kind == "changed"]
    assert [len(each.text) for each in shown] == [EDIT_CHARS // 2] * 2 and shown[1].text.endswith("脚")


def test_a_million_edits_cost_no_more_than_the_room_and_one_neighbourhood() -> None:
    raw = " 党" * 1_000_000
    edits = [Edit("spaces", 2 * at, 2 * at + 1, " ", "") for at in range(1_000_000)]
    comparison = neighbourhoods(raw, edits, 2000)
    assert 10 < comparison.shown < 1_000_000 == comparison.edits
    assert comparison.cost < 2000 + 2 * (2 * CONTEXT_CHARS + EDIT_CHARS)
