"""What a network costs, counted on shapes alone: no memory is taken and nothing is computed."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from medopt.errors import MedOptError
from medopt.networks.registry import Head, build_network, count_parameters
from medopt.networks.settings import NetworkSettings, Triple

BATCH = 2
"""Inputs that are followed through the network; batch normalization wants more than one value a map."""


@dataclass(frozen=True)
class NetworkDescription:
    """What a network costs for one input in float32.

    Parameters
    ----------
    parameters : trainable numbers
    multiply_adds : multiplications with addition in convolutions and linear layers, one forward pass outside
        training; all else is little beside them. Training takes about three times as many a step
    training_bytes : what a forward pass keeps for the backward pass, the input included, weights excluded
    inference_bytes : what lives at the same time in a forward pass at most, the input included, weights excluded
    feature_strides : voxels (k, j, i) of the input that a voxel of each level covers, from the finest level down
    output_shape : of the output without the batch: (outputs,) or (outputs, *space)
    """

    parameters: int
    multiply_adds: int
    training_bytes: int
    inference_bytes: int
    feature_strides: tuple[Triple, ...]
    output_shape: tuple[int, ...]


def describe_network(
    settings: NetworkSettings, channels: int, outputs: int, dims: int, shape: Sequence[int], head: Head = "voxels"
) -> NetworkDescription:
    """The costs of ``build_network(settings, channels, outputs, dims, head)`` for inputs of ``shape`` (k, j, i).

    Memory is that of the layers' inputs and outputs; a device's kernels add workspace of their own. Raises MedOptError
    when the network cannot take that shape.
    """
    fits = all(side > 0 and side % factor == 0 for side, factor in zip(shape, settings.divisor, strict=True))
    if not fits or (dims == 2 and shape[0] != 1):
        raise MedOptError(
            "the network cannot take images of this shape",
            where="network",
            expected=f"multiples of {list(settings.divisor)}" + (", one slice" if dims == 2 else ""),
            found=str(list(shape)),
        )
    if settings.norm == "instance" and tuple(shape) == settings.divisor:
        raise MedOptError(
            "the image is too small for the network",
            where="network",
            expected="more than one voxel at the deepest level, over which instance normalization works",
            found=f"{list(shape)}, which the network reduces by as much",
            remedy="Take fewer or smaller strides, or norm: batch",
        )
    space = tuple(shape)[3 - dims :]
    with torch.device("meta"):
        network = build_network(settings, channels, outputs, dims, head)
        images = torch.empty(BATCH, channels, *space)
    kept = _kept_for_backward(network.train(), images)
    adds, living, output = _forward(network.eval(), images)
    return NetworkDescription(
        count_parameters(network),
        adds // BATCH,
        kept // BATCH,
        living // BATCH,
        settings.level_strides,
        tuple(output.shape[1:]),
    )


def _kept_for_backward(network: nn.Module, images: Tensor) -> int:
    weights = {id(p.untyped_storage()) for p in network.parameters()}
    storages = {id(images.untyped_storage()): images.untyped_storage()}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if id(storage) not in weights:
            storages[id(storage)] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        network(images)
    return sum(storage.nbytes() for storage in storages.values())


def _forward(network: nn.Module, images: Tensor) -> tuple[int, int, Tensor]:
    """(multiply-adds, bytes alive at most, output) of a pass without gradients."""
    found = {"adds": 0}

    def count(module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        found["adds"] += multiply_adds(module, inputs[0], output)

    hooks = [module.register_forward_hook(count) for module in network.modules() if not list(module.children())]
    try:
        with torch.no_grad(), _Alive(images) as alive:
            output: Tensor = network(images)
    finally:
        for hook in hooks:
            hook.remove()
    return found["adds"], alive.most, output


def multiply_adds(module: nn.Module, given: Tensor, output: Tensor) -> int:
    """Those of a convolution or linear layer that made ``output`` of ``given``; 0 for other layers."""
    if isinstance(module, nn.Linear):
        return output.numel() * module.in_features
    if isinstance(module, (nn.ConvTranspose2d, nn.ConvTranspose3d)):
        return given.numel() * module.weight[0].numel()
    if isinstance(module, (nn.Conv2d, nn.Conv3d)):
        return output.numel() * module.weight[0].numel()
    return 0


class _Alive(TorchDispatchMode):
    """Follows the bytes of all tensors that are made in the ``with``, and of ``given``, until they are dropped."""

    def __init__(self, given: Tensor) -> None:
        super().__init__()
        self.now = self.most = given.untyped_storage().nbytes()
        self._known: weakref.WeakSet[torch.UntypedStorage] = weakref.WeakSet()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = {id(leaf.untyped_storage()) for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)}
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if not isinstance(tensor, Tensor):
                continue
            storage = tensor.untyped_storage()
            if id(storage) in given or storage in self._known:
                continue
            self._known.add(storage)
            self.now += storage.nbytes()
            weakref.finalize(storage, self._drop, storage.nbytes())
        self.most = max(self.most, self.now)
        return result

    def _drop(self, size: int) -> None:
        self.now -= size
