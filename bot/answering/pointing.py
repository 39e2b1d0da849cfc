"""What of the best passages answers a question: the units that readers point at, and whether any does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.answering.sources import Source
from bot.answering.tables import row_shift
from retrieval.lexical import bigrams
from retrieval.normalise import to_simplified
from retrieval.places import is_of_another_level, places_named
from retrieval.reading.decision import Weights, decide, learned_weights, moved
from retrieval.reading.records import Reader, Reading, ReadPassage, Unit

PASSAGES_READ = 6
"""So many of the best passages are read."""
# Of two documents on one matter that of the higher standing, which retrieval has put first, in logits.
_OF_RANK = 1.5
# What a document says that never names the place or body asked about, in logits.
_OF_ANOTHER = -3.0
# Two editions of one sentence share this much of the bigrams of the shorter one.
_ALIKE = 0.6


@dataclass(frozen=True, slots=True)
class Pointed:
    """A unit, the source that led to it, and how likely it is part of the answer, from 0 to 1."""

    source: Source
    unit: Unit
    chance: float

    @property
    def text(self) -> str:
        return self.source.view.text[self.unit.start : self.unit.end]


@dataclass(frozen=True, slots=True)
class Pointing:
    """All units that may answer, the likeliest first; ``answers`` is how likely any of them does.

    ``holding`` says how likely a passage holds the answer, by its id. The question is answered where
    ``answers`` is at least ``threshold``.
    """

    pointed: tuple[Pointed, ...]
    answers: float
    is_answered: bool
    threshold: float = 0.5
    holding: Mapping[str, float] = field(default_factory=dict)


def point(
    reader: Reader, question: str, sources: Sequence[Source], *, is_of_a_time: bool = False
) -> Pointing:
    """What the reader points at in these sources; where there is nothing to read, nothing answers.

    Passages of another edition than the one asked for are heard only where the others do not answer, and
    never where the question ``is_of_a_time``.
    """
    read = [(source, source.as_read()) for source in sources if source.units]
    reading = reader.read(question, [passage for _, passage in read])
    timely = [n for n, (source, _) in enumerate(read) if not source.ranked.out_of_time]
    weights = learned_weights(reader.name)
    others = [n for n in range(len(read)) if n not in timely]
    found = _pointing(question, read, reading, timely if timely or is_of_a_time else others, weights)
    if found.is_answered or is_of_a_time or not (timely and others):
        return found
    former = _pointing(question, read, reading, others, weights)
    return _of_now(former, found.pointed) if former.is_answered else found


def _of_now(former: Pointing, present: Sequence[Pointed]) -> Pointing:
    """What another edition answers, in the wording of now where the present texts have the same clause.

    One sentence of two editions is read alike only by chance; what the one answers the other does too.
    """
    if not (now := _counterpart(former.pointed[0], present)):
        return former
    pointed = [now, *(each for each in present if each.unit is not now.unit)]
    return replace(former, pointed=tuple(sorted(pointed, key=lambda each: -each.chance)))


def _counterpart(old: Pointed, present: Sequence[Pointed]) -> Pointed | None:
    """The unit of the present texts that says nearly the same, as likely as the old one."""
    words = set(bigrams(old.text))
    others = [set(bigrams(each.text)) for each in present]
    shares = [len(words & other) / max(1, min(len(words), len(other))) for other in others]
    nearest = max(range(len(present)), key=shares.__getitem__, default=-1)
    if nearest < 0 or shares[nearest] < _ALIKE:
        return None
    return replace(present[nearest], chance=max(old.chance, present[nearest].chance))


def _pointing(
    question: str,
    read: Sequence[tuple[Source, ReadPassage]],
    reading: Reading,
    heard: Sequence[int],
    weights: Weights,
) -> Pointing:
    sources, passages = [read[n][0] for n in heard], [read[n][1] for n in heard]
    scores = [source.score for source in sources]
    decision = decide(question, passages, scores, Reading(tuple(reading.passages[n] for n in heard)), weights)
    asked = to_simplified(question)
    shifts = [_shift(source, asked) for source in sources]
    found: dict[tuple[str, int], Pointed] = {}
    best = (0.0, 0.0)
    named_rows: dict[float, list[Pointed]] = {}
    for each in decision.pointed:
        source = sources[each.passage]
        unit = source.units[each.unit]
        document = source.passage.document
        row = row_shift(question, document.title, source.view.tables, unit) if unit.kind == "row" else 0.0
        best = max(best, (each.chance, row))
        chance = moved(each.chance, shifts[each.passage] + row)
        if row > 0:
            named_rows.setdefault(row, []).append(Pointed(source, unit, chance))
        # Neighbouring passages may share a unit.
        place = (source.passage.document.id, unit.start)
        if place not in found or found[place].chance < chance:
            found[place] = Pointed(source, unit, chance)
    # A row that the question names, and that says all else it says, answers it alone.
    meant = named_rows[max(named_rows)] if named_rows else []
    chosen = [each for each in found.values() if each in meant] or found.values()
    pointed = sorted(chosen, key=lambda each: -each.chance)
    holding = {
        source.passage.id: moved(chance, shift)
        for source, chance, shift in zip(sources, decision.passages, shifts, strict=True)
    }
    answers = moved(decision.answers, min(0.0, max(shifts, default=0.0)) + min(0.0, best[1]))
    answers = max([answers, *(each.chance for each in meant)])
    return Pointing(tuple(pointed), answers, answers >= weights.threshold, weights.threshold, holding)


def _shift(source: Source, question: str) -> float:
    """What is known of a source for certain, in logits: its standing, and of whom it speaks."""
    shift = _OF_RANK if source.ranked.parts.authority > 0 else 0.0
    document = source.passage.document.title + source.view.text
    is_other = any(name not in document for name in places_named(question))
    return shift + _OF_ANOTHER if is_other or is_of_another_level(question, document) else shift
