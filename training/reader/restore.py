"""Makes a training state of the reader's file: ``python -m training.reader.restore --to FOLDER``.

States are not in the repository. What the file holds in 8 bits is near enough to go on from:
``python -m training.reader.train --start FOLDER/state.pt``.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from retrieval.reading.neural import FOLDER, MODEL_FILE
from training.embedding.graph import GELU_SHIFT
from training.embedding.weights import Floats
from training.reader.network import LAYERS, UNTAUGHT

_PRODUCTS = ("qkv", "ao", "fi", "fo")
_NORMALS = ("aln", "oln")


def tensors_of(path: Path) -> dict[str, Floats]:
    """The constants of a model file by their names, those in 4-bit blocks left out."""
    constants = onnx.load(str(path)).graph.initializer
    return {each.name: numpy_helper.to_array(each) for each in constants if each.name != "word"}


def restored(held: Mapping[str, Floats]) -> dict[str, Tensor]:
    """What ``network.Network`` is taught, as the file has it; what was never taught is left out."""
    found: dict[str, Floats] = {"segment.weight": held["segments.w"], "match.weight": held["matches.w"]}
    found["mix"] = np.array([held["mix.0"].item(), held["mix.1"].item()], np.float32)
    for name in ("token", "unit.first", "unit.second", "passage.first", "passage.second"):
        place = name.replace("first", "0").replace("second", "2")
        found |= {f"{place}.weight": held[f"{name}.w"].T, f"{place}.bias": held[f"{name}.b"]}
    for number in range(UNTAUGHT, len(LAYERS)):
        for name in _NORMALS:
            for ours, theirs in (("weight", "w"), ("bias", "b")):
                found[f"layers.{number}.{name}.{ours}"] = held[f"l{number}.{name}.{theirs}"]
        for name in _PRODUCTS:
            weight, bias = _product(held, f"l{number}.{name}")
            found |= {f"layers.{number}.{name}.weight": weight, f"layers.{number}.{name}.bias": bias}
    return {name: torch.from_numpy(np.array(value, np.float32)) for name, value in found.items()}


def _product(held: Mapping[str, Floats], name: str) -> tuple[Floats, Floats]:
    """Weight (outputs, inputs) and bias of a product in 8 bits, without what evens or shifts its inputs."""
    rounded, scales, bias = held[f"{name}.w"].T, held[f"{name}.scales"], held[f"{name}.b"]
    weight = rounded * scales[:, None]
    if name.endswith("fo"):
        return weight, bias + GELU_SHIFT * weight.sum(1)
    return weight * held[f"{name}.even"], bias


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", type=Path, default=FOLDER, help="the reader's folder")
    parser.add_argument("--to", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.to.mkdir(parents=True, exist_ok=True)
    network = restored(tensors_of(arguments.model / MODEL_FILE))
    torch.save({"network": network, "rounds": 0}, arguments.to / "state.pt")
    print(arguments.to / "state.pt", f"{sum(each.numel() for each in network.values()):,}")


if __name__ == "__main__":
    main()
