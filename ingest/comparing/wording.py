"""What changed within a clause, by words: the stretches that only one of two wordings has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

# Words beyond this are set side by side by sentences first: the cost grows with their product.
_WORDS_MAX = 1_200
# A single character that both have between two changes is no anchor: 每[季]度 and 每[个]月 share nothing.
_GAP_MAX = 1
_SENTENCE = re.compile(r"[^。；\n]*[。；\n]?")
_MARK = re.compile(r"[\W_]")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of both wordings: what stood there, what stands there now; white space is nothing."""

    old: str
    new: str

    @property
    def is_same(self) -> bool:
        return "".join(self.old.split()) == "".join(self.new.split())


def stretches(old: str, new: str) -> list[Stretch]:
    """Both wordings in stretches; the old sides joined are ``old``, the new ones ``new``."""
    return _merged(_compared(_words(old), _words(new)))


def replacements(old: str, new: str) -> list[tuple[str, str]]:
    """What was replaced by what, one of them empty where words were only added or only left out."""
    return [(each.old, each.new) for each in stretches(old, new) if not each.is_same]


def _compared(old: Sequence[str], new: Sequence[str]) -> Iterator[Stretch]:
    if max(len(old), len(new)) > _WORDS_MAX and (len(old) + len(new)) > 4:
        sentences = [_SENTENCE.findall("".join(words)) for words in (old, new)]
        if min(map(len, sentences)) > 2:
            yield from _by_sentence(*sentences)
            return
    yield from _matched(old, new)


def _by_sentence(old: Sequence[str], new: Sequence[str]) -> Iterator[Stretch]:
    for each in _matched(old, new):
        if each.is_same:
            yield each
        else:
            yield from _matched(_words(each.old), _words(each.new))


def _matched(old: Sequence[str], new: Sequence[str]) -> Iterator[Stretch]:
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for _, old_start, old_end, new_start, new_end in codes:
        yield Stretch("".join(old[old_start:old_end]), "".join(new[new_start:new_end]))


def _merged(found: Iterator[Stretch]) -> list[Stretch]:
    """The stretches without the crumbs of agreement inside of a change."""
    merged: list[Stretch] = []
    for each in found:
        while len(merged) > 1 and not each.is_same and _is_crumb(merged[-1]) and not merged[-2].is_same:
            crumb, before = merged.pop(), merged.pop()
            each = _joined(_joined(before, crumb), each)
        if merged and not each.is_same and not merged[-1].is_same:
            each = _joined(merged.pop(), each)
        merged.append(each)
    return merged


def _is_crumb(each: Stretch) -> bool:
    return each.is_same and len(each.old) <= _GAP_MAX and not _MARK.search(each.old)


def _joined(one: Stretch, other: Stretch) -> Stretch:
    return Stretch(one.old + other.old, one.new + other.new)


def _words(text: str) -> list[str]:
    import rjieba

    return list(rjieba.cut(text))
