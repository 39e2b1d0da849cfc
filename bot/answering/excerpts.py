"""What is quoted of a clause that changed: the sentences that the change is in, in one piece."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.comparing import Clause, ClausePair
from ingest.comparing.wording import stretches
from retrieval.sentences import Span, split_segments, split_sentences

SIDE_CHARS = 240
"""A side is quoted up to about this length; of a longer one the beginning of what changed."""


def changed_spans(pair: ClausePair, texts: tuple[str, str]) -> tuple[list[Span], list[Span]]:
    """Of each side of a pair what is to be quoted, as spans of the old and of the new text."""
    if pair.change != "changed":
        return (
            [_opening(texts[0], clause) for clause in pair.old],
            [_opening(texts[1], clause) for clause in pair.new],
        )
    old, new = pair.old[0], pair.new[0]
    places: tuple[list[Span], list[Span]] = ([], [])
    at = [old.body, new.body]
    for each in stretches(old.text, new.text):
        ends = [at[0] + len(each.old), at[1] + len(each.new)]
        if not each.is_same:
            for side in (0, 1):
                places[side].append((at[side], ends[side]))
        at = ends
    return [_around(texts[0], old, places[0])], [_around(texts[1], new, places[1])]


def _opening(text: str, clause: Clause) -> Span:
    """The clause, or of a long one its first sentences."""
    return _fitting(text, clause, split_sentences(text, clause.start, clause.end), 0)


def _around(text: str, clause: Clause, places: Sequence[Span]) -> Span:
    """The stretch of whole sentences that holds the places, or as much of it as there is room for."""
    if clause.end - clause.start <= SIDE_CHARS:
        return clause.start, clause.end
    sentences = split_sentences(text, clause.start, clause.end)
    first, last = places[0][0], places[-1][1]
    touched = [at for at, span in enumerate(sentences) if span[1] >= first and span[0] <= last]
    kept = sentences[touched[0] : touched[-1] + 1] if touched else sentences
    return _fitting(text, clause, kept, first)


def _fitting(text: str, clause: Clause, sentences: Sequence[Span], place: int) -> Span:
    """As many of the sentences as fit, in one piece; of one that is too long the part that holds a place."""
    start, end = sentences[0]
    for sentence in sentences[1:]:
        if sentence[1] - start > SIDE_CHARS:
            break
        end = sentence[1]
    if end - start <= SIDE_CHARS:
        return start, end
    segments = split_segments(text, start, end)
    holding = [span for span in segments if span[1] > place] or segments
    return holding[0]
