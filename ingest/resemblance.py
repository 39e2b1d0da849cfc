"""Which documents say nearly the same as others: MinHash sketches of their texts, and an index of them.

Two sketches agree in as many of their numbers as the texts share of their runs of characters (Jaccard), give
or take three in a hundred. Punctuation, space and order of paragraphs hardly count.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Below this share two documents of one kind resemble each other by their phrases, not by descent.
SHARE_MIN = 0.8
_NUMBERS = 128
_NUMBER = "<u4"
_SEED = 1
_RUN_CHARS = 4
_NOT_LETTERS = re.compile(r"[\W_]+")
# The first numbers are looked at first: of texts that share four fifths, one pair in ten thousand agrees in
# fewer than half of them, and of other texts hardly one does in so many.
_HEAD = 32
_HEAD_EQUAL_MIN = _HEAD // 2


@dataclass(frozen=True, slots=True)
class Resemblance:
    """Another document that says nearly the same; ``share`` is the estimated part in common, 0 to 1."""

    document_id: str
    source: str
    share: float

    def as_json(self) -> dict[str, object]:
        return {"id": self.document_id, "source": self.source, "share": round(self.share, 2)}


def sketch(text: str) -> bytes:
    """What is compared instead of ``text``: a tag of how it was made, then its numbers.

    Empty for a text of fewer than four letters. Only sketches with the same ``sketch_tag`` compare.
    """
    letters = _NOT_LETTERS.sub("", text)
    if len(letters) < _RUN_CHARS:
        return b""
    from rensa import RMinHash

    minhash = RMinHash(num_perm=_NUMBERS, seed=_SEED)
    minhash.update([letters[at : at + _RUN_CHARS] for at in range(len(letters) - _RUN_CHARS + 1)])
    return sketch_tag() + struct.pack(f"<{_NUMBERS}I", *minhash.digest())


def sketch_tag() -> bytes:
    """Four bytes that name the way sketches are made: the library's algorithm, and the length of a run."""
    from rensa import RMinHash

    return bytes((RMinHash.ALGORITHM_VERSION, _RUN_CHARS, 0, 0))


class Sketches:
    """Documents that others may resemble: their sketches as the rows of a matrix."""

    def __init__(self) -> None:
        self._documents: list[tuple[str, str]] = []
        self._rows = np.empty((0, _NUMBERS), dtype=_NUMBER)
        self._heads = np.empty((0, _HEAD), dtype=_NUMBER)

    def add(self, document_id: str, source: str, sketch: bytes) -> None:
        """Let later documents be found to resemble this one."""
        if not sketch:
            return
        count = len(self._documents)
        if count == len(self._rows):
            self._grow(2 * count + 64)
        self._rows[count] = _numbers(sketch)
        self._heads[count] = self._rows[count, :_HEAD]
        self._documents.append((document_id, source))

    def nearest(self, sketch: bytes) -> Resemblance | None:
        """The document that shares most, the first added of equals; ``None`` below ``SHARE_MIN``."""
        if not sketch:
            return None
        numbers, count = _numbers(sketch), len(self._documents)
        heads = np.count_nonzero(self._heads[:count] == numbers[:_HEAD], axis=1)
        near = np.flatnonzero(heads >= _HEAD_EQUAL_MIN)
        if not near.size:
            return None
        shares = np.count_nonzero(self._rows[near] == numbers, axis=1) / _NUMBERS
        best = int(shares.argmax())
        if shares[best] < SHARE_MIN:
            return None
        document_id, source = self._documents[int(near[best])]
        return Resemblance(document_id, source, float(shares[best]))

    def _grow(self, size: int) -> None:
        count = len(self._documents)
        rows, heads = np.empty((size, _NUMBERS), dtype=_NUMBER), np.empty((size, _HEAD), dtype=_NUMBER)
        rows[:count], heads[:count] = self._rows[:count], self._heads[:count]
        self._rows, self._heads = rows, heads


def _numbers(sketch: bytes) -> NDArray[np.uint32]:
    return np.frombuffer(sketch, dtype=_NUMBER)[-_NUMBERS:]
