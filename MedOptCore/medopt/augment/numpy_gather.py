"""Sample a volume at the points of a patch with numpy alone: what ``gather`` does, where torch is not installed.

The points are computed by the same float32 steps as there, so that labels fall on the same voxels, ties included. No
box is copied out of the volume first: one plane of a large patch costs only its own points, wherever it cuts through.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medopt.augment.placement import Displacement
from medopt.augment.registry import Border

POINTS_AT_ONCE = 1 << 14
"""Points worked on at a time: all buffers together stay in the second-level cache."""

SLACK = 1e-3
"""Voxels by which a piece must lie inside the volume before its border is left unchecked."""

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Source:
    """A volume to sample from.

    Parameters
    ----------
    image : (channel, k, j, i) of any real dtype, C-contiguous
    label : (k, j, i), C-contiguous, on the same voxels; or None
    start : index (k, j, i) in these arrays of the point that the matrix calls 0; may lie outside
    border : what lies outside the arrays
    """

    image: NDArray
    label: NDArray | None
    start: tuple[int, int, int]
    border: Border


def gather(
    source: Source,
    matrix: NDArray[np.float64],
    displacement: Displacement | None,
    planes: tuple[int, int],
    out_image: Floats,
    out_label: NDArray | None,
) -> None:
    """Fill ``out_image`` (channel, k, j, i) by linear interpolation and ``out_label`` (k, j, i) by the nearest voxel.

    Parameters
    ----------
    matrix : 3×4, from a patch index (k, j, i, 1) to an index of the source, counted from its ``start``
    displacement : added to that index
    planes : first plane of the patch and the one after the last; the outputs hold these alone

    A point halfway between two voxels takes the label of the one with the even index along that axis.
    """
    depth, rows, columns = out_image.shape[1:]
    k, j, i = (
        [(np.arange(first, last, dtype=np.float64) * matrix[a, axis]).astype(np.float32) for a in range(3)]
        for axis, (first, last) in enumerate((planes, (0, rows), (0, columns)))
    )
    start = [float(v) for v in matrix[:, 3]]
    flat = bool((matrix[0, 1:3] == 0).all() and matrix[0, 0] == 1 and matrix[0, 3] == np.rint(matrix[0, 3]))
    flat = flat and (displacement is None or not displacement.points[0].any())
    field = None if displacement is None else displacement.lines(slice(*planes))
    for piece_k, piece_j in _pieces(depth, rows, columns):
        shape = (piece_k.stop - piece_k.start, piece_j.stop - piece_j.start, columns)
        points = np.empty((3, *shape), np.float32)
        for a in range(3):
            lines = (k[a][piece_k] + start[a])[:, None] + j[a][piece_j]
            np.add(lines[:, :, None], i[a], out=points[a])
            if field is not None and not (flat and a == 0):
                points[a] += field[0][a, piece_k, piece_j] @ field[1]
        points = points.reshape(3, -1)
        inside = _inside(points, source, flat)
        if source.label is not None and out_label is not None:
            _nearest(points, source.label, source, inside, out_label[piece_k, piece_j])
        _linear(points, source, inside, flat, out_image[:, piece_k, piece_j])


def _pieces(depth: int, rows: int, columns: int) -> Iterator[tuple[slice, slice]]:
    planes = max(1, POINTS_AT_ONCE // (rows * columns))
    lines = min(rows, max(1, POINTS_AT_ONCE // columns))
    for k in range(0, depth, planes):
        for j in range(0, rows, lines):
            yield slice(k, min(k + planes, depth)), slice(j, min(j + lines, rows))


def _inside(points: Floats, source: Source, flat: bool) -> bool:
    """Whether both neighbours of every point along each axis lie in the volume."""
    low, high = points.min(axis=1), points.max(axis=1)
    sizes = np.array(source.image.shape[1:]) - 1
    first, last = low + source.start - SLACK, high + source.start + SLACK
    if flat:  # the neighbour along k is never read
        first[0], last[0] = first[0] + SLACK, last[0] - SLACK - 1
    return bool((first >= 0).all() and (last < sizes).all())


def _nearest(points: Floats, label: NDArray, source: Source, inside: bool, out: NDArray) -> None:
    index = np.rint(points).astype(np.intp)
    index += np.array(source.start)[:, None]
    outside = None
    if not inside:
        sizes = np.array(label.shape)[:, None]
        if source.border == "zeros":
            outside = ((index < 0) | (index >= sizes)).any(axis=0)
        np.clip(index, 0, sizes - 1, out=index)
    values = label.reshape(-1).take(_flat(index, label.shape), mode="wrap")
    if outside is not None:
        values[outside] = 0
    out[...] = values.reshape(out.shape)


def _linear(points: Floats, source: Source, inside: bool, flat: bool, out: Floats) -> None:
    lowest = np.floor(points)
    share = points - lowest
    index = lowest.astype(np.intp)
    index += np.array(source.start)[:, None]
    shape = source.image.shape[1:]
    if inside:
        at, strides = _flat(index, shape), (shape[1] * shape[2], shape[2])
        for channel, values in zip(out, source.image, strict=True):
            channel[...] = _trilinear(values.reshape(-1), at, share, strides, flat).reshape(channel.shape)
        return
    axes = [_two_sides(index[a], share[a], shape[a], source.border) for a in range(3)]
    for channel, values in zip(out, source.image, strict=True):
        flat_values = values.reshape(-1)
        total = np.zeros(points.shape[1], np.float32)
        for at_k, weight_k in axes[0][: 1 if flat else 2]:
            for at_j, weight_j in axes[1]:
                line, weight = (at_k * shape[1] + at_j) * shape[2], weight_k * weight_j
                for at_i, weight_i in axes[2]:
                    total += _take(flat_values, line + at_i) * (weight * weight_i)
        channel[...] = total.reshape(channel.shape)


def _two_sides(index: Indices, share: Floats, size: int, border: Border) -> list[tuple[Indices, Floats]]:
    """Place and weight of the neighbours below and above along one axis; outside a border of zeros nothing weighs."""
    sides = []
    for at, weight in ((index, 1 - share), (index + 1, share)):
        clipped = np.clip(at, 0, size - 1)
        sides.append((clipped, weight if border == "edge" else weight * (clipped == at)))
    return sides


def _trilinear(values: NDArray, at: Indices, share: Floats, strides: tuple[int, int], flat: bool) -> Floats:
    def plane(offset: int) -> Floats:
        near = _between(_take(values[offset:], at), _take(values[offset + 1 :], at), share[2])
        offset += strides[1]
        far = _between(_take(values[offset:], at), _take(values[offset + 1 :], at), share[2])
        return _between(near, far, share[1])

    return plane(0) if flat else _between(plane(0), plane(strides[0]), share[0])


def _between(a: Floats, b: Floats, share: Floats) -> Floats:
    """``a + share * (b - a)``, in the memory of ``b``."""
    b -= a
    b *= share
    b += a
    return b


def _take(values: NDArray, at: Indices) -> Floats:
    return values.take(at, mode="wrap").astype(np.float32, copy=False)


def _flat(index: Indices, shape: tuple[int, ...]) -> Indices:
    """Flat index of (3, n) indices."""
    result = index[0] * shape[1]
    result += index[1]
    result *= shape[2]
    result += index[2]
    return result
