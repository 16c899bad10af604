"""What every engine offers, and what an engine says when it cannot run a model."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError

_OPERATORS = (
    re.compile(r"implementation for ([\w.]+)\("),
    re.compile(r"fallback op schema for ([\w.:]+)"),
    re.compile(r"[Ee]rror: ([\w.:]+)\(-?\d+\) is not a registered function/op"),
    re.compile(r"No Op registered for ([\w.:]+)"),
    re.compile(r"does not support the following ONNX operations?: *([\w.:, ]+)"),
    re.compile(r"No conversion rule found for operations?: *([\w.:, ]+)"),
)
"""How onnxruntime and OpenVINO name an operator that they lack."""


class Runtime(Protocol):
    """Runs a network on windows: (n, channel, k, j, i) float32 to logits (n, outputs, k, j, i) float32."""

    @property
    def name(self) -> str:
        """Which engine, its version, and the providers or devices in use, for people."""
        ...

    def __call__(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logits of the windows."""
        ...


Opener = Callable[[Path, int, int], Runtime]
"""Path of model.onnx, number of dimensions (2 or 3) and threads (0: as many as there are) to a runtime."""


def _onnxruntime(path: Path, dims: int, threads: int) -> Runtime:
    from medopt.inference.runtimes.onnx_runtime import OnnxRuntime

    return OnnxRuntime(path, dims, threads)


def _openvino(path: Path, dims: int, threads: int) -> Runtime:
    from medopt.inference.runtimes.openvino_runtime import OpenVinoRuntime

    return OpenVinoRuntime(path, dims, threads)


def _torch(path: Path, dims: int, threads: int) -> Runtime:
    import torch

    from medopt.inference.runtimes.onnx_in_torch import OnnxInTorch
    from medopt.inference.runtimes.torch_runtime import TorchRuntime

    if threads:
        torch.set_num_threads(threads)
    return TorchRuntime(OnnxInTorch(path), dims)


RUNTIMES: Mapping[str, Opener] = {"onnxruntime": _onnxruntime, "openvino": _openvino, "torch": _torch}
"""Engines that run an exported model, by name."""
DEFAULT_RUNTIME = "onnxruntime"
_PACKAGES = {"onnxruntime": "onnxruntime", "openvino": "openvino", "torch": "torch onnx"}


def open_runtime(name: str, path: Path, dims: int, threads: int = 0) -> Runtime:
    """The engine called ``name`` with the model file ``path``.

    ``dims`` is 2 when the network takes (batch, channel, j, i), else 3; ``threads`` are CPU threads, 0 for the engine's
    own choice. Raises MedOptError for an unknown engine, one that is not installed, and a file that it cannot run; an
    operator that it lacks is named.
    """
    _check_name(name)
    try:
        return RUNTIMES[name](path, dims, threads)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _PACKAGES[name].split():
            raise
        raise _not_installed(name, error.name or "") from error


def missing_packages(name: str) -> tuple[str, ...]:
    """Packages that the engine called ``name`` needs and this Python lacks; looks for them and imports none.

    Raises MedOptError for an unknown engine.
    """
    _check_name(name)
    return tuple(package for package in _PACKAGES[name].split() if find_spec(package) is None)


def demand_runtime(name: str) -> None:
    """Raise MedOptError unless there is an engine called ``name`` and it is installed: before work that ends in it."""
    if missing := missing_packages(name):
        raise _not_installed(name, " ".join(missing))


def cannot_run(name: str, path: Path, error: Exception) -> MedOptError:
    """The clear message for what engine ``name`` raised while it opened ``path``."""
    text = str(error)
    for pattern in _OPERATORS:
        if found := pattern.search(text):
            return MedOptError(
                f"{name} has no operator {found[1].strip(' ,')}",
                where=path,
                remedy=f"Choose another runtime ({_others(name)}), or update {name}",
            )
    first = next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
    return MedOptError(f"not a model that {name} can run", where=path, found=first[:300])


def _not_installed(name: str, missing: str) -> MedOptError:
    return MedOptError(
        f"the runtime {name} is not installed",
        expected=f"the package {missing}",
        remedy=f"Install it with `pip install {_PACKAGES[name]}`, or choose another runtime ({_others(name)})",
    )


def _check_name(name: str) -> None:
    if name not in RUNTIMES:
        raise MedOptError("unknown runtime", expected=" or ".join(RUNTIMES), found=name)


def _others(name: str) -> str:
    return ", ".join(other for other in RUNTIMES if other != name)
