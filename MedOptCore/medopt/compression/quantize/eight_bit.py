"""One model in 8 bit: weights by channel, activations by given ranges, as a standard QDQ file."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnxruntime.quantization import QuantType
from onnxruntime.quantization.calibrate import CalibrationMethod, TensorsData
from onnxruntime.quantization.qdq_quantizer import QDQQuantizer

LAYERS = ("Conv", "ConvTranspose", "Gemm", "MatMul")
"""Operators with weights, which hold nearly all work and size."""
BESIDE = ("Relu", "Clip", "MaxPool")
"""Operators that lose nothing in 8 bit and would break a chain of such layers."""
NO_BOUND = 1e9
"""No activation is so large."""


def named(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of ``model`` with a different name for each node and the type of each value."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for number, node in enumerate(copy.graph.node):
        node.name = f"{node.op_type}_{number}"
    inferred: onnx.ModelProto = onnx.shape_inference.infer_shapes(copy)
    return inferred


def layers_of(model: onnx.ModelProto) -> list[str]:
    """Names of the nodes with stored weights, in the order of computation."""
    stored = {tensor.name for tensor in model.graph.initializer}
    return [n.name for n in model.graph.node if n.op_type in LAYERS and n.input[1] in stored]


def tensors_of(model: onnx.ModelProto) -> list[str]:
    """Names of the activations whose range must be known."""
    stored = {tensor.name for tensor in model.graph.initializer}
    chosen = [node for node in model.graph.node if node.op_type in (*LAYERS, *BESIDE)]
    names = [name for node in chosen for name in (*node.input, *node.output) if name and name not in stored]
    floats = {
        value.name
        for value in (*model.graph.value_info, *model.graph.input, *model.graph.output)
        if value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    }
    return [name for name in dict.fromkeys(names) if name in floats]


def in_eight_bit(
    model: onnx.ModelProto,
    ranges: Mapping[str, tuple[float, float]],
    *,
    symmetric: bool,
    in_float: Collection[str] = (),
    narrow_weights: bool = False,
) -> onnx.ModelProto:
    """``model``, which was ``named``, with QuantizeLinear and DequantizeLinear around its layers.

    Weights are int8 with a scale for each output channel. Activations are int8 with zero in the middle when
    ``symmetric``, else uint8, spread over ``ranges``. Layers named in ``in_float`` stay as they are. ``narrow_weights``
    leaves out one bit of the weights: CPUs with AVX2 but without VNNI add products in 16 bit, which then cannot
    overflow.
    """
    data = {name: (np.array(low, np.float32), np.array(high, np.float32)) for name, (low, high) in ranges.items()}
    activations = QuantType.QInt8 if symmetric else QuantType.QUInt8
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    quiet = logging.getLogger()
    level = quiet.level
    quiet.setLevel(logging.ERROR)  # onnxruntime tells each tensor without a range on the root logger
    try:
        quantizer = QDQQuantizer(
            copy,
            True,
            narrow_weights,
            QuantType.QInt8,
            activations,
            TensorsData(CalibrationMethod.MinMax, data),
            [],
            list(in_float),
            [*LAYERS, *BESIDE],
            {"ActivationSymmetric": symmetric, "WeightSymmetric": True},
        )
        quantizer.quantize_model()
        if symmetric:
            _part_joins(quantizer.model.model)
        quantizer.model.topological_sort()
    finally:
        quiet.setLevel(level)
    result: onnx.ModelProto = quantizer.model.model
    return result


def _part_joins(model: onnx.ModelProto) -> None:
    """Put a Clip that changes nothing between each Concat and the QuantizeLinear of what it joins.

    OpenVINO 2026.2 rounds joined values to whole numbers, whatever their scale, where int8 with zero in the middle
    follows a Concat directly (CPUs with AVX-512 VNNI, 2D and 3D): a U-Net lost 0.02 Dice by it.
    """
    graph = model.graph
    joined = {node.output[0] for node in graph.node if node.op_type == "Concat"}
    rounding = [node for node in graph.node if node.op_type == "QuantizeLinear" and node.input[0] in joined]
    if not rounding:
        return
    bounds = [
        numpy_helper.from_array(np.array(b, np.float32), f"no_bound_{n}") for n, b in enumerate((-NO_BOUND, NO_BOUND))
    ]
    graph.initializer.extend(bounds)
    for node in rounding:
        through = f"{node.input[0]}_joined"
        words = [node.input[0], *(bound.name for bound in bounds)]
        graph.node.append(helper.make_node("Clip", words, [through], name=f"Clip_{through}"))
        node.input[0] = through
