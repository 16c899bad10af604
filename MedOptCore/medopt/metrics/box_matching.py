"""Which predicted boxes are right, image by image, and the table of all images that curves are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medopt.errors import MedOptError
from medopt.metrics.box_iou import box_iou

COCO_IOUS = tuple(0.5 + 0.05 * n for n in range(10))
"""0.5 to 0.95, over which COCO takes the mean."""
TIE = 1e-9
"""By how much an IoU may fall short and still meet a threshold: ratios are rarely exact in binary."""


@dataclass(frozen=True, eq=False)
class BoxMatches:
    """The predicted boxes of one image, right or wrong at each overlap.

    Parameters
    ----------
    ious : thresholds
    scores : (n,) of the predicted boxes, descending
    classes : (n,) class indices of theirs
    order : (n,) place of each in the arrays that were given
    matched : (n, thresholds) place of the reference box that each took, -1 for none
    references : (classes,) number of boxes that are there
    judged : (classes,) bool, which classes somebody looked for; predicted boxes of others are in no curve
    """

    ious: tuple[float, ...]
    scores: NDArray[np.float64]
    classes: NDArray[np.int64]
    order: NDArray[np.int64]
    matched: NDArray[np.int64]
    references: NDArray[np.int64]
    judged: NDArray[np.bool_]

    @property
    def right(self) -> NDArray[np.bool_]:
        """(n, thresholds) whether each took a reference box."""
        return self.matched >= 0


@dataclass(frozen=True, eq=False)
class PooledBoxes:
    """The predicted boxes of one class in all images that were judged for it.

    Parameters
    ----------
    scores : (n,) descending
    right : (n,) bool
    images : (n,) which image each lies in, as an index into the images that were given
    references : (images,) number of boxes that are there, 0 in images that were not judged
    judged : (images,) bool
    """

    scores: NDArray[np.float64]
    right: NDArray[np.bool_]
    images: NDArray[np.int64]
    references: NDArray[np.int64]
    judged: NDArray[np.bool_]

    def counts(
        self, weights: ArrayLike | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """(m,) distinct scores, descending, and how many right and wrong boxes score at least that.

        ``weights`` (images,) is how often each image counts, such as a bootstrap drew its subject; 1 when None.
        """
        weight = np.ones(len(self.scores)) if weights is None else np.asarray(weights, float)[self.images]
        last = np.flatnonzero(np.diff(self.scores, append=-np.inf))
        return (
            self.scores[last],
            np.cumsum(weight * self.right)[last],
            np.cumsum(weight * ~self.right)[last],
        )

    def number(self, weights: ArrayLike | None = None) -> tuple[float, float]:
        """How many boxes are there, and in how many judged images, each with its weight."""
        weight = np.ones(len(self.judged)) if weights is None else np.asarray(weights, float)
        return float((weight * self.references).sum()), float((weight * self.judged).sum())


def match_boxes(
    predicted: tuple[ArrayLike, ArrayLike, ArrayLike],
    reference: tuple[ArrayLike, ArrayLike],
    judged: ArrayLike,
    ious: Sequence[float] = COCO_IOUS,
) -> BoxMatches:
    """Pair the boxes of one image as COCO does (Lin et al., "Microsoft COCO", ECCV 2014).

    From the surest on, each predicted box takes that reference box of its class, among those still free, with which
    it overlaps most, if the overlap is at least the threshold; then it is right. So a second box on the same
    reference is wrong. Equal scores are taken in the order given, equal overlaps go to the first reference.

    Parameters
    ----------
    predicted : corners (n, 2, 3) lower and upper (k, j, i), classes (n,) from 0, finite scores (n,)
    reference : corners (m, 2, 3) in the same unit, classes (m,)
    judged : (classes,) bool
    ious : thresholds

    Images without predicted boxes, without reference boxes or without either are fine. Raises MedOptError when
    lengths differ, a score is not finite or a class is outside those of ``judged``.
    """
    corners, classes, scores = _boxes(predicted[0], predicted[1], predicted[2])
    there, kinds, _ = _boxes(reference[0], reference[1], np.zeros(len(np.asarray(reference[1]).ravel())))
    looked_for = np.asarray(judged, bool)
    for some in (classes, kinds):
        if some.size and not 0 <= some.min() <= some.max() < len(looked_for):
            raise MedOptError(
                "class outside the classes",
                expected=f"0 to {len(looked_for) - 1}",
                found=f"{some.min()} to {some.max()}",
            )
    order = np.argsort(-scores, kind="stable")
    corners, classes, scores = corners[order], classes[order], scores[order]
    overlaps = np.where(classes[:, None] == kinds, box_iou(corners, there), -1.0)
    matched = np.full((len(scores), len(ious)), -1, np.int64)
    if overlaps.size:
        # a box that overlaps no reference enough takes none; most are of this kind
        for column, iou in enumerate(ious):
            free = overlaps.copy()
            for n in np.flatnonzero(overlaps.max(axis=1) >= iou - TIE):
                best = int(free[n].argmax())
                if free[n, best] >= iou - TIE:
                    matched[n, column] = best
                    free[:, best] = -1.0
    number = np.bincount(kinds, minlength=len(looked_for)).astype(np.int64)
    return BoxMatches(tuple(float(t) for t in ious), scores, classes, order, matched, number, looked_for)


def pool_boxes(matches: Sequence[BoxMatches], label: int, iou: float = 0.5) -> PooledBoxes:
    """The boxes of class index ``label`` in all images, right or wrong at overlap ``iou``.

    Images that were not judged for the class have neither boxes nor references. Raises MedOptError when the images
    were not matched at ``iou``. No images give an empty table.
    """
    scores: list[NDArray] = [np.zeros(0)]
    right: list[NDArray] = [np.zeros(0, bool)]
    images: list[NDArray] = [np.zeros(0, np.int64)]
    judged = np.array([bool(m.judged[label]) for m in matches], bool)
    references = np.array([int(m.references[label]) for m in matches], np.int64) * judged
    for index, image in enumerate(matches):
        near = [n for n, t in enumerate(image.ious) if abs(t - iou) < 1e-6]
        if not near:
            raise MedOptError("not matched at this overlap", expected=" or ".join(map(str, image.ious)), found=str(iou))
        chosen = (image.classes == label) & image.judged[label]
        scores.append(image.scores[chosen])
        right.append(image.right[chosen, near[0]])
        images.append(np.full(int(chosen.sum()), index))
    score = np.concatenate(scores)
    order = np.argsort(-score, kind="stable")
    return PooledBoxes(score[order], np.concatenate(right)[order], np.concatenate(images)[order], references, judged)


def _boxes(
    corners: ArrayLike, classes: ArrayLike, scores: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    box = np.asarray(corners, float).reshape(-1, 2, 3)
    kind, score = np.asarray(classes).astype(np.int64).ravel(), np.asarray(scores, float).ravel()
    if not len(box) == len(kind) == len(score):
        raise MedOptError(
            "boxes, classes and scores do not fit",
            expected="as many of each",
            found=f"{len(box)}, {len(kind)} and {len(score)}",
        )
    if not np.isfinite(score).all():
        raise MedOptError("a score is not a number", found=f"{int((~np.isfinite(score)).sum())} of {len(score)}")
    return box, kind, score
