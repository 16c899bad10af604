"""The difference of two models over resamples of their common subjects."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from medopt.validation.interval import Interval
from medopt.validation.resampling import Resampled, intervals
from medopt.validation.settings import OF_DIFFERENCES, BootstrapSettings
from medopt.validation.significance.outcome import Significance, paired
from medopt.validation.statistics import resampled_mean


def paired_bootstrap(
    first: ArrayLike, second: ArrayLike, subjects: Sequence[str], settings: BootstrapSettings | None = None
) -> Significance:
    """Test the mean difference of paired values; see ``bootstrap_test``.

    Parameters
    ----------
    first, second : (cases,) values of two models
    subjects : the subject of each case
    """
    one, other = paired(first, second, subjects)
    if not len(one):
        return Significance("bootstrap", None, 0, "no case")
    people, settings = len(set(subjects)), settings or OF_DIFFERENCES
    return bootstrap_test(resampled_mean(other - one, subjects, settings), [len(one)], [people], settings)[0][1]


def bootstrap_test(
    difference: Resampled, n: Sequence[int], n_subjects: Sequence[int], settings: BootstrapSettings | None = None
) -> list[tuple[Interval, Significance]]:
    """The interval of each difference, and how surely it is not 0.

    Parameters
    ----------
    difference : numbers of one model minus those of another on the same resamples of subjects; any that a function of
        weights gives, such as areas under curves
    n, n_subjects : cases and subjects that enter each
    settings : of the bootstrap; ``OF_DIFFERENCES`` when None

    The p-value is the level up to which the interval leaves out 0 (Efron & Tibshirani, An Introduction to the
    Bootstrap (1993), 15.4, of BCa intervals), so that interval and test never disagree. It is refused where
    the interval is.
    """
    found, settings = [], settings or OF_DIFFERENCES
    p_values = difference.p_values(n_subjects, settings)
    for interval, p in zip(intervals(difference, n, n_subjects, settings), p_values, strict=True):
        found.append((interval, Significance("bootstrap", p, interval.n_subjects, interval.refused)))
    return found
