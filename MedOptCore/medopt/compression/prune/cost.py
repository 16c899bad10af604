"""What a network costs, and what it would cost with fewer feature maps."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medopt.compression.prune.channels import ChannelGraph
from medopt.networks.describe import multiply_adds


def layer_multiply_adds(network: nn.Module, shape: Sequence[int]) -> dict[str, int]:
    """Multiplications with addition of each convolution and linear layer, by the name of its weight.

    ``shape`` is (channels, *space) of one input; one forward pass outside training, on shapes alone. Layers that such
    a pass leaves out, as heads of deep supervision, are absent.
    """
    shapes = copy.deepcopy(network).to("meta").eval()
    found: dict[str, int] = {}

    def counting(name: str) -> Any:
        def count(module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
            found[name] = found.get(name, 0) + multiply_adds(module, inputs[0], output) // 2

        return count

    for name, module in shapes.named_modules():
        if isinstance(getattr(module, "weight", None), Tensor) and module.weight.ndim > 1:
            module.register_forward_hook(counting(f"{name}.weight"))
    with torch.no_grad():
        shapes(torch.empty(2, *shape, device="meta"))
    return found


def layer_parameters(network: nn.Module) -> dict[str, int]:
    """Trainable numbers of each tensor by name."""
    return {name: p.numel() for name, p in network.named_parameters() if p.requires_grad}


class Costs:
    """The costs of a network as a function of the groups that stay.

    Parameters
    ----------
    graph : of the whole network
    whole : cost of each tensor of the whole network; in proportion to the positions that stay along its axes
    """

    def __init__(self, graph: ChannelGraph, whole: Mapping[str, int]) -> None:
        self._graph, self._whole = graph, dict(whole)

    def of(self, keep: NDArray[np.bool_]) -> float:
        """When the groups in ``keep`` (groups,) stay."""
        total = 0.0
        for tensor, cost in self._whole.items():
            share = 1.0
            for slot in self._graph.by_tensor.get(tensor, ()):
                share *= slot.kept(keep).mean()
            total += cost * share
        return total

    def saved(self) -> NDArray[np.float64]:
        """(groups,) what each group costs, the others staying."""
        result = np.zeros(self._graph.groups)
        for tensor, cost in self._whole.items():
            for slot in self._graph.by_tensor.get(tensor, ()):
                free = slot.groups[slot.groups >= 0]
                np.add.at(result, free, cost / len(slot.groups))
        return result
