"""An ONNX file as a torch module: the operators that MedOpt's networks and 8-bit files are made of.

Beside being a runtime it gives gradients, which fine-tuning of 8-bit files needs, and every intermediate value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from torch import Tensor, nn

from medopt.errors import MedOptError

Values = Sequence[Any]
Operator = Callable[[Values, Mapping[str, Any]], Any]


class OnnxInTorch(nn.Module):
    """The graph of ``source``, a path or a loaded model, whose stored tensors are buffers.

    Takes the graph's one input and gives its first output. Raises MedOptError when the graph has an operator that is
    not in ``OPERATORS``, which is named.
    """

    def __init__(self, source: Path | onnx.ModelProto) -> None:
        super().__init__()
        model = source if isinstance(source, onnx.ModelProto) else onnx.load(str(source), load_external_data=False)
        graph = model.graph
        if strange := sorted({node.op_type for node in graph.node} - {*OPERATORS, "Constant"}):
            raise MedOptError(
                f"torch has no operator {', '.join(strange)}",
                where=None if isinstance(source, onnx.ModelProto) else source,
                remedy="Choose another runtime (onnxruntime, openvino)",
            )
        self._input = next(i.name for i in graph.input if i.name not in {t.name for t in graph.initializer})
        self._output = graph.output[0].name
        self._nodes = [n for n in graph.node if n.op_type != "Constant"]
        self._attributes = [{a.name: onnx.helper.get_attribute_value(a) for a in n.attribute} for n in self._nodes]
        self._places: dict[str, str] = {}
        constants = [(n.output[0], np.asarray(_constant(n))) for n in graph.node if n.op_type == "Constant"]
        stored = [(t.name, numpy_helper.to_array(t)) for t in graph.initializer]
        for number, (name, array) in enumerate([*stored, *constants]):
            self._places[name] = f"stored_{number}"
            self.register_buffer(f"stored_{number}", torch.from_numpy(np.array(array)))
        self._last_use = _last_uses(self._nodes, self._output)

    def stored(self, name: str) -> Tensor:
        """The stored tensor called ``name`` in the graph."""
        value: Tensor = getattr(self, self._places[name])
        return value

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channel, *space) to the graph's output."""
        result: Tensor = self.values(x, {self._output})[self._output]
        return result

    def values(self, x: Tensor, wanted: set[str], replaced: Mapping[str, Tensor] | None = None) -> dict[str, Any]:
        """The values called ``wanted`` for input ``x``; ``replaced`` stand in for stored tensors or node outputs."""
        known: dict[str, Any] = {"": None, self._input: x, **{n: getattr(self, p) for n, p in self._places.items()}}
        known.update(replaced or {})
        for number, (node, attributes) in enumerate(zip(self._nodes, self._attributes, strict=True)):
            if replaced and all(name in replaced for name in node.output):
                continue
            result = self.compute(node, attributes, [known[name] for name in node.input])
            results = result if isinstance(result, (tuple, list)) else (result,)
            known.update(zip(node.output, results, strict=False))
            for name in self._last_use[number] - wanted:
                known.pop(name, None)
        return {name: known[name] for name in wanted}

    def compute(self, node: onnx.NodeProto, attributes: Mapping[str, Any], values: Values) -> Any:
        """What ``node`` makes of the ``values`` of its inputs."""
        return OPERATORS[node.op_type](values, attributes)


def _constant(node: onnx.NodeProto) -> Any:
    attribute = node.attribute[0]
    value = onnx.helper.get_attribute_value(attribute)
    return numpy_helper.to_array(value) if attribute.name == "value" else value


def _last_uses(nodes: Sequence[onnx.NodeProto], output: str) -> list[set[str]]:
    """For each node the values of other nodes that nobody asks for after it."""
    seen, found = {output}, []
    made = {name for node in nodes for name in node.output}
    for node in reversed(nodes):
        last = {name for name in node.input if name in made and name not in seen}
        seen |= last
        found.append(last)
    return found[::-1]


def _padding(attributes: Mapping[str, Any], dims: int) -> list[int]:
    """Symmetric padding of each axis; the only kind that torch's layers are exported with."""
    pads = list(attributes.get("pads") or [0] * 2 * dims)
    if pads[:dims] != pads[dims:] or attributes.get("auto_pad", b"NOTSET") != b"NOTSET":
        raise MedOptError("torch has no uneven padding", expected="equal padding on both sides", found=str(pads))
    return pads[:dims]


