"""The parts of a network from the image to its head, found from how its modules are put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from torch import nn
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

from medopt.training.transfer.report import Role

ENCODERS = ("encoder", "backbone", "features", "body", "trunk")
"""Children of a network that are its encoder, by the names that are usual for it."""
HEADS = ("heads", "head", "classifier", "class_layers", "fc")
"""Children that give the answer; where there is none of these names it is the last child with parameters."""


@dataclass(frozen=True)
class Part:
    """A stage of a network.

    Parameters
    ----------
    name : for people, such as "stage 1"
    role : whether it belongs to the encoder, the decoder or the head
    modules : dotted names of its modules
    """

    name: str
    role: Role
    modules: tuple[str, ...]

    def holds(self, name: str) -> bool:
        """Whether the tensor or module of this dotted name is in it."""
        return any(not module or name == module or name.startswith(f"{module}.") for module in self.modules)


@dataclass(frozen=True)
class Layout:
    """A network's parts from the image to the head; a tensor outside all of them counts to the first.

    A network with ``stages`` (a list of modules, from the image down) has them as its encoder; what stands before
    them counts to it. One with a child named as in ENCODERS is looked into there. Of the rest, lists of equal length
    are decoder levels, and the head is the child named as in HEADS or the last with parameters. In any other network
    the modules are taken in the order in which they were registered, and a module that holds more than half of the
    parameters is opened up; all but the last are the encoder. A norm by itself counts to the stage before it.
    """

    network: nn.Module
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, network: nn.Module) -> Layout:
        """The layout of any network; the parts of one without parameters are empty."""
        return cls(network, tuple(_parts(network)))

    def part(self, name: str) -> Part:
        """The part that a tensor belongs to."""
        return next((part for part in self.parts if part.holds(name)), self.parts[0])

    def role(self, name: str) -> Role:
        """The role of a tensor's part."""
        return self.part(name).role

    @cached_property
    def kernels(self) -> dict[str, Any]:
        """Convolutions by the name of their weight."""
        found = {f"{name}.weight": module for name, module in self.network.named_modules()}
        return {name: module for name, module in found.items() if isinstance(module, _ConvNd)}

    @property
    def dims(self) -> int:
        """Spatial dimensions of the network's convolutions; 0 when it has none."""
        return max((module.weight.ndim - 2 for module in self.kernels.values()), default=0)

    def stems(self, channels: int) -> frozenset[str]:
        """Weights of the convolutions that take the image: those of the first stage with as many inputs."""
        inputs = [
            name
            for name, module in self.kernels.items()
            if module.in_channels == channels and module.groups == 1 and not isinstance(module, _ConvTransposeNd)
        ]
        return frozenset(name for name in inputs if self.part(name) == self.part(inputs[0]))

    def answers(self, rows: int) -> frozenset[str]:
        """Names of the tensors of the head that have a row for each output."""
        found = set()
        for name, module in self.network.named_modules():
            outputs = getattr(module, "out_channels", getattr(module, "out_features", None))
            if isinstance(module, (_ConvNd, nn.Linear)) and outputs == rows and self.role(name) == "head":
                found |= {f"{name}.{kind}".lstrip(".") for kind, _ in module.named_parameters(recurse=False)}
        return frozenset(found)


def is_transposed(module: nn.Module) -> bool:
    """Whether a convolution is transposed: its weight has the inputs first."""
    return isinstance(module, _ConvTransposeNd)


def _parts(network: nn.Module) -> list[Part]:
    children = _with_parameters(network)
    names = [name for name, _ in children]
    if "stages" not in names and not any(name in ENCODERS for name in names):
        return _unfolded(network)
    first = "stages" if "stages" in names else next(name for name in names if name in ENCODERS)
    place = names.index(first)
    encoder: list[str] = [*names[:place], *_stages(dict(children)[first], first)]
    head = next((name for name in HEADS if name in names[place + 1 :]), names[-1] if names[-1] != first else None)
    rest = [name for name in names[place + 1 :] if name != head]
    parts = _encoder(network, encoder)
    parts += [Part(f"decoder {n}", "decoder", level) for n, level in enumerate(_levels(network, rest), start=1)]
    return [*parts, Part("head", "head", (head,))] if head else parts


def _stages(module: nn.Module, prefix: str) -> list[str]:
    """Stages of an encoder: the entries of a list, or those of the ``stages`` within it with what stands around."""
    children = _with_parameters(module)
    if isinstance(module, (nn.ModuleList, nn.Sequential)):
        return [f"{prefix}.{name}" for name, _ in children] or [prefix]
    found: list[str] = []
    for name, child in children:
        inner = name == "stages" or name in ENCODERS
        found += _stages(child, f"{prefix}.{name}") if inner else [f"{prefix}.{name}"]
    return found or [prefix]


def _levels(network: nn.Module, names: Sequence[str]) -> list[tuple[str, ...]]:
    """Decoder levels: lists of one length go side by side, everything else is a level of its own."""
    lists = [name for name in names if isinstance(getattr(network, name), nn.ModuleList)]
    longest = max((len(getattr(network, name)) for name in lists), default=0)
    together = [name for name in lists if len(getattr(network, name)) == longest]
    levels: list[tuple[str, ...]] = []
    for name in names:
        if name not in together:
            levels.append((name,))
        elif name == together[0]:
            levels += [tuple(f"{one}.{n}" for one in together) for n in range(longest)]
    return levels


def _unfolded(network: nn.Module) -> list[Part]:
    """Modules in the order of registration, those that hold most of the parameters opened up."""
    total = sum(p.numel() for p in network.parameters())
    modules: list[tuple[str, nn.Module]] = _with_parameters(network)
    while True:
        large = next((n for n, (_, m) in enumerate(modules) if _size(m) > total / 2 and _with_parameters(m)), None)
        if large is None:
            break
        name, module = modules[large]
        modules[large : large + 1] = [(f"{name}.{inner}", child) for inner, child in _with_parameters(module)]
    if not modules:
        return [Part("head", "head", ("",))]
    *body, (last, module) = modules
    while len(inner := _with_parameters(module)) > 1:  # of a last block only the last layer gives the answer
        body += [(f"{last}.{name}", child) for name, child in inner[:-1]]
        last, module = f"{last}.{inner[-1][0]}", inner[-1][1]
    return [*_encoder(network, [name for name, _ in body]), Part("head", "head", (last,))]


def _encoder(network: nn.Module, names: Sequence[str]) -> list[Part]:
    """A stage for each module, except that one without convolution or product goes with the stage before it."""
    stages: list[tuple[str, ...]] = []
    for name in names:
        works = any(isinstance(m, (_ConvNd, nn.Linear)) for m in network.get_submodule(name).modules())
        if works or not stages:
            stages.append((name,))
        else:
            stages[-1] = (*stages[-1], name)
    return [Part(f"stage {n}", "encoder", stage) for n, stage in enumerate(stages, start=1)]


def _with_parameters(module: nn.Module) -> list[tuple[str, nn.Module]]:
    return [(name, child) for name, child in module.named_children() if _size(child)]


def _size(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())
