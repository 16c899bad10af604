"""How much the loss would change without each group of feature maps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medopt.compression.prune.channels import ChannelGraph
from medopt.errors import MedOptError


def taylor_importance(
    network: nn.Module, graph: ChannelGraph, losses: Iterable[Callable[[nn.Module], Tensor]]
) -> NDArray[np.float64]:
    """(groups,) mean over batches of the absolute first-order change of the loss when the group is removed.

    Without a group every layer that takes its maps loses those columns w of its weights, so to first order the loss L
    changes by the sum of w · dL/dw over them. (Molchanov et al., "Importance estimation for neural network pruning",
    CVPR 2019, put gates on the maps; columns that take a map have the same gate's derivative. The filters that make it
    would not do: in front of a norm their sum is 0.)

    ``losses`` give the loss of one batch each, of the network in evaluation mode, so that its norms use what they have
    learned. Gradients are cleared; raises MedOptError when there is no batch or a loss is no number.
    """
    was_training = network.training
    total, batches = np.zeros(graph.groups), 0
    parameters = dict(network.named_parameters())
    try:
        network.eval()
        for loss in losses:
            network.zero_grad(set_to_none=True)
            value = loss(network)
            if not torch.isfinite(value):
                raise MedOptError("the loss of a training batch is no number", where="importance", found=str(value))
            value.backward()
            change = {n: (p * p.grad).detach() for n, p in parameters.items() if p.grad is not None}
            total += np.abs(_columns(graph, change))
            batches += 1
    finally:
        network.zero_grad(set_to_none=True)
        network.train(was_training)
    if batches == 0:
        raise MedOptError("no batch to measure the importance of feature maps on", expected="one or more")
    return total / batches


def weight_importance(network: nn.Module, graph: ChannelGraph) -> NDArray[np.float64]:
    """(groups,) root of the summed squares of the weights that take the group's maps; no data needed."""
    squares = {name: p.detach().square() for name, p in network.named_parameters()}
    return np.sqrt(_columns(graph, squares))


def per_layer(importance: NDArray[np.float64], graph: ChannelGraph) -> NDArray[np.float64]:
    """Importance as a multiple of its mean in the group's layer, so that layers can be compared."""
    layers = graph.layers
    counts = np.bincount(layers, minlength=1)
    means = np.bincount(layers, importance, minlength=1) / np.maximum(counts, 1)
    return importance / np.maximum(means, np.finfo(float).tiny)[layers]


def _columns(graph: ChannelGraph, values: Mapping[str, Tensor]) -> NDArray[np.float64]:
    """(groups,) sums of ``values`` over the positions of tensors that take the group's maps."""
    total = np.zeros(graph.groups)
    for slot in graph.slots:
        value = values.get(slot.tensor)
        if slot.role != "takes" or value is None:
            continue
        others = [axis for axis in range(value.ndim) if axis != slot.axis]
        sums = value.double().sum(dim=others).cpu().numpy()
        free = slot.groups >= 0
        np.add.at(total, slot.groups[free], sums[free])
    return total
