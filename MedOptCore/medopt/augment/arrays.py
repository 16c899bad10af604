"""The few array operations that torch and numpy spell differently, so that one code serves both.

Intensity techniques are written with operators and these helpers: training runs them on tensors, Slicer's own process
on numpy arrays, where torch is not installed. Images are (n, channel, k, j, i) float32 throughout.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = Any
"""A torch tensor or a numpy array."""

_VOXELS = (2, 3, 4)


def like(images: Array, values: Any) -> Array:
    """``values`` (a number, a list or a numpy array) as an array of the kind, dtype and device of ``images``."""
    return np.asarray(values, images.dtype) if isinstance(images, np.ndarray) else images.new_tensor(values)


def column(images: Array, values: Sequence[float]) -> Array:
    """One value an image, in a shape that multiplies (n, channel, k, j, i)."""
    return like(images, list(values)).reshape(-1, 1, 1, 1, 1)


def empty_like(images: Array) -> Array:
    """A new array of the same shape, kind, dtype and device, C-contiguous, with any values."""
    return np.empty(images.shape, images.dtype) if isinstance(images, np.ndarray) else images.new_empty(images.shape)


def mean(images: Array) -> Array:
    """Mean over the voxels of each channel: (n, channel, 1, 1, 1)."""
    return images.mean(axis=_VOXELS, keepdims=True)


def deviation(images: Array) -> Array:
    """Standard deviation over the voxels of each channel, divided by their number: (n, channel, 1, 1, 1)."""
    if isinstance(images, np.ndarray):
        return images.std(axis=_VOXELS, keepdims=True)
    return images.std(dim=_VOXELS, keepdim=True, correction=0)


def minimum(images: Array) -> Array:
    """Smallest value of each channel: (n, channel, 1, 1, 1)."""
    if isinstance(images, np.ndarray):
        return images.min(axis=_VOXELS, keepdims=True)
    return images.amin(dim=_VOXELS, keepdim=True)


def maximum(images: Array) -> Array:
    """Largest value of each channel: (n, channel, 1, 1, 1)."""
    if isinstance(images, np.ndarray):
        return images.max(axis=_VOXELS, keepdims=True)
    return images.amax(dim=_VOXELS, keepdim=True)


def at_least(values: Array, smallest: float) -> Array:
    """``values`` with nothing below ``smallest``, in place."""
    if isinstance(values, np.ndarray):
        return np.maximum(values, smallest, out=values)
    return values.clamp_min_(smallest)


def choose(condition: Array, yes: Array, no: Array) -> Array:
    """``yes`` where the condition holds, ``no`` elsewhere; a new array."""
    return np.where(condition, yes, no) if isinstance(condition, np.ndarray) else yes.where(condition, no)


def exponential(values: Array) -> Array:
    """The natural exponential, in place."""
    return np.exp(values, out=values) if isinstance(values, np.ndarray) else values.exp_()
