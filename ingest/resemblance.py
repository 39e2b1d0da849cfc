"""Which documents say nearly the same as others: MinHash sketches of their texts, and an index of them.

Two sketches agree in as many of their numbers as the texts share of their runs of characters (Jaccard), give
or take three in a hundred. Punctuation, space and order of paragraphs hardly count.
"""

from __future__ import annotations

import operator
import re
import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

# Below this share two documents of one kind resemble each other by their phrases, not by descent.
SHARE_MIN = 0.8
_NUMBERS = 128
_NUMBER_BYTES = 4
_SEED = 1
_RUN_CHARS = 4
_NOT_LETTERS = re.compile(r"[\W_]+")
# Four numbers a band: texts that share four fifths practically always agree in one of the 32.
_BAND_BYTES = 4 * _NUMBER_BYTES
# Of a thousand copies of one form, a few are enough to name one.
_COMPARED_MAX = 100


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
    """Names the way sketches are made: the library's algorithm, and the length of a run."""
    from rensa import RMinHash

    return bytes((RMinHash.ALGORITHM_VERSION, _RUN_CHARS))


@dataclass(slots=True)
class Sketches:
    """Documents that others may resemble."""

    _documents: list[tuple[str, str, bytes]] = field(default_factory=list)
    _bands: dict[tuple[int, bytes], list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, document_id: str, source: str, sketch: bytes) -> None:
        """Let later documents be found to resemble this one."""
        for band in _bands(sketch):
            self._bands[band].append(len(self._documents))
        self._documents.append((document_id, source, sketch))

    def nearest(self, sketch: bytes) -> Resemblance | None:
        """The document that shares most, the first added of equals; ``None`` below ``SHARE_MIN``."""
        near = dict.fromkeys(each for band in _bands(sketch) for each in self._bands.get(band, ()))
        found = [(-_share(sketch, self._documents[at][2]), at) for at in islice(near, _COMPARED_MAX)]
        if not found or -min(found)[0] < SHARE_MIN:
            return None
        lack, at = min(found)
        return Resemblance(*self._documents[at][:2], -lack)


def _bands(sketch: bytes) -> Iterator[tuple[int, bytes]]:
    start = len(sketch) - _NUMBERS * _NUMBER_BYTES
    for at in range(start, len(sketch), _BAND_BYTES) if sketch else ():
        yield at, sketch[at : at + _BAND_BYTES]


def _share(one: bytes, other: bytes) -> float:
    a, b = (struct.unpack(f"<{_NUMBERS}I", each[-_NUMBERS * _NUMBER_BYTES :]) for each in (one, other))
    equal: int = sum(map(operator.eq, a, b))
    return equal / _NUMBERS
