"""Two procedures of training on the folds of a cross-validation."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from medopt.errors import MedOptError
from medopt.validation.interval import Interval
from medopt.validation.significance.outcome import Significance

FEWEST_FOLDS = 3
"""With two folds the spread between them rests on one difference."""


def nadeau_bengio(
    first: ArrayLike, second: ArrayLike, training: Sequence[int], held_out: Sequence[int], level: float = 0.95
) -> tuple[Interval, Significance]:
    """The corrected resampled t-test (Nadeau & Bengio, Mach Learn 2003;52:239-281): the mean difference over folds
    with its interval, and how surely it is not 0.

    Parameters
    ----------
    first, second : (folds,) scores of two recipes on the held-out cases of the same folds, of all repeats
    training, held_out : (folds,) cases that each fold trained on, and held out
    level : of the interval

    Training parts of folds overlap, so their scores differ less than those of independent samples would; the variance
    is taken larger by the ratio of held-out to training cases. That is a rule of thumb: the interval covers another
    draw of training cases too, which intervals over subjects do not. Refused below three folds. Folds that all
    differ alike have no spread: then the p-value is 0, or 1 when they do not differ.

    Raises MedOptError when the numbers of folds differ, a score is not finite, or a fold has no training cases.
    """
    one, other = np.asarray(first, float), np.asarray(second, float)
    if not one.shape == other.shape == (len(training),) == (len(held_out),) or min(training, default=1) < 1:
        raise MedOptError(
            "the folds do not fit",
            expected="two scores, and numbers of training and held-out cases, of each fold",
            found=f"{one.size} and {other.size} scores, {len(training)} and {len(held_out)} numbers",
        )
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        raise MedOptError("a score of a fold is not a number")
    folds = len(one)
    estimate = float((other - one).mean()) if folds else None
    if estimate is None or folds < FEWEST_FOLDS:
        why = f"too few folds: expected at least {FEWEST_FOLDS}, found {folds}"
        return Interval(estimate, None, None, folds, folds, why), Significance("nadeau-bengio", None, folds, why)
    ratio = float(np.mean(np.asarray(held_out, float) / np.asarray(training, float)))
    error = math.sqrt((1 / folds + ratio) * float((other - one).var(ddof=1)))
    reach = -float(stdtrit(folds - 1, (1 - level) / 2)) * error
    p = 2 * float(stdtr(folds - 1, -abs(estimate) / error)) if error else float(estimate == 0)
    interval = Interval(estimate, estimate - reach, estimate + reach, folds, folds)
    return interval, Significance("nadeau-bengio", p, folds)
