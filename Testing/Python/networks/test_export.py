"""Every family as an ONNX file: any batch and size, the same numbers as torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from medopt.compression.onnx_file import write_onnx
from medopt.inference.runtimes.onnx_runtime import OnnxRuntime
from medopt.inference.runtimes.torch_runtime import TorchRuntime
from medopt.networks import NETWORKS, build_network

QUICK = {("separable_unet", 3, "voxels"), ("shufflenet_v2", 2, "image")}
CASES = [
    pytest.param(*case, marks=[] if case in QUICK else [pytest.mark.long])
    for case in [(name, dims, head) for name in sorted(NETWORKS) for dims in (2, 3) for head in ("voxels", "image")]
]


@pytest.mark.parametrize(("name", "dims", "head"), CASES)
def test_it_gives_what_torch_gives(name, dims, head, tmp_path: Path, rng, small, shuffled_statistics) -> None:
    torch.manual_seed(0)
    settings = small(name, dims)
    network = shuffled_statistics(build_network(settings, 2, 3, dims, head)).eval()
    write_onnx(network, tmp_path / "model.onnx", channels=2, divisor=settings.divisor, dims=dims)
    exported, original = OnnxRuntime(tmp_path / "model.onnx", dims), TorchRuntime(network, dims)
    k = 1 if dims == 2 else 2
    for shape in [(1, 2, k, 8, 4), (3, 2, 3 * k if dims == 3 else 1, 12, 20)]:
        images = rng.normal(size=shape).astype(np.float32)
        expected = original(images)
        np.testing.assert_allclose(exported(images), expected, atol=2e-5 * np.abs(expected).max())
