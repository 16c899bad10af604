"""A model that can be applied: its description and an engine that runs it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from medopt.errors import MedOptError
from medopt.inference.description import ModelDescription
from medopt.inference.foreign_onnx import check_onnx
from medopt.inference.package_files import METADATA, SECTION, check_weights, open_package, read_section
from medopt.inference.runtimes import DEFAULT_RUNTIME, Runtime, open_runtime

__all__ = ["METADATA", "SECTION", "Model", "load_model"]

LARGEST_PATCH = 1 << 27
"""Voxels of a window that a package may ask for: 512 a side."""
LARGEST_DIVISOR = 1024


@dataclass(frozen=True)
class Model:
    """Something that ``predict_image`` takes.

    Parameters
    ----------
    description : what goes in and out
    runtime : runs the network
    """

    description: ModelDescription
    runtime: Runtime


def load_model(path: str | Path, *, threads: int = 0, runtime: str = DEFAULT_RUNTIME) -> Model:
    """The exported model in folder ``path``, of the ``model.onnx`` in it, or in a zip file, run by the engine
    ``runtime`` (of ``RUNTIMES``) on ``threads`` CPU threads, or as many as it likes.

    A package may come from anywhere, so all of it is checked before it is used: no links or paths out of the folder,
    every file as its SHA-256 says, the description, and the operators and stored tensors of the model. Raises
    MedOptError when the folder is no model package, the description is wrong, files were changed, or the model holds
    what networks of images do not.
    """
    path = Path(path)
    with open_package(path) as folder:
        section = read_section(folder, path)
        description = ModelDescription.parse(section["description"], folder / METADATA)
        _check_sides(description, folder / METADATA)
        file = check_weights(folder, section)
        check_onnx(file)
        return Model(description, open_runtime(runtime, file, description.dims, threads))


def _check_sides(description: ModelDescription, where: Path) -> None:
    """Sizes that fit into memory: they are allocated before the network can refuse them."""
    wrong = [d for d in (*description.divisor, *description.stride) if d > LARGEST_DIVISOR]
    if math.prod(description.patch) > LARGEST_PATCH or wrong:
        raise MedOptError(
            "the model asks for windows that are too large",
            where=where,
            expected=f"a patch of at most {LARGEST_PATCH} voxels and divisors up to {LARGEST_DIVISOR}",
            found=f"patch {list(description.patch)}, divisor {list(description.divisor)}",
        )
