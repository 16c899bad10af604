"""A graph holds for any batch and size, whether it was traced at one size or had to be traced with symbols."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from medopt.compression import onnx_trace
from medopt.compression.onnx_trace import trace_onnx
from medopt.inference.runtimes.onnx_runtime import OnnxRuntime

NAMES = ("image", "logits")


class Shuffled(torch.nn.Module):
    """Mixes feature maps, as ShuffleNet does."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(1, (2, -1)).transpose(1, 2).flatten(1, 2)


class AllVoxels(torch.nn.Module):
    """Takes the mean of all voxels in a row, whose length depends on the size."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x - x.flatten(2).mean(2)[:, :, None, None]


class TracedSize(torch.nn.Module):
    """Divides by a side, which a trace at one size takes for a constant: the graph runs and is wrong."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x / x.shape[-1]


@pytest.mark.parametrize(
    ("parts", "symbols"),
    [
        ([Shuffled()], False),
        ([torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(4, 3)], False),
        ([AllVoxels()], True),
        ([TracedSize()], True),
    ],
)
def test_any_batch_and_size(
    parts: list[torch.nn.Module], symbols: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(1)
    network = torch.nn.Sequential(torch.nn.Conv2d(2, 4, 3, padding=1), torch.nn.ReLU(), *parts).eval()
    slow = []
    whole = onnx_trace._with_symbols
    monkeypatch.setattr(onnx_trace, "_with_symbols", lambda *given: slow.append(1) or whole(*given))
    model = trace_onnx(network, 2, (2, 4), opset=20, names=NAMES)
    assert bool(slow) == symbols
    onnx.save(model, str(tmp_path / "model.onnx"))
    runtime = OnnxRuntime(tmp_path / "model.onnx", 2)
    for shape in ((1, 2, 2, 4), (5, 2, 10, 4), (2, 2, 6, 12)):
        windows = torch.randn(shape)
        with torch.no_grad():
            wanted = network(windows).numpy()
        given = runtime(windows[:, :, None].numpy())
        np.testing.assert_allclose(given.reshape(wanted.shape), wanted, atol=1e-5)
    sides = [side.dim_param for side in model.graph.input[0].type.tensor_type.shape.dim]
    assert sides == ["batch", "", "2*side2", "4*side3"]
    used = {name for node in model.graph.node for name in node.input}
    assert {tensor.name for tensor in model.graph.initializer} <= used
