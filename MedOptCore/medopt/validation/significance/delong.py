"""Two areas under ROC curves of the same cases."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from medopt.metrics import delong_difference
from medopt.validation.interval import FEWEST_SUBJECTS
from medopt.validation.significance.outcome import SEVERAL_CASES, Significance, one_case_each, paired


def delong(truth: ArrayLike, first: ArrayLike, second: ArrayLike, subjects: Sequence[str]) -> Significance:
    """The test of DeLong, DeLong & Clarke-Pearson (Biometrics 1988;44:837-845).

    Parameters
    ----------
    truth : (cases,) whether a case has the class
    first, second : (cases,) finite scores of two models
    subjects : the subject of each case

    Refused below five cases with or without the class, and where subjects have several cases.
    """
    one, other = paired(first, second, subjects)
    true = np.asarray(truth, bool)
    fewest = min(int(true.sum()), int((~true).sum()))
    if not one_case_each(subjects):
        return Significance("delong", None, len(true), SEVERAL_CASES)
    if fewest < FEWEST_SUBJECTS:
        why = f"too few cases with or without the class: expected at least {FEWEST_SUBJECTS}, found {fewest}"
        return Significance("delong", None, len(true), why)
    return Significance("delong", delong_difference(true, one, other).p, len(true))
