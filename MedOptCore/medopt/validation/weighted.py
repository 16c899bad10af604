"""Areas and rates of weighted cases, for many weightings at once; what resampled curves are made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


def weighted_auroc(weights: NDArray, truth: ArrayLike, scores: ArrayLike) -> NDArray[np.float64]:
    """(samples,) area under the ROC curve, ties counted half (Mann-Whitney).

    Parameters
    ----------
    weights : (samples, cases) at least 0
    truth : (cases,) whether a case has the class
    scores : (cases,) finite; higher for more likely

    NaN where the cases with or those without the class have no weight.
    """
    positive, negative = _groups(weights, truth, scores)
    below = np.cumsum(negative, axis=1) - negative
    product = positive.sum(axis=1) * negative.sum(axis=1)
    return _ratio((positive * (below + 0.5 * negative)).sum(axis=1), product)


def weighted_average_precision(weights: NDArray, truth: ArrayLike, scores: ArrayLike) -> NDArray[np.float64]:
    """(samples,) area under the precision-recall curve as the sum of its steps; tied scores are one step.

    Arguments as in ``weighted_auroc``. NaN where the cases with the class have no weight.
    """
    positive, negative = (part[:, ::-1] for part in _groups(weights, truth, scores))
    return _ratio((_precision(positive, negative) * positive).sum(axis=1), positive.sum(axis=1))


def weighted_box_precision(
    weights: NDArray, right: ArrayLike, scores: ArrayLike, boxes: NDArray
) -> NDArray[np.float64]:
    """(samples,) average precision of boxes, precision at a recall being the best at this or any higher one.

    Parameters
    ----------
    weights : (samples, predicted boxes)
    right, scores : (predicted boxes,)
    boxes : (samples,) weight of the boxes that should be found

    NaN where nothing should be found; 0 without predicted boxes.
    """
    positive, negative = (part[:, ::-1] for part in _groups(*_until_last(weights, right, scores)))
    best = np.maximum.accumulate(_precision(positive, negative)[:, ::-1], axis=1)[:, ::-1]
    return _ratio((best * positive).sum(axis=1), boxes)


def weighted_froc(
    weights: NDArray, right: ArrayLike, scores: ArrayLike, boxes: NDArray, images: NDArray, rates: Sequence[float]
) -> NDArray[np.float64]:
    """(samples, rates) sensitivity at so many false boxes an image, read on straight lines between thresholds.

    Arguments as in ``weighted_box_precision``, and the weight of the images (samples,). NaN where nothing should be
    found.
    """
    positive, negative = (part[:, ::-1] for part in _groups(*_until_last(weights, right, scores)))
    zero = np.zeros((len(positive), 1))
    found = np.hstack([zero, np.cumsum(positive, axis=1)])
    wrong = np.hstack([zero, np.cumsum(negative, axis=1)])
    at = np.empty((len(found), len(rates)))
    for sample, (x, y, n) in enumerate(zip(wrong, found, images, strict=True)):
        top = np.append(np.diff(x) > 0, True)  # where the curve rises without a false box more it is read at its top
        at[sample] = np.interp(np.asarray(rates) * n, x[top], y[top])
    return _ratio(at, boxes[:, None])


def weighted_roc(weights: NDArray, truth: ArrayLike, scores: ArrayLike, rates: ArrayLike) -> NDArray[np.float64]:
    """(samples, rates) sensitivity at so large a share of false alarms (1 - specificity), on straight lines between.

    Arguments as in ``weighted_auroc``. NaN where it is.
    """
    positive, negative = (part[:, ::-1] for part in _groups(weights, truth, scores))
    wanted = np.asarray(rates, float)
    found = np.full((len(positive), len(wanted)), np.nan)
    for sample, (right, wrong) in enumerate(zip(positive, negative, strict=True)):
        if right.any() and wrong.any():
            x, y = np.append(0.0, np.cumsum(wrong) / wrong.sum()), np.append(0.0, np.cumsum(right) / right.sum())
            top = np.append(np.diff(x) > 0, True)
            found[sample] = np.interp(wanted, x[top], y[top])
    return found


def weighted_precision_at(
    weights: NDArray, truth: ArrayLike, scores: ArrayLike, recalls: ArrayLike, boxes: NDArray | None = None
) -> NDArray[np.float64]:
    """(samples, recalls) precision at the first threshold that reaches a recall; 0 at recalls that none reaches.

    Arguments as in ``weighted_auroc``; with ``boxes``, as in ``weighted_box_precision``, it is the best precision at
    that recall or a higher one. NaN where there is nothing to find.
    """
    positive, negative = (part[:, ::-1] for part in _groups(weights, truth, scores))
    precision = _precision(positive, negative)
    if boxes is not None:
        precision = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    total = positive.sum(axis=1) if boxes is None else boxes
    wanted = np.asarray(recalls, float)
    found = np.full((len(positive), len(wanted)), np.nan)
    for sample, (right, number) in enumerate(zip(positive, total, strict=True)):
        if number > 0:
            reached = np.searchsorted(np.cumsum(right) / number, wanted - 1e-12, side="left")
            found[sample] = np.append(precision[sample], 0.0)[reached]
    return found


def _precision(positive: NDArray, negative: NDArray) -> NDArray[np.float64]:
    right, wrong = np.cumsum(positive, axis=1), np.cumsum(negative, axis=1)
    return np.divide(right, right + wrong, out=np.zeros_like(right), where=right + wrong > 0)


def weighted_rates(true: NDArray, false: NDArray) -> NDArray[np.float64]:
    """``true`` / (``true`` + ``false``), element by element; NaN for 0 of 0."""
    return _ratio(true, true + false)


def weighted_kappa(confusion: NDArray) -> NDArray[np.float64]:
    """(samples,) Cohen's kappa (1960) of confusion matrices (samples, reference, predicted); NaN where chance is 1."""
    total = confusion.sum(axis=(1, 2))
    agreed = _ratio(np.trace(confusion, axis1=1, axis2=2), total)
    chance = _ratio((confusion.sum(axis=1) * confusion.sum(axis=2)).sum(axis=1), total**2)
    rest = np.where(1 - chance > 1e-12, 1 - chance, 0.0)
    return _ratio(agreed - chance, rest)


