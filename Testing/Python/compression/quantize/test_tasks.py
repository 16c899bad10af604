"""Every task, in 2D and 3D, goes into 8 bit as a file that is looked through and gives nearly the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from medopt.compression.onnx_file import save_checked, write_onnx
from medopt.compression.quantize.search import search_eight_bit
from medopt.inference import InferenceSettings, ModelDescription
from medopt.inference.foreign_onnx import check_onnx
from medopt.inference.runtimes import open_runtime
from medopt.networks import NETWORKS, build_network
from medopt.preprocess import PreprocessSettings
from medopt.project import ClassInfo

CLASSES = tuple(ClassInfo(value=v, name=f"c{v}", color="#e69f00") for v in (1, 4))


@pytest.mark.parametrize(
    ("task", "dims", "network", "norm"),
    [
        ("segmentation", 2, "unet", "batch"),
        pytest.param("segmentation", 3, "separable_unet", "instance", marks=pytest.mark.long),
        ("detection", 3, "residual_unet", "instance"),
        pytest.param("classification", 2, "shufflenet_v2", None, marks=pytest.mark.long),
    ],
)
def test_a_network_of_each_task(
    tmp_path: Path, rng: np.random.Generator, task: str, dims: int, network: str, norm: str | None
) -> None:
    torch.manual_seed(3)
    k = 1 if dims == 2 else 2
    strides = ((1, 1, 1), (k, 2, 2), (k, 2, 2))
    if norm is None:
        settings = NETWORKS[network](strides=((1, 2, 2),) * 5)
    else:
        settings = NETWORKS[network](features=(8, 12, 16), strides=strides, norm=norm)
    side = 32 if task == "classification" else 8
    description = ModelDescription(
        task=task,
        name="net",
        dims=dims,
        channels=("MR",),
        classes=CLASSES,
        preprocess=PreprocessSettings(),
        patch=(1 if dims == 2 else side, side, side),
        divisor=settings.divisor,
        inference=InferenceSettings(),
    )
    made = build_network(
        settings,
        channels=1,
        outputs=description.build_task().outputs,
        dims=dims,
        head="image" if task == "classification" else "voxels",
    )
    write_onnx(made, tmp_path / "float.onnx", channels=1, divisor=settings.divisor, dims=dims)
    model = onnx.load(tmp_path / "float.onnx")
    windows = [rng.normal(size=(1, 1, *description.patch)).astype(np.float32) for _ in range(4)]
    small, search = search_eight_bit(model, description, windows[:2], windows[2:], allowed=0.05, fine_tuning=0)
    assert search.loss < 0.05
    save_checked(small, tmp_path / "int8.onnx")
    facts = check_onnx(tmp_path / "int8.onnx")
    assert {"QuantizeLinear", "DequantizeLinear"} <= facts.operators
    assert "BatchNormalization" not in facts.operators or network == "shufflenet_v2"
    x = np.concatenate(windows[2:])
    on_cpu, in_torch = (open_runtime(name, tmp_path / "int8.onnx", dims)(x) for name in ("onnxruntime", "torch"))
    np.testing.assert_allclose(in_torch, on_cpu, atol=0.1 * np.abs(on_cpu).max())