def _conv(values: Values, a: Mapping[str, Any]) -> Tensor:
    x, weight, bias = (*values, None)[:3]
    dims = weight.ndim - 2
    run = (F.conv1d, F.conv2d, F.conv3d)[dims - 1]
    ones = [1] * dims
    return run(
        x, weight, bias, a.get("strides") or ones, _padding(a, dims), a.get("dilations") or ones, a.get("group", 1)
    )


def _transposed(values: Values, a: Mapping[str, Any]) -> Tensor:
    x, weight, bias = (*values, None)[:3]
    dims = weight.ndim - 2
    run: Any = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[dims - 1]
    ones = [1] * dims
    more = a.get("output_padding") or [0] * dims
    result: Tensor = run(
        x,
        weight,
        bias,
        a.get("strides") or ones,
        _padding(a, dims),
        more,
        a.get("group", 1),
        a.get("dilations") or ones,
    )
    return result


def _max_pool(values: Values, a: Mapping[str, Any]) -> Tensor:
    kernel = a["kernel_shape"]
    run: Any = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[len(kernel) - 1]
    strides, dilations = a.get("strides") or [1] * len(kernel), a.get("dilations") or [1] * len(kernel)
    result: Tensor = run(values[0], kernel, strides, _padding(a, len(kernel)), dilations, bool(a.get("ceil_mode", 0)))
    return result


def _average_pool(values: Values, a: Mapping[str, Any]) -> Tensor:
    kernel = a["kernel_shape"]
    run: Any = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[len(kernel) - 1]
    strides = a.get("strides") or [1] * len(kernel)
    whole, counted = bool(a.get("ceil_mode", 0)), bool(a.get("count_include_pad", 0))
    result: Tensor = run(values[0], kernel, strides, _padding(a, len(kernel)), whole, counted)
    return result


def _batch_norm(values: Values, a: Mapping[str, Any]) -> Tensor:
    x, scale, bias, mean, variance = values
    return F.batch_norm(x, mean, variance, scale, bias, eps=a.get("epsilon", 1e-5))


def _instance_norm(values: Values, a: Mapping[str, Any]) -> Tensor:
    return F.instance_norm(values[0], weight=values[1], bias=values[2], eps=a.get("epsilon", 1e-5))


def _prelu(values: Values, a: Mapping[str, Any]) -> Tensor:
    x, slope = values
    return torch.where(x >= 0, x, slope * x)


def _clip(values: Values, a: Mapping[str, Any]) -> Tensor:
    x, low, high = (*values, None, None)[:3]
    return torch.clamp(x, a.get("min", low), a.get("max", high))


def _resize(values: Values, a: Mapping[str, Any]) -> Tensor:
    x, _, scales, sizes = (*values, None, None, None)[:4]
    size = sizes.tolist()[2:] if sizes is not None and sizes.numel() else None
    if size is None:
        size = [int(n * s) for n, s in zip(x.shape[2:], scales.tolist()[2:], strict=True)]
    if a.get("mode", b"nearest") == b"nearest":
        return F.interpolate(x, size=size, mode="nearest")
    corners = a.get("coordinate_transformation_mode") == b"align_corners"
    return F.interpolate(x, size=size, mode=("linear", "bilinear", "trilinear")[x.ndim - 3], align_corners=corners)


def _reshape(values: Values, a: Mapping[str, Any]) -> Tensor:
    x, shape = values
    sides = [x.shape[n] if side == 0 and not a.get("allowzero", 0) else side for n, side in enumerate(shape.tolist())]
    result: Tensor = x.reshape(sides)
    return result


def _reduce_mean(values: Values, a: Mapping[str, Any]) -> Tensor:
    x, axes = (*values, None)[:2]
    chosen = a["axes"] if axes is None else axes.tolist()
    result: Tensor = x.mean(dim=list(chosen), keepdim=bool(a.get("keepdims", 1)))
    return result


def _gemm(values: Values, a: Mapping[str, Any]) -> Tensor:
    x, weight, bias = (*values, None)[:3]
    x = x.T if a.get("transA", 0) else x
    weight = weight.T if a.get("transB", 0) else weight
    result: Tensor = a.get("alpha", 1.0) * (x @ weight)
    return result if bias is None else result + a.get("beta", 1.0) * bias


def _split(values: Values, a: Mapping[str, Any]) -> tuple[Tensor, ...]:
    x, axis = values[0], a.get("axis", 0)
    if len(values) > 1 and values[1] is not None:
        return tuple(torch.split(x, values[1].tolist(), axis))
    return tuple(torch.tensor_split(x, a["num_outputs"], axis))


