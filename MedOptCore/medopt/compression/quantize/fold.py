"""Batch normalization folded into the convolution before it, as a step of its own has no place in 8 bit."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import numpy_helper


def fold_batch_norm(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of ``model`` in which every BatchNormalization that alone reads a Conv or ConvTranspose is part of it.

    With statistics fixed, normalization is a factor and an offset for each channel: w' = w·g/√(v+ε) and
    b' = (b−m)·g/√(v+ε)+β (Jacob et al. 2018).
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    graph = copy.graph
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    readers: dict[str, int] = {}
    for node in graph.node:
        for name in node.input:
            readers[name] = readers.get(name, 0) + 1
    makers = {name: node for node in graph.node for name in node.output}
    outputs = {value.name for value in graph.output}
    for norm in [node for node in graph.node if node.op_type == "BatchNormalization"]:
        before = makers.get(norm.input[0])
        if before is None or before.op_type not in ("Conv", "ConvTranspose") or norm.input[0] in outputs:
            continue
        if readers[norm.input[0]] != 1 or not {before.input[1], *norm.input[1:]} <= stored.keys():
            continue
        _fold(graph, before, norm, stored)
        makers[norm.output[0]] = before
        graph.node.remove(norm)
    used = {name for node in graph.node for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    return copy


def _fold(graph: onnx.GraphProto, before: onnx.NodeProto, norm: onnx.NodeProto, stored: dict[str, np.ndarray]) -> None:
    scale, shift, mean, variance = (stored[name].astype(np.float64) for name in norm.input[1:5])
    epsilon = next((a.f for a in norm.attribute if a.name == "epsilon"), 1e-5)
    factor = scale / np.sqrt(variance + epsilon)
    weight = stored[before.input[1]].astype(np.float64)
    if before.op_type == "Conv":
        weight = weight * factor.reshape(-1, *[1] * (weight.ndim - 1))
    else:
        groups = next((a.i for a in before.attribute if a.name == "group"), 1)
        parts = factor.reshape(groups, 1, -1, *[1] * (weight.ndim - 2))
        weight = (weight.reshape(groups, -1, *weight.shape[1:]) * parts).reshape(weight.shape)
    bias = stored[before.input[2]] if len(before.input) > 2 and before.input[2] else 0.0
    added = {
        f"{norm.output[0]}_weight": weight.astype(np.float32),
        f"{norm.output[0]}_bias": ((bias - mean) * factor + shift).astype(np.float32),
    }
    stored.update(added)
    graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in added.items())
    inputs = [before.input[0], *added]
    del before.input[:]
    before.input.extend(inputs)
    before.output[0] = norm.output[0]
