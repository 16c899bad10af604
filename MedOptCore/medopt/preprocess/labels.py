"""Label maps and class scores on another grid: class by class with a running maximum, at bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medopt.image import Geometry, LabelMap
from medopt.preprocess.grids import along_axes, shifted_copy, whole_voxel_shift
from medopt.preprocess.sampling import resample_turned
from medopt.preprocess.weights import AxisWeights, axis_weights, blank_outside, interpolate

SLAB_VOXELS = 1 << 22
"""Voxels, read or written, worked on at a time: a few float32 buffers of this size (16 MB each) are all it takes."""


@dataclass(frozen=True, eq=False)
class Slab:
    """Some target slices: ``target`` along k, the ``source`` slices that they need, and weights from these."""

    target: slice
    source: slice
    weights: tuple[AxisWeights, AxisWeights, AxisWeights]


def slabs(source: Geometry, target: Geometry, voxels: int = SLAB_VOXELS) -> Iterator[Slab] | None:
    """Slabs that cover ``target`` from its first slice to its last; None when the grids do not share their axes."""
    aligned = along_axes(source, target)
    if aligned is None:
        return None
    k, j, i = (
        axis_weights(n, first, step, count, "linear")
        for n, (first, step), count in zip(source.shape, aligned, target.shape, strict=True)
    )
    read = abs(aligned[0][1]) * source.shape[1] * source.shape[2]
    thickness = max(1, voxels // int(max(read, target.shape[1] * target.shape[2])))
    parts = [slice(a, min(a + thickness, target.shape[0])) for a in range(0, target.shape[0], thickness)]

    def one(part: slice) -> Slab:
        rows = k.index[:, part]
        return Slab(part, slice(int(rows.min()), int(rows.max()) + 1), (k.part(part), j, i))

    return (one(part) for part in parts)


def resample_label(label: LabelMap, target: Geometry) -> LabelMap:
    """The label map on ``target``, of the same dtype; background where ``target`` leaves its field of view.

    Grids that differ by whole voxels are copied exactly. Otherwise each class, as a map of 0 and 1, is
    interpolated linearly and the largest wins; where classes tie, a structure wins over background and the
    lower value over the higher, so that thin structures are not lost to rounding.
    """
    shift = whole_voxel_shift(label.geometry, target)
    if shift is not None:
        return LabelMap(shifted_copy(label.array, shift, target.shape, 0), target)
    result = np.zeros(target.shape, label.array.dtype)
    parts = slabs(label.geometry, target)
    if parts is None:
        values = label.values()
        _winner(
            result,
            [*values, 0],
            lambda value: resample_turned(label.array == value, label.geometry, target, "linear", float(value == 0)),
        )
        return LabelMap(result, target)
    for slab in parts:
        source = label.array[slab.source]
        values = [int(v) for v in np.unique(source) if v != 0]
        if values:
            _winner(result[slab.target], [*values, 0], _one_hot(source, slab.weights))
            blank_outside(result[slab.target], slab.weights, 0)
    return LabelMap(result, target)


def largest_class(scores: NDArray, source: Geometry, target: Geometry) -> NDArray:
    """Index of the class with the largest score at each voxel of ``target``; uint8, or uint16 above 256 classes.

    ``scores`` is (class, k, j, i) on ``source``, any float dtype, and may be memory-mapped: it is read slab by
    slab. Scores are interpolated linearly. The lower class wins a tie; outside ``source`` stands 0.
    """
    classes = scores.shape[0]
    result = np.zeros(target.shape, np.uint8 if classes <= 256 else np.uint16)
    shift = whole_voxel_shift(source, target)
    if shift is not None:
        winner = np.zeros(source.shape, result.dtype)
        _winner(winner, range(classes), lambda c: np.asarray(scores[c], np.float32))
        return shifted_copy(winner, shift, target.shape, 0)
    parts = slabs(source, target)
    if parts is None:
        # outside, background gets the only score that is not the smallest
        lowest = float(np.finfo(np.float32).min)
        _winner(
            result,
            range(classes),
            lambda c: resample_turned(scores[c], source, target, "linear", 0.0 if c == 0 else lowest),
        )
        return result
    for slab in parts:
        _winner(result[slab.target], range(classes), _scores(scores, slab))
        blank_outside(result[slab.target], slab.weights, 0)
    return result


def _one_hot(source: NDArray, weights: Sequence[AxisWeights]) -> Callable[[int], NDArray[np.float32]]:
    return lambda value: interpolate(source == value, weights)


def _scores(scores: NDArray, slab: Slab) -> Callable[[int], NDArray[np.float32]]:
    return lambda c: interpolate(np.asarray(scores[c, slab.source], np.float32), slab.weights)


def _winner(result: NDArray, values: Sequence[int], map_of: Callable[[int], NDArray[np.float32]]) -> None:
    """Write into ``result`` the value whose map is largest; the first of ``values`` wins a tie."""
    best: NDArray[np.float32] | None = None
    for value in values:
        scores = map_of(value)
        if best is None:
            best = np.array(scores, np.float32)
            result[...] = value
        else:
            better = scores > best
            np.copyto(best, scores, where=better)
            result[better] = value
