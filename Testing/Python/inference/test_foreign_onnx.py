"""What an ONNX file holds is told as the onnx package tells it; what does not belong into one is refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from medopt.errors import MedOptError
from medopt.inference.foreign_onnx import check_onnx
from medopt.inference.wire import WireError, fields

ONE = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, "j", "i"])]


def save(path: Path, nodes: list, stored: tuple = (), opsets: tuple = (("", 20),), **more: object) -> Path:
    out = [helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, None)]
    graph = helper.make_graph(nodes, "g", ONE, out, list(stored))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid(*o) for o in opsets], ir_version=10, **more)
    onnx.save(model, path)
    return path


def conv(**attributes: object) -> onnx.NodeProto:
    return helper.make_node("Conv", ["x", "w"], ["y"], **{"kernel_shape": [3, 3], **attributes})


W = numpy_helper.from_array(np.ones((1, 1, 3, 3), np.float32), "w")


def test_it_tells_what_the_onnx_package_tells(finished_project_folder: Path) -> None:
    path = finished_project_folder / "models" / "run-001" / "model.onnx"
    facts, model = check_onnx(path), onnx.load(path)
    assert facts.operators == {node.op_type for node in model.graph.node}
    assert facts.opset == model.opset_import[0].version
    assert facts.stored == len(model.graph.initializer)
    assert (facts.inputs, facts.outputs) == (["image"], ["logits"])


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"pads": [3, 0, 0, 0]}, r"Conv with padding \[3, 0, 0, 0\]"),
        ({"pads": [1 << 40, 0, 0, 0]}, "Conv with padding"),
        ({"kernel_shape": [0, 3]}, "Conv with kernel_shape"),
        ({"strides": [1, 1, 1]}, "sides of different number"),
        ({"strides": [-1, 1]}, "Conv with strides"),
        ({"group": 0}, "Conv with 0 groups"),
    ],
)
def test_sides_that_no_network_has(tmp_path: Path, attributes: dict, words: str) -> None:
    with pytest.raises(MedOptError, match=f"not a model that can be trusted.*{words}"):
        check_onnx(save(tmp_path / "m.onnx", [conv(**attributes)], (W,)))
    check_onnx(save(tmp_path / "m.onnx", [conv(pads=[2, 0, 2, 0], strides=[2, 1])], (W,)))


def test_operators_and_domains(tmp_path: Path) -> None:
    with pytest.raises(MedOptError, match="the operator Expand, which is not allowed"):
        check_onnx(save(tmp_path / "m.onnx", [helper.make_node("Expand", ["x", "w"], ["y"])], (W,)))
    node = helper.make_node("Relu", ["x"], ["y"], domain="org.example")
    with pytest.raises(MedOptError, match=r"operators of the domain 'org\.example'"):
        check_onnx(save(tmp_path / "m.onnx", [node], opsets=(("", 20), ("org.example", 1))))
    branch = helper.make_graph([helper.make_node("Relu", ["x"], ["z"])], "b", [], ONE)
    node = helper.make_node("Identity", ["x"], ["y"], body=branch)
    with pytest.raises(MedOptError, match="control flow"):
        check_onnx(save(tmp_path / "m.onnx", [node]))
    function = helper.make_function("local", "F", ["x"], ["y"], [helper.make_node("Relu", ["x"], ["y"])], [])
    with pytest.raises(MedOptError, match="functions"):
        check_onnx(save(tmp_path / "m.onnx", [helper.make_node("Relu", ["x"], ["y"])], functions=[function]))


def test_stored_tensors(tmp_path: Path) -> None:
    outside = onnx.TensorProto()
    outside.CopyFrom(W)
    outside.ClearField("raw_data")
    outside.data_location = TensorProto.EXTERNAL
    outside.external_data.add(key="location", value="../../secret")
    with pytest.raises(MedOptError, match="weights outside the file"):
        check_onnx(save(tmp_path / "m.onnx", [conv()], (outside,)))
    short = onnx.TensorProto()
    short.CopyFrom(W)
    short.dims[0] = 1 << 40
    with pytest.raises(MedOptError, match="bytes do not fit its shape"):
        check_onnx(save(tmp_path / "m.onnx", [conv()], (short,)))


def test_values_from_nowhere_and_no_file(tmp_path: Path) -> None:
    with pytest.raises(MedOptError, match="the value 'w', which nothing makes"):
        check_onnx(save(tmp_path / "m.onnx", [conv()]))
    (tmp_path / "m.onnx").write_bytes(b"")
    with pytest.raises(MedOptError, match=r"not an ONNX file.*0 bytes"):
        check_onnx(tmp_path / "m.onnx")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        for _, value in fields(memoryview(data)):
            assert isinstance(value, (int, memoryview))
    except WireError:
        pass
