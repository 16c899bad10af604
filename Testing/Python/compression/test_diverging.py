"""Of a file that gives something else the first layer that does is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from medopt.compression.diverging import first_parting
from medopt.compression.onnx_file import write_onnx
from medopt.networks import NETWORKS, build_network


def test_the_spoilt_layer_is_named(tmp_path: Path, rng: np.random.Generator) -> None:
    torch.manual_seed(1)
    settings = NETWORKS["unet"](features=(4, 6), strides=((1, 1, 1), (1, 2, 2)), norm="instance")
    network = build_network(settings, channels=1, outputs=2, dims=2)
    path = tmp_path / "model.onnx"
    write_onnx(network, path, channels=1, divisor=settings.divisor, dims=2)
    assert str(tmp_path) not in path.read_bytes().decode("latin-1")
    assert "site-packages" not in path.read_bytes().decode("latin-1"), "no folders of this machine go along"
    window = rng.normal(size=(1, 1, 1, 8, 8)).astype(np.float32)
    assert first_parting(network, path, window, 2) is None
    model = onnx.load(path)
    names = [name for name, m in network.named_modules() if isinstance(m, torch.nn.Conv2d)]
    layer = names[2]
    stored = next(t for t in model.graph.initializer if t.name == f"{layer}.weight")
    stored.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(stored) * np.float32(1.1), stored.name))
    onnx.save(model, path)
    parting = first_parting(network, path, window, 2)
    assert parting is not None
    assert (parting.layer, parting.kind) == (layer, "Conv2d")
    assert 0.05 < parting.difference < 0.15
    assert layer in str(parting)
