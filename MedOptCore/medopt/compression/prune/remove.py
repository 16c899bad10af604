"""Remove feature maps: what is left is a plain smaller network."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medopt.compression.prune.channels import ChannelGraph
from medopt.errors import MedOptError
from medopt.networks.narrow import narrow


def remove_groups(network: nn.Module, graph: ChannelGraph, keep: NDArray[np.bool_]) -> nn.Module:
    """``network`` without the groups of ``graph`` that are False in ``keep`` (groups,), in place; gives it back.

    The graph must be of this network as it is. Raises MedOptError when a layer would lose all its maps.
    """
    state = network.state_dict()
    cut = {name: cut_tensor(value, graph, name, keep) for name, value in state.items()}
    for name, value in cut.items():
        if 0 in value.shape:
            raise MedOptError("a layer would lose all its feature maps", where=name, expected="one or more to stay")
    narrow(network, {name: tuple(value.shape) for name, value in cut.items()})
    network.load_state_dict(cut)
    return network


def cut_tensor(value: Tensor, graph: ChannelGraph, name: str, keep: NDArray[np.bool_]) -> Tensor:
    """``value``, the tensor ``name`` of the network, at the positions that stay."""
    for slot in graph.by_tensor.get(name, ()):
        kept = torch.from_numpy(np.flatnonzero(slot.kept(keep))).to(value.device)
        value = value.index_select(slot.axis, kept)
    return value
