"""Proposals that are wrong on purpose, to see whether annotators notice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from medopt.image import Boxes, ClassLabel, Geometry, LabelMap
from medopt.image.label import Label
from medopt.metrics import dice

CLEARLY = 0.6
"""A spoiled segmentation has at most this Dice with the original, so that whoever looks sees it."""


def spoil(label: Label, geometry: Geometry, values: tuple[int, ...]) -> Label | None:
    """``label`` made clearly wrong, though not absurd; None where there is nothing to spoil.

    A segmentation is moved along its longest axis by as little as brings its Dice to `CLEARLY` or below; what leaves
    the image is lost. Boxes are moved along the image's last axis by their own size. A class of a whole image becomes
    the next one of ``values``, the project's classes in their order; where an image may show several, what is shown and
    what is not changes places for the first class. ``geometry`` is the image's grid.
    """
    if isinstance(label, LabelMap):
        moved = _moved(label.array)
        return None if moved is None else LabelMap(moved, label.geometry, label.unjudged)
    if isinstance(label, Boxes):
        if not label.boxes:
            return None
        step = np.array(geometry.direction)[:, 2]
        shifted = []
        for box in label.boxes:
            ends = geometry.lps_to_index(box.corners)[:, 2]
            length = float(ends.max() - ends.min()) * geometry.spacing[2]
            x, y, z = (float(v) for v in np.asarray(box.center) + step * length)
            shifted.append(replace(box, center=(x, y, z)))
        return Boxes(tuple(shifted), label.unjudged)
    judged = [value for value in values if value not in label.unjudged]
    if len(label.present) == 1 and len(judged) > 1:
        return ClassLabel((judged[(judged.index(label.present[0]) + 1) % len(judged)],), label.unjudged)
    return ClassLabel(tuple(set(label.present) ^ {judged[0]}), label.unjudged) if judged else None


def _moved(array: NDArray) -> NDArray | None:
    """(k, j, i) moved as `spoil` says; None for an empty one."""
    marked = np.nonzero(array)
    if not marked[0].size:
        return None
    extents = [int(axis.max() - axis.min()) + 1 for axis in marked]
    axis = int(np.argmax(extents))
    for step in range(1, extents[axis] + 1):
        moved = np.zeros_like(array)
        source, target = [slice(None)] * 3, [slice(None)] * 3
        source[axis], target[axis] = slice(0, -step), slice(step, None)
        moved[tuple(target)] = array[tuple(source)]
        shared = int(np.count_nonzero((moved == array) & (array > 0)))
        if dice(int(np.count_nonzero(array)), int(np.count_nonzero(moved)), shared) <= CLEARLY:
            return moved
    return moved
