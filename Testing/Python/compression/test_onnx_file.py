"""A network as an ONNX file: any batch, any size, the same numbers as torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from medopt.compression.onnx_file import write_onnx
from medopt.inference.runtimes.onnx_runtime import OnnxRuntime
from medopt.inference.runtimes.torch_runtime import TorchRuntime
from medopt.networks import NETWORKS, build_network


@pytest.mark.parametrize(
    ("name", "dims", "strides", "norm"),
    [
        ("unet", 3, ((1, 1, 1), (1, 2, 2), (2, 2, 2)), "instance"),
        ("residual_unet", 2, ((1, 1, 1), (1, 2, 2), (1, 2, 2)), "batch"),
    ],
)
def test_it_gives_what_torch_gives_for_any_batch_and_size(
    tmp_path: Path, rng: np.random.Generator, name: str, dims: int, strides: tuple, norm: str
) -> None:
    torch.manual_seed(5)
    settings = NETWORKS[name](features=(4, 8, 8), strides=strides, norm=norm)  # type: ignore[arg-type]
    network = build_network(settings, channels=2, outputs=3, dims=dims).eval()
    facts = write_onnx(network, tmp_path / "model.onnx", channels=2, divisor=settings.divisor, dims=dims)
    exported, original = OnnxRuntime(tmp_path / "model.onnx", dims), TorchRuntime(network, dims)
    depth = 1 if dims == 2 else 6
    for shape in [(1, 2, depth, 8, 12), (3, 2, 1 if dims == 2 else 10, 20, 4)]:
        windows = rng.normal(size=shape).astype(np.float32)
        logits = exported(windows)
        assert logits.shape == (shape[0], 3, *shape[2:])
        np.testing.assert_allclose(logits, original(windows), atol=2e-5)
    assert facts["opset"] == 20
    assert facts["bytes"] == (tmp_path / "model.onnx").stat().st_size
    assert [p.name for p in tmp_path.iterdir()] == ["model.onnx"]
    stored = onnx.load(tmp_path / "model.onnx", load_external_data=False)
    assert all(not t.external_data for t in stored.graph.initializer)
