"""What a student takes over from its teacher before it learns."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medopt.compression.prune.channels import ChannelGraph
from medopt.compression.prune.remove import cut_tensor


def take_over(
    student: nn.Module,
    teacher: nn.Module,
    graph: ChannelGraph,
    importance: NDArray[np.float64],
    *,
    without_finest: bool = False,
) -> float:
    """Put the teacher's tensors into ``student`` wherever they fit by name and shape, each layer of the teacher cut to
    the student's width by leaving out its least important feature maps; gives the share of the student's parameters
    that came from the teacher.

    ``graph`` and ``importance`` (groups,) are of the teacher. Layers that it does not have, or has with another kernel,
    keep the student's own first weights. ``without_finest`` says that the student's levels are those of the teacher but
    the finest.
    """
    named = _one_level_down if without_finest else str
    own = {named(name): value for name, value in student.state_dict().items()}
    keep = _as_wide(own, graph, importance)
    parameters = {named(name): p.numel() for name, p in student.named_parameters()}
    taken = 0
    with torch.no_grad():
        for name, value in teacher.state_dict().items():
            cut = cut_tensor(value, graph, name, keep)
            if name in own and own[name].shape == cut.shape:
                own[name].copy_(cut)
                taken += parameters.get(name, 0)
    return taken / max(1, sum(parameters.values()))


def _one_level_down(name: str) -> str:
    """What a tensor is called in a U-Net that has one level more at the fine end; heads have no counterpart there."""
    part, _, rest = name.partition(".")
    number, _, tensor = rest.partition(".")
    return {"stages": f"stages.{int(number) + 1}.{tensor}", "heads": f"own {name}"}.get(part, name)


def _as_wide(own: dict[str, Tensor], graph: ChannelGraph, importance: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(groups,) which stay when each layer is as wide as the student's of the same name; where it has none, all do."""
    shares = np.ones(graph.layers.max(initial=-1) + 1)
    for slot in graph.slots:
        free = slot.groups[slot.groups >= 0]
        if slot.role == "makes" and len(free) and slot.tensor in own:
            width = own[slot.tensor].shape[slot.axis] if slot.axis < own[slot.tensor].ndim else len(slot.groups)
            shares[graph.layers[free[0]]] = min(1.0, width / len(slot.groups))
    keep = np.zeros(graph.groups, bool)
    for layer, share in enumerate(shares):
        groups = np.flatnonzero(graph.layers == layer)
        most = groups[np.argsort(-importance[groups], kind="stable")]
        keep[most[: round(share * len(groups))]] = True
    return keep
