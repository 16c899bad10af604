"""Where a trained network and its ONNX file part: the first layer whose outputs differ."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

SCOPES = "pkg.torch.onnx.name_scopes"
"""Where torch's exporter writes for each node in which module it was made."""
NOTICEABLE = 1e-3
"""Difference relative to the largest value of a layer's output that rounding does not explain."""


@dataclass(frozen=True)
class Parting:
    """The first layer that gives something else.

    Parameters
    ----------
    layer : name of the module in the network
    kind : its class
    node : the operator and output of the ONNX file
    difference : largest, relative to the largest value that the network gives there
    """

    layer: str
    kind: str
    node: str
    difference: float

    def __str__(self) -> str:
        return f"{self.layer} ({self.kind}; {self.node} in the file), by {self.difference:.2g} of its largest value"


def first_parting(network: nn.Module, path: Path, window: NDArray[np.float32], dims: int) -> Parting | None:
    """Compare layer by layer what ``network`` and its file ``path`` give for ``window`` (1, channel, k, j, i).

    Gives the first layer, in the order of computation, that differs by more than ``NOTICEABLE``; None when none of
    those that both have does.
    """
    x = window[:, :, 0] if dims == 2 else window
    wanted = _outputs_of_layers(network, torch.from_numpy(np.ascontiguousarray(x)))
    model = onnx.load(str(path), load_external_data=False)
    nodes = {layer: node for node in model.graph.node for layer in _layers(node) if layer in wanted}
    pairs = [(layer, nodes[layer]) for layer in wanted if layer in nodes]
    found = _values(model, [node.output[0] for _, node in pairs], x)
    for (layer, node), value in zip(pairs, found, strict=True):
        kind, expected = wanted[layer]
        if expected.shape != value.shape:
            continue  # the file does several layers' work in one node
        difference = float(np.abs(expected - value).max() / max(float(np.abs(expected).max()), 1e-12))
        if not difference <= NOTICEABLE:
            return Parting(layer, kind, f"{node.op_type} {node.output[0]}", difference)
    return None


def _outputs_of_layers(network: nn.Module, x: Tensor) -> dict[str, tuple[str, NDArray[np.float32]]]:
    """Name of each module without parts in it to its class and output, in the order of computation."""
    found: dict[str, tuple[str, NDArray[np.float32]]] = {}

    def keep(name: str) -> Any:
        def hook(module: nn.Module, given: Any, output: Any) -> None:
            if isinstance(output, Tensor):
                found[name] = type(module).__name__, output.detach().clone().float().numpy()

        return hook

    leaves = [(n, m) for n, m in network.named_modules() if n and not list(m.children())]
    handles = [module.register_forward_hook(keep(name)) for name, module in leaves]
    was_training = network.training
    try:
        with torch.inference_mode():
            network.eval()(x)
    finally:
        network.train(was_training)
        for handle in handles:
            handle.remove()
    return found


def _layers(node: onnx.NodeProto) -> Sequence[str]:
    text = next((entry.value for entry in node.metadata_props if entry.key == SCOPES), "[]")
    return [str(name) for name in ast.literal_eval(text)]


def _values(model: onnx.ModelProto, names: Sequence[str], x: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    there = {value.name for value in model.graph.output}
    model.graph.output.extend(
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
        for name in dict.fromkeys(names)
        if name not in there
    )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    unique = list(dict.fromkeys(names))
    if not unique:
        return []
    values = dict(zip(unique, session.run(unique, {session.get_inputs()[0].name: x}), strict=True))
    return [values[name] for name in names]
