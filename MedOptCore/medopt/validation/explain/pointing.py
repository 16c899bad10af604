"""Whether a map points at what it should: the pointing game, and how much of the map lies there; needs no torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medopt.image import Boxes, Geometry, LabelMap


@dataclass(frozen=True)
class Pointed:
    """Parameters
    ----------
    hit : whether the map's largest value lies in the region (Zhang et al., IJCV 2018, without tolerance)
    inside : share of the map's sum that lies in the region (the energy-based game, Wang et al., CVPRW 2020)
    region : share of the image that the region covers, which is what chance gives for both
    """

    hit: bool
    inside: float
    region: float


def point(values: NDArray, region: NDArray[np.bool_]) -> Pointed | None:
    """How a map (k, j, i), 0 and above, points at ``region`` on the same grid; None for an empty map or region.

    Of several largest values the first counts.
    """
    total = float(values.sum(dtype=np.float64))
    if total <= 0 or not region.any():
        return None
    hit = bool(region.ravel()[int(values.argmax())])
    return Pointed(hit, float(values[region].sum(dtype=np.float64)) / total, float(region.mean()))


def region_of(reference: object, value: int | None, geometry: Geometry) -> NDArray[np.bool_] | None:
    """Voxels (k, j, i) of ``geometry`` in which a reference shows a class; of any class for a value of None.

    A voxel is in a box when its middle is. None when the reference tells no region (classes of whole images).
    """
    if isinstance(reference, LabelMap):
        return np.asarray(reference.array != 0 if value is None else reference.array == value)
    if not isinstance(reference, Boxes):
        return None
    result = np.zeros(geometry.shape, bool)
    chosen = Boxes(tuple(box for box in reference.boxes if value is None or box.value == value))
    for low, high in chosen.to_index(geometry):
        if geometry.is_2d:
            low[0], high[0] = -0.5, 0.5
        first = np.maximum(np.ceil(low), 0).astype(int)
        last = np.minimum(np.floor(high), np.asarray(geometry.shape) - 1).astype(int)
        result[tuple(slice(a, b + 1) for a, b in zip(first, last, strict=True))] = True
    return result
