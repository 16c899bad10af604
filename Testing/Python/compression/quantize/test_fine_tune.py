"""Fine-tuning in 8 bit: what it learns is in the file, and it loses less than before."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from medopt.compression.quantize.eight_bit import in_eight_bit, named
from medopt.compression.quantize.fine_tune import QuantizationAware, fake_quantize, fine_tune
from medopt.inference.runtimes.onnx_in_torch import OnnxInTorch


def network(rng: np.random.Generator) -> onnx.ModelProto:
    stored = {
        "w0": rng.normal(size=(6, 1, 3, 3)),
        "b0": rng.normal(size=6),
        "w1": rng.normal(size=(6, 4, 2, 2)) / 3,
        "w2": rng.normal(size=(2, 4, 1, 1)),
        "b2": rng.normal(size=2),
    }
    nodes = [
        helper.make_node("Conv", ["x", "w0", "b0"], ["c0"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("LeakyRelu", ["c0"], ["a0"], alpha=0.1),
        helper.make_node("ConvTranspose", ["a0", "w1"], ["c1"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Relu", ["c1"], ["a1"]),
        helper.make_node("Conv", ["a1", "w2", "b2"], ["y"], kernel_shape=[1, 1]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, "j", "i"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 2, "j", "i"])],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in stored.items()],
    )
    return named(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10))


@pytest.fixture
def pair(rng: np.random.Generator) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    """A network, and it in 8 bit with ranges that are far too wide."""
    model = network(rng)
    ranges = dict.fromkeys(("x", "c0", "a0", "c1", "a1", "y"), (-60.0, 60.0))
    return model, in_eight_bit(model, ranges, symmetric=True)


def test_rounding_lets_gradients_pass() -> None:
    x = torch.tensor([-9.0, -0.4, 0.3, 0.6, 9.0], requires_grad=True)
    step = torch.tensor(0.5, requires_grad=True)
    y = fake_quantize(x, step, 0.0, -4, 3)
    assert y.tolist() == [-2.0, -0.5, 0.5, 0.5, 1.5]
    y.sum().backward()
    assert x.grad.tolist() == [0, 1, 1, 1, 0]
    # LSQ: the lowest or highest whole number where cut off, else what rounding added in steps
    assert step.grad.item() == pytest.approx(-4 + (-1 + 0.8) + (1 - 0.6) + (1 - 1.2) + 3, abs=1e-5)


def test_as_it_starts_it_is_the_file(pair, rng: np.random.Generator) -> None:
    small = pair[1]
    x = torch.from_numpy(rng.normal(size=(1, 1, 8, 8)).astype(np.float32))
    aware = QuantizationAware(small)
    with torch.no_grad():
        np.testing.assert_allclose(aware(x), OnnxInTorch(small)(x), atol=1e-4)
        np.testing.assert_allclose(OnnxInTorch(aware.as_model())(x), OnnxInTorch(small)(x), atol=1e-4)


def test_it_loses_less_and_the_file_gives_what_was_learned(pair, rng: np.random.Generator) -> None:
    model, small = pair
    windows = [rng.normal(size=(1, 1, 1, 16, 16)).astype(np.float32) for _ in range(4)]
    tuned = fine_tune(small, model, windows, 2, steps=400)
    onnx.checker.check_model(tuned)
    assert [n.op_type for n in tuned.graph.node] == [n.op_type for n in small.graph.node]
    x = torch.from_numpy(rng.normal(size=(2, 1, 16, 16)).astype(np.float32))
    wanted = OnnxInTorch(model)(x)
    before, after = (float((OnnxInTorch(m)(x) - wanted).square().mean()) for m in (small, tuned))
    assert after < 0.7 * before
    kinds = {t.name: t.data_type for t in tuned.graph.initializer}
    assert kinds == {t.name: t.data_type for t in small.graph.initializer}
