"""Every engine gives the same numbers, and says plainly what it lacks."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from medopt.errors import MedOptError
from medopt.inference import RUNTIMES, load_model
from medopt.inference.runtimes import missing_packages, open_runtime


def small_file(path: Path, dims: int, last: str = "Relu", domain: str = "") -> np.ndarray:
    """A convolution of ones along i, then ``last``; gives the kernel."""
    kernel = np.zeros((1, 1, *[1] * (dims - 1), 3), np.float32)
    kernel[...] = 1
    space = [f"s{n}" for n in range(dims)]
    pads = [0] * (dims - 1) + [1]
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["y"], pads=[*pads, *pads], kernel_shape=kernel.shape[2:], name="conv"),
        helper.make_node(last, ["y"], ["z"], domain=domain),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, *space])],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", 1, *space])],
        [numpy_helper.from_array(kernel, "w")],
    )
    opsets = [helper.make_opsetid("", 20), *([helper.make_opsetid(domain, 1)] if domain else [])]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=10), path)
    return kernel


def available(name: str) -> None:
    for package in {"onnxruntime": ["onnxruntime"], "openvino": ["openvino"], "torch": ["torch", "onnx"]}[name]:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")


@pytest.mark.parametrize("name", RUNTIMES)
@pytest.mark.parametrize("dims", [2, 3])
def test_it_runs_windows_of_any_number_and_size(tmp_path: Path, name: str, dims: int) -> None:
    available(name)
    small_file(tmp_path / "m.onnx", dims)
    runtime = open_runtime(name, tmp_path / "m.onnx", dims, threads=1)
    assert runtime.name.startswith(name)
    assert "CPU" in runtime.name.upper()
    for shape in [(1, 1, 1 if dims == 2 else 3, 4, 5), (3, 1, 1 if dims == 2 else 2, 2, 7)]:
        x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
        padded = np.pad(x, [(0, 0)] * 4 + [(1, 1)])
        wanted = np.maximum(padded[..., :-2] + padded[..., 1:-1] + padded[..., 2:], 0)
        got = runtime(x)
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, wanted, atol=1e-5)


@pytest.mark.parametrize("name", RUNTIMES)
def test_an_operator_that_it_lacks_is_named(tmp_path: Path, name: str) -> None:
    available(name)
    small_file(tmp_path / "m.onnx", 3, last="Unheard", domain="org.example")
    with pytest.raises(MedOptError, match=rf"{name} has no operator .*Unheard.*hoose another runtime"):
        open_runtime(name, tmp_path / "m.onnx", 3)


@pytest.mark.parametrize("name", RUNTIMES)
def test_a_real_model_gives_the_same_on_each(finished_project_folder: Path, name: str) -> None:
    available(name)
    folder = finished_project_folder / "models" / "run-001"
    model, other = load_model(folder), load_model(folder, runtime=name)
    windows = np.random.default_rng(3).normal(size=(2, 1, *model.description.patch)).astype(np.float32)
    np.testing.assert_allclose(other.runtime(windows), model.runtime(windows), atol=1e-3)


def test_what_is_missing_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_file(tmp_path / "m.onnx", 3)
    with pytest.raises(MedOptError, match="unknown runtime: expected onnxruntime or openvino or torch, found tvm"):
        open_runtime("tvm", tmp_path / "m.onnx", 3)
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.delitem(sys.modules, "medopt.inference.runtimes.openvino_runtime", raising=False)
    with pytest.raises(MedOptError, match=r"openvino is not installed.*pip install openvino.*onnxruntime, torch"):
        open_runtime("openvino", tmp_path / "m.onnx", 3)


def test_what_an_engine_lacks_is_told_without_loading_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MedOptError, match="unknown runtime: expected onnxruntime or openvino or torch, found tvm"):
        missing_packages("tvm")
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert "onnx" in missing_packages("torch")
    monkeypatch.setitem(sys.modules, "torch", None)
    assert missing_packages("torch") == ("torch", "onnx")
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert missing_packages("openvino") == ("openvino",)
    monkeypatch.delitem(sys.modules, "openvino")
    (tmp_path / "openvino.py").write_text("raise RuntimeError('loaded')", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert missing_packages("openvino") == ()
