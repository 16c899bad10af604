"""How fast models are that are not yet packages, in the engine where they will run."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np
import onnx
from numpy.typing import NDArray

from medopt.inference.runtimes import open_runtime

ROUNDS = 9


def milliseconds(models: Sequence[onnx.ModelProto], window: NDArray[np.float32], dims: int, engine: str) -> list[float]:
    """Of each model for one window (1, channel, k, j, i): medians over rounds in which all run in turn.

    Raises MedOptError when the engine is not installed or cannot run a model.
    """
    with tempfile.TemporaryDirectory(prefix="medopt-speed-") as folder:
        runtimes = []
        for number, model in enumerate(models):
            path = Path(folder) / f"{number}.onnx"
            onnx.save(model, path)
            runtimes.append(open_runtime(engine, path, dims))
        times: list[list[float]] = [[] for _ in models]
        for turn in range(ROUNDS + 1):
            for runtime, found in zip(runtimes, times, strict=True):
                began = time.perf_counter()
                runtime(window)
                if turn:
                    found.append(1000 * (time.perf_counter() - began))
    return [median(found) for found in times]
