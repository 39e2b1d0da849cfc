"""A model's reply read line by line while it comes in: sentences, each with the keys it names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from retrieval.sentences import split_sentences

REPLY_CHARS = 12_000
"""Of a reply no more is read: a list of twenty long items takes a third of it."""

_KEY = r"[a-z]{3}\d{2}"
_KEYS = re.compile(
    rf"\s*[\[【〔(（［「]\s*(?P<keys>{_KEY}(?:\s*[,，、;；和/ ]\s*{_KEY})*)\s*[\]】〕)）］」]", re.IGNORECASE
)
_BULLET = re.compile(r"^\s*(?:[-*•·●]\s+|>\s*|#+\s+)")
_MARKUP = re.compile(r"\*\*|__|`")
_ENDS = "。！？!?；;：:"


@dataclass(frozen=True, slots=True)
class Written:
    """A sentence or several that the model wrote, and the keys it gives for them, as written."""

    text: str
    keys: tuple[str, ...]

    def sentences(self) -> list[Written]:
        """Each sentence by itself, with the same keys."""
        return [Written(self.text[start:end], self.keys) for start, end in split_sentences(self.text)]


def lines(pieces: Iterable[str]) -> Iterator[str]:
    """The lines of a reply as soon as each is complete, without what a model thinks aloud first."""
    waiting, read, thinking = "", 0, False
    for piece in pieces:
        read += len(piece)
        *complete, waiting = (waiting + piece).split("\n")
        for line in complete:
            line, thinking = _spoken(line, thinking)
            yield line
        if read >= REPLY_CHARS:
            return
    yield _spoken(waiting, thinking)[0]


def _spoken(line: str, thinking: bool) -> tuple[str, bool]:
    """The line without thoughts, and whether thinking goes on behind it."""
    if thinking:
        _, closed, line = line.partition("</think>")
        return (line, False) if closed else ("", True)
    before, opened, thought = line.partition("<think>")
    if not opened:
        return line, False
    rest, thinking = _spoken(thought, True)
    return before + rest, thinking


def written(line: str) -> Iterator[Written]:
    """What a line says, cut behind each mark of keys; what has none behind it has those in front."""
    line = _MARKUP.sub("", _BULLET.sub("", line)).strip()
    position = 0
    keys_in_front: tuple[str, ...] = ()
    groups = list(_KEYS.finditer(line))
    if groups and groups[0].start() == 0:
        keys_in_front, position = _named(groups[0]), groups[0].end()
        groups = groups[1:]
    texts: list[tuple[str, tuple[str, ...]]] = []
    for group in groups:
        text = line[position : group.start()].lstrip("。．.，,；; ")
        if text:
            texts.append((text, _named(group)))
        elif texts:
            texts[-1] = (texts[-1][0], texts[-1][1] + _named(group))
        position = group.end()
    if rest := line[position:].lstrip("。．.，,；; "):
        texts.append((rest, keys_in_front if not texts else ()))
    yield from (Written(_closed(text), keys) for text, keys in texts)


def _named(group: re.Match[str]) -> tuple[str, ...]:
    return tuple(key.lower() for key in re.findall(_KEY, group["keys"], re.IGNORECASE))


def _closed(sentence: str) -> str:
    bare = sentence.rstrip("”’」』》）)\"'")
    return sentence if bare.endswith(tuple(_ENDS)) else f"{sentence}。"
