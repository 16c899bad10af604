"""Checkpoints: one safetensors file that holds all that a resume needs, replaced atomically.

The tensors are the network (``network.…``), its moving average (``average.…``), the optimiser's state
(``optimiser.INDEX.NAME``) and torch's random-number state. Numbers and names (step, seconds trained, best score)
are JSON in the file's header. Nothing is ever unpickled.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from medopt.errors import MedOptError
from medopt.files import atomic_path
from medopt.training.optimisation import MovingAverage

FORMAT = 1


@dataclass(frozen=True)
class TrainingState:
    """Where a training stands.

    Parameters
    ----------
    step : optimiser steps done
    seconds : trained so far, pauses not counted
    best_score, best_step : of the best validation so far; -1 before the first
    recipe : digest of the recipe it was trained with
    network : what kind of network the weights belong to, in words
    average_updates : how often the moving average was updated
    ending : share of the training at which an early end began; None when none did
    """

    step: int
    seconds: float
    best_score: float
    best_step: int
    recipe: str
    network: str
    average_updates: int
    ending: float | None = None


def save_checkpoint(
    path: Path, state: TrainingState, network: nn.Module, average: MovingAverage, optimiser: torch.optim.Optimizer
) -> None:
    """Write everything to ``path`` atomically; the file before it stays whole until the rename."""
    tensors: dict[str, Tensor] = {}
    tensors.update({f"network.{name}": value for name, value in network.state_dict().items()})
    tensors.update({f"average.{name}": value for name, value in average.state.items()})
    for index, values in optimiser.state_dict()["state"].items():
        for name, value in values.items():
            tensors[f"optimiser.{index}.{name}"] = value if isinstance(value, Tensor) else torch.tensor(value)
    tensors["random.cpu"] = torch.get_rng_state()
    tensors = {name: value.detach().contiguous().cpu() for name, value in tensors.items()}
    header = {"format": str(FORMAT), "state": json.dumps(asdict(state))}
    with atomic_path(path) as temporary:
        save_file(tensors, temporary, metadata=header)


def read_state(path: Path) -> TrainingState:
    """The numbers of a checkpoint; raises MedOptError when it is missing, damaged or of a newer MedOpt."""
    with _opened(path) as file:
        return _state(path, file.metadata())


def load_checkpoint(
    path: Path, network: nn.Module, average: MovingAverage, optimiser: torch.optim.Optimizer
) -> TrainingState:
    """Put everything back in place; raises MedOptError when the checkpoint belongs to another network."""
    with _opened(path) as file:
        state = _state(path, file.metadata())
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    _load_weights(path, network, _part(tensors, "network."))
    average.state = _like(average.state, _part(tensors, "average."))
    average.updates = state.average_updates
    packed = optimiser.state_dict()
    packed["state"] = {}
    for name, value in _part(tensors, "optimiser.").items():
        index, key = name.split(".", 1)
        packed["state"].setdefault(int(index), {})[key] = value
    optimiser.load_state_dict(packed)
    torch.set_rng_state(tensors["random.cpu"])
    return state


def load_weights(path: Path, network: nn.Module) -> TrainingState:
    """Put the averaged weights, those that are validated and exported, into ``network``."""
    with _opened(path) as file:
        state = _state(path, file.metadata())
        names = [name for name in file.keys() if name.startswith("average.")]  # noqa: SIM118
        weights = {name.removeprefix("average."): file.get_tensor(name) for name in names}
    _load_weights(path, network, weights)
    return state


def weight_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """The shape of each tensor that ``load_weights`` would put into a network, by name."""
    with _opened(path) as file:
        _state(path, file.metadata())
        names = [name for name in file.keys() if name.startswith("average.")]  # noqa: SIM118
        return {name.removeprefix("average."): tuple(file.get_slice(name).get_shape()) for name in names}


def _opened(path: Path) -> safe_open:
    if not path.is_file():
        raise MedOptError("there is no checkpoint", where=path, remedy="Train first")
    try:
        return safe_open(path, framework="pt")
    except (SafetensorError, OSError) as error:
        raise MedOptError("the checkpoint is damaged", where=path, found=str(error)) from error


def _state(path: Path, header: dict[str, str] | None) -> TrainingState:
    try:
        version = int((header or {})["format"])
        fields = json.loads((header or {})["state"])
    except (KeyError, ValueError) as error:
        raise MedOptError("not a checkpoint of MedOpt", where=path, expected="MedOpt's header") from error
    if version > FORMAT:
        raise MedOptError(
            "the checkpoint is of a newer MedOpt",
            where=path,
            expected=f"format {FORMAT}",
            found=str(version),
            remedy="Update MedOpt",
        )
    return TrainingState(**fields)


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _like(present: dict[str, Tensor], stored: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: stored[name].to(value.device, value.dtype).clone() for name, value in present.items()}


def _load_weights(path: Path, network: nn.Module, weights: dict[str, Tensor]) -> None:
    own = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    stored = {name: tuple(value.shape) for name, value in weights.items()}
    if own != stored:
        strange = next(item for item in [*own.items(), *stored.items()] if item not in own.items() & stored.items())
        raise MedOptError(
            "the checkpoint belongs to another network",
            where=path,
            expected=f"{len(own)} tensors of the recipe's network",
            found=f"{len(stored)} tensors, differing first at {strange[0]} {list(strange[1])}",
            remedy="Use the recipe with which the run was started, or start a new run",
        )
    network.load_state_dict(weights)
