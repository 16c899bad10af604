"""onnxruntime: runs an exported model without torch."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from medopt.errors import MedOptError


class OnnxRuntime:
    """A model file in onnxruntime.

    Parameters
    ----------
    path : model.onnx
    dims : 2 when the network takes (batch, channel, j, i), else 3
    threads : CPU threads; 0 lets onnxruntime choose

    Raises MedOptError when the file is not a model that onnxruntime can run.
    """

    def __init__(self, path: Path, dims: int, threads: int = 0) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        wanted = ["CUDAExecutionProvider", "CPUExecutionProvider"]
        providers = [name for name in wanted if name in onnxruntime.get_available_providers()]
        try:
            self._session = onnxruntime.InferenceSession(os.fspath(path), options, providers=providers)
        except Exception as error:  # onnxruntime raises many kinds, none documented
            raise MedOptError(
                "not a model that onnxruntime can run", where=path, found=str(error).splitlines()[0]
            ) from error
        self._dims = dims
        self._input = self._session.get_inputs()[0].name

    @property
    def name(self) -> str:
        """Engine, version and provider in use."""
        provider = self._session.get_providers()[0].removesuffix("ExecutionProvider")
        return f"onnxruntime {onnxruntime.__version__} ({provider})"

    def __call__(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """See ``medopt.inference.Runtime``."""
        flat = self._dims == 2
        y = self._session.run(None, {self._input: windows[:, :, 0] if flat else windows})[0]
        return y[:, :, None] if flat and y.ndim == 4 else y
