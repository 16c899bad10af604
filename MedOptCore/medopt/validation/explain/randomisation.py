"""A network whose weights are drawn anew from its end to its beginning (Adebayo et al., NeurIPS 2018)."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import torch
from torch import nn


def cascade(network: nn.Module) -> list[tuple[str, tuple[str, ...]]]:
    """(name of the step, beginnings of the names of its weights) from the network's output to its input.

    The parts of a network of MedOpt are its heads, the levels of the decoder, and the stages of the encoder; those of
    another one its children in reverse order. Parts without weights are passed over.
    """
    weights = [name for name, _ in network.named_parameters()]
    stages = _numbers(network, "stages")
    parts: list[tuple[str, tuple[str, ...]]] = []
    if stages and hasattr(network, "decoders"):
        parts.append(("heads", ("heads.",)))
        for level in reversed(_numbers(network, "decoders")):
            parts.append((f"decoders.{level}", tuple(f"{part}.{level}." for part in ("decoders", "laterals", "ups"))))
        parts += [(f"stages.{n}", (f"stages.{n}.",)) for n in reversed(stages)]
    elif stages and hasattr(network, "head"):
        parts.append(("head", ("head.",)))
        parts += [(f"stages.{n}", (f"stages.{n}.",)) for n in reversed(stages)]
    else:
        parts += [(name, (f"{name}.",)) for name, _ in reversed(list(network.named_children()))]
    return [(name, begins) for name, begins in parts if any(w.startswith(begins) for w in weights)]


def randomised(network: nn.Module, fresh: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """After each step of ``cascade`` its name and the network, of which that step and all before are as in ``fresh``.

    Parameters
    ----------
    network : trained; stays as it is
    fresh : one of the same build with random weights

    The network that is given is one and the same, changed from step to step.
    """
    changed = copy.deepcopy(network).eval()
    source = {name: value.to(next(network.parameters()).device) for name, value in fresh.state_dict().items()}
    state = changed.state_dict()
    for step, begins in cascade(network):
        with torch.no_grad():
            for name, value in state.items():
                if name.startswith(begins):
                    value.copy_(source[name])
        yield step, changed


def _numbers(network: nn.Module, name: str) -> range:
    """Places in the list of layers of that name; empty where the network has none."""
    layers = getattr(network, name, None)
    return range(len(layers)) if isinstance(layers, nn.ModuleList) else range(0)
