"""A network with fewer feature maps than its settings say: what structured pruning leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from medopt.errors import MedOptError

_CONVOLUTIONS = (nn.Conv2d, nn.Conv3d)
_TRANSPOSED = (nn.ConvTranspose2d, nn.ConvTranspose3d)
_NORMS = (nn.InstanceNorm2d, nn.InstanceNorm3d, nn.BatchNorm2d, nn.BatchNorm3d)


def narrow(network: nn.Module, shapes: Mapping[str, Sequence[int]]) -> nn.Module:
    """``network`` with each layer cut to the shapes of its tensors in ``shapes``, in place; gives it back.

    ``shapes`` has every tensor of the network's state by name. Layers of which no shape differs are left as they are;
    the tensors of the others become zero, to be loaded. Raises MedOptError, with the network as it was, when ``shapes``
    is of another network: a tensor is missing or one too many, has another rank, is larger, or has another kernel.
    """
    own = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    wanted = {name: tuple(int(n) for n in shape) for name, shape in shapes.items()}
    if strange := sorted(own.keys() ^ wanted.keys()):
        raise _foreign(strange[0], "a tensor of both", "one of them alone has it")
    modules = dict(network.named_modules())
    changed: dict[str, set[str]] = {}
    for name, shape in own.items():
        if wanted[name] != shape:
            owner, _, tensor = name.rpartition(".")
            _check(modules[owner], name, shape, wanted[name])
            changed.setdefault(owner, set()).add(tensor)
    for owner, tensors in changed.items():
        module = modules[owner]
        for tensor in sorted(tensors):
            _replace(module, tensor, wanted[f"{owner}.{tensor}"])
        _say(module)
    return network


def _check(module: nn.Module, name: str, before: tuple[int, ...], after: tuple[int, ...]) -> None:
    known = (*_CONVOLUTIONS, *_TRANSPOSED, *_NORMS, nn.GroupNorm, nn.Linear)
    smaller = len(before) == len(after) and all(1 <= a <= b for a, b in zip(after, before, strict=True))
    if not isinstance(module, known) or not smaller or before[2:] != after[2:]:
        raise _foreign(name, f"at most {list(before)}, the kernel as it is", str(list(after)))


def _replace(module: nn.Module, tensor: str, shape: tuple[int, ...]) -> None:
    old: Tensor = getattr(module, tensor)
    new = torch.zeros(shape, dtype=old.dtype, device=old.device)
    if isinstance(old, nn.Parameter):
        setattr(module, tensor, nn.Parameter(new, requires_grad=old.requires_grad))
    else:
        setattr(module, tensor, new)  # a buffer stays one


def _say(module: Any) -> None:
    """Let the layer's own numbers agree with its tensors."""
    if isinstance(module, _CONVOLUTIONS):
        if module.groups > 1 and module.groups == module.in_channels:
            multiplier = module.out_channels // module.groups
            module.groups = module.weight.shape[0] // multiplier
        module.out_channels, module.in_channels = module.weight.shape[0], module.weight.shape[1] * module.groups
    elif isinstance(module, _TRANSPOSED):
        module.in_channels, module.out_channels = module.weight.shape[0], module.weight.shape[1] * module.groups
    elif isinstance(module, nn.Linear):
        module.out_features, module.in_features = module.weight.shape
    elif isinstance(module, nn.GroupNorm):
        module.num_channels = module.weight.shape[0]
    else:
        module.num_features = module.weight.shape[0]


def _foreign(name: str, expected: str, found: str) -> MedOptError:
    return MedOptError(
        "the weights are not those of a pruned copy of this network",
        where=name,
        expected=expected,
        found=found,
        remedy="Use the recipe that lies beside the weights",
    )
