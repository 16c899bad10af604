"""onnxruntime: runs an exported model without torch."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.inference.runtimes.runtime import cannot_run

PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")
"""Wanted where onnxruntime has them, the first one first."""


class OnnxRuntime:
    """A model file in onnxruntime.

    Parameters
    ----------
    path : model.onnx
    dims : 2 when the network takes (batch, channel, j, i), else 3
    threads : CPU threads; 0 lets onnxruntime choose

    Raises MedOptError when the file is not a model that onnxruntime can run; an operator that it lacks is named.
    """

    def __init__(self, path: Path, dims: int, threads: int = 0) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4
        providers = [name for name in PROVIDERS if name in onnxruntime.get_available_providers()]
        try:
            self._session = onnxruntime.InferenceSession(os.fspath(path), options, providers=providers)
        except Exception as error:  # onnxruntime raises many kinds, none documented
            raise cannot_run("onnxruntime", path, error) from error
        self._path, self._dims = path, dims
        self._input = self._session.get_inputs()[0].name

    @property
    def name(self) -> str:
        """Engine, version and the providers in use."""
        used = ", ".join(name.removesuffix("ExecutionProvider") for name in self._session.get_providers())
        return f"onnxruntime {onnxruntime.__version__} ({used})"

    def __call__(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """See ``medopt.inference.Runtime``. Raises MedOptError when the model fails on the windows."""
        flat = self._dims == 2
        try:
            y = self._session.run(None, {self._input: windows[:, :, 0] if flat else windows})[0]
        except Exception as error:  # as above
            raise _failed(self._path, windows, error) from error
        return y[:, :, None] if flat and y.ndim == 4 else y


def _failed(path: Path, windows: NDArray[np.float32], error: Exception) -> MedOptError:
    return MedOptError(
        "onnxruntime failed while it ran the model",
        where=path,
        found=f"{str(error).splitlines()[0][:300]}, on windows of shape {windows.shape}",
    )