def _until_last(weights: NDArray, right: ArrayLike, scores: ArrayLike) -> tuple[NDArray, NDArray, NDArray]:
    """The predicted boxes that score no less than the faintest right one; behind it no curve of boxes changes."""
    true, score = np.asarray(right, bool), np.asarray(scores, float)
    kept = score >= score[true].min() if true.any() else np.zeros(len(score), bool)
    return np.asarray(weights)[:, kept], true[kept], score[kept]


def _groups(weights: NDArray, truth: ArrayLike, scores: ArrayLike) -> tuple[NDArray, NDArray]:
    """(samples, distinct scores) weights with and without the class, scores ascending."""
    ranked = np.asarray(scores, float)
    order = np.argsort(ranked, kind="stable")
    ranked, true = ranked[order], np.asarray(truth, bool)[order]
    if not len(ranked):
        return np.zeros((len(weights), 0)), np.zeros((len(weights), 0))
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    drawn = np.asarray(weights, float)[:, order]
    positive = np.add.reduceat(drawn * true, starts, axis=1)
    return positive, np.add.reduceat(drawn * ~true, starts, axis=1)


def _ratio(part: NDArray, whole: NDArray) -> NDArray[np.float64]:
    part, whole = np.broadcast_arrays(np.asarray(part, float), np.asarray(whole, float))
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def mean_of_defined(values: NDArray) -> NDArray[np.float64]:
    """(samples,) mean over the columns of ``values`` (samples, numbers) that are not NaN; NaN where all are."""
    known = np.isfinite(values)
    return _ratio(np.where(known, values, 0).sum(axis=1), known.sum(axis=1))
