"""Writes the reader's file: ``python -m training.reader.export STATE [STATE] [--to FOLDER]``.

Of several states of one training the mean is taken, which reads unseen documents better than either.

It keeps the word vectors of the pieces that simplified Chinese, digits and short Latin words are made of, in
the 4-bit blocks they come in; any other piece is read as unknown. Matrix products are in 8 bits, made as
those of the embedding model are: see ``training/embedding``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper

from retrieval.models.tokenizer import Tokenizer
from retrieval.normalise import to_simplified
from retrieval.reading.encoding import Encoder, batch
from retrieval.reading.neural import FOLDER, MODEL_FILE
from training.embedding.graph import PAD, Dense, Graph, add_layer, eight_bits, embedded, full_precision
from training.embedding.vocabulary import kept_pieces
from training.embedding.weights import Floats, Weights, read_weights
from training.reader.examples import ROOT
from training.reader.network import HIDDEN, LAYERS, UNTAUGHT, Layer, Network, from_embedding_model
from training.reader.sampling import Group, Sampler
from training.reader.train import PIECES, own_tasks

_UNKNOWN = 3
_LATIN_CHARS = 3
_NEVER = 1e4
_EXAMPLES = 60
_INPUTS = {
    "segments": (TensorProto.INT64, ["texts", "tokens"]),
    "matches": (TensorProto.INT64, ["texts", "tokens"]),
    "units": (TensorProto.FLOAT, ["texts", "units", "tokens"]),
}
Layers = Mapping[str, tuple[Floats, Floats]]


def is_kept(piece: str) -> bool:
    """Whether the reader knows the piece."""
    text = piece.removeprefix("▁")
    if len(text) <= 1:
        return not text or ord(text) < 0x3040 or "\u4e00" <= text <= "\u9fff" or "\uff00" <= text <= "\uffef"
    if text.isascii():
        return len(text) <= _LATIN_CHARS or text.isdigit()
    return all("\u4e00" <= c <= "\u9fff" or not c.isalpha() for c in text) and to_simplified(text) == text


class Trained:
    """The trained network's tensors by the names that ``training.embedding.graph`` asks for."""

    def __init__(self, network: Network, original: Weights) -> None:
        self._original = original
        self.hidden, self.heads, self.epsilon = HIDDEN, original.heads, original.epsilon
        self.layers, self.rows = len(LAYERS), original.rows
        self._found: dict[str, Floats] = {}
        for number, layer in enumerate([*network.layers.lower(), *network.layers.upper()]):
            for name, part in (("aln", layer.aln), ("oln", layer.oln)):
                self._found[f"l{number}.{name}.w"] = _array(part.weight)
                self._found[f"l{number}.{name}.b"] = _array(part.bias)

    def floats(self, name: str) -> Floats:
        """A tensor that is kept in full: the network's own, or that of the embedding model."""
        return self._found[name] if name in self._found else self._original.floats(name)

    def blocks(self, name: str, rows: int) -> tuple[NDArray[np.float16], NDArray[np.uint8]]:
        """The embedding model's tensor in blocks."""
        return self._original.blocks(name, rows)


def dense_of(network: Network) -> dict[str, tuple[Floats, Floats]]:
    """Weight (outputs, inputs) and bias of every matrix product of the layers, in order."""
    return {
        f"l{number}.{name}": (_array(part.weight), _array(part.bias))
        for number, layer in enumerate([*network.layers.lower(), *network.layers.upper()])
        for name, part in _products(layer)
    }


def _products(layer: Layer) -> tuple[tuple[str, torch.nn.Linear], ...]:
    return ("qkv", layer.qkv), ("ao", layer.ao), ("fi", layer.fi), ("fo", layer.fo)


