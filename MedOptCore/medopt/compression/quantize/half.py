"""Weights in 16 bit: half the size on disk, computed in 32 bit as before."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SMALLEST = 64
"""Numbers; smaller tensors are kept as they are, since a conversion costs as many bytes as it saves."""
LARGEST = float(np.finfo(np.float16).max)


def half_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of ``model`` that stores its float32 weights as float16 and converts them when it is loaded.

    Engines do the conversion once, so speed is that of float32. Tensors with numbers beyond float16's range stay as
    they are.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    kept, casts = [], []
    for tensor in copy.graph.initializer:
        array = numpy_helper.to_array(tensor) if tensor.data_type == TensorProto.FLOAT else None
        if array is None or array.size < SMALLEST or not np.isfinite(array).all() or np.abs(array).max() > LARGEST:
            kept.append(tensor)
            continue
        name = f"{tensor.name}_float16"
        kept.append(numpy_helper.from_array(array.astype(np.float16), name))
        casts.append(helper.make_node("Cast", [name], [tensor.name], name=f"{name}_cast", to=TensorProto.FLOAT))
    nodes = list(copy.graph.node)
    del copy.graph.initializer[:], copy.graph.node[:]
    copy.graph.initializer.extend(kept)
    copy.graph.node.extend([*casts, *nodes])
    return copy
