"""Which groups of feature maps to keep."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from medopt.compression.prune.channels import ChannelGraph
from medopt.compression.prune.cost import Costs
from medopt.errors import MedOptError


def choose_groups(
    graph: ChannelGraph,
    importance: NDArray[np.float64],
    costs: Costs,
    *,
    most: float,
    least_share: float = 0.1,
    multiple: int = 1,
    cost_power: float = 0.0,
) -> NDArray[np.bool_]:
    """(groups,) whether each stays: as many as cost at most ``most``, in the order of importance over all layers.

    Parameters
    ----------
    importance : (groups,) comparable across layers; see ``per_layer``
    most : cost of what may stay, in the unit of ``costs``
    least_share : of its groups that each layer keeps at least, and at least one
    multiple : a layer keeps a multiple of so many groups, or all
    cost_power : rank by importance over what the group costs to this power; 0 for importance alone

    Raises MedOptError when even the narrowest network allowed costs more.
    """
    rank = importance / np.maximum(costs.saved(), 1e-9) ** cost_power
    order = np.argsort(rank, kind="stable")
    counts = np.bincount(graph.layers, minlength=1)
    floors = np.maximum(1, np.ceil(counts * least_share - 1e-9)).astype(int)
    floors = np.minimum(counts, -(-floors // multiple) * multiple)

    def keeping(removed: int) -> NDArray[np.bool_]:
        """Without the first ``removed`` in order, but for what floors and multiples bring back."""
        keep = np.ones(graph.groups, bool)
        keep[order[:removed]] = False
        left = np.bincount(graph.layers[keep], minlength=len(counts))
        due = np.minimum(counts, -(-np.maximum(left, floors) // multiple) * multiple) - left
        for group in order[:removed][::-1]:
            if due[graph.layers[group]] > 0:
                keep[group] = True
                due[graph.layers[group]] -= 1
        return keep

    low, high = 0, graph.groups
    if costs.of(keeping(high)) > most:
        whole, least = costs.of(np.ones(graph.groups, bool)), costs.of(keeping(high))
        raise MedOptError(
            "the network cannot shrink so far",
            expected=f"{100 * least / max(whole, 1):.1f} % of it or more to stay",
            found=f"{100 * most / max(whole, 1):.1f} %",
            remedy="Remove less, or let layers become narrower with a smaller floor or multiple",
        )
    while low < high:
        middle = math.floor((low + high) / 2)
        if costs.of(keeping(middle)) <= most:
            high = middle
        else:
            low = middle + 1
    return keeping(low)
