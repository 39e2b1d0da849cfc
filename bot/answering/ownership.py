"""Whose number or period a sentence tells: that of what is asked for, or of its neighbour in the text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.answering.fitness import holds
from bot.answering.kinds import Asked
from bot.answering.support import ContentTerm

_SENTENCE_ENDS = re.compile(r"[。！？\n]")
# What is said of several places is parted by semicolons, each with its own.
_PARTS = re.compile(r"[;；]")
_SEGMENT_ENDS = re.compile(r"[，,:：;；]")
_ASIDE = re.compile(r"\([^()]*\)|（[^（）]*）")
_DATES = re.compile(r"(?:\d+|\*)[年月日]")
_OWN_FIGURE = re.compile(r"[共有为达近约]{0,2}\d")
_CREDIT_MIN = 0.5


def tells_of(asked: Asked, owners: Sequence[ContentTerm], answer: str, above: str) -> bool:
    """Whether a sentence of the answer that holds what is asked for says it of all the owners.

    An owner may stand in the headings ``above``, in the same segment of the sentence as the fact, or in an
    earlier one as its subject: not in brackets, and not with a figure of its own. Texts are search keys.
    """
    owners = [owner for owner in owners if owner.credit(above) < _CREDIT_MIN]
    sentences = [sentence for sentence in _SENTENCE_ENDS.split(answer) if holds(asked, sentence)]
    return not owners or not sentences or any(_is_told(asked, owners, sentence) for sentence in sentences)


def _is_told(asked: Asked, owners: Sequence[ContentTerm], sentence: str) -> bool:
    names = [owner for owner in owners if owner.is_name]
    if names and len(parts := _PARTS.split(sentence)) > 1:
        return any(holds(asked, part) and _is_told(asked, owners, part) for part in parts)
    segments = _SEGMENT_ENDS.split(sentence)
    at = [n for n, segment in enumerate(segments) if holds(asked, segment)]
    if not at:
        return all(owner.credit(sentence) >= _CREDIT_MIN for owner in owners)
    return any(all(_is_beside(asked, owner, segments, n) for owner in owners) for n in at)


def _is_beside(asked: Asked, owner: ContentTerm, segments: Sequence[str], n: int) -> bool:
    """Whether the owner stands in the ``n``-th segment, or before it as a subject that carries on."""
    if owner.credit(segments[n]) >= _CREDIT_MIN:
        return True
    before = _SEGMENT_ENDS.split(_ASIDE.sub("", ",".join(segments[:n])))
    for k in range(len(before) - 1, -1, -1):
        if owner.credit(before[k]) >= _CREDIT_MIN:
            return asked.share or not _OWN_FIGURE.match(_DATES.sub("", before[k].rpartition(owner.text)[2]))
    return False
