"""One image as some two hundred numbers that tell how alike two images are, from the voxels alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medopt.image import Image

VERSION = 1
"""Changes with what the numbers mean, so that those kept by an earlier MedOpt are worked out anew."""

LIMITS = (1.0, 99.0)
"""Percentiles of a channel that become 0 and 1: scale and offset of the intensities then make no difference."""

PERCENTILES = (5.0, 25.0, 50.0, 75.0, 95.0)
BINS = 16
PICTURE_3D, PICTURE_2D = (4, 6, 6), (1, 12, 12)
"""Blocks along (k, j, i) of the low-resolution picture; as many of a volume as of a single slice."""

FINEST = 64
"""Voxels along an axis from about which every second, third … is looked at: bounds the cost of large images."""


@dataclass(frozen=True)
class Group:
    """Numbers of one kind that stand side by side: how many, and the least spread over a cohort that counts.

    A spread below ``least`` is rounding or noise; it is not blown up to the importance of a real one.
    """

    name: str
    size: int
    least: float


EXTENT = Group("extent", 7, 0.02)
"""Logarithms of extent and spacing in mm along (k, j, i), and whether the image is a single slice."""

OF_CHANNEL = (
    Group("percentiles", len(PERCENTILES), 0.01),
    Group("histogram", BINS, 0.01),
    Group("picture", 144, 0.02),
    Group("gradients", 7, 0.005),
)
"""What each channel adds, in this order."""


def groups_of(channels: int) -> tuple[Group, ...]:
    """The groups of a descriptor of ``channels`` channels, in its order."""
    return (EXTENT, *(group for _ in range(channels) for group in OF_CHANNEL))


def describe(image: Image) -> NDArray[np.float32]:
    """(numbers,) of an image (channel, k, j, i) of any real dtype, 2D or 3D; see `groups_of` for their order.

    Of each channel, between its 1st and 99th percentile: the percentiles within, the root of the histogram (so that
    distances are Hellinger's), block means over the field of view, and mean absolute differences along (k, j, i) with
    mean and percentiles 50, 90, 99 of the gradient's magnitude. Volumes are first turned so that their axes run nearest
    to S, P, L. Infinite and missing values count as the lowest. A constant channel gives zeros. The same image gives
    the same numbers to the bit. MedOpt's own choice of plain statistics; nothing is learned.
    """
    axes, flips = _canonical(image)
    extent = [image.geometry.extent[a] for a in axes]
    spacing = [image.geometry.spacing[a] for a in axes]
    parts = [np.array([*np.log(extent), *np.log(spacing), float(image.geometry.is_2d)])]
    for channel in image.array:
        turned = np.transpose(channel, axes)[tuple(slice(None, None, -1) if f else slice(None) for f in flips)]
        parts.append(_describe_channel(turned))
    return np.concatenate(parts).astype(np.float32)


def _canonical(image: Image) -> tuple[tuple[int, ...], tuple[bool, ...]]:
    """Which array axis runs nearest to S, P and L, and which of them run the other way; slices stay as they are."""
    if image.geometry.is_2d:
        return (0, 1, 2), (False, False, False)
    direction = np.asarray(image.geometry.direction)
    free, axes = [0, 1, 2], []
    for patient in (2, 1, 0):  # LPS rows, in the order S, P, L
        axes.append(max(free, key=lambda a: (abs(direction[patient, a]), -a)))
        free.remove(axes[-1])
    flips = tuple(bool(direction[patient, a] < 0) for patient, a in zip((2, 1, 0), axes, strict=True))
    return tuple(axes), flips


def _describe_channel(channel: NDArray) -> NDArray[np.float64]:
    values = channel[tuple(slice(None, None, max(1, n // FINEST)) for n in channel.shape)].astype(np.float32)
    finite = np.isfinite(values)
    if not finite.all():
        values = np.where(finite, values, values[finite].min() if finite.any() else 0.0)
    low, high = np.percentile(values, LIMITS)
    if not high > low:
        low, high = float(values.min()), float(values.max())
    if not high > low:
        return np.zeros(sum(group.size for group in OF_CHANNEL))
    values = np.clip((values - np.float32(low)) / np.float32(high - low), 0.0, 1.0)
    counts, _ = np.histogram(values, BINS, (0.0, 1.0))
    picture = block_means(values, PICTURE_2D if values.shape[0] == 1 else PICTURE_3D)
    return np.concatenate(
        [np.percentile(values, PERCENTILES), np.sqrt(counts / values.size), picture.ravel(), _gradients(values)]
    )


def block_means(values: NDArray[np.float32], blocks: tuple[int, int, int]) -> NDArray[np.float64]:
    """Means over ``blocks`` equal parts along (k, j, i); where there are fewer voxels than parts they come again."""
    result = values.astype(np.float64)
    for axis, count in enumerate(blocks):
        size = result.shape[axis]
        starts = np.arange(count) * size // count
        lengths = np.maximum(np.diff([*starts.tolist(), size]), 1)
        shape = [1, 1, 1]
        shape[axis] = count
        result = np.add.reduceat(result, starts, axis=axis) / lengths.reshape(shape)
    return result


def _gradients(values: NDArray[np.float32]) -> NDArray[np.float64]:
    along = [float(np.abs(np.diff(values, axis=a)).mean()) if values.shape[a] > 1 else 0.0 for a in range(3)]
    squared = np.zeros(values.shape, np.float32)
    for axis in range(3):
        if values.shape[axis] > 1:
            squared += np.gradient(values, axis=axis) ** 2
    magnitude = np.sqrt(squared)
    return np.array([*along, float(magnitude.mean()), *np.percentile(magnitude, (50, 90, 99))])
