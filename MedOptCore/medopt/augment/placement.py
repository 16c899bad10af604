"""From drawn spatial parameters to the place in the volume that each voxel of a patch is read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medopt.augment.drawn import Drawn
from medopt.augment.elastic import displacement_at, displacement_weights
from medopt.augment.registry import technique_class
from medopt.augment.technique import Frame, Parameters, SpatialTechnique

Spatial = tuple[type[SpatialTechnique], Parameters]


@dataclass(frozen=True, eq=False)
class Displacement:
    """Control points (axis, a, b, c) in voxels of the volume, and weights (voxels, points) for each axis."""

    points: NDArray[np.float64]
    weights: tuple[NDArray[np.float64], ...]

    def lines(self, planes: slice) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Two factors whose product is the displacement of each voxel of some planes: (axis, k, j, points) and
        (points, i).
        """
        k, j, i = self.weights
        deep = np.tensordot(k[planes], self.points, (1, 1)).transpose(1, 0, 2, 3)
        return (j @ deep).astype(np.float32), np.ascontiguousarray(i.T, np.float32)


@dataclass(frozen=True, eq=False)
class Placement:
    """Where a patch lies in a volume.

    Parameters
    ----------
    start : volume index (k, j, i) of the patch's first voxel, before anything is moved
    flips : array axes to mirror; the only change when ``matrix`` is None
    matrix : 3×4, from a patch index (k, j, i, 1) to the volume index that it is read from; None for a plain crop
    displacement : added to that index
    """

    start: tuple[int, int, int]
    flips: tuple[int, ...]
    matrix: NDArray[np.float64] | None
    displacement: Displacement | None


def content_matrix(drawn: Drawn) -> NDArray[np.float64]:
    """4×4 matrix that moves content, all spatial techniques composed: (k, j, i, 1) in mm about the patch centre.

    A point at x mm from the patch centre in the volume appears at ``matrix @ x`` in the patch. Elastic
    displacement is not part of it.
    """
    return _composed(_spatial(drawn))


def place(drawn: Drawn, center: Sequence[float], spacing: Sequence[float]) -> Placement:
    """The placement of the patch around volume voxel ``center`` (k, j, i) in a volume of ``spacing`` mm.

    The voxel ``center``, rounded, becomes voxel ``shape // 2`` of a patch that is not moved.
    """
    shape = np.asarray(drawn.shape)
    k, j, i = (int(c) for c in np.rint(center).astype(int) - shape // 2)
    start = (k, j, i)
    spatial = _spatial(drawn)
    moving = [(kind, parameters) for kind, parameters in spatial if kind.__name__ != "Flip"]
    flips = tuple(
        "kji".index(axis) for kind, parameters in spatial if kind.__name__ == "Flip" for axis in parameters["axes"]
    )
    if not moving:
        return Placement(start, flips, None, None)
    half = (shape - 1) / 2
    inverse = np.linalg.inv(_composed(spatial))
    # patch voxels have the spacing of the volume: a patch index, in mm, moved back, in voxels
    matrix = np.empty((3, 4))
    matrix[:, :3] = inverse[:3, :3] * np.asarray(spacing) / np.asarray(spacing)[:, None]
    matrix[:, 3] = inverse[:3, 3] / np.asarray(spacing) + half + start - matrix[:, :3] @ half
    return Placement(start, flips, matrix, _displacement(moving, Frame(drawn.shape, _triple(spacing))))


def volume_index(drawn: Drawn, placement: Placement, index: NDArray, spacing: Sequence[float]) -> NDArray[np.float64]:
    """The volume index that each of (n, 3) fractional patch indices is read from."""
    index = np.asarray(index, float)
    matrix = placement.matrix
    if matrix is None:
        turned = index.copy()
        for axis in placement.flips:
            turned[:, axis] = drawn.shape[axis] - 1 - turned[:, axis]
        return turned + placement.start
    result = index @ matrix[:, :3].T + matrix[:, 3]
    for kind, parameters in _spatial(drawn):
        if kind.__name__ == "Elastic":
            moved = displacement_at(parameters, Frame(drawn.shape, _triple(spacing)), index)
            result += moved / np.asarray(spacing)
    return result


def _spatial(drawn: Drawn) -> list[Spatial]:
    kinds = [(technique_class(a.technique), a.parameters) for a in drawn.actions]
    return [(kind, parameters) for kind, parameters in kinds if issubclass(kind, SpatialTechnique)]


def _composed(spatial: Sequence[Spatial]) -> NDArray[np.float64]:
    matrix = np.eye(4)
    for kind, parameters in spatial:
        matrix = kind.matrix(parameters) @ matrix
    return matrix


def _displacement(spatial: Sequence[Spatial], frame: Frame) -> Displacement | None:
    for kind, parameters in spatial:
        if kind.__name__ == "Elastic":
            points, weights = displacement_weights(parameters, frame)
            return Displacement(points / np.asarray(frame.spacing)[:, None, None, None], weights)
    return None


def _triple(values: Sequence[float]) -> tuple[float, float, float]:
    k, j, i = (float(v) for v in values)
    return k, j, i
