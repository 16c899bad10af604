"""What a scanner makes of an anatomy: an oblique anisotropic grid, partial volume, bias, noise and its own scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from medopt.image import Geometry
from medopt.synthetic.field import SmoothField

_SUBSLICES = 3
"""Points across the thickness of a slice whose signal is averaged."""


@dataclass(frozen=True)
class Scan:
    """One scanner setting, drawn by ``draw_scan``.

    geometry : the grid; slices lie along k, about coronal
    bias : strength of the shading, as a deviation of the logarithm of the signal
    noise : deviation of the noise in each of the two receiver channels, where white matter has the signal 0.86
    scale : stored value of the signal 1.0
    """

    geometry: Geometry
    bias: float
    noise: float
    scale: float


def draw_scan(rng: np.random.Generator, centre: NDArray) -> Scan:
    """A scanner setting whose grid lies about ``centre`` (LPS mm): 0.95-1.25 mm pixels, slices of 1.5-2.2 mm.

    Slices cover about 72 mm from front to back and pixels about 62 × 46 mm, turned by up to some 15 degrees;
    one scan in four stores its columns from left to right, which makes its directions left-handed.
    """
    thickness, pixel = rng.uniform(1.5, 2.2), rng.uniform(0.95, 1.25)
    shape = (
        int(np.clip(round(72 / thickness), 32, 46)),
        int(np.clip(round(62 / pixel), 48, 60)),
        int(np.clip(round(46 / pixel), 36, 44)),
    )
    turn = Rotation.from_rotvec(np.deg2rad(rng.normal(0, 7, 3))).as_matrix()
    to_left = 1.0 if rng.random() < 0.75 else -1.0
    straight = np.array([[0.0, 0.0, to_left], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])  # k back, j down, i left
    direction = turn @ straight
    spacing = (thickness, pixel, pixel)
    middle = (np.asarray(shape) - 1) / 2
    origin = centre + rng.normal(0, 2.0, 3) - (direction * spacing) @ middle
    rows = tuple((float(a), float(b), float(c)) for a, b, c in direction)
    geometry = Geometry(shape, spacing, tuple(origin), (rows[0], rows[1], rows[2]))
    return Scan(
        geometry,
        bias=rng.uniform(0.06, 0.16),
        noise=rng.uniform(0.02, 0.045),
        scale=float(np.exp(rng.uniform(np.log(250), np.log(2500)))),
    )


def slice_points(geometry: Geometry) -> NDArray:
    """LPS points (subslice · k · j · i, 3) in mm at several depths of every voxel, the first axis slowest."""
    k, j, i = (np.arange(n, dtype=float) for n in geometry.shape)
    depths = (np.arange(_SUBSLICES) + 0.5) / _SUBSLICES - 0.5
    index = np.stack(np.meshgrid(depths, k, j, i, indexing="ij"), axis=-1)
    index[..., 1] += index[..., 0]
    return geometry.index_to_lps(index[..., 1:]).reshape(-1, 3)


def average_slices(values: NDArray, geometry: Geometry) -> NDArray:
    """Mean over the depths of ``slice_points`` -> (k, j, i)."""
    return values.reshape(_SUBSLICES, *geometry.shape).mean(axis=0)


def record(signal: NDArray, scan: Scan, rng: np.random.Generator) -> NDArray:
    """The stored image (k, j, i) int16 of a clean signal (k, j, i): shading, Rician noise, scale, whole numbers."""
    points = scan.geometry.index_to_lps(np.indices(scan.geometry.shape).reshape(3, -1).T)
    points = points - points.mean(axis=0)
    shading = SmoothField(rng, 26.0)(points).reshape(signal.shape)
    shaded = signal * np.exp(scan.bias * shading)
    real = shaded + scan.noise * rng.standard_normal(signal.shape)
    imaginary = scan.noise * rng.standard_normal(signal.shape)
    return np.rint(scan.scale * np.hypot(real, imaginary)).astype(np.int16)
