"""Six edits at once in real regulations, drawn by lot: the changes found are as many as were made."""

from __future__ import annotations

import random
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from ingest.comparing import compare, cut_clauses
from ingest.documents import read_document
from retrieval.sentences import split_sentences

CORPUS = Path(__file__).resolve().parents[3].parent / "shared" / "corpus"
FILES = [*(CORPUS / "regulations").glob("*.md"), *(CORPUS / "legal").glob("*.docx")]
NEW = ("第九百条", "志愿服务时长由社区每年核定，冬季清雪另行累计并张榜公布。")
# A part of a clause that says less may as well stand anywhere else.
PART_CHARS = 12
Clauses = list[tuple[str, str]]


@cache
def clauses_of(path: Path) -> tuple[tuple[str, str], ...]:
    text = read_document(path.read_bytes(), path.name).text
    return tuple((c.label, c.text) for c in cut_clauses(text) if c.label.endswith("条"))


def halves(body: str) -> tuple[str, str]:
    sentences = split_sentences(body)
    middle = sentences[len(sentences) // 2][0]
    return body[:middle].strip(), body[middle:].strip()


def edited(old: Clauses, chance: random.Random) -> tuple[Clauses, Counter[str]]:
    """The clauses with up to six edits that do not touch each other, and how many of each kind."""
    slots = chance.sample(range(0, len(old) - 1, 2), 6)
    new: list[Clauses] = [[clause] for clause in old]
    made: Counter[str] = Counter()
    for kind, at in zip(("gone", "split", "merged", "changed", "new"), slots, strict=False):
        label, body = old[at]
        first, second = halves(body)
        if kind == "gone":
            new[at] = []
        elif kind == "split" and min(len(first), len(second)) >= PART_CHARS:
            new[at] = [(label, first), ("第九百零一条", second)]
        elif kind == "merged" and min(len(body), len(old[at + 1][1])) >= PART_CHARS:
            new[at : at + 2] = [[(label, body + old[at + 1][1])], []]
        elif kind == "changed" and "应当" in body:
            new[at] = [(label, body.replace("应当", "可以", 1))]
        elif kind == "new":
            new[at].append(NEW)
        else:
            continue
        made[kind] += 1
    (moved,) = new[slots[5]]
    new[slots[5]] = []
    before = sum(map(len, new[: slots[5]]))
    clauses = [clause for slot in new for clause in slot]
    places = [place for place in range(len(clauses) + 1) if abs(place - before) > 2]
    clauses.insert(chance.choice(places), moved)
    return clauses, made + Counter(moved=1)


def printed(clauses: Clauses, *, renumbers: bool) -> str:
    labels = [f"第{at}条" if renumbers else label for at, (label, _) in enumerate(clauses, 1)]
    return "\n".join(f"{label}　{body}" for label, (_, body) in zip(labels, clauses, strict=True))


@pytest.mark.skipif(not FILES, reason="the shared corpus is not here")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_changes_found_are_those_that_were_made(path: Path) -> None:
    old = list(clauses_of(path))
    if len(old) < 14:
        pytest.skip("too few clauses for six edits")
    for seed in range(10):
        chance = random.Random(seed)
        new, made = edited(old, chance)
        text = printed(new, renumbers=chance.random() < 0.5)
        found = Counter(compare(printed(old, renumbers=False), text).counts())
        del found["same"]
        assert found == made, seed
