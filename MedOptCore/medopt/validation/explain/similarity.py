"""How much two maps look alike; needs no torch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

MOST_VOXELS = 200_000
"""Voxels that a rank correlation looks at, evenly through the image."""


def spearman(first: NDArray, second: NDArray) -> float:
    """Rank correlation of two maps, -1 to 1; 0 when one of them is the same everywhere."""
    from scipy.stats import rankdata  # slow to load

    every = max(1, first.size // MOST_VOXELS)
    one, other = (rankdata(values.ravel()[::every]) for values in (first, second))
    one, other = one - one.mean(), other - other.mean()
    spread = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / spread if spread > 0 else 0.0


def structural_similarity(first: NDArray, second: NDArray) -> float:
    """SSIM (Wang et al., IEEE Trans Image Process 2004;13:600-612) of two maps (k, j, i), each scaled to 0 … 1.

    Gaussian windows of 1.5 voxels, the constants of the paper; the mean over all voxels.
    """
    one, other = (_scaled(values) for values in (first, second))
    a, b = gaussian_filter(one, 1.5), gaussian_filter(other, 1.5)
    aa, bb = gaussian_filter(one * one, 1.5) - a * a, gaussian_filter(other * other, 1.5) - b * b
    ab = gaussian_filter(one * other, 1.5) - a * b
    c1, c2 = 0.01**2, 0.03**2
    return float(((2 * a * b + c1) * (2 * ab + c2) / ((a * a + b * b + c1) * (aa + bb + c2))).mean())


def _scaled(values: NDArray) -> NDArray[np.float64]:
    low, high = float(values.min()), float(values.max())
    return (np.asarray(values, float) - low) / (high - low) if high > low else np.zeros(values.shape)
