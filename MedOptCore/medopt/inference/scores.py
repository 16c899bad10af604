"""A network's scores of a whole prepared image, whatever the task: by windows over places, or for the image."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    mirror: bool = False,
) -> Iterator[NDArray[np.float32]]:
    """The task's scores of ``volume`` (channel, k, j, i), valid inside the ``with``.

    For a task of places (outputs, k, j, i) float32, or (outputs, *cells) when its output is coarser; see
    ``sliding_window``. For a task of whole images (outputs,): the mean over windows of the size that the network
    learned from, one in the middle when the image is no larger.
    """
    if task.head == "image":
        yield _of_image(volume, runtime, task, patch, overlap, mirror)
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


def _of_image(
    volume: NDArray,
    runtime: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    task: Task,
    patch: Triple,
    overlap: float,
    mirror: bool,
) -> NDArray[np.float32]:
    starts = [window_starts(n, w, overlap) for n, w in zip(volume.shape[1:], patch, strict=True)]
    corners = list(product(*starts))
    total = np.zeros(task.outputs, np.float32)
    for corner in corners:
        window = cut(volume, corner, patch)
        total += mirrored_mean(window, runtime, task.activate, mirror)[0]
    return total / np.float32(len(corners))
