"""Fewer weights: whole feature maps, or single weights that become zero."""

from medopt.compression.prune.channels import ChannelGraph, Slot
from medopt.compression.prune.choose import choose_groups
from medopt.compression.prune.cost import Costs, layer_multiply_adds, layer_parameters
from medopt.compression.prune.importance import per_layer, taylor_importance, weight_importance
from medopt.compression.prune.remove import cut_tensor, remove_groups
from medopt.compression.prune.trace import channel_graph

__all__ = [
    "ChannelGraph",
    "Costs",
    "Slot",
    "channel_graph",
    "choose_groups",
    "cut_tensor",
    "layer_multiply_adds",
    "layer_parameters",
    "per_layer",
    "remove_groups",
    "taylor_importance",
    "weight_importance",
]
