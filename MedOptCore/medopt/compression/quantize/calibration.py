"""Windows of training cases: what activations look like, and what is lost in 8 bit, is learned from these alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from medopt.compression.quantize.ranges import Histogram
from medopt.errors import MedOptError
from medopt.inference import ModelDescription
from medopt.inference.sliding import cut, shared_slices, window_size, window_starts
from medopt.preprocess import Pipeline
from medopt.project import Project

TOGETHER = 16
"""Tensors that are looked at in one run, so that memory stays bounded."""


def calibration_windows(
    project: Project, description: ModelDescription, cases: Sequence[str], per_case: int
) -> list[NDArray[np.float32]]:
    """Up to ``per_case`` windows (1, channel, k, j, i) of each of ``cases``, prepared as for the model.

    In segmentation every second one is among those with most foreground; the rest lie evenly over the image. Raises
    MedOptError when there is none.
    """
    found = [window for case in cases for window in _of_case(project, description, case, per_case)]
    if not found:
        raise MedOptError(
            "no case to calibrate on", expected="training cases", remedy="Split the project, or give --cases"
        )
    return found


def _of_case(project: Project, description: ModelDescription, case: str, number: int) -> Iterator[NDArray[np.float32]]:
    image = Pipeline(description.preprocess).image(project.read_image(case))
    shape = image.array.shape[1:]
    whole = description.task == "classification"
    size = description.patch if whole else window_size(shape, description.patch, description.divisor)
    corners = list(product(*(window_starts(n, w, 0) for n, w in zip(shape, size, strict=True))))
    ranked: list[tuple[int, ...]] = []
    if description.task == "segmentation" and project.label_path(case):
        target = Pipeline(description.preprocess).label(project.read_label(case), image.geometry).array
        counts = [np.count_nonzero(target[shared_slices(c, size, shape)[0]]) for c in corners]
        ranked = [corners[n] for n in np.argsort(counts)[::-1]][: (number + 1) // 2]
    rest = [corner for corner in corners if corner not in ranked]
    places = np.linspace(0, len(rest) - 1, min(len(rest), number - len(ranked))).round().astype(int)
    for corner in [*ranked, *(rest[n] for n in sorted(set(places.tolist())))][:number]:
        yield cut(image.array, corner, size)


def histograms(
    model: onnx.ModelProto, names: Sequence[str], windows: Sequence[NDArray[np.float32]], dims: int
) -> dict[str, Histogram]:
    """The values of the tensors ``names`` over all ``windows``."""
    found: dict[str, Histogram] = {}
    for first in range(0, len(names), TOGETHER):
        part = names[first : first + TOGETHER]
        run = _revealing(model, part, dims)
        lows, highs = np.full(len(part), np.inf), np.full(len(part), -np.inf)
        for window in windows:
            for n, values in enumerate(run(window)):
                lows[n], highs[n] = min(lows[n], values.min()), max(highs[n], values.max())
        these = [Histogram.between(float(low), float(high)) for low, high in zip(lows, highs, strict=True)]
        for window in windows:
            for histogram, values in zip(these, run(window), strict=True):
                histogram.add(values)
        found.update(zip(part, these, strict=True))
    return found


def _revealing(
    model: onnx.ModelProto, names: Sequence[str], dims: int
) -> Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]:
    """A function from a window to the values of ``names``."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    inputs = {value.name for value in copy.graph.input}
    there = {value.name for value in copy.graph.output} | inputs
    copy.graph.output.extend(
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names if name not in there
    )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(copy.SerializeToString(), options, providers=["CPUExecutionProvider"])
    feed = session.get_inputs()[0].name
    asked = [name for name in names if name not in inputs]

    def run(window: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        x = window[:, :, 0] if dims == 2 else window
        values = dict(zip(asked, session.run(asked, {feed: x}) if asked else [], strict=True))
        return [values.get(name, x) for name in names]

    return run
