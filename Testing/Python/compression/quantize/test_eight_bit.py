"""8-bit files against arithmetic in numpy, batch norm folded, weights in 16 bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from medopt.compression.quantize.eight_bit import in_eight_bit, layers_of, named, tensors_of
from medopt.compression.quantize.fold import fold_batch_norm
from medopt.compression.quantize.half import half_weights
from medopt.inference.foreign_onnx import check_onnx
from medopt.inference.runtimes.onnx_in_torch import OnnxInTorch


def model(nodes: list, stored: dict[str, np.ndarray], channels: int, outputs: int) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", channels, "j", "i"])],
        [helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, ["n", outputs, "b", "a"])],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in stored.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def run(made: onnx.ModelProto, x: np.ndarray, optimised: bool = True) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    if not optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(made.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


@pytest.fixture
def one_layer(rng: np.random.Generator) -> tuple[onnx.ModelProto, dict[str, np.ndarray]]:
    stored = {
        "w": rng.normal(size=(4, 2, 1, 1)) * np.array([1, 0.1, 5, 1]).reshape(4, 1, 1, 1),
        "b": rng.normal(size=4),
    }
    stored = {name: array.astype(np.float32) for name, array in stored.items()}
    return model([helper.make_node("Conv", ["x", "w", "b"], ["y"], kernel_shape=[1, 1])], stored, 2, 4), stored


@pytest.mark.parametrize("symmetric", [True, False])
def test_a_layer_gives_what_arithmetic_of_whole_numbers_gives(one_layer, rng, symmetric: bool) -> None:
    made, stored = one_layer
    ready = named(made)
    assert layers_of(ready) == ["Conv_0"]
    assert tensors_of(ready) == ["x", "y"]
    ranges = {"x": (-1.0, 2.0), "y": (-9.0, 6.0)}
    small = in_eight_bit(ready, ranges, symmetric=symmetric)
    x = rng.uniform(-1.5, 2.5, size=(1, 2, 5, 6)).astype(np.float32)

    def steps(low: float, high: float) -> tuple[np.float32, int, int, int]:
        if symmetric:
            return np.float32(2 * max(-low, high) / 254), 0, -127, 127
        scale = (high - low) / 255
        return np.float32(scale), round(-low / scale), 0, 255

    scale_x, zero_x, low, high = steps(*ranges["x"])
    # onnxruntime's int8 keeps -128 for values although symmetric ranges do not use it
    qx = np.clip(np.rint(x / scale_x) + zero_x, low - symmetric, high) - zero_x
    scale_w = np.abs(stored["w"]).max(axis=(1, 2, 3)) / np.float32(127)
    qw = np.rint(stored["w"] / scale_w.reshape(4, 1, 1, 1))
    qb = np.rint(stored["b"] / (scale_x * scale_w))
    total = np.einsum("oc,ncji->noji", qw[:, :, 0, 0], qx) + qb.reshape(1, 4, 1, 1)
    real = total * (scale_x * scale_w).reshape(1, 4, 1, 1)
    scale_y, zero_y, low, high = steps(*ranges["y"])
    wanted = (np.clip(np.rint(real / scale_y) + zero_y, low - symmetric, high) - zero_y) * scale_y
    for found in (run(small, x), run(small, x, optimised=False), OnnxInTorch(small)(torch.from_numpy(x)).numpy()):
        assert np.abs(found - wanted).max() <= scale_y * 1.001  # a tie may be rounded the other way
        assert np.mean(np.abs(found - wanted) < 1e-4) > 0.97
    stored_types = {t.name: t.data_type for t in small.graph.initializer if t.name.startswith("w")}
    assert TensorProto.INT8 in stored_types.values()
    assert TensorProto.FLOAT not in [t.data_type for t in small.graph.initializer if numpy_helper.to_array(t).ndim > 1]


def test_layers_named_stay_in_float(one_layer) -> None:
    ready = named(one_layer[0])
    small = in_eight_bit(ready, {"x": (-1.0, 1.0), "y": (-1.0, 1.0)}, symmetric=True, in_float=["Conv_0"])
    assert [node.op_type for node in small.graph.node] == ["Conv"]


@pytest.mark.parametrize("kind", ["Conv", "ConvTranspose"])
def test_batch_norm_is_folded_exactly(rng: np.random.Generator, kind: str) -> None:
    shape = (6, 2, 2, 2) if kind == "Conv" else (4, 3, 2, 2)
    stored = {
        "w": rng.normal(size=shape),
        "g": rng.uniform(0.5, 2, 6),
        "t": rng.normal(size=6),
        "m": rng.normal(size=6),
        "v": rng.uniform(0.1, 3, 6),
    }
    nodes = [
        helper.make_node(kind, ["x", "w"], ["a"], kernel_shape=[2, 2], strides=[2, 2], group=2),
        helper.make_node("BatchNormalization", ["a", "g", "t", "m", "v"], ["y"], epsilon=1e-3),
    ]
    made = model(nodes, stored, 4, 6)
    folded = fold_batch_norm(made)
    assert [node.op_type for node in folded.graph.node] == [kind]
    x = rng.normal(size=(2, 4, 4, 6)).astype(np.float32)
    np.testing.assert_allclose(run(folded, x), run(made, x, optimised=False), atol=2e-5)
    assert [node.op_type for node in made.graph.node] == [kind, "BatchNormalization"]


def test_weights_in_16_bit_take_half_the_room(rng: np.random.Generator, tmp_path: Path) -> None:
    stored = {"w": rng.normal(size=(64, 32, 3, 3)), "b": np.full(64, 1e6)}
    made = model([helper.make_node("Conv", ["x", "w", "b"], ["y"], kernel_shape=[3, 3])], stored, 32, 64)
    small = half_weights(made)
    assert small.ByteSize() / made.ByteSize() == pytest.approx(0.5, abs=0.02)
    kept = {t.name: numpy_helper.to_array(t) for t in small.graph.initializer}
    np.testing.assert_array_equal(kept["w_float16"], stored["w"].astype(np.float32).astype(np.float16))
    assert kept["b"].dtype == np.float32  # beyond the range of 16 bit
    x = rng.normal(size=(1, 32, 5, 5)).astype(np.float32)
    rounded = dict(stored, w=stored["w"].astype(np.float32).astype(np.float16))
    same = model([helper.make_node("Conv", ["x", "w", "b"], ["y"], kernel_shape=[3, 3])], rounded, 32, 64)
    np.testing.assert_allclose(run(small, x), run(same, x), rtol=1e-5)
    onnx.save(small, tmp_path / "m.onnx")
    check_onnx(tmp_path / "m.onnx")


@pytest.fixture
def joining(rng: np.random.Generator) -> onnx.ModelProto:
    """x and its positive part, one after the other, into a convolution."""
    nodes = [
        helper.make_node("Relu", ["x"], ["above"]),
        helper.make_node("Concat", ["x", "above"], ["both"], axis=1),
        helper.make_node("Conv", ["both", "w"], ["y"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
    ]
    return named(model(nodes, {"w": rng.normal(size=(8, 16, 3, 3)) / 12}, 8, 8))


JOINED = dict.fromkeys(("x", "above", "both"), (-4.0, 4.0)) | {"y": (-6.0, 6.0)}


@pytest.mark.parametrize("symmetric", [True, False])
def test_what_is_joined_is_never_rounded_at_once_around_zero(joining, rng, symmetric: bool) -> None:
    small = in_eight_bit(joining, JOINED, symmetric=symmetric)
    onnx.checker.check_model(small, full_check=True)
    kinds = [node.op_type for node in small.graph.node]
    (join,) = [node for node in small.graph.node if node.op_type == "Concat"]
    after = [node.op_type for node in small.graph.node if join.output[0] in node.input]
    assert after == (["Clip"] if symmetric else ["QuantizeLinear"])
    assert kinds.count("Clip") == symmetric
    x = rng.normal(size=(1, 8, 16, 16)).astype(np.float32)
    wanted = run(joining, x)
    assert np.abs(run(small, x) - wanted).mean() < 0.03 * np.abs(wanted).mean()


def test_openvino_gives_the_same_where_parts_are_joined(joining, rng, tmp_path: Path) -> None:
    pytest.importorskip("openvino", reason="openvino is not installed")
    from medopt.inference.runtimes.openvino_runtime import OpenVinoRuntime

    small = in_eight_bit(joining, JOINED, symmetric=True)
    onnx.save(small, tmp_path / "small.onnx")
    x = rng.normal(size=(1, 8, 16, 16)).astype(np.float32)
    wanted, found = run(small, x), OpenVinoRuntime(tmp_path / "small.onnx", 2)(x[:, :, None])[:, :, 0]
    assert np.abs(found - wanted).mean() < 0.01 * np.abs(wanted).mean()
