"""Whether a sentence that a model wrote is borne out by the passage it cites, without asking a model.

Pure: the sentence, the passage's sentences and the headings above them go in; the smallest run of whole
sentences that carries it comes out, or the reason why none does. What must agree exactly is told apart
from what may be said in other words: numbers, dates, names, quoted terms, negation, duty and permission
must stand in the run at the same place; of the rest most must be there, in whatever order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from bot.answering.paraphrase import other_words
from bot.answering.slots import Slots, bare, claims
from bot.answering.support import GENERAL_WORDS
from retrieval.normalise import fold_width, search_key, to_simplified

Reason = Literal["", "empty", "language", "support", "word", "quoted", "slot"]

SUPPORT_MIN = 0.72
"""Share of a sentence's pairs of characters and content words that its evidence must hold."""
CLAUSE_MIN = 0.3
"""Share of the pairs of each single clause, so that none is smuggled in behind a long true one."""
SHORT_CLAUSE_MIN = 0.6
"""The same for a clause of up to four characters."""
RUN_SENTENCES = 12
"""Evidence is at most this many neighbouring sentences,"""
RUN_CHARS = 520
"""and at most this long, unless a single sentence is longer."""

_LABEL = re.compile(
    r"^\s*(?:[-*•·●]+\s+)?(?:[(（]?(?:\d{1,2}|[一二三四五六七八九十]{1,3})[)）、.．]\s*(?!\d)|[①-⑳]\s*)?"
)
_OPENS = re.compile(r"\s*(?:#|第[一二三四五六七八九十百零\d]{1,5}[编章节条])")
_QUOTED = re.compile(r"[“「『《‘]([^”」』》’]{2,60})[”」』》’]")
_CJK = re.compile(r"[\u3400-\u9fff]")
_CLAUSE_END = re.compile(r"[,，。;；:：、!！?？\n()（）—…“”‘’\"'《》「」『』\[\]〔〕【】]+")
# What carries no claim by itself.
_CLAIMLESS_TAGS = frozenset("urcpyeowxkhzdfgm")
_STRICT_TAGS = ("n", "j", "l", "i", "t", "s")
# What follows the name of a place.
_LEVELS = ("省", "市", "县", "区", "镇", "乡", "街道", "社区")
_NEAR_CHARS = 3
_SHORT_CLAUSE = 4
_LATIN = re.compile(r"[a-zA-Z]{2,}")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A whole sentence of a passage with its offsets in the document."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The run of sentences that bears a statement out, as offsets; or why none does."""

    reason: Reason
    start: int = 0
    end: int = 0
    share: float = 0.0

    @property
    def holds(self) -> bool:
        return not self.reason


def verify(statement: str, sentences: Sequence[Sentence], context: str) -> Verdict:
    """The smallest run of ``sentences`` that bears ``statement`` out.

    ``context`` is the title and the headings of the passage: names, clause numbers and quoted terms may
    stand there as well. The reason given is that of the run that came nearest.
    """
    claim = _Claim.of(_LABEL.sub("", statement))
    if not claim.pairs:
        return Verdict("empty")
    if not claim.is_chinese:
        return Verdict("language")
    nearest = Verdict("support")
    above = _Text.of(context)
    for first, last in _runs(sentences):
        run = _Text.of("\n".join(s.text for s in sentences[first : last + 1]))
        share = claim.share(run, above)
        if share < SUPPORT_MIN:
            continue
        reason = _mismatch(claim, run, above)
        verdict = Verdict(reason, sentences[first].start, sentences[last].end, share)
        if verdict.holds:
            return verdict
        nearest = max(nearest, verdict, key=lambda v: v.share)
    return nearest


def _runs(sentences: Sequence[Sentence]) -> Iterator[tuple[int, int]]:
    """First and last of every run that may be quoted, the smallest runs first; none goes over a heading."""
    opens = [bool(_OPENS.match(sentence.text)) for sentence in sentences]
    for size in range(1, RUN_SENTENCES + 1):
        for first in range(len(sentences) - size + 1):
            last = first + size - 1
            short = size == 1 or sentences[last].end - sentences[first].start <= RUN_CHARS
            if short and not any(opens[first + 1 : last + 1]):
                yield first, last


