"""multilingual-e5-small, the model inside the program; ``training/embedding`` makes its files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from retrieval.models.embedder import Embedder, checked, encodable, no_vectors
from retrieval.models.runtime import Feed, Session
from retrieval.models.tokenizer import Tokenizer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from retrieval.models.embedder import Matrix

FOLDER = Path(__file__).with_name("e5")
MODEL_FILE, PIECES_FILE, CHARACTERS_FILE = "model.onnx", "pieces.json", "characters.json"
# Under this name the model file says what the embedder's fingerprint is.
FINGERPRINT = "fingerprint"
# What the model was trained to find in front of a question and of a passage.
QUERY, PASSAGE = "query: ", "passage: "
START, PAD, END = 0, 1, 2
_Window = tuple[int, Sequence[int]]
# The model has 512 places, two of them for the marks.
WINDOW = 510
# Padded tokens of a batch. Larger ones leave the processor's cache and take longer for each token.
_BATCH_TOKENS = 512


class BundledEmbedder(Embedder):
    """The bundled model; texts of more than 510 tokens are read in parts, whose mean counts."""

    batch_size = 128

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or FOLDER
        self._tokenizer = Tokenizer(folder / PIECES_FILE, folder / CHARACTERS_FILE)
        self._session = Session(folder / MODEL_FILE)
        self.fingerprint = self._session.metadata[FINGERPRINT]
        self.dimension = int(self.fingerprint.rpartition("-")[2])

    def passages(self, texts: Sequence[str]) -> Matrix:
        return self._vectors(PASSAGE, texts) if texts else no_vectors(self.dimension)

    def query(self, text: str) -> Matrix:
        vector: Matrix = self._vectors(QUERY, [text])[0]
        return vector

    def _vectors(self, prefix: str, texts: Sequence[str]) -> Matrix:
        import numpy as np

        windows, feeds = self._feeds(prefix, texts)
        means = np.concatenate([mean for (mean,) in self._session.run_all(feeds)])
        sums = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for (place, tokens), mean in zip(windows, means, strict=True):
            sums[place] += len(tokens) * mean
        return checked(sums, len(texts), self)

    def _feeds(self, prefix: str, texts: Sequence[str]) -> tuple[list[_Window], list[Feed]]:
        """All windows with the places of their texts, and the batches that they make in this order."""
        windows = [
            (place, window)
            for place, text in enumerate(texts)
            for window in _windows(self._tokenizer.tokens(prefix + encodable(text)))
        ]
        # Windows of like length together, the longest first, so that no thread is left with one at the end.
        windows.sort(key=lambda each: -len(each[1]))
        rows = [window for _, window in windows]
        batches = _batches([len(row) + 2 for row in rows])
        return windows, [{"ids": _padded(rows[start:end])} for start, end in batches]


def _windows(tokens: Sequence[int]) -> Iterator[Sequence[int]]:
    """The tokens, as many at a time as the model has room for."""
    return (tokens[at : at + WINDOW] for at in range(0, len(tokens), WINDOW))


def _batches(lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Start and end of batches: ``lengths`` fall, so the first of each says how wide it is."""
    starts = [0]
    for place in range(1, len(lengths)):
        if (place - starts[-1] + 1) * lengths[starts[-1]] > _BATCH_TOKENS:
            starts.append(place)
    return pairwise([*starts, len(lengths)])


def _padded(windows: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """The windows between marks of start and end as rows of one length; the first is the longest."""
    import numpy as np

    rows = np.full((len(windows), len(windows[0]) + 2), PAD, dtype=np.int64)
    for row, window in zip(rows, windows, strict=True):
        row[0], row[1 : len(window) + 1], row[len(window) + 1] = START, window, END
    return rows