def reader_graph(
    network: Network, trained: Trained, kept: NDArray[np.int64], dense: Dense, watched: Sequence[str] = ()
) -> onnx.ModelProto:
    """The reader over the kept pieces, as ``network.Network`` computes it, without what only training needs.

    ``kept`` says for each of the embedding model's kept pieces its row here. Outputs ``unit`` (texts,
    units) and ``passage`` (texts); ``watched`` are further names to give out.
    """
    graph = Graph()
    every = np.flatnonzero(kept >= 0)
    original = np.array(kept_pieces(read_weights().pieces))[every]
    rows = np.where(kept >= 0, kept, kept[_UNKNOWN]).astype(np.int32)
    ids = graph.node("Gather", graph.constant("rows_of", rows), "ids", name="own_ids")
    weights: Weights = trained  # type: ignore[assignment]  # has all that is asked of it
    state = embedded(graph, weights, list(map(int, original)), graph.node("Cast", ids, name="numbers", to=7))
    blank = graph.node("Equal", "ids", graph.constant("pad", np.int64(PAD)), name="is_pad")
    mask = graph.node("Cast", graph.node("Not", blank, name="is_read"), name="mask", to=TensorProto.INT32)
    for layer in range(len(LAYERS)):
        if layer == UNTAUGHT:
            for name, table in (("segments", network.segment), ("matches", network.match)):
                looked_up = graph.node(
                    "Gather", graph.constant(f"{name}.w", _array(table.weight)), name, name=f"{name}.vectors"
                )
                state = graph.node("Add", state, looked_up, name=f"{name}.added")
        state = add_layer(graph, weights, dense, f"l{layer}.", state, mask)
    _heads(graph, network, state)
    outputs = {"unit": ("texts", "units"), "passage": ("texts",)}
    inputs = [helper.make_tensor_value_info(n, kind, shape) for n, (kind, shape) in _INPUTS.items()]
    return graph.model(outputs | dict.fromkeys(watched, ("texts", "tokens", None)), inputs)


def _heads(graph: Graph, network: Network, state: str) -> None:
    """From the tokens' states to the logits of units and of the passage."""

    def constant(name: str, value: object) -> str:
        return graph.constant(name, np.asarray(value, np.float32))

    def places(name: str, *axes: int) -> str:
        return graph.constant(name, np.array(axes, np.int64))

    middle, last, never = places("middle", 1), places("end", 2), constant("never", _NEVER)
    tokens = _linear(graph, "token", network.token, state)
    halves = ["within", "weight"]
    graph.nodes.append(helper.make_node("Split", [tokens], halves, axis=-1, num_outputs=2))
    flat = [
        graph.node("Transpose", half, name=f"{half}.row", perm=[0, 2, 1]) for half in halves
    ]  # (texts, 1, tokens)
    less = graph.node("Sub", "units", constant("whole", 1), name="less")
    outside = graph.node("Mul", less, never, name="outside")
    counted = graph.node("ReduceSum", "units", last, name="counted", keepdims=1)
    size = graph.node("Max", counted, "whole", name="size")
    mean = graph.node("Div", graph.node("MatMul", "units", state, name="sum"), size, name="mean")
    shares = graph.node("Softmax", graph.node("Add", flat[1], outside, name="open"), name="shares", axis=-1)
    own = graph.node("Mul", shares, "units", name="own")
    weighed = graph.node("MatMul", own, state, name="weighed")
    best = graph.node(
        "ReduceMax", graph.node("Add", flat[0], outside, name="inside"), last, name="best", keepdims=0
    )
    floor = constant("floor", -20)
    highest = graph.node("Max", best, floor, name="highest")
    both = graph.node("Concat", mean, weighed, name="both", axis=-1)
    said = graph.node("Squeeze", _head(graph, "unit", network.unit, both), last, name="unit.said")
    mix = network.mix.detach().numpy()
    added = graph.node("Mul", highest, constant("mix.0", mix[0]), name="unit.words")
    logits = graph.node("Add", said, added, name="unit.logits")
    filled = graph.node("Squeeze", counted, last, name="filled")
    exists = graph.node("Min", filled, "whole", name="exists")
    absent = graph.node("Mul", graph.node("Sub", exists, "whole", name="absent"), never, name="absent.never")
    unit = graph.node("Add", graph.node("Mul", logits, exists, name="present"), absent, name="unit")
    chosen = graph.node(
        "MatMul",
        graph.node(
            "Unsqueeze", graph.node("Softmax", unit, name="unit.shares", axis=-1), middle, name="across"
        ),
        weighed,
        name="chosen",
    )
    first = graph.node(
        "Slice", state, places("zero", 0), places("one_", 1), middle, name="first"
    )  # (texts, 1, hidden)
    pair = graph.node("Concat", first, chosen, name="pair", axis=-1)
    passage = graph.node(
        "Squeeze", _head(graph, "passage", network.passage, pair), places("behind", 1, 2), name="passage.said"
    )
    top = graph.node("Max", graph.node("ReduceMax", unit, middle, name="top", keepdims=0), floor, name="top.")
    graph.node(
        "Add", passage, graph.node("Mul", top, constant("mix.1", mix[1]), name="top.words"), name="passage"
    )


