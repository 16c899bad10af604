"""Cases that one model gets right and the other wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr

from medopt.validation.interval import FEWEST_SUBJECTS, too_few
from medopt.validation.significance.outcome import SEVERAL_CASES, Significance, one_case_each, paired


def mcnemar(first: ArrayLike, second: ArrayLike, subjects: Sequence[str]) -> Significance:
    """McNemar's exact test (Psychometrika 1947;12:153-157) of accuracy, sensitivity or specificity.

    Parameters
    ----------
    first, second : (cases,) whether each model is right; of the cases with the class for sensitivity
    subjects : the subject of each case

    Of the cases on which the models disagree, each is as likely the one's as the other's if they are equally good
    (binomial, two-sided). 1 when they never disagree. Refused below five subjects, and where subjects have several
    cases.
    """
    one, other = (values.astype(bool) for values in paired(first, second, subjects))
    if len(set(subjects)) < FEWEST_SUBJECTS:
        return Significance("mcnemar", None, len(one), too_few(len(set(subjects))))
    if not one_case_each(subjects):
        return Significance("mcnemar", None, len(one), SEVERAL_CASES)
    lost, won = int(np.sum(one & ~other)), int(np.sum(~one & other))
    p = min(1.0, 2 * float(bdtr(min(lost, won), lost + won, 0.5))) if lost + won else 1.0
    return Significance("mcnemar", p, len(one))
