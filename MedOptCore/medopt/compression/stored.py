"""Weights that a step begins from, in the run's folder: what was pruned once is not pruned again after a kill."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from medopt.errors import MedOptError
from medopt.files import atomic_path
from medopt.networks import narrow

START = "start.safetensors"


def save_start(folder: Path, network: nn.Module) -> None:
    """Write the network's tensors to ``start.safetensors`` atomically."""
    with atomic_path(folder / START) as temporary:
        save_file({name: value.contiguous().cpu() for name, value in network.state_dict().items()}, temporary)


def load_start(folder: Path, fresh: nn.Module) -> nn.Module | None:
    """``fresh``, the recipe's network, narrowed to the tensors that ``save_start`` wrote and with them, if any."""
    path = folder / START
    if not path.is_file():
        return None
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise MedOptError("the weights to begin from are damaged", where=path, found=str(error)) from error
    narrow(fresh, {name: tuple(value.shape) for name, value in tensors.items()})
    fresh.load_state_dict(tensors)
    return fresh