def _head(graph: Graph, name: str, head: torch.nn.Sequential, source: str) -> str:
    first, _, second = head
    assert isinstance(first, torch.nn.Linear)
    assert isinstance(second, torch.nn.Linear)
    inner = graph.node(
        "Gelu", _linear(graph, f"{name}.first", first, source), name=f"{name}.gelu", domain="com.microsoft"
    )
    return _linear(graph, f"{name}.second", second, inner)


def _linear(graph: Graph, name: str, layer: torch.nn.Linear, source: str) -> str:
    weight = graph.constant(f"{name}.w", _array(layer.weight).T)
    product = graph.node("MatMul", source, weight, name=f"{name}.product")
    return graph.node("Add", product, graph.constant(f"{name}.b", _array(layer.bias)), name=f"{name}.out")


def _array(tensor: torch.Tensor) -> Floats:
    return tensor.detach().float().numpy()


def observed(
    network: Network, groups: Sequence[Group]
) -> tuple[dict[str, Floats], dict[str, NDArray[np.float64]]]:
    """The largest values and the second moments of every product's inputs over some groups."""
    peaks: dict[str, Floats] = {}
    moments: dict[str, NDArray[np.float64]] = {}

    def watch(name: str):  # type: ignore[no-untyped-def]
        def look(module: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            seen = _array(inputs[0]).reshape(-1, inputs[0].shape[-1])
            peaks[name] = np.maximum(peaks.get(name, np.float32(0)), np.abs(seen).max(0))
            moments[name] = moments.get(name, np.float64(0)) + seen.T.astype(np.float64) @ seen

        return look

    hooks = [
        part.register_forward_pre_hook(watch(f"l{number}.{name}"))
        for number, layer in enumerate([*network.layers.lower(), *network.layers.upper()])
        for name, part in _products(layer)
    ]
    with torch.no_grad():
        for feed in _feeds(groups):
            network(**feed)
    for hook in hooks:
        hook.remove()
    return peaks, moments


def _feeds(groups: Sequence[Group]) -> Iterator[dict[str, torch.Tensor]]:
    encoder = Encoder(Tokenizer(PIECES / "pieces.json", PIECES / "characters.json"))
    for group in groups:
        for part in group.passages:
            for row in encoder.rows(group.question, part.passage):
                yield {name: torch.from_numpy(value) for name, value in batch([row]).items()}


def mean_of(states: Sequence[Path]) -> dict[str, torch.Tensor]:
    """The mean of the tensors of training states."""
    loaded = [torch.load(state, weights_only=True)["network"] for state in states]
    return {name: sum(each[name] for each in loaded) / len(loaded) for name in loaded[0]}


def export(states: Sequence[Path], folder: Path, data: Path, *, is_full_precision: bool = False) -> Path:
    """Write the model of training states; gives the file."""
    original = read_weights()
    network = from_embedding_model(original)
    network.load_state_dict(mean_of(states), strict=False)
    network.eval()
    vocabulary = json.loads((PIECES / "pieces.json").read_text(encoding="utf-8"))["model"]["vocab"]
    pieces = [piece for piece, _ in vocabulary]
    kept = np.array([number <= _UNKNOWN or is_kept(piece) for number, piece in enumerate(pieces)])
    rows = np.where(kept, np.cumsum(kept) - 1, -1)
    layers = dense_of(network)
    if is_full_precision:
        dense = full_precision(layers)
    else:
        groups = list(Sampler([], own_tasks(data)).groups(1.0, _EXAMPLES, Random(1)))
        dense = eight_bits(layers, *observed(network, groups))
    model = reader_graph(network, Trained(network, original), rows, dense)
    model.doc_string = "A reader made from intfloat/multilingual-e5-small (MIT licence); see training/reader"
    digest = hashlib.sha256(model.SerializeToString(deterministic=True)).hexdigest()[:12]
    model.metadata_props.add(key="fingerprint", value=f"reader-{digest}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL_FILE).write_bytes(model.SerializeToString(deterministic=True))
    return folder / MODEL_FILE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("states", type=Path, nargs="+")
    parser.add_argument("--to", type=Path, default=FOLDER)
    parser.add_argument("--data", type=Path, default=ROOT / "training" / "data")
    parser.add_argument("--full-precision", action="store_true", help="what the 8 bits are measured against")
    arguments = parser.parse_args()
    made = export(arguments.states, arguments.to, arguments.data, is_full_precision=arguments.full_precision)
    print(f"{made} {made.stat().st_size:,}")


if __name__ == "__main__":
    main()
