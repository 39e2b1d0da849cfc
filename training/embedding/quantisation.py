"""Weights in 8 bits, rounded so that a layer's output stays, never beyond what old processors add up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.embedding.weights import Floats

# Processors without VNNI (before 2019, mostly) add two neighbouring products of an activation (0..255) and
# a weight in 16 bits and cut what does not fit: 255 * 128 = 32640 does.
PAIR_MAX = 128
_WEIGHT_MAX = 127
_DAMPING = 0.01
# How much of the unevenness of a layer's inputs moves into its weights; 0.5 and 0.8 keep less of the ranking.
_SHARE = 0.65
_QUIET = 0.02


def smoothing(weight: Floats, peaks: Floats) -> Floats:
    """A divisor for each input of a layer, whose weights are multiplied by it.

    ``peaks`` are the largest values seen of each input. A few inputs are a hundred times as large as the
    others; eight bits for all together would leave these nothing.
    """
    floor = _QUIET * float(np.median(peaks))
    wanted = np.maximum(peaks, floor) ** _SHARE / np.maximum(np.abs(weight).max(0), 1e-6) ** (1 - _SHARE)
    return np.asarray(wanted / np.median(wanted), dtype=np.float32)


def quantise(weight: Floats, second_moments: NDArray[np.float64]) -> tuple[NDArray[np.int8], Floats]:
    """A layer's weights (outputs, inputs) in 8 bits and a scale for each output.

    Rounded input by input, each error made up for in the weights still to come as the inputs' moments
    (inputs, inputs) say they move together: optimal brain quantisation, known from GPTQ.
    """
    inputs = weight.shape[1]
    scales = _scales(weight)
    moments = second_moments + np.eye(inputs) * _DAMPING * second_moments.diagonal().mean()
    order = np.argsort(-moments.diagonal(), kind="stable")
    # The upper Cholesky factor of the inverse.
    reverse = np.linalg.cholesky(np.linalg.inv(moments[np.ix_(order, order)])).T
    left = weight[:, order].astype(np.float64)
    rounded = np.empty(left.shape, np.int8)
    for n in range(inputs):
        rounded[:, n] = np.clip(np.rint(left[:, n] / scales), -_WEIGHT_MAX, _WEIGHT_MAX)
        error = (left[:, n] - rounded[:, n] * scales) / reverse[n, n]
        left[:, n + 1 :] -= error[:, None] * reverse[n, n + 1 :]
    return within_pairs(rounded[:, np.argsort(order)]), scales.astype(np.float32)


def within_pairs(rounded: NDArray[np.int8]) -> NDArray[np.int8]:
    """The weights with the few neighbours brought nearer to zero whose sum is beyond ``PAIR_MAX``."""
    pairs = rounded.astype(np.int16).reshape(len(rounded), -1, 2)
    for sign in (1, -1):
        parts = np.maximum(sign * pairs, 0)
        excess = np.maximum(parts.sum(-1) - PAIR_MAX, 0)
        larger = parts.argmax(-1)[..., None]
        moved = np.take_along_axis(pairs, larger, -1) - sign * excess[..., None]
        np.put_along_axis(pairs, larger, moved, -1)
    return pairs.reshape(rounded.shape).astype(np.int8)


def _scales(weight: Floats) -> NDArray[np.float64]:
    """The finest scale of each output that leaves its largest weight and pair of neighbours room."""
    pairs = weight.astype(np.float64).reshape(len(weight), -1, 2)
    sums = [np.maximum(sign * pairs, 0).sum(-1).max(1) for sign in (1, -1)]
    largest = np.abs(weight).max(1)
    return np.asarray(np.maximum(np.maximum(*sums) / (PAIR_MAX - 1), largest / (_WEIGHT_MAX - 1)))
