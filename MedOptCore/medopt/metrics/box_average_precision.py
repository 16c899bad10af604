"""Average precision of boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from medopt.metrics.box_matching import BoxMatches, PooledBoxes, pool_boxes

Recalls = Literal["all", "101"]
"""Where precision is read: at every recall that occurs (Pascal VOC since 2010), or at 0, 0.01 … 1 (COCO)."""


def box_average_precision(
    pooled: PooledBoxes, weights: ArrayLike | None = None, recalls: Recalls = "all"
) -> float | None:
    """Area under the curve of precision over recall of all images together.

    Precision at a recall is the best at this or any higher one (Everingham et al., Int J Comput Vis 2010;88:303-338).
    Boxes of one score enter together, so the order of images does not matter; COCO's tool takes them one by one.

    Parameters
    ----------
    weights : (images,) how often each image counts; 1 when None
    recalls : every recall, or COCO's 101 points

    None when there is no box to find; 0 when nothing is predicted.
    """
    _, right, wrong = pooled.counts(weights)
    number, _ = pooled.number(weights)
    if not number:
        return None
    called = right + wrong
    precision = np.divide(right, called, out=np.zeros_like(right), where=called > 0)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    recall = right / number
    if recalls == "all":
        return float((np.diff(recall, prepend=0.0) * best).sum())
    # as exact fractions where they can be: 0.3 of 10 boxes is 3 of 10
    reached = np.searchsorted(recall, np.arange(101) / 100 - 1e-12, side="left")
    return float(np.append(best, 0.0)[reached].mean())


def mean_box_average_precision(
    matches: Sequence[BoxMatches],
    ious: Sequence[float] = (0.5,),
    weights: ArrayLike | None = None,
    recalls: Recalls = "all",
) -> tuple[float | None, tuple[float | None, ...]]:
    """The mean over classes, and each class's average precision (mean over ``ious``): mAP50 by default.

    With ``COCO_IOUS`` it is mAP50:95. Classes without a box to find, or that nobody judged, are None and left out of
    the mean; without any class the mean is None. No images give None and no classes.
    """
    by_class: list[float | None] = []
    for label in range(len(matches[0].references) if matches else 0):
        each = [box_average_precision(pool_boxes(matches, label, iou), weights, recalls) for iou in ious]
        values = [value for value in each if value is not None]
        by_class.append(sum(values) / len(values) if values else None)
    defined = [value for value in by_class if value is not None]
    return (sum(defined) / len(defined) if defined else None), tuple(by_class)
