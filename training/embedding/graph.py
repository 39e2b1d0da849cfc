"""The encoder as an ONNX graph, in full precision or with its matrix products in 8 bits.

Input ``ids`` (texts, tokens), padded with 1; output ``mean`` (texts, hidden), the mean of the token states.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from training.embedding.quantisation import quantise, smoothing
from training.embedding.weights import BLOCK, Floats, Weights

PAD = 1
# The lowest value of GELU is -0.16997: shifted by this, eight bits hold it without a sign.
GELU_SHIFT = 0.17
_CONTRIB = "com.microsoft"

# Adds a dense layer to a graph: its name, its input; gives its output.
Dense = Callable[["Graph", str, str], str]


class Graph:
    """Nodes and constants in the making; every name is used once."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def node(self, op: str, *inputs: str, name: str, domain: str = "", **attributes: Any) -> str:
        """Add an operation with one output, which is named after it."""
        self.nodes.append(helper.make_node(op, inputs, [name], domain=domain, **attributes))
        return name

    def constant(self, name: str, value: Any) -> str:
        """Add a constant, once."""
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def model(
        self, outputs: Mapping[str, Sequence[Any]], inputs: Sequence[onnx.ValueInfoProto] = ()
    ) -> onnx.ModelProto:
        """The whole, with the shape of each output; ``inputs`` are those beside ``ids``."""
        made = helper.make_graph(
            self.nodes,
            "multilingual-e5-small",
            [helper.make_tensor_value_info("ids", TensorProto.INT64, ["texts", "tokens"]), *inputs],
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, list(s)) for n, s in outputs.items()],
            list(self.constants.values()),
        )
        opsets = [helper.make_opsetid("", 21), helper.make_opsetid(_CONTRIB, 1)]
        return helper.make_model(made, opset_imports=opsets, ir_version=10, producer_name="dangwu")


def dense_layers(weights: Weights) -> dict[str, tuple[Floats, Floats]]:
    """Weight (outputs, inputs) and bias of every matrix product, in order; query, key and value are one."""
    hidden, found = weights.hidden, {}
    for layer in range(weights.layers):
        for name, parts, rows in (
            ("qkv", "qkv", hidden),
            ("ao", ("ao",), hidden),
            ("fi", ("fi",), weights.inner),
            ("fo", ("fo",), hidden),
        ):
            prefix = f"l{layer}."
            found[prefix + name] = (
                np.concatenate([weights.matrix(f"{prefix}{part}.w", rows) for part in parts]),
                np.concatenate([weights.floats(f"{prefix}{part}.b") for part in parts]),
            )
    return found


def full_precision(layers: Mapping[str, tuple[Floats, Floats]]) -> Dense:
    """Dense layers in float32, their inputs named ``NAME.in`` so that they can be looked at."""

    def add(graph: Graph, name: str, source: str) -> str:
        weight, bias = layers[name]
        seen = graph.node("Identity", source, name=f"{name}.in")
        product = graph.node("MatMul", seen, graph.constant(f"{name}.w", weight.T), name=f"{name}.product")
        return graph.node("Add", product, graph.constant(f"{name}.b", bias), name=f"{name}.out")

    return add


def eight_bits(
    layers: Mapping[str, tuple[Floats, Floats]],
    peaks: Mapping[str, Floats],
    moments: Mapping[str, NDArray[np.float64]],
) -> Dense:
    """Dense layers that multiply 8-bit numbers, every token's activations scaled by its own largest.

    Scaling each token by itself keeps a text's vector free of what else is in the batch.
    """

    def add(graph: Graph, name: str, source: str) -> str:
        weight, bias = layers[name]
        follows_gelu = name.endswith("fo")
        if follows_gelu:
            rounded, scales = quantise(weight, moments[name])
            bias = bias - GELU_SHIFT * (rounded.sum(1, dtype=np.int64) * scales)
            source = graph.node(
                "Add", source, graph.constant("gelu", np.float32(GELU_SHIFT)), name=f"{name}.up"
            )
            size, levels, zero = source, 255, 0
        else:
            divisor = smoothing(weight, peaks[name])
            rounded, scales = quantise(weight * divisor, moments[name] / np.outer(divisor, divisor))
            source = graph.node(
                "Mul", source, graph.constant(f"{name}.even", 1 / divisor), name=f"{name}.evened"
            )
            size, levels, zero = graph.node("Abs", source, name=f"{name}.abs"), 127, 128
        largest = graph.node("ReduceMax", size, graph.constant("last", [-1]), name=f"{name}.max", keepdims=1)
        share = graph.constant(f"share{levels}", np.float32(1 / levels))
        step = graph.node("Mul", largest, share, name=f"{name}.step")
        stepped = graph.node("Div", source, step, name=f"{name}.steps")
        one, zero_point = graph.constant("one", np.float32(1)), graph.constant(f"zero{zero}", np.uint8(zero))
        numbers = graph.node("QuantizeLinear", stepped, one, zero_point, name=f"{name}.numbers")
        product = graph.node(
            "MatMulIntegerToFloat",
            numbers,
            graph.constant(f"{name}.w", rounded.T),
            one,
            graph.constant(f"{name}.scales", scales),
            zero_point,
            name=f"{name}.product",
            domain=_CONTRIB,
        )
        scaled = graph.node("Mul", product, step, name=f"{name}.scaled")
        return graph.node(
            "Add", scaled, graph.constant(f"{name}.b", bias.astype(np.float32)), name=f"{name}.out"
        )

    return add


