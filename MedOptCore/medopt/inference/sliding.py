"""A network over a volume of any size: overlapping windows, blended with Gaussian weights, in bounded memory."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import product

import numpy as np
from numpy.typing import NDArray

from medopt.tasks.numbers import softmax

Triple = tuple[int, int, int]
Activation = Callable[[NDArray[np.float32]], NDArray[np.float32]]
MEMORY_LIMIT = 1 << 30
"""Bytes of scores that are held in memory; larger ones go to a temporary file that the system pages."""
TOGETHER_VOXELS = 1 << 18
"""Voxels of the windows that go through the network at once: four of 256², one of 64³. More gains no speed on CPUs and
takes memory."""
MOST_TOGETHER = 32
STRETCH = 2.0
"""A window may hold so many times the voxels of a training patch when that saves cutting the volume."""


@contextmanager
def sliding_window(
    volume: NDArray[np.float32],
    runtime: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    *,
    outputs: int,
    patch: Triple,
    divisor: Triple,
    overlap: float = 0.25,
    mirror: Sequence[str] = (),
    memory_limit: int = MEMORY_LIMIT,
    activation: Activation = softmax,
    stride: Triple = (1, 1, 1),
) -> Iterator[NDArray[np.float32]]:
    """Scores (outputs, *cells) float32 of ``volume`` (channel, k, j, i), valid inside the ``with``.

    A cell covers ``stride`` voxels along (k, j, i); by default there is one a voxel, and by default scores are class
    probabilities: ``activation`` makes them of a window's logits. Windows of one size lie evenly over the volume so
    that neighbours share at least ``overlap`` of their side; what lies outside the volume is filled with zeros, as in
    training. Scores are averaged with Gaussian weights (sigma an eighth of the side, as in Isensee et al. 2021).
    Windows are also seen mirrored along the axes in ``mirror`` (of ``k``, ``j``, ``i``), and averaged.
    Beyond ``memory_limit`` bytes they lie in a temporary file, so that the memory in use stays bounded by the limit
    and a few windows.
    """
    shape = _triple([math.ceil(n / s) for n, s in zip(volume.shape[1:], stride, strict=True)])
    with _scores((outputs, *shape), memory_limit) as scores:
        for first, slab in sliding_slabs(
            volume,
            runtime,
            outputs=outputs,
            patch=patch,
            divisor=divisor,
            overlap=overlap,
            mirror=mirror,
            memory_limit=memory_limit,
            activation=activation,
            stride=stride,
        ):
            scores[:, first : first + slab.shape[1]] = slab
        yield scores


def sliding_slabs(
    volume: NDArray[np.float32],
    runtime: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    *,
    outputs: int,
    patch: Triple,
    divisor: Triple,
    overlap: float = 0.25,
    mirror: Sequence[str] = (),
    memory_limit: int = MEMORY_LIMIT,
    activation: Activation = softmax,
    stride: Triple = (1, 1, 1),
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """The scores of ``sliding_window`` in slabs along k: the first cell of each, and (outputs, cells, j, i) float32.

    A slab comes as soon as no later window reaches it, so that one layer of windows is all that is held. Small windows
    go through the network together, up to TOGETHER_VOXELS at once.
    """
    voxels = _triple(volume.shape[1:])
    size = window_size(voxels, patch, divisor)
    shape = _triple([math.ceil(n / s) for n, s in zip(voxels, stride, strict=True)])
    cells = _triple([w // s for w, s in zip(size, stride, strict=True)])
    starts = [window_starts(n, w, overlap) for n, w in zip(shape, cells, strict=True)]
    weights = [gaussian_weights(w) for w in cells]
    totals = [_total(n, s, w) for n, s, w in zip(shape, starts, weights, strict=True)]
    plane = totals[1][:, None] * totals[2][None, :]
    corners = list(product(*starts))
    number = max(1, min(MOST_TOGETHER, TOGETHER_VOXELS // math.prod(size)))
    held = _Held((outputs, *shape[1:]), memory_limit)
    with held:
        for batch in (corners[n : n + number] for n in range(0, len(corners), number)):
            first, last = max(batch[0][0], 0), min(batch[-1][0] + cells[0], shape[0])
            if first > held.first:
                yield held.first, held.finished(first) / _column(totals[0][held.first : first], plane)
            held.reach(first, last)
            windows = np.concatenate(
                [cut(volume, [c * s for c, s in zip(corner, stride, strict=True)], size) for corner in batch]
            )
            for corner, scores in zip(batch, mirrored_mean(windows, runtime, activation, mirror), strict=True):
                inside, part = shared_slices(corner, cells, shape)
                blend = outer_weights([w[p] for w, p in zip(weights, part, strict=True)])
                held.add(inside, scores[(slice(None), *part)] * blend)
        yield held.first, held.finished(shape[0]) / _column(totals[0][held.first : shape[0]], plane)


class _Held:
    """Sums of scores of the slices that windows still reach: (outputs, slices, j, i) from the slice ``first`` on."""

    def __init__(self, shape: tuple[int, int, int], memory_limit: int) -> None:
        self.first = 0
        self._shape, self._limit = shape, memory_limit
        self._stack = ExitStack()
        self._sums: NDArray[np.float32] = np.zeros((shape[0], 0, *shape[1:]), np.float32)

    def __enter__(self) -> _Held:
        return self

    def __exit__(self, *reason: object) -> None:
        self._stack.close()

    def finished(self, stop: int) -> NDArray[np.float32]:
        """The slices before ``stop``."""
        return self._sums[:, : stop - self.first]

    def reach(self, first: int, last: int) -> None:
        """Forget what lies before ``first`` and hold what comes before ``last``."""
        kept = self._sums[:, first - self.first :]
        if first == self.first and kept.shape[1] >= last - first:
            return
        before, self._stack = self._stack, ExitStack()
        size = max(last - first, kept.shape[1])
        sums = self._stack.enter_context(_scores((self._shape[0], size, *self._shape[1:]), self._limit))
        sums[:, : kept.shape[1]] = kept
        self.first, self._sums = first, sums
        before.close()

    def add(self, inside: tuple[slice, ...], values: NDArray[np.float32]) -> None:
        """Add ``values`` at the cells ``inside`` of the whole volume."""
        k, j, i = inside
        self._sums[:, k.start - self.first : k.stop - self.first, j, i] += values


def _column(along_k: NDArray[np.float64], plane: NDArray[np.float64]) -> NDArray[np.float32]:
    """Sums of weights (slices, j, i)."""
    sums: NDArray[np.float32] = (along_k[:, None, None] * plane[None]).astype(np.float32)
    return sums


def window_size(shape: Triple, patch: Triple, divisor: Triple) -> Triple:
    """Sides of the windows: the patch, or the whole volume along axes where it is not much larger.

    An axis is taken whole (rounded up to the divisor) as long as the window stays within STRETCH times the
    patch's voxels; so small volumes go through in one piece. Axes shorter than the patch use no more than they need.
    """
    whole = [math.ceil(n / d) * d for n, d in zip(shape, divisor, strict=True)]
    size = [min(w, p) for w, p in zip(whole, patch, strict=True)]
    budget = STRETCH * math.prod(patch)
    for axis in sorted(range(3), key=lambda a: whole[a] / patch[a]):
        candidate = [*size[:axis], whole[axis], *size[axis + 1 :]]
        if math.prod(candidate) <= budget:
            size = candidate
    return _triple(size)


def window_starts(length: int, window: int, overlap: float) -> list[int]:
    """First voxels of the windows along one axis: evenly placed, the first at 0, the last ending at the border.

    A volume shorter than the window gets one window that is centred on it (a start below zero).
    """
    if length <= window:
        return [(length - window) // 2]
    step = max(1.0, window * (1 - overlap))
    number = math.ceil((length - window) / step) + 1
    return [round(n * (length - window) / (number - 1)) for n in range(number)]


def cut(volume: NDArray, corner: Sequence[int], size: Triple) -> NDArray[np.float32]:
    """The window (1, channel, *size) of ``volume`` whose first voxel is ``corner``; zeros outside the volume."""
    inside, part = shared_slices(corner, size, _triple(volume.shape[1:]))
    window = np.zeros((1, volume.shape[0], *size), np.float32)
    k, j, i = part
    window[0, :, k, j, i] = volume[(slice(None), *inside)]
    return window


def mirrored_mean(
    window: NDArray[np.float32],
    runtime: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    activation: Activation,
    mirror: Sequence[str],
) -> NDArray[np.float32]:
    """Scores of ``window`` (n, channel, k, j, i); their mean over the windows mirrored along ``mirror``."""
    if not mirror:
        return activation(runtime(window))
    axes = [axis for axis, name in enumerate("kji", start=2) if name in mirror and window.shape[axis] > 1]
    total, number = np.zeros(0, np.float32), 2 ** len(axes)
    for chosen in product((False, True), repeat=len(axes)):
        flip = tuple(axis for axis, on in zip(axes, chosen, strict=True) if on)
        scores = activation(runtime(np.ascontiguousarray(np.flip(window, flip))))
        upright = np.flip(scores, flip) if scores.ndim > 2 else scores
        total = upright + (total if total.size else 0)
    return np.asarray(total / number, np.float32)


def shared_slices(corner: Sequence[int], size: Triple, shape: Triple) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Slices of the volume that the window covers, and the slices of the window that cover them."""
    first = [max(c, 0) for c in corner]
    last = [min(c + w, n) for c, w, n in zip(corner, size, shape, strict=True)]
    inside = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
    part = tuple(slice(a - c, b - c) for a, b, c in zip(first, last, corner, strict=True))
    return inside, part


