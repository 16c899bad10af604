"""Follow the feature maps through a network's graph."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import fx, nn

from medopt.compression.prune.channels import ChannelGraph, Ids, Numbers, Role, Slot
from medopt.errors import MedOptError

_CONVOLUTIONS = (nn.Conv2d, nn.Conv3d)
_TRANSPOSED = (nn.ConvTranspose2d, nn.ConvTranspose3d)
_NORMS = (nn.InstanceNorm2d, nn.InstanceNorm3d, nn.BatchNorm2d, nn.BatchNorm3d, nn.GroupNorm)
_KEEPING = (
    nn.Identity,
    nn.ReLU,
    nn.ReLU6,
    nn.LeakyReLU,
    nn.Hardswish,
    nn.Hardsigmoid,
    nn.Dropout,
    nn.Upsample,
    nn.MaxPool2d,
    nn.MaxPool3d,
    nn.AvgPool2d,
    nn.AvgPool3d,
    nn.AdaptiveAvgPool2d,
    nn.AdaptiveAvgPool3d,
    nn.Flatten,  # only ever of what was pooled to one voxel, which the linear layer behind checks
)
"""Layers that treat each map by itself and have no weights."""


def channel_graph(network: nn.Module, channels: int) -> ChannelGraph:
    """The coupled feature maps of ``network``, which takes images of ``channels`` channels; the network is unchanged.

    All heads of deep supervision count as outputs. Raises MedOptError for an operation whose effect on feature maps
    is not known here.
    """
    was_training = network.training
    try:
        graph = fx.Tracer().trace(network.train())
    finally:
        network.train(was_training)
    return _Walk(network, channels).through(graph)


class _Walk:
    """One way through the graph; ``_known`` holds the maps of each value: (maps,), or two axes in a shuffle."""

    def __init__(self, network: nn.Module, channels: int) -> None:
        self._modules = dict(network.named_modules())
        self._channels = channels
        self._numbers = Numbers()
        self._known: dict[fx.Node, Any] = {}
        self._slots: list[tuple[str, int, Ids, Role]] = []
        self._fixed: list[Ids] = []

    def through(self, graph: fx.Graph) -> ChannelGraph:
        for node in graph.nodes:
            if node.op == "placeholder":
                self._known[node] = self._numbers.fresh(self._channels)
                self._fixed.append(self._known[node])
            elif node.op == "output":
                fx.map_arg(node.args, lambda value: self._fixed.append(self._known[value]))
            elif node.op == "call_module":
                self._known[node] = self._module(str(node.target), self._known[_node(node.args[0])])
            else:
                self._known[node] = self._operation(node)
        return self._graph()

    def _graph(self) -> ChannelGraph:
        fixed = {int(root) for ids in self._fixed for root in self._numbers.roots(ids).ravel()}
        group_of: dict[int, int] = {}

        def group(root: int) -> int:
            return -1 if root in fixed else group_of.setdefault(root, len(group_of))

        slots = tuple(
            Slot(tensor, axis, np.array([group(int(r)) for r in self._numbers.roots(ids)], np.int64), role)
            for tensor, axis, ids, role in self._slots
        )
        return ChannelGraph(slots, len(group_of))

    # ---- layers ----------------------------------------------------------------------------------------------

    def _module(self, name: str, ids: Ids) -> Ids:
        module = self._modules[name]
        if isinstance(module, _CONVOLUTIONS):
            return self._convolution(name, module, ids)
        if isinstance(module, _TRANSPOSED):
            _demand(name, module.groups == 1, "transposed convolutions without groups")
            return self._dense(name, ids, module.out_channels, made_axis=1, bias=module.bias is not None)
        if isinstance(module, nn.Linear):
            return self._dense(name, ids, module.out_features, made_axis=0, bias=module.bias is not None)
        if isinstance(module, _NORMS):
            if isinstance(module, nn.GroupNorm):
                self._couple_groups(ids, module.num_groups)
            tensors = [*module.named_parameters(), *module.named_buffers()]
            for tensor in (tensor for tensor, value in tensors if value.ndim == 1):
                self._keep(f"{name}.{tensor}", 0, ids, "keeps")
            return ids
        _demand(name, isinstance(module, _KEEPING), "a layer of MedOpt's networks", type(module).__name__)
        return ids

    def _convolution(self, name: str, module: Any, ids: Ids) -> Ids:
        bias = module.bias is not None
        if module.groups == 1:
            return self._dense(name, ids, module.out_channels, made_axis=0, bias=bias)
        if module.groups == module.in_channels:
            kept = np.repeat(ids, module.out_channels // module.groups)
            self._keep(f"{name}.weight", 0, kept, "keeps")
            if bias:
                self._keep(f"{name}.bias", 0, kept, "keeps")
            return kept
        made = self._numbers.fresh(module.out_channels)
        self._couple_groups(made, module.groups)
        self._couple_groups(ids, module.groups)
        self._keep(f"{name}.weight", 0, made, "makes")
        self._keep(f"{name}.weight", 1, ids[: len(ids) // module.groups], "takes")
        if bias:
            self._keep(f"{name}.bias", 0, made, "keeps")
        return made

    def _dense(self, name: str, ids: Ids, outputs: int, *, made_axis: int, bias: bool) -> Ids:
        weight = self._modules[name].get_parameter("weight")
        _demand(name, weight.shape[1 - made_axis] == len(ids), f"{weight.shape[1 - made_axis]} maps", str(len(ids)))
        made = self._numbers.fresh(outputs)
        self._keep(f"{name}.weight", made_axis, made, "makes")
        self._keep(f"{name}.weight", 1 - made_axis, ids, "takes")
        if bias:
            self._keep(f"{name}.bias", 0, made, "keeps")
        return made

    def _keep(self, tensor: str, axis: int, ids: Ids, role: Role) -> None:
        self._slots.append((tensor, axis, ids, role))

    def _couple_groups(self, ids: Ids, groups: int) -> None:
        """Each of ``groups`` equal parts must lose as much: the same places go in all of them."""
        rows = ids.reshape(groups, -1)
        for row in rows[1:]:
            self._numbers.couple(rows[0], row)

    # ---- operations between layers ------------------------------------------------------------------------------

    def _operation(self, node: fx.Node) -> Any:
        rule = _OPERATIONS.get(node.target)
        if rule is None:
            raise _unknown(str(node.name), "an operation of MedOpt's networks", str(node.target))
        values = fx.map_arg(node.args, lambda one: self._known[one])
        return rule(self, *values, **node.kwargs)

    def concatenate(self, parts: Sequence[Ids], dim: int = 0) -> Ids:
        _demand("concatenation", dim == 1, "along the feature maps", f"axis {dim}")
        return np.concatenate(parts)

    def meet(self, one: Ids, other: Ids) -> Ids:
        """Of an addition or a product, map by map."""
        _demand("addition", one.shape == other.shape, f"{one.size} maps in both", str(other.size))
        self._numbers.couple(one, other)
        return one

    def chunk(self, ids: Ids, chunks: int, dim: int = 0) -> list[Ids]:
        _demand("chunk", dim == 1 and len(ids) % chunks == 0, "equal parts of the feature maps", f"axis {dim}")
        self._couple_groups(ids, chunks)
        return np.split(ids, chunks)

    def unflatten(self, ids: Ids, dim: int, sizes: Sequence[int]) -> Ids:
        _demand("unflatten", dim == 1 and ids.ndim == 1 and len(sizes) == 2, "two axes of the feature maps")
        self._couple_groups(ids, int(sizes[0]))
        return ids.reshape(tuple(sizes))

    def transpose(self, ids: Ids, one: int, other: int) -> Ids:
        _demand("transpose", min(one, other) >= 1 and max(one, other) <= ids.ndim, "axes of the feature maps")
        return ids.swapaxes(one - 1, other - 1)

    def flatten(self, ids: Ids, first: int, last: int) -> Ids:
        _demand("flatten", first == 1 and last == ids.ndim, "the axes of the feature maps")
        return ids.reshape(-1)


_OPERATIONS: dict[Any, Callable[..., Any]] = {
    torch.cat: _Walk.concatenate,
    operator.add: _Walk.meet,
    operator.mul: _Walk.meet,
    operator.getitem: lambda walk, parts, index: parts[index],
    "chunk": _Walk.chunk,
    "unflatten": _Walk.unflatten,
    "transpose": _Walk.transpose,
    "flatten": _Walk.flatten,
}
"""What each operation does with the feature maps of its arguments."""


def _node(value: Any) -> fx.Node:
    if not isinstance(value, fx.Node):
        raise _unknown("forward", "a tensor as a layer's input", type(value).__name__)
    return value


def _demand(where: str, holds: bool, expected: str, found: str = "") -> None:
    if not holds:
        raise _unknown(where, expected, found)


def _unknown(where: str, expected: str, found: str) -> MedOptError:
    return MedOptError(
        "feature maps cannot be followed through this network",
        where=where,
        expected=expected,
        found=found,
        remedy="Prune a network of MedOpt's own, or quantize or distil this one",
    )
