"""Smooth random fields in millimetres, the raw material of anatomy, texture and bias."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_NODES = 48
"""Nodes of a field along each axis; a field repeats itself after 24 times its smoothness."""


class SmoothField:
    """A random function of points, about normal with mean 0 and deviation 1, smooth over ``smoothness`` mm.

    Parameters
    ----------
    rng : where the draw comes from
    smoothness : deviation in mm of the Gaussian that smooths white noise
    """

    def __init__(self, rng: np.random.Generator, smoothness: float) -> None:
        self._step = np.float32(smoothness / 2.0)
        noise = rng.standard_normal((_NODES, _NODES, _NODES), dtype=np.float32)
        values = ndimage.gaussian_filter(noise, 2.0, mode="wrap")
        self._values = (values - values.mean()) / values.std()

    def __call__(self, points: NDArray) -> NDArray:
        """Values (n,) float32 at points (n, 3) in mm; linear between the nodes of the field."""
        index = np.asarray(points, np.float32).T / self._step + _NODES / 2
        return ndimage.map_coordinates(self._values, index, order=1, mode="grid-wrap", output=np.float32)


def smooth_displacement(rng: np.random.Generator, points: NDArray, size: float, smoothness: float) -> NDArray:
    """Displacements (n, 3) in mm of points (n, 3): three independent smooth fields of deviation ``size`` mm."""
    return np.stack([size * SmoothField(rng, smoothness)(points) for _ in range(3)], axis=1)
