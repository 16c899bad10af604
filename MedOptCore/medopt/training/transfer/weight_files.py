"""Weights from a file, whatever it is wrapped in; nothing in it is ever run."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError  # the error alone: nothing is unpickled here
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from medopt.errors import MedOptError

WRAPPINGS = ("network_weights", "state_dict", "model_state_dict", "model", "network", "net", "weights")
"""Keys under which a training script keeps the weights beside other things; the first is nnU-Net's."""
PREFIXES = ("module.", "_orig_mod.")
"""What DistributedDataParallel and torch.compile put before every name."""
AVERAGES = "average."
"""Before the names of the averaged weights in a checkpoint of MedOpt."""


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file, or of a file of ``torch.save`` that holds tensors and plain values alone.

    Wrappings as in WRAPPINGS are taken off, and PREFIXES where all names have them; a second name of the same tensor
    is left out. Of a checkpoint of MedOpt the averaged weights are given. A safetensors file does not keep the order of
    layers: its names are put in order with numbers by their value.

    Raises MedOptError when the file is missing, damaged, a program (TorchScript), holds no weights, or holds anything
    that would have to be run to be read, which it is not.
    """
    if not path.is_file():
        raise MedOptError("there is no such file with weights", where=path)
    tensors = _safetensors(path) if path.suffix == ".safetensors" else _unwrapped(path, _torch_file(path))
    for prefix in PREFIXES * 2:
        if tensors and all(name.startswith(prefix) for name in tensors):
            tensors = {name.removeprefix(prefix): value for name, value in tensors.items()}
    return tensors


def _safetensors(path: Path) -> dict[str, Tensor]:
    try:
        with safe_open(path, framework="pt") as file:
            names = sorted(file.keys(), key=_natural)
            averaged = [name for name in names if name.startswith(AVERAGES)]
            # a checkpoint of MedOpt holds the optimiser, too
            tensors = {name.removeprefix(AVERAGES): file.get_tensor(name) for name in averaged or names}
    except (SafetensorError, OSError) as error:
        raise MedOptError("the file with weights is damaged", where=path, found=str(error)[:200]) from error
    if not tensors:
        raise MedOptError("the file holds no weights", where=path)
    return tensors


def _torch_file(path: Path) -> Any:
    if _is_program(path):
        raise MedOptError(
            "the file is a program (TorchScript), not weights",
            where=path,
            remedy="Nothing in it was run. Use the weights that it was made from, such as models/model.pt",
        )
    try:
        with torch.serialization.safe_globals(_plain_numbers()):
            return torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        called = re.search(r"GLOBAL ([\w.]+)", str(error))
        if called is None:
            raise _damaged(path, "no readable content") from error
        raise MedOptError(
            "the file holds more than weights, and would have to be run to be read",
            where=path,
            expected="tensors and plain values",
            found=called[1],
            remedy="Nothing in it was run. Ask whoever made it for a safetensors file, or for one of "
            "torch.save(network.state_dict(), ...)",
        ) from error
    except (RuntimeError, EOFError, OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise _damaged(path, str(error).partition("\n")[0][:200] or type(error).__name__) from error


def _damaged(path: Path, found: str) -> MedOptError:
    return MedOptError("the file with weights is damaged, or no file of torch", where=path, found=found)


def _is_program(path: Path) -> bool:
    """Whether it is an archive of TorchScript: beside data it holds code and constants."""
    if not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.rpartition("/")[2] == "constants.pkl" for name in archive.namelist())
    except (zipfile.BadZipFile, OSError) as error:
        raise _damaged(path, str(error)) from error


def _plain_numbers() -> list[Any]:
    """Makers of numpy's plain numbers, which nnU-Net keeps beside its weights (its learning curves)."""
    scalar = np.float64(0).__reduce__()[0]
    old = (scalar, "numpy.core.multiarray.scalar")  # as numpy before 2 wrote it
    kinds = [type(np.dtype(kind)) for kind in ("float64", "float32", "int64", "int32", "bool")]
    return [scalar, old, np.dtype, *kinds]


def _unwrapped(path: Path, value: Any) -> dict[str, Tensor]:
    while isinstance(value, Mapping):
        inner = next((value[key] for key in WRAPPINGS if isinstance(value.get(key), Mapping)), None)
        if inner is None:
            break
        value = inner
    tensors: dict[str, Tensor] = {}
    met: set[tuple[Any, ...]] = set()
    for name, tensor in value.items() if isinstance(value, Mapping) else ():
        if not isinstance(tensor, Tensor):
            continue
        place = (tensor.untyped_storage().data_ptr(), tensor.storage_offset(), tuple(tensor.shape))
        if tensor.numel() and place in met:
            continue
        met.add(place)
        tensors[str(name)] = tensor.detach()
    if not tensors:
        raise MedOptError(
            "the file holds no weights",
            where=path,
            expected="a state dict: names and tensors",
            found=type(value).__name__ + (f" of {', '.join(map(str, list(value)[:5]))}" if value else ""),
        )
    return tensors


def _natural(name: str) -> list[tuple[int, int, str]]:
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", name)]
