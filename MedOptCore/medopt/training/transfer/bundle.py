"""What a MONAI bundle's folder says of its weights; its configuration is read as plain data, none of it is run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from medopt.files import read_json
from medopt.settings import read_yaml

WEIGHTS = ("model.safetensors", "model.pt", "model.pth")
"""Files below ``models`` in the order in which they are taken."""


@dataclass(frozen=True)
class Bundle:
    """A bundle's weights, and what its metadata says.

    Parameters
    ----------
    weights : the file
    task : "segmentation" or "classification" where it is said, else None
    rows : names of its outputs; None where they are not said
    channels : names of its input channels; None where they are not said
    """

    weights: Path
    task: str | None
    rows: tuple[str, ...] | None
    channels: tuple[str, ...] | None


def is_bundle(folder: Path) -> bool:
    """Whether the folder has the parts of a MONAI bundle."""
    return (folder / "models").is_dir() or (folder / "configs").is_dir()


def read_bundle(folder: Path) -> Bundle:
    """The bundle in ``folder``; raises MedOptError when it has no weights that can be read without running it."""
    weights = next((folder / "models" / name for name in WEIGHTS if (folder / "models" / name).is_file()), None)
    if weights is None:
        there = sorted(path.name for path in (folder / "models").glob("*")) if (folder / "models").is_dir() else []
        raise MedOptError(
            "the bundle has no weights that can be taken over",
            where=folder,
            expected=" or ".join(f"models/{name}" for name in WEIGHTS),
            found=", ".join(there) or "none",
            remedy="A .ts file is a program and an .onnx file has no names of layers; use the bundle's state dict",
        )
    format_ = _at(_metadata(folder), "network_data_format")
    outputs = _at(format_, "outputs")
    output = next(iter(outputs.values()), None) if isinstance(outputs, dict) else None
    inputs = _at(format_, "inputs")
    image = inputs.get("image", next(iter(inputs.values()), None)) if isinstance(inputs, dict) else None
    kind = str(_at(output, "format") or "")
    task = next((name for name in ("segmentation", "classification") if name in kind.lower()), None)
    return Bundle(weights, task, _names(output), _names(image))


def _metadata(folder: Path) -> Any:
    for ending in ("json", "yaml", "yml"):
        path = folder / "configs" / f"metadata.{ending}"
        if path.is_file():
            return read_json(path) if ending == "json" else read_yaml(path)
    return None


def _names(part: Any) -> tuple[str, ...] | None:
    """Names of channels from ``channel_def``: an object from number to name, numbered from 0 without gaps."""
    said = _at(part, "channel_def")
    if not isinstance(said, dict) or not said:
        return None
    names = {str(number): str(name) for number, name in said.items()}
    return tuple(names[str(n)] for n in range(len(names))) if set(names) == set(map(str, range(len(names)))) else None


def _at(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None