def gaussian_weights(length: int) -> NDArray[np.float32]:
    """Weights along one axis, 1 in the middle, never below 0.01 so that borders seen once are not divided by zero."""
    sigma = max(length / 8, 0.5)
    distance = np.arange(length) - (length - 1) / 2
    return np.maximum(np.exp(-0.5 * (distance / sigma) ** 2), 0.01).astype(np.float32)


def _total(length: int, starts: Sequence[int], weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """Sum of the weights at each voxel of one axis; the sum in space is the product over the axes."""
    total = np.zeros(length)
    for start in starts:
        first, last = max(start, 0), min(start + len(weights), length)
        total[first:last] += weights[first - start : last - start]
    return total


def outer_weights(parts: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """(k, j, i) weights of a window from those along its axes."""
    k, j, i = parts
    return k[:, None, None] * j[None, :, None] * i[None, None, :]


@contextmanager
def _scores(shape: tuple[int, ...], memory_limit: int) -> Iterator[NDArray[np.float32]]:
    if math.prod(shape) * 4 <= memory_limit:
        yield np.zeros(shape, np.float32)
        return
    with tempfile.TemporaryFile(prefix="medopt-scores-") as file:
        yield np.memmap(file, np.float32, "w+", shape=shape)


def _triple(values: Sequence[int]) -> Triple:
    k, j, i = (int(v) for v in values)
    return k, j, i
