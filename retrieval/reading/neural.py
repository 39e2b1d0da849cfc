"""The bundled reader: a compact cross-encoder that ``training/reader`` makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from retrieval.errors import ModelError
from retrieval.models.runtime import Session, available_processors
from retrieval.models.tokenizer import Tokenizer
from retrieval.normalise import to_simplified
from retrieval.reading.encoding import Encoder, Row, batch
from retrieval.reading.lexical import LexicalReader
from retrieval.reading.records import PassageReading, Reader, Reading, ReadPassage

FOLDER = Path(__file__).with_name("model")
MODEL_FILE = "reader.onnx"
_PIECES = Path(__file__).parents[1] / "models" / "e5"
# Padded tokens of a batch. Larger ones leave the processor's cache and take longer for each token.
_BATCH_TOKENS = 1024


class NeuralReader:
    """The reader on ONNX Runtime; it reads traditional script as simplified."""

    name = "neural"

    def __init__(self, folder: Path | None = None) -> None:
        self._encoder = Encoder(Tokenizer(_PIECES / "pieces.json", _PIECES / "characters.json"))
        self._session = Session((folder or FOLDER) / MODEL_FILE)

    def read(self, question: str, passages: Sequence[ReadPassage]) -> Reading:
        """What each unit and each passage is worth as an answer; a passage without units is worth nothing."""
        asked = to_simplified(question)
        rows = [
            (number, row)
            for number, passage in enumerate(passages)
            for row in self._encoder.rows(asked, _simplified(passage))
        ]
        rows.sort(key=lambda each: -len(each[1].ids))
        units: dict[int, list[tuple[int, float]]] = {}
        answers: dict[int, float] = {}
        for (number, row), (unit_logits, passage_logit) in zip(
            rows, self._logits([r for _, r in rows]), strict=True
        ):
            units.setdefault(number, []).extend(zip(row.numbers, unit_logits, strict=True))
            answers[number] = max(answers.get(number, passage_logit), passage_logit)
        return Reading(
            tuple(
                PassageReading(tuple(value for _, value in sorted(units.get(n, []))), answers[n])
                for n in range(len(passages))
            )
        )

    def _logits(self, rows: Sequence[Row]) -> Iterator[tuple[list[float], float]]:
        """For each row the logits of its units and of the passage."""
        parts = list(_batches([len(row.ids) for row in rows]))
        outputs = self._session.run_all([batch(rows[a:b]) for a, b in parts])
        for (start, end), (unit, passage) in zip(parts, outputs, strict=True):
            for place, row in enumerate(rows[start:end]):
                yield [float(value) for value in unit[place, : len(row.units)]], float(passage[place])


def load_reader(*, announce: Callable[[str], None]) -> Reader:
    """The bundled reader, or the one by words alone where it cannot run, which ``announce`` is told."""
    try:
        return NeuralReader()
    except ModelError as exc:
        announce(f"{exc.message}改为只按字词找答案。")
        return LexicalReader()


def _simplified(passage: ReadPassage) -> ReadPassage:
    return ReadPassage(
        to_simplified(passage.title),
        to_simplified(passage.section),
        tuple(to_simplified(text) for text in passage.units),
    )


def _batches(lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Start and end of batches: ``lengths`` fall, so the first of each says how wide it is.

    A few rows are shared out evenly among the processors.
    """
    if not lengths:
        return
    share = sum(lengths) // available_processors() + lengths[-1]
    limit = min(_BATCH_TOKENS, share)
    starts = [0]
    for place in range(1, len(lengths)):
        if (place - starts[-1] + 1) * lengths[starts[-1]] > limit:
            starts.append(place)
    yield from pairwise([*starts, len(lengths)])
