"""Which layer of a network is looked at, and its features in one forward pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches

import torch
from torch import Tensor, nn

from medopt.errors import MedOptError
from medopt.validation.explain.weighing import last_rows

FEWEST_CELLS = 7
"""Cells along the longest side that the default layer has at least: as many as the last layer has of the networks for
pictures of 224 pixels with which CAM and Grad-CAM were published. A coarser map cannot point at anything."""


@dataclass
class Features:
    """What a layer gave in the latest forward pass: (batch, features, *cells), a leaf of the gradient's graph."""

    found: list[Tensor] = field(default_factory=list)

    @property
    def values(self) -> Tensor:
        """The features; MedOptError when the layer gave none, several things, or no map of cells."""
        if len(self.found) != 1 or self.found[0].ndim < 4:
            raise MedOptError(
                "the layer has no map of features to look at",
                expected="a layer that is passed once and gives (batch, features, cells along each axis)",
                found=f"{len(self.found)} passes" if len(self.found) != 1 else f"shape {tuple(self.found[0].shape)}",
                remedy="Name another layer; `medopt explain PROJECT --list-layers` lists them",
            )
        return self.found[0]


@contextmanager
def looking_at(network: nn.Module, layer: str) -> Iterator[Features]:
    """Within the ``with`` each forward pass leaves the layer's features; what follows the layer works on a copy.

    The features are cut off from what comes before them, so that gradients are taken up to them and no further.
    """
    seen = Features()

    def keep(_module: nn.Module, _given: object, output: object) -> object:
        if not isinstance(output, Tensor):
            return output
        leaf = output.detach().requires_grad_(torch.is_grad_enabled())
        seen.found.append(leaf)
        return leaf.clone()  # an activation that follows in place must not change them

    def forget(_module: nn.Module, _given: object) -> None:
        seen.found.clear()

    hooks = [network.register_forward_pre_hook(forget), find_layer(network, layer).register_forward_hook(keep)]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def find_layer(network: nn.Module, name: str) -> nn.Module:
    """The layer of that name; MedOptError with the nearest names when there is none."""
    known = dict(network.named_modules())
    if not name or name not in known:
        near = get_close_matches(name, known, n=3, cutoff=0.3)
        raise MedOptError(
            "the network has no such layer",
            expected=f"such as {', '.join(near or list(known)[1:4])}",
            found=name or "no name",
            remedy="`medopt explain PROJECT --list-layers` lists them",
        )
    return known[name]


def feature_layers(network: nn.Module, window: Tensor) -> dict[str, tuple[int, ...]]:
    """Name → shape (features, *cells) of what each layer makes of ``window`` (1, channel, *space), in the order in
    which the layers are passed; only layers that are passed once and give a map of features.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    passes: dict[str, int] = {}
    hooks = []
    for name, module in network.named_modules():
        if not name:
            continue

        def note(_module: nn.Module, _given: object, output: object, name: str = name) -> None:
            passes[name] = passes.get(name, 0) + 1
            if isinstance(output, Tensor) and output.ndim == window.ndim:
                shapes[name] = tuple(output.shape[1:])

        hooks.append(module.register_forward_hook(note))
    try:
        with torch.no_grad():
            network(window)
    finally:
        for hook in hooks:
            hook.remove()
    return {name: shape for name, shape in shapes.items() if passes[name] == 1}


def default_layer(network: nn.Module, window: Tensor) -> str:
    """The deepest stage that leaves at least ``FEWEST_CELLS`` along the longest side of ``window``.

    Of a classifier a stage of the encoder, as Grad-CAM has it. Of a dense network a stage of the decoder: at the
    bottleneck, where Seg-Grad-CAM looks (Vinogradova et al. 2020), maps hardly pointed at the structure. A network of
    another build has its deepest layer with so many cells taken, the last of them. Where no layer has so many, the one
    with most.
    """
    shapes = feature_layers(network, window)
    if not shapes:
        raise MedOptError("the network has no layer with a map of features", found=type(network).__name__)
    stages = _parts(shapes, "decoders") or _parts(shapes, "stages")
    # a stage that passes the image on has learned nothing
    candidates = [name for name in stages if any(True for _ in find_layer(network, name).parameters())] or list(shapes)

    def longest(name: str) -> int:
        return max(shapes[name][1:])

    fine = [name for name in candidates if longest(name) >= FEWEST_CELLS]
    if not fine:
        most = max(longest(name) for name in candidates)
        return [name for name in candidates if longest(name) == most][-1]
    coarsest = min(longest(name) for name in fine)
    return [name for name in fine if longest(name) == coarsest][-1]


def _parts(shapes: dict[str, tuple[int, ...]], name: str) -> list[str]:
    """The layers that are parts of the list of that name."""
    return [layer for layer in shapes if layer.startswith(f"{name}.") and layer.count(".") == 1]


def cam_layer(network: nn.Module, window: Tensor) -> str:
    """The last layer with weights of its own whose features the last linear layer takes, as CAM needs it."""
    shapes, rows = feature_layers(network, window), last_rows(network)
    inputs = rows[-1].shape[1] if rows else 0
    fitting = [
        name
        for name, shape in shapes.items()
        if shape[0] == inputs and any(True for _ in find_layer(network, name).parameters())
    ]
    if not fitting:
        raise MedOptError(
            "CAM does not fit this network",
            expected="a last layer that is linear in a map of features",
            found=type(network).__name__,
            remedy="Take Grad-CAM, which holds for every network",
        )
    return fitting[-1]
