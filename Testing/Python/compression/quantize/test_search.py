"""The search for ranges and layers: the harmful layer is found, and the loss is what it says."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from medopt.compression.latency import milliseconds
from medopt.compression.quantize.search import answer_loss, search_eight_bit
from medopt.errors import MedOptError
from medopt.inference import InferenceSettings, ModelDescription
from medopt.preprocess import PreprocessSettings
from medopt.project import ClassInfo

DESCRIPTION = ModelDescription(
    name="net",
    dims=2,
    channels=("MR",),
    classes=(ClassInfo(value=1, name="well", color="#e69f00"),),
    preprocess=PreprocessSettings(),
    patch=(1, 16, 16),
    divisor=(1, 1, 1),
    inference=InferenceSettings(),
)


def network(rng: np.random.Generator, spread: float) -> onnx.ModelProto:
    """Four 1×1 convolutions; between the second and third, one channel is ``spread`` times as large as the others."""
    widths = [(4, 1), (4, 4), (4, 4), (2, 4)]
    weights = [rng.normal(size=(*w, 1, 1)).astype(np.float32) for w in widths]
    weights[1][0] *= spread
    weights[2][:, 0] /= spread
    nodes, value = [], "x"
    for n in range(4):
        nodes.append(helper.make_node("Conv", [value, f"w{n}"], [f"c{n}"], kernel_shape=[1, 1]))
        value = f"c{n}"
        if n < 3:
            nodes.append(helper.make_node("LeakyRelu", [value], [f"a{n}"], alpha=0.1))
            value = f"a{n}"
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, "j", "i"])],
        [helper.make_tensor_value_info(value, TensorProto.FLOAT, ["n", 2, "j", "i"])],
        [numpy_helper.from_array(w, f"w{n}") for n, w in enumerate(weights)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


@pytest.fixture
def windows(rng: np.random.Generator) -> list[np.ndarray]:
    return [rng.normal(size=(1, 1, 1, 16, 16)).astype(np.float32) for _ in range(6)]


def test_the_loss_is_one_minus_soft_dice_of_the_worst_output(rng: np.random.Generator) -> None:
    p, q = rng.uniform(size=(2, 3, 4, 5)), rng.uniform(size=(2, 3, 4, 5))
    dice = [2 * (p[:, c] * q[:, c]).sum() / ((p[:, c] ** 2).sum() + (q[:, c] ** 2).sum()) for c in range(3)]
    assert answer_loss([p[:1], p[1:]], [q[:1], q[1:]]) == pytest.approx(1 - min(dice))
    assert answer_loss([p], [p]) == 0
    assert answer_loss([p], [np.full_like(p, np.nan)]) == np.inf


def test_all_layers_are_in_8_bit_when_that_loses_little(rng: np.random.Generator, windows: list) -> None:
    small, search = search_eight_bit(network(rng, 1.0), DESCRIPTION, windows[:3], windows[3:], allowed=0.01)
    assert search.chosen.in_float == ()
    assert search.chosen.loss == min(candidate.loss for candidate in search.tried) <= 0.01
    assert len(search.tried) == 6
    assert search.sensitivity == {}
    assert sum(node.op_type == "QuantizeLinear" for node in small.graph.node) >= 5


@pytest.mark.parametrize(("times", "symmetric"), [((1.0, 3.0), True), ((3.0, 1.0), False), ((1.0, 1.02), None)])
def test_of_two_ways_that_lose_little_the_faster_is_taken(
    rng: np.random.Generator, windows: list, times: tuple[float, float], symmetric: bool | None
) -> None:
    seen: list[int] = []

    def timed(models: list) -> list[float]:
        seen.append(len(models))
        return list(times)

    made = network(rng, 1.0)
    search = search_eight_bit(made, DESCRIPTION, windows[:3], windows[3:], allowed=0.01, timed=timed)[1]
    assert seen == [2]
    assert search.milliseconds == {"symmetric": times[0], "asymmetric": times[1]}
    alike = [one for one in search.tried if symmetric is None or one.symmetric is symmetric]
    assert search.chosen == min(alike, key=lambda one: one.loss)
    # a way that loses too much is no way, however fast
    strict = search_eight_bit(made, DESCRIPTION, windows[:3], windows[3:], allowed=1e-9, timed=timed)[1]
    assert seen == [2]
    assert strict.milliseconds == {}


def test_models_are_timed_in_the_engine_that_is_asked_for(rng: np.random.Generator, windows: list) -> None:
    models = [network(rng, 1.0), network(rng, 2.0)]
    for engine in ("onnxruntime", "torch"):
        found = milliseconds(models, windows[0], 2, engine)
        assert len(found) == 2
        assert min(found) > 0
    with pytest.raises(MedOptError, match="unknown runtime"):
        milliseconds(models, windows[0], 2, "tvm")


def test_layers_that_hurt_are_left_in_float(rng: np.random.Generator, windows: list) -> None:
    made = network(rng, 3000.0)
    whole = search_eight_bit(made, DESCRIPTION, windows[:3], windows[3:], allowed=1.0)[1].chosen.loss
    small, search = search_eight_bit(made, DESCRIPTION, windows[:3], windows[3:], allowed=whole / 10)
    assert search.chosen.loss <= whole / 10
    worst = sorted(search.sensitivity, key=lambda name: -search.sensitivity[name])
    assert set(worst[:2]) == {"Conv_2", "Conv_4"}, "the layers on either side of the uneven channel"
    assert set(search.chosen.in_float) == set(worst[: len(search.chosen.in_float)])
    assert 1 <= len(search.chosen.in_float) < 4
    assert any(node.op_type == "QuantizeLinear" for node in small.graph.node)


def test_fine_tuning_comes_before_layers_in_float(rng: np.random.Generator, windows: list) -> None:
    made = network(rng, 200.0)
    whole = search_eight_bit(made, DESCRIPTION, windows[:3], windows[3:], allowed=1.0)[1].chosen.loss
    small, search = search_eight_bit(made, DESCRIPTION, windows[:3], windows[3:], allowed=whole * 0.9, fine_tuning=150)
    assert search.fine_tuned is not None
    assert search.loss == search.fine_tuned <= whole * 0.9
    assert search.chosen.in_float == ()
    assert search.sensitivity == {}
    assert any(node.op_type == "QuantizeLinear" for node in small.graph.node)


def test_a_model_without_layers_is_refused(windows: list) -> None:
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, "j", "i"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 1, "j", "i"])],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    with pytest.raises(MedOptError, match="no layer that could be in 8 bit"):
        search_eight_bit(made, DESCRIPTION, windows, windows, allowed=1.0)