def _slice(values: Values, a: Mapping[str, Any]) -> Tensor:
    x, starts, ends, axes, steps = (*values, None, None)[:5]
    which = range(len(starts)) if axes is None else axes.tolist()
    strides = [1] * len(starts) if steps is None else steps.tolist()
    cuts: list[slice] = [slice(None)] * x.ndim
    for axis, first, last, step in zip(which, starts.tolist(), ends.tolist(), strides, strict=True):
        cuts[axis] = slice(first, last, step)
    result: Tensor = x[tuple(cuts)]
    return result


def _axes(values: Values, a: Mapping[str, Any]) -> list[int]:
    return list(a["axes"]) if "axes" in a else list(values[1].tolist())


def _squeeze(values: Values, a: Mapping[str, Any]) -> Tensor:
    result: Tensor = values[0].squeeze(tuple(_axes(values, a)))
    return result


def _unsqueeze(values: Values, a: Mapping[str, Any]) -> Tensor:
    x: Tensor = values[0]
    for axis in sorted(_axes(values, a)):
        x = x.unsqueeze(axis)
    return x


def along(scale: Tensor, x: Tensor, axis: int) -> Tensor:
    """``scale``, one number or one a channel, shaped so that it goes along ``axis`` of ``x``."""
    return scale if scale.ndim == 0 else scale.reshape([-1 if n == axis % x.ndim else 1 for n in range(x.ndim)])


def _quantize(values: Values, a: Mapping[str, Any]) -> Tensor:
    x, scale, zero = values
    axis = a.get("axis", 1)
    limits = torch.iinfo(zero.dtype)
    rounded = torch.round(x / along(scale, x, axis)) + along(zero.float(), x, axis)
    return rounded.clamp(limits.min, limits.max).to(zero.dtype)


def _dequantize(values: Values, a: Mapping[str, Any]) -> Tensor:
    x, scale, zero = (*values, None)[:3]
    axis = a.get("axis", 1)
    shifted = x.float() if zero is None else x.float() - along(zero.float(), x, axis)
    return shifted * along(scale, x, axis)


_DTYPES = {1: torch.float32, 6: torch.int32, 7: torch.int64, 9: torch.bool, 10: torch.float16, 11: torch.float64}
"""ONNX's numbers of element types."""

OPERATORS: Mapping[str, Operator] = {
    "Add": lambda v, a: v[0] + v[1],
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_norm,
    "Cast": lambda v, a: v[0].to(_DTYPES[a["to"]]),
    "Clip": _clip,
    "Concat": lambda v, a: torch.cat(list(v), a["axis"]),
    "Conv": _conv,
    "ConvTranspose": _transposed,
    "DequantizeLinear": _dequantize,
    "Div": lambda v, a: v[0] / v[1],
    "Flatten": lambda v, a: v[0].flatten(a.get("axis", 1)),
    "Gather": lambda v, a: v[0].index_select(a.get("axis", 0), v[1].reshape(-1)).reshape(_gathered(v, a)),
    "Gemm": _gemm,
    "GlobalAveragePool": lambda v, a: v[0].mean(dim=tuple(range(2, v[0].ndim)), keepdim=True),
    "HardSigmoid": lambda v, a: torch.clamp(a.get("alpha", 0.2) * v[0] + a.get("beta", 0.5), 0, 1),
    "HardSwish": lambda v, a: F.hardswish(v[0]),
    "Identity": lambda v, a: v[0],
    "InstanceNormalization": _instance_norm,
    "LeakyRelu": lambda v, a: F.leaky_relu(v[0], a.get("alpha", 0.01)),
    "MatMul": lambda v, a: v[0] @ v[1],
    "MaxPool": _max_pool,
    "Mul": lambda v, a: v[0] * v[1],
    "PRelu": _prelu,
    "QuantizeLinear": _quantize,
    "ReduceMean": _reduce_mean,
    "Relu": lambda v, a: F.relu(v[0]),
    "Reshape": _reshape,
    "Resize": _resize,
    "Shape": lambda v, a: torch.tensor(v[0].shape[a.get("start", 0) : a.get("end")], dtype=torch.int64),
    "Sigmoid": lambda v, a: torch.sigmoid(v[0]),
    "Slice": _slice,
    "Softmax": lambda v, a: torch.softmax(v[0], a.get("axis", -1)),
    "Split": _split,
    "Squeeze": _squeeze,
    "Sub": lambda v, a: v[0] - v[1],
    "Transpose": lambda v, a: v[0].permute(tuple(a["perm"])),
    "Unsqueeze": _unsqueeze,
}
"""ONNX operator to what torch does for it."""


def _gathered(values: Values, a: Mapping[str, Any]) -> list[int]:
    shape, axis = list(values[0].shape), a.get("axis", 0) % values[0].ndim
    return [*shape[:axis], *values[1].shape, *shape[axis + 1 :]]
