"""Near-duplicates: which texts resemble each other, and by how much."""

from __future__ import annotations

import random
import re

import pytest

from ingest.resemblance import SHARE_MIN, Sketches, sketch

ALPHABET = [chr(code) for code in range(0x4E00, 0x4E00 + 1500)]


def text(seed: int, size: int = 800) -> str:
    draw = random.Random(seed)
    return "".join(draw.choices(ALPHABET, k=size))


def edited(original: str, edits: int) -> str:
    draw = random.Random(edits)
    letters = list(original)
    for _ in range(edits):
        letters[draw.randrange(len(letters))] = "改"
    return "".join(letters)


def true_share(one: str, other: str) -> float:
    a, b = ({each[at : at + 4] for at in range(len(each) - 3)} for each in (one, other))
    return len(a & b) / len(a | b)


@pytest.mark.parametrize("edits", [0, 3, 10, 15])
def test_the_share_is_near_the_true_one(edits: int) -> None:
    original = text(1)
    known = Sketches()
    known.add("id", "docs/a", sketch(original))
    found = known.nearest(sketch(edited(original, edits)))
    assert found is not None and found.share == pytest.approx(
        true_share(original, edited(original, edits)), abs=0.1
    )


def test_another_text_and_one_edited_throughout_resemble_nothing() -> None:
    known = Sketches()
    known.add("id", "docs/a", sketch(text(1)))
    assert known.nearest(sketch(text(2))) is None
    assert true_share(text(1), edited(text(1), 150)) < SHARE_MIN
    assert known.nearest(sketch(edited(text(1), 150))) is None


def test_of_several_the_nearest_is_named_and_of_equals_the_first() -> None:
    known = Sketches()
    for name, edits in (("far", 15), ("near", 3), ("equal", 0), ("copy", 0)):
        known.add(name, name, sketch(edited(text(1), edits)))
    found = known.nearest(sketch(text(1)))
    assert found is not None and (found.document_id, found.share) == ("equal", 1.0)


def test_every_near_pair_among_many_is_found() -> None:
    known = Sketches()
    for seed in range(500):
        known.add(str(seed), str(seed), sketch(text(seed, 200)))
    for seed in range(500):
        found = known.nearest(sketch(edited(text(seed, 200), 2)))
        assert found is not None and found.document_id == str(seed)


def test_punctuation_and_space_do_not_count_and_tiny_texts_resemble_nothing() -> None:
    spaced = re.sub("(.{5})", r"\1， \n", text(1))
    known = Sketches()
    known.add("id", "docs/a", sketch(text(1)))
    known.add("tiny", "docs/b", sketch("甲。"))
    found = known.nearest(sketch(spaced))
    assert found is not None and found.share == 1.0
    assert sketch("甲。") == b"" and known.nearest(sketch("甲。")) is None


def test_a_thousand_copies_of_one_form_are_no_trouble() -> None:
    known = Sketches()
    for number in range(1000):
        known.add(str(number), str(number), sketch(edited(text(1), 1 + number % 3)))
    found = known.nearest(sketch(text(1)))
    assert found is not None and found.share > 0.9
