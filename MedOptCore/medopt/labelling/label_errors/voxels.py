"""The quality of a segmentation: the soft minimum of the probabilities that a model gives the labelled classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects, label

from medopt.image import Geometry
from medopt.labelling.label_errors.records import ClassQuality, LabelQuality
from medopt.labelling.label_errors.soft_minimum import TEMPERATURE, soft_minimum
from medopt.tasks.task import IGNORED

MADS = 2.5
"""A case is suspected when its score lies so many (scaled) median absolute deviations below the median."""
LEAST_SPREAD = 0.1
"""The deviation is never taken to be less, so that cases that are nearly alike are not suspected for nothing."""
FEWEST_CASES = 8
"""With fewer cases there is no saying what is usual; then nothing is suspected, and the order tells where to look."""


@dataclass(frozen=True)
class _Region:
    """The largest connected part of the image in which label and model differ, and which difference is the commonest
    in it."""

    labelled: int
    predicted: int
    ml: float
    middle: tuple[float, float, float]


def voxel_quality(
    probabilities: NDArray[np.floating],
    target: NDArray[np.uint8],
    grid: Geometry,
    names: Sequence[str],
    *,
    judged: NDArray[np.bool_] | None = None,
    temperature: float = TEMPERATURE,
) -> LabelQuality:
    """The quality of a label from the probabilities of a model that never saw the case.

    Parameters
    ----------
    probabilities : (1 + classes, k, j, i), background first; may be memory-mapped, it is read slice by slice
    target : (k, j, i) class indices of the label on the same grid; 255 (not annotated) is left out
    names : of the classes, without background
    judged : (classes,) which of them somebody looked for; by default all. Labelled background may hide the others, so
        their probabilities count as background's
    temperature : see ``soft_minimum``

    The score is the soft minimum over all annotated voxels, as the paper has it. That of a class is over the voxels
    that the label or the model gives it, so that a small structure does not drown in background. ``reason`` and
    ``place`` tell of the largest connected region in which the label is not the most probable class. ``suspected`` is
    False here; it takes all cases to tell what is unusual (``suspect_low``).
    """
    seen = target != IGNORED
    confidence, said = _self_confidence(probabilities, target, judged)
    by_class = []
    for index, name in enumerate(names, start=1):
        if judged is not None and not judged[index - 1]:
            continue
        score = soft_minimum(confidence[((target == index) | (said == index)) & seen], temperature)
        if score is not None:
            by_class.append(ClassQuality(name, score))
    score = soft_minimum(confidence[seen], temperature)
    region = _largest_region((said != target) & seen, target, said, grid)
    all_names = ["background", *names]
    reason = ""
    if region is not None:
        reason = f"{region.ml:.2g} ml, mostly labelled {all_names[region.labelled]}, where the model says "
        reason += all_names[region.predicted]
    return LabelQuality(
        score=1.0 if score is None else score,
        suspected=False,
        reason=reason,
        place=None if region is None else region.middle,
        by_class=tuple(by_class),
    )


def suspect_low(scores: Sequence[float]) -> list[bool]:
    """Which scores, 0 to 1, are unusually low among those of the project.

    A score s is, when its log odds ln(s / (1 - s)) lie more than 2.5 scaled median absolute deviations below their
    median; log odds, since scores of wrong labels crowd near 0. All False for fewer than eight scores.
    """
    if len(scores) < FEWEST_CASES:
        return [False] * len(scores)
    clipped = np.clip(np.asarray(scores, float), 1e-6, 1 - 1e-6)
    odds = np.log(clipped / (1 - clipped))
    median = np.median(odds)
    spread = max(1.4826 * float(np.median(np.abs(odds - median))), LEAST_SPREAD)
    return [bool(value < median - MADS * spread) for value in odds]


def _self_confidence(
    probabilities: NDArray[np.floating], target: NDArray[np.uint8], judged: NDArray[np.bool_] | None
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """(k, j, i) probability of the labelled class, and the most probable class; slice by slice."""
    confidence = np.empty(target.shape, np.float32)
    said = np.empty(target.shape, np.uint8)
    hidden = [] if judged is None else [n for n, known in enumerate(judged, start=1) if not known]
    for k in range(len(target)):
        part = np.array(probabilities[:, k], np.float32)
        if hidden:
            part[0] += part[hidden].sum(axis=0)
            part[hidden] = 0.0
        index = np.where(target[k] == IGNORED, 0, target[k]).astype(np.int64)
        confidence[k] = np.take_along_axis(part, index[None], axis=0)[0]
        said[k] = part.argmax(axis=0)
    return np.clip(confidence, 0.0, 1.0), said


def _largest_region(
    differs: NDArray[np.bool_], target: NDArray[np.uint8], said: NDArray[np.uint8], grid: Geometry
) -> _Region | None:
    """Regions hang together by faces; of equally large ones the first."""
    numbers, count = label(differs)
    if not count:
        return None
    sizes = np.bincount(numbers.ravel())[1:]
    best = int(sizes.argmax()) + 1
    box = find_objects(numbers, max_label=best)[best - 1]
    here = numbers[box] == best
    voxels = np.argwhere(here)
    # the voxel of the region that is nearest to its middle, so that the place lies in it whatever its form
    nearest = voxels[((voxels - voxels.mean(axis=0)) ** 2).sum(axis=1).argmin()]
    index = nearest + [part.start for part in box]
    x, y, z = (float(v) for v in grid.index_to_lps(index))
    pairs, counts = np.unique(np.stack([target[box][here], said[box][here]]), axis=1, return_counts=True)
    labelled, predicted = (int(value) for value in pairs[:, counts.argmax()])
    return _Region(labelled, predicted, float(sizes[best - 1]) * grid.voxel_volume / 1000, (x, y, z))
