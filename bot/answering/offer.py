"""What a language model is given: rules, passages under opaque keys, the question; as data, delimited."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.answering.drafts import Source
from bot.answering.injection import orders
from bot.answering.verification import Sentence
from prompts import fingerprint, render

TEMPLATES = ("language_model_rules", "language_model_passage", "language_model_question")
SILENT = "资料未说明"
"""What the model writes where the passages do not answer."""

_OMITTED = "〔略〕"


@dataclass(frozen=True, slots=True)
class Offered:
    """A passage on offer: its source and the sentences that may be cited from it."""

    source: Source
    sentences: tuple[Sentence, ...]

    @property
    def context(self) -> str:
        """The title and the headings that stand above the passage."""
        passage = self.source.passage
        return f"{passage.document.title}\n{passage.section}"


@dataclass(frozen=True, slots=True)
class Offer:
    """The two messages to the model, and which passage each key stands for."""

    rules: str
    question: str
    passages: Mapping[str, Offered]


def template_version() -> str:
    """Names the templates in logs and cache keys: their common name and a hash of all three."""
    return f"language_model@{fingerprint(*TEMPLATES)}"


def offer(
    question: str, sources: Sequence[Source], *, chance: random.Random, masked: Callable[[str], str]
) -> Offer:
    """The messages for a question; ``masked`` is applied to every text that comes from outside."""
    keys = _keys(len(sources) + 2, chance)
    passages = {key: _offered(source) for key, source in zip(keys, sources, strict=False)}
    blocks = [_block(key, each, masked) for key, each in passages.items()]
    return Offer(
        rules=render("language_model_rules", example=keys[-1], silent=SILENT),
        question=render(
            "language_model_question",
            passages="\n\n".join(blocks),
            key=keys[-2],
            question=_contained(masked(question)),
        ),
        passages=passages,
    )


def _keys(count: int, chance: random.Random) -> list[str]:
    """Distinct keys such as ``kfw37``: no word, no number, nothing that tells of the document."""
    keys: dict[str, None] = {}
    while len(keys) < count:
        letters = "".join(chance.choices("bcdfghjkmnpqrtvwxz", k=3))
        keys[letters + "".join(chance.choices(string.digits[2:], k=2))] = None
    return list(keys)


def _offered(source: Source) -> Offered:
    passage, text = source.passage, source.view.text
    units = [u for u in source.view.within(passage.start, passage.end) if u.end <= passage.end]
    sentences = [Sentence(u.start, u.end, text[u.start : u.end]) for u in units]
    forbidden = orders([sentence.text for sentence in sentences])
    return Offered(source, tuple(s for s, is_order in zip(sentences, forbidden, strict=True) if not is_order))


def _block(key: str, offered: Offered, masked: Callable[[str], str]) -> str:
    passage = offered.source.passage
    origin = " ".join(f"《{passage.document.title}》 {passage.section}".split())
    if any(orders([origin])):
        origin = _OMITTED
    return render(
        "language_model_passage",
        key=key,
        origin=_contained(masked(origin)),
        text=_contained(masked(_text(offered))),
    )


def _text(offered: Offered) -> str:
    """The citable sentences with the white space between them; a mark where something was left out."""
    text, position, parts = offered.source.view.text, offered.source.passage.start, []
    for sentence in offered.sentences:
        between = text[position : sentence.start]
        parts.append(_OMITTED if between.strip() else between)
        parts.append(sentence.text)
        position = sentence.end
    return "".join(parts).strip()


def _contained(text: str) -> str:
    """The text without what could pass for the edge of a block."""
    return text.replace("<", "＜").replace(">", "＞")
