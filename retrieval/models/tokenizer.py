"""The tokens that XLM-RoBERTa models read: SentencePiece's unigram pieces, cut by the library tokenizers."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from retrieval.errors import ModelError

# The piece for what no other fits. No text holds this name: NUL is taken out before.
UNKNOWN = "\0unknown"
_SPACE = "▁"
_RUN_OF_SPACES = re.compile(" {2,}")


class Token(NamedTuple):
    """A piece's number, and the stretch of the text that it stands for."""

    id: int
    start: int
    end: int


class Tokenizer:
    """Cuts texts into the pieces of one file; another says what characters become before."""

    def __init__(self, pieces: Path, characters: Path) -> None:
        from tokenizers import Tokenizer as Cutter

        try:
            self._cutter = Cutter.from_file(str(pieces))
            self._characters = str.maketrans(json.loads(characters.read_text(encoding="utf-8")))
        # The library raises plain Exception for a file it cannot read.
        except Exception as exc:
            raise ModelError(
                f"读不了模型的词表：{pieces.parent}（{exc}）。", remedy="重新安装程序。"
            ) from exc
        self._unknown = self._cutter.token_to_id(UNKNOWN)

    def tokens(self, text: str) -> Sequence[int]:
        """The numbers of the text's pieces, without marks of start and end."""
        spaced = _RUN_OF_SPACES.sub(" ", text.translate(self._characters))
        marked = spaced if spaced.startswith(" ") else " " + spaced
        cut = self._cutter.encode(marked.replace(" ", _SPACE), add_special_tokens=False)
        numbers: list[int] = cut.ids
        if self._unknown not in numbers:
            return numbers
        # The library makes one token of neighbouring unknown characters; the models learned one for each.
        return [
            number
            for number, (start, end) in zip(numbers, cut.offsets, strict=True)
            for _ in range(end - start if number == self._unknown else 1)
        ]

    def spans(self, text: str) -> list[Token]:
        """The text's pieces as ``tokens`` gives them, each with its place in the text."""
        spaced, origins = self._spaced(text)
        cut = self._cutter.encode(spaced, add_special_tokens=False)
        found = []
        for number, (start, end) in zip(cut.ids, cut.offsets, strict=True):
            step = 1 if number == self._unknown else end - start
            for at in range(start, end, step):
                found.append(Token(number, origins[at], origins[at + step - 1] + 1))
        return found

    def _spaced(self, text: str) -> tuple[str, list[int]]:
        """The text as it is cut, and which character of ``text`` each of its characters comes from."""
        made: list[str] = [_SPACE]
        origins = [0]
        for at, character in enumerate(text):
            for each in self._characters.get(ord(character), character):
                if each == " ":
                    if made[-1] == _SPACE:
                        continue
                    each = _SPACE
                made.append(each)
                origins.append(at)
        return "".join(made), origins