@dataclass(frozen=True, slots=True)
class _Text:
    """A stretch of the corpus as claims are held against it."""

    key: str
    bare: str
    clauses: tuple[str, ...]
    pairs: frozenset[str]
    slots: Slots

    @classmethod
    def of(cls, text: str) -> _Text:
        return _text(text)


@lru_cache(maxsize=2048)
def _text(text: str) -> _Text:
    key = search_key(text)
    clauses = tuple(bare(c) for c in _CLAUSE_END.split(key))
    return _Text(
        key, "".join(clauses), clauses, frozenset(_pairs(clauses, reach=_NEAR_CHARS)), Slots.of(text)
    )


@dataclass(frozen=True, slots=True)
class _Clause:
    """A clause of a statement: its pairs of characters, its content words, and the one that ends it."""

    pairs: tuple[str, ...]
    words: tuple[str, ...]
    last: str

    @classmethod
    def of(cls, clause: str) -> _Clause:
        words = tuple(word for word, _ in _content_words(clause) if word not in GENERAL_WORDS)
        last = words[-1] if words and clause.endswith(words[-1]) else ""
        return cls(tuple(_pairs([clause], reach=1)), words, last)


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a statement says: its pairs of characters, its content words, its quoted terms and its slots."""

    text: str
    is_chinese: bool
    pairs: tuple[str, ...]
    clauses: tuple[_Clause, ...]
    words: tuple[tuple[str, bool], ...]
    strays: tuple[str, ...]
    quoted: tuple[str, ...]

    @classmethod
    def of(cls, statement: str) -> _Claim:
        key = search_key(statement)
        clauses = [bare(c) for c in _CLAUSE_END.split(key)]
        letters = [c for c in key if c.isalnum()]
        return cls(
            text=statement,
            is_chinese=len(_CJK.findall(key)) >= 0.5 * len([c for c in letters if not c.isdigit()]),
            pairs=tuple(_pairs(clauses, reach=1)),
            clauses=tuple(_Clause.of(c) for c in (*clauses, *_members(statement)) if len(c) > 1),
            words=tuple(_content_words(statement)),
            strays=(*_strays(statement), *_LATIN.findall(key)),
            quoted=tuple(bare(_flat(m[1])) for m in _QUOTED.finditer(key)),
        )

    def share(self, run: _Text, above: _Text) -> float:
        """Share of pairs and words, half and half, that the run holds; headings count half."""
        pairs = sum(1.0 if p in run.pairs else 0.5 if p in above.pairs else 0.0 for p in self.pairs) / len(
            self.pairs
        )
        if not self.words:
            return pairs
        words = sum(_credit(word, run, above) for word, _ in self.words) / len(self.words)
        return 0.5 * pairs + 0.5 * words


def _mismatch(claim: _Claim, run: _Text, above: _Text) -> Reason:
    if any(term not in run.bare and term not in above.bare for term in claim.quoted):
        return "quoted"
    if any(strict and _credit(word, run, above) == 0 for word, strict in claim.words):
        return "word"
    if not all(_knows_stray(stray, run) or _knows_stray(stray, above) for stray in claim.strays):
        return "word"
    if any(_is_unheard(clause, run, above) for clause in claim.clauses):
        return "support"
    return "slot" if not claims(claim.text, run.slots, above.slots) else ""


def _held(pairs: Sequence[str], run: _Text, above: _Text) -> float:
    """Share of the pairs that the run holds; those of the headings count half."""
    return sum(1.0 if p in run.pairs else 0.5 if p in above.pairs else 0.0 for p in pairs) / len(pairs)


def _is_unheard(clause: _Clause, run: _Text, above: _Text) -> bool:
    """Whether a clause says what the evidence does not.

    The word that ends it carries the predicate; of a short one, often the member of a list, every word
    counts. Both may be said in other words that are known to mean the same.
    """
    held = _held(clause.pairs, run, above)
    if clause.last and not _credit(clause.last, run, above):
        return True
    if len(clause.pairs) >= _SHORT_CLAUSE:
        return held < CLAUSE_MIN
    credits = [_credit(word, run, above) for word in clause.words]
    if not all(credits) or _is_patched(clause.words, run):
        return True
    return held < SHORT_CLAUSE_MIN and not any(credit >= 0.6 for credit in credits)


def _is_patched(words: Sequence[str], run: _Text) -> bool:
    """Whether a clause is put together from words that the evidence says apart from each other."""
    literal = [word for word in words if word in run.bare]
    return len(literal) > 1 and not any(all(w in clause for w in literal) for clause in run.clauses)


def _knows_stray(stray: str, text: _Text) -> bool:
    """Whether a text holds a foreign word, or all characters of a run that is no word."""
    return stray in text.key if stray.isascii() else set(stray) <= set(text.key)


def _flat(text: str) -> str:
    return _CLAUSE_END.sub("", text)


def _pairs(clauses: Iterable[str], *, reach: int) -> Iterator[str]:
    """Pairs of characters within each clause, up to ``reach`` apart; figures stay whole by their slots."""
    for clause in clauses:
        for gap in range(1, reach + 1):
            for i in range(len(clause) - gap):
                yield clause[i] + clause[i + gap]


def _tagged(statement: str) -> Iterator[list[tuple[str, str]]]:
    import rjieba

    for run in _CLAUSE_END.split(fold_width(to_simplified(statement))):
        if run:
            yield rjieba.tag(run)


def _members(statement: str) -> Iterator[str]:
    """Short members that are joined by a conjunction, which no punctuation cuts out."""
    for tagged in _tagged(statement):
        member = ""
        for word, tag in [*tagged, ("", "c")]:
            if tag == "c" and len(member) <= _SHORT_CLAUSE < sum(len(w) for w, _ in tagged):
                yield bare(search_key(member))
            member = "" if tag == "c" else member + word


def _strays(statement: str) -> Iterator[str]:
    """Runs of single characters that the tagger made no word of: often a name it does not know."""
    for tagged in _tagged(statement):
        stray = ""
        for word, tag in [*tagged, ("", "")]:
            single = len(word) == 1 and _CJK.match(word) and tag[:1] not in "mqup"
            if tag.startswith("g"):
                yield search_key(word)
            if not single and len(stray) > 1:
                yield search_key(stray)
            stray = stray + word if single else ""


def _content_words(statement: str) -> Iterator[tuple[str, bool]]:
    """Each content word as a search key, and whether it is a thing or a name that cannot be reworded."""
    for tagged in _tagged(statement):
        for place, (word, tag) in enumerate(tagged):
            key = bare(search_key(word))
            if len(key) < 2 or tag[:1] in _CLAIMLESS_TAGS or key.isdigit():
                continue
            # What the tagger takes for a verb in front of 的 or of 市 may be a place that it does not know.
            behind = tagged[place + 1][0] if place + 1 < len(tagged) else ""
            strict = tag.startswith(_STRICT_TAGS) or behind == "的" or behind.startswith(_LEVELS)
            yield key, strict and key not in GENERAL_WORDS


def _credit(word: str, run: _Text, above: _Text) -> float:
    """How far the evidence holds a word: itself, a synonym, its pieces, or the headings above."""
    if word in run.bare:
        return 1.0
    if any(bare(other) in run.bare for other in other_words(word)):
        return 0.9
    if word in above.bare:
        return 0.8
    if len(word) > 2:
        pieces = [word[i : i + 2] for i in range(len(word) - 1)]
        held = sum(p in run.pairs for p in pieces) / len(pieces)
        if held >= 0.5:
            return 0.8 * held
        halves = (word[:2], word[2:])
        return 0.6 if len(word) == 4 and all(_credit(half, run, above) for half in halves) else 0.0
    return 0.6 if word in run.pairs else 0.0
