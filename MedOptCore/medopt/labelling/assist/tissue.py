"""What intensities say: how much more likely a voxel is of one tissue than of another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Mask = NDArray[np.bool_]

LEVELS = 64
"""Of the histograms, between two percentiles of the image."""
PERCENTILES = (0.5, 99.5)
BLUR = 2.5
"""Of the histograms, in levels: tissues are known from few voxels."""
FLOOR = 2e-3
"""Added to the share of each level, so that a level that was never seen is no proof."""
MOST = 3.0
"""Bound of the log-likelihood ratio."""


class Levels:
    """An image (channel, k, j, i) as whole levels, from which histograms are quick.

    ``blank`` tells that no channel has any contrast.
    """

    def __init__(self, image: NDArray[np.float32], ranges: list[tuple[float, float]]) -> None:
        self.channels = [
            np.clip((channel - low) * ((LEVELS - 1) / (high - low)), 0, LEVELS - 1).astype(np.uint8)
            for channel, (low, high) in zip(image, ranges, strict=True)
            if high > low
        ]
        self.shape = image.shape[1:]

    @property
    def blank(self) -> bool:
        return not self.channels

    def ratio(self, inside: Histograms, outside: Histograms) -> NDArray[np.float32]:
        """Log-likelihood ratio of each voxel (k, j, i), averaged over channels; 0 where nothing is known."""
        total = np.zeros(self.shape, np.float32)
        for channel, one, other in zip(self.channels, inside, outside, strict=True):
            table = np.clip(np.log((one + FLOOR) / (other + FLOOR)), -MOST, MOST).astype(np.float32)
            total += table[channel]
        return total / np.float32(max(1, len(self.channels)))

    def histograms(self, where: Mask) -> Histograms | None:
        """Share of each level among the voxels of a mask, by channel; None for an empty mask."""
        if not where.any():
            return None
        found = []
        for channel in self.channels:
            counts = np.bincount(channel[where], minlength=LEVELS).astype(float)
            smooth = ndimage.gaussian_filter1d(counts, BLUR, mode="nearest")
            found.append(smooth / smooth.sum())
        return found


Histograms = list[NDArray[np.float64]]


def ranges_of(image: NDArray[np.float32]) -> list[tuple[float, float]]:
    """Low and high intensity of each channel (channel, k, j, i), from a regular sample of some 100,000 voxels."""
    found = []
    for channel in _sample(image):
        low, high = np.percentile(channel, PERCENTILES)
        found.append((float(low), float(high)))
    return found


def spreads_of(image: NDArray[np.float32]) -> list[float]:
    """Standard deviation of each channel (channel, k, j, i), from the sample of `ranges_of`."""
    return [float(channel.std()) for channel in _sample(image)]


def _sample(image: NDArray[np.float32]) -> NDArray[np.float32]:
    step = max(1, round((image[0].size / 1e5) ** (1 / 3)))
    return image[:, ::step, ::step, ::step]


def mixed(one: Histograms | None, other: Histograms | None, share: float) -> Histograms | None:
    """``share`` of the second kind of voxels, the rest of the first; what is None is left out."""
    if one is None or other is None:
        return other if one is None else one
    return [(1 - share) * a + share * b for a, b in zip(one, other, strict=True)]