def encoder(
    weights: Weights, kept: Sequence[int], dense: Dense, *, watched: Sequence[str] = ()
) -> onnx.ModelProto:
    """The encoder over the kept pieces; ``watched`` are further names to give out."""
    graph = Graph()
    state = embedded(graph, weights, kept)
    blank = graph.node("Equal", "ids", graph.constant("pad", np.int64(PAD)), name="is_pad")
    read = graph.node("Not", blank, name="is_read")
    mask = graph.node("Cast", read, name="mask", to=TensorProto.INT32)
    for layer in range(weights.layers):
        state = add_layer(graph, weights, dense, f"l{layer}.", state, mask)
    _mean(graph, state, graph.node("Cast", read, name="weight", to=TensorProto.FLOAT))
    others = dict.fromkeys(watched, ("texts", "tokens", None))
    return graph.model({"mean": ("texts", weights.hidden), **others})


def embedded(graph: Graph, weights: Weights, kept: Sequence[int], ids: str = "ids") -> str:
    """Word vectors stay in the 4-bit blocks they come in: looked up, not multiplied, they cost nothing."""
    scales, numbers = weights.blocks("emb.word", weights.rows)
    signed = numbers[kept].reshape(len(kept), -1) ^ 8  # from 0..15 to two's complement
    packed = (signed[:, 0::2] | signed[:, 1::2] << 4).astype(np.uint8)
    graph.constants["word"] = helper.make_tensor(
        "word", TensorProto.INT4, [len(kept), weights.hidden], packed.tobytes(), raw=True
    )
    looked_up = graph.node(
        "GatherBlockQuantized",
        "word",
        ids,
        graph.constant("word.scales", scales[kept]),
        name="looked_up",
        domain=_CONTRIB,
        block_size=BLOCK,
        gather_axis=0,
        quantize_axis=1,
    )
    words = graph.node("Cast", looked_up, name="words", to=TensorProto.FLOAT)
    # All tokens are of the first type, whose vector can be added to the positions beforehand.
    places = (
        weights.floats("emb.pos").reshape(-1, weights.hidden) + weights.floats("emb.type")[: weights.hidden]
    )
    length = graph.node("Shape", "ids", name="length", start=1, end=2)
    start = graph.constant("start", np.array([0]))
    here = graph.node("Slice", graph.constant("places", places), start, length, start, name="here")
    return normal(graph, weights, "emb.ln", graph.node("Add", words, here, name="embedded"))


def add_layer(graph: Graph, weights: Weights, dense: Dense, name: str, state: str, mask: str) -> str:
    """One layer of the encoder over ``state``; gives the name of what comes out."""
    thirds = [f"{name}{part}" for part in ("query", "key", "value")]
    sizes = graph.constant("thirds", np.array([weights.hidden] * 3))
    graph.nodes.append(helper.make_node("Split", [dense(graph, f"{name}qkv", state), sizes], thirds, axis=-1))
    context = graph.node(
        "MultiHeadAttention",
        *thirds,
        "",
        mask,
        name=f"{name}context",
        domain=_CONTRIB,
        num_heads=weights.heads,
    )
    state = _added(graph, weights, f"{name}aln", state, dense(graph, f"{name}ao", context))
    inner = graph.node("Gelu", dense(graph, f"{name}fi", state), name=f"{name}gelu", domain=_CONTRIB)
    return _added(graph, weights, f"{name}oln", state, dense(graph, f"{name}fo", inner))


def _added(graph: Graph, weights: Weights, name: str, state: str, change: str) -> str:
    return normal(graph, weights, name, graph.node("Add", state, change, name=f"{name}.sum"))


def normal(graph: Graph, weights: Weights, name: str, source: str) -> str:
    gain, shift = (graph.constant(f"{name}.{part}", weights.floats(f"{name}.{part}")) for part in "wb")
    return graph.node(
        "LayerNormalization", source, gain, shift, name=f"{name}.normal", epsilon=weights.epsilon, axis=-1
    )


def _mean(graph: Graph, state: str, weight: str) -> str:
    rows, columns = graph.constant("rows", np.array([1])), graph.constant("columns", np.array([2]))
    across = graph.node("Unsqueeze", weight, rows, name="across")
    total = graph.node("MatMul", across, state, name="total")
    count = graph.node("ReduceSum", across, columns, name="count", keepdims=1)
    return graph.node("Squeeze", graph.node("Div", total, count, name="share"), rows, name="mean")
