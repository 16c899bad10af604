"""A torch network traced into an ONNX graph whose batch and sides are open."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor, nn
from torch.export import Dim

from medopt.errors import MedOptError
from medopt.inference.runtimes.onnx_runtime import OnnxRuntime

BATCH = 2
"""Of the traced windows: of one, torch would take the batch for a constant."""
SIDES = 3
"""Of the traced windows, in multiples of the network's divisor."""


def trace_onnx(
    network: nn.Module, channels: int, factors: Sequence[int], *, opset: int, names: tuple[str, str]
) -> onnx.ModelProto:
    """``network`` as ONNX, for any batch and for sides that are multiples of ``factors`` (one an axis of space).

    To trace with symbols for the sides takes several times as long as to trace at one size, and gives the same graph
    unless a size is part of it. So the network is traced at one size first, and with symbols only where the graph does
    not give what the network gives for another batch of another size.
    """
    with _quiet():
        model = _at_one_size(network.eval(), channels, factors, opset, names)
        return model or _with_symbols(network.eval(), channels, factors, opset, names)


def _at_one_size(
    network: nn.Module, channels: int, factors: Sequence[int], opset: int, names: tuple[str, str]
) -> onnx.ModelProto | None:
    """The graph with its sides left open, or nothing where it holds for the traced size only."""
    model = _traced(network, _windows(channels, factors), opset, names)
    _open_reshapes(model)
    sides = [f"{factor}*side{axis}" for axis, factor in enumerate(factors, start=2)]
    image = onnx.helper.make_tensor_value_info(names[0], onnx.TensorProto.FLOAT, ["batch", channels, *sides])
    model.graph.input[0].CopyFrom(image)
    model.graph.output[0].type.tensor_type.ClearField("shape")
    del model.graph.value_info[:]
    try:
        model = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    except onnx.shape_inference.InferenceError:
        return None
    return model if _holds(model, network, channels, factors) else None


def _open_reshapes(model: onnx.ModelProto) -> None:
    """Where a Reshape says sides of the traced windows, it keeps those that come.

    What a shape has in common with that of the input, at the front and at the end, is taken from the input; the rest,
    which splits or joins feature maps, stays as it is.
    """
    values = (*model.graph.value_info, *model.graph.input)
    known = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in values}
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        if node.op_type == "Reshape" and node.input[1] in constants and node.input[0] in known:
            before, after = known[node.input[0]], onnx.numpy_helper.to_array(constants[node.input[1]]).tolist()
            front = _common(before, after)
            end = _common(before[front:][::-1], after[front:][::-1])
            made = _shape_of(node, front, after[front : len(after) - end], end)
            nodes += made
            node.input[1] = made[-1].output[0]
        nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    for name in constants.keys() - used:
        model.graph.initializer.remove(constants[name])


def _common(first: list[int], second: list[int]) -> int:
    """How many numbers at the front are the same in both."""
    same = [a == b for a, b in zip(first, second, strict=False)]
    return (*same, False).index(False)


def _shape_of(node: onnx.NodeProto, front: int, middle: list[int], end: int) -> list[onnx.NodeProto]:
    """Nodes that give the shape of a Reshape: sides of its input, ``middle``, and sides of its input again."""
    name, image = node.input[1] + "_of_" + node.output[0], node.input[0]
    make = onnx.helper.make_node
    parts = []
    if front:
        parts.append(make("Shape", [image], [f"{name}_front"], start=0, end=front))
    if middle:
        parts.append(make("Constant", [], [f"{name}_middle"], value_ints=middle))
    if end:
        parts.append(make("Shape", [image], [f"{name}_end"], start=-end))
    return [*parts, make("Concat", [part.output[0] for part in parts], [name], axis=0)]


def _holds(model: onnx.ModelProto, network: nn.Module, channels: int, factors: Sequence[int]) -> bool:
    """Whether the graph gives what the network gives, for other windows than the traced ones."""
    sides = [factor * (SIDES + n) for n, factor in enumerate(factors, start=1)]
    windows = torch.rand(BATCH + 1, channels, *sides, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        wanted = network(windows).numpy()
    dims = len(factors)
    with tempfile.TemporaryDirectory(prefix="medopt-") as folder:
        file = Path(folder) / "traced.onnx"
        onnx.save(model, str(file))
        try:
            given = OnnxRuntime(file, dims)(windows.numpy() if dims == 3 else windows.numpy()[:, :, None])
        except MedOptError:
            return False
    given = given[:, :, 0] if dims == 2 and given.ndim == 5 else given
    near = 1e-3 * float(np.abs(wanted).max())
    return given.shape == wanted.shape and bool(np.allclose(given, wanted, rtol=0, atol=near))


def _with_symbols(
    network: nn.Module, channels: int, factors: Sequence[int], opset: int, names: tuple[str, str]
) -> onnx.ModelProto:
    axes = {0: Dim("batch", min=1, max=4096)}
    for axis, factor in enumerate(factors, start=2):
        axes[axis] = factor * Dim(f"side{axis}", min=1, max=4096 // factor)
    return _traced(network, _windows(channels, factors), opset, names, dynamic_shapes=(axes,))


def _windows(channels: int, factors: Sequence[int]) -> Tensor:
    return torch.zeros(BATCH, channels, *(SIDES * factor for factor in factors))


def _traced(network: nn.Module, windows: Tensor, opset: int, names: tuple[str, str], **options: Any) -> onnx.ModelProto:
    program = torch.onnx.export(
        network,
        (windows,),
        dynamo=True,
        input_names=[names[0]],
        output_names=[names[1]],
        opset_version=opset,
        verbose=False,
        **options,
    )
    if program is None:
        raise MedOptError("torch gave no ONNX program")
    return program.model_proto


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps the exporter's remarks on its own working out of the user's sight; errors still come through."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=FutureWarning, module=r"torch\..*|onnx.*|copyreg")
            warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"torch\..*|onnx.*|copyreg")
            warnings.filterwarnings("ignore", category=UserWarning, module=r"torch\..*|onnx.*|copyreg")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
