"""Which classes are taken for which, and counts of one class against all others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medopt.errors import MedOptError


@dataclass(frozen=True)
class BinaryCounts:
    """Right and wrong answers about one finding.

    Parameters
    ----------
    tp, fn : cases with the finding that were found and missed
    fp, tn : cases without it that were called wrongly and rightly
    """

    tp: int
    fn: int
    fp: int
    tn: int


def count_binary(truth: ArrayLike, called: ArrayLike) -> BinaryCounts:
    """Counts of (n,) bool truths and answers; all 0 for empty input."""
    true, answer = np.asarray(truth).astype(bool), np.asarray(called).astype(bool)
    if true.shape != answer.shape:
        raise MedOptError("truths and answers do not fit", expected=str(true.shape), found=str(answer.shape))
    tp, fn = int((true & answer).sum()), int((true & ~answer).sum())
    return BinaryCounts(tp, fn, int((~true & answer).sum()), int((~true & ~answer).sum()))


def confusion_matrix(truth: ArrayLike, called: ArrayLike, classes: int) -> NDArray[np.int64]:
    """(classes, classes) number of cases of each true class (row) that were called each class (column).

    Parameters
    ----------
    truth, called : (n,) class indices from 0

    Raises MedOptError when lengths differ or an index lies outside the classes.
    """
    true, answer = np.asarray(truth, np.int64).ravel(), np.asarray(called, np.int64).ravel()
    if true.shape != answer.shape:
        raise MedOptError("truths and answers do not fit", expected=str(true.shape), found=str(answer.shape))
    both = np.concatenate([true, answer])
    if both.size and not 0 <= both.min() <= both.max() < classes:
        raise MedOptError(
            "class outside the classes", expected=f"0 to {classes - 1}", found=f"{both.min()} to {both.max()}"
        )
    return np.bincount(true * classes + answer, minlength=classes**2).reshape(classes, classes).astype(np.int64)
