"""A network's scores of a whole prepared image, whatever the task: by windows over places, or for the image."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import product

import numpy as np
from numpy.typing import NDArray

from medopt.inference.sliding import Triple, cut, mirrored_mean, sliding_window, window_starts
from medopt.tasks import Task


@contextmanager
def image_scores(
    volume: NDArray,
    runtime: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    task: Task,
    *,
    patch: Triple,
    divisor: Triple,
    overlap: float = 0.25,
    mirror: Sequence[str] = (),
) -> Iterator[NDArray[np.float32]]:
    """The task's scores of ``volume`` (channel, k, j, i), valid inside the ``with``.

    For a task of places (outputs, k, j, i) float32, or (outputs, *cells) when its output is coarser; see
    ``sliding_window``. For a task of whole images (outputs,): the mean over windows of the size that the network
    learned from, one in the middle when the image is no larger.
    """
    if task.head == "image":
        yield next(scores_of_images([volume], runtime, task, patch=patch, overlap=overlap, mirror=mirror, together=1))
        return
    with sliding_window(
        volume,
        runtime,
        outputs=task.outputs,
        patch=patch,
        divisor=divisor,
        overlap=overlap,
        mirror=mirror,
        activation=task.activate,
        stride=task.stride,
    ) as scores:
        yield scores


def scores_of_images(
    volumes: Iterable[NDArray],
    runtime: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    task: Task,
    *,
    patch: Triple,
    overlap: float = 0.25,
    mirror: Sequence[str] = (),
    together: int = 32,
) -> Iterator[NDArray[np.float32]]:
    """The scores (outputs,) of each of ``volumes`` for a task of whole images, in their order.

    The same as ``image_scores`` of each, but for rounding; ``together`` windows go through the network at once, which
    for small images is several times faster.
    """
    waiting: list[NDArray[np.float32]] = []
    counts: list[int] = []

    def flushed() -> Iterator[NDArray[np.float32]]:
        scores = mirrored_mean(np.concatenate(waiting), runtime, task.activate, mirror)
        for part in np.split(scores, np.cumsum(counts)[:-1]):
            yield part.mean(axis=0)
        waiting.clear()
        counts.clear()

    for volume in volumes:
        windows = _windows(volume, patch, overlap)
        waiting += windows
        counts.append(len(windows))
        if len(waiting) >= together:
            yield from flushed()
    if waiting:
        yield from flushed()


def _windows(volume: NDArray, patch: Triple, overlap: float) -> list[NDArray[np.float32]]:
    starts = [window_starts(n, w, overlap) for n, w in zip(volume.shape[1:], patch, strict=True)]
    return [cut(volume, corner, patch) for corner in product(*starts)]
