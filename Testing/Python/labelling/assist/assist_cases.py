"""Made-up images with a structure that is known exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def ball(
    shape: tuple[int, int, int], center: tuple[float, float, float], radius: float, spacing: tuple[float, ...]
) -> NDArray[np.bool_]:
    """Voxels whose centre is within ``radius`` mm of ``center`` (k, j, i)."""
    places = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    squared = sum(((p - c) * mm) ** 2 for p, c, mm in zip(places, center, spacing, strict=True))
    return squared <= radius**2


def noisy(mask: NDArray[np.bool_], contrast: float, noise: float, seed: int = 0) -> NDArray[np.float32]:
    """An image (1, k, j, i): ``contrast`` in the mask, 0 outside, and Gaussian noise of that standard deviation."""
    random = np.random.default_rng(seed)
    return (contrast * mask + noise * random.standard_normal(mask.shape)).astype(np.float32)[np.newaxis]


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return 2 * float((one & other).sum()) / float(one.sum() + other.sum())
