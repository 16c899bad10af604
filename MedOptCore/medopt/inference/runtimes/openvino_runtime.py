"""OpenVINO: runs an exported model on Intel's and other CPUs; 3D convolutions in 8 bit are much faster with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.inference.runtimes.runtime import cannot_run


class OpenVinoRuntime:
    """A model file in OpenVINO, on the CPU.

    Parameters
    ----------
    path : model.onnx
    dims : 2 when the network takes (batch, channel, j, i), else 3
    threads : CPU threads; 0 lets OpenVINO choose

    Each size of windows is compiled once, when it first comes. Raises MedOptError when the file is not a model that
    OpenVINO can run; an operator that it lacks is named.
    """

    def __init__(self, path: Path, dims: int, threads: int = 0) -> None:
        core = openvino.Core()
        hints: dict[str, object] = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
        if threads:
            hints["INFERENCE_NUM_THREADS"] = threads
        try:
            self._model = core.compile_model(core.read_model(path), "CPU", hints)
        except Exception as error:  # OpenVINO raises RuntimeError and kinds of its own
            raise cannot_run("openvino", path, error) from error
        self._path, self._dims = path, dims

    @property
    def name(self) -> str:
        """Engine, version and devices in use."""
        devices = ", ".join(str(name) for name in self._model.get_property("EXECUTION_DEVICES"))
        return f"openvino {openvino.__version__.partition('-')[0]} ({devices})"

    def __call__(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """See ``medopt.inference.Runtime``. Raises MedOptError when the model fails on the windows."""
        flat = self._dims == 2
        try:
            y = self._model(np.ascontiguousarray(windows[:, :, 0] if flat else windows))[0]
        except Exception as error:  # as above
            raise MedOptError(
                "openvino failed while it ran the model",
                where=self._path,
                found=f"{str(error).splitlines()[0][:300]}, on windows of shape {windows.shape}",
            ) from error
        y = np.array(y, np.float32)  # OpenVINO uses its memory again for the next windows
        return y[:, :, None] if flat and y.ndim == 4 else y
