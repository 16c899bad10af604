"""Bias and limits of agreement between predicted and reference volumes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from medopt.validation.interval import FEWEST_SUBJECTS, Interval, too_few
from medopt.validation.resampling import FEWEST_DEFINED, resample
from medopt.validation.settings import BootstrapSettings
from medopt.validation.statistics import bootstrap_mean

WITHIN = 0.95
"""Share of the differences that lies between the limits, were they normal."""


@dataclass(frozen=True)
class AgreementLimits:
    """Where the differences of two ways of measuring lie.

    Parameters
    ----------
    bias : the mean difference with its interval
    lower, upper : mean minus and plus 1.96 standard deviations, each with its interval
    """

    bias: Interval
    lower: Interval
    upper: Interval


def agreement_limits(
    differences: ArrayLike, subjects: Sequence[str], settings: BootstrapSettings | None = None
) -> AgreementLimits:
    """Bland and Altman's limits of agreement (Lancet 1986;327:307-310) with bootstrap intervals over subjects.

    Parameters
    ----------
    differences : (cases,) finite, predicted minus reference
    subjects : the subject of each case
    settings : level, samples and seed

    The limits are of single cases. Below two cases there are none, below five subjects they have no interval. That of
    the bias is the one of ``bootstrap_mean``, those of the limits are studentized (bootstrap-t: Efron & Tibshirani, An
    Introduction to the Bootstrap (1993), 12.5), because BCa intervals of limits are too narrow up to 50 subjects
    (``Testing/Benchmarks/coverage.py``). Raises MedOptError as ``bootstrap_mean`` does.
    """
    settings = settings or BootstrapSettings()
    bias = bootstrap_mean(differences, subjects, settings)
    if bias.n < 2 or bias.estimate is None:
        why = f"too few cases for limits of agreement: expected at least 2, found {bias.n}"
        none = Interval(None, None, None, bias.n, bias.n_subjects, why)
        return AgreementLimits(bias, none, none)
    found = np.asarray(differences, float)
    apart = found - bias.estimate
    if bias.n_subjects < FEWEST_SUBJECTS or not apart.any():
        limits = bias.estimate + _limits(np.ones((1, len(found))), apart)[0][0]
        why = too_few(bias.n_subjects) if bias.n_subjects < FEWEST_SUBJECTS else ""
        return AgreementLimits(bias, *(_bare(float(limit), bias, why) for limit in limits))
    return AgreementLimits(bias, *_studentized(apart, subjects, bias, bias.estimate, settings))


def _bare(limit: float, bias: Interval, why: str) -> Interval:
    """A limit without an interval, or one without width where all differences are equal."""
    end = None if why else limit
    return Interval(limit, end, end, bias.n, bias.n_subjects, why)


def _studentized(
    apart: NDArray, subjects: Sequence[str], bias: Interval, middle: float, settings: BootstrapSettings
) -> tuple[Interval, Interval]:
    sample = resample(
        lambda weights: np.concatenate(_limits(weights, apart), axis=1), list(subjects), settings, stream=(5,)
    )
    limit, error = sample.estimate[:2], sample.estimate[2:]
    moved, errors = sample.replicates[:, :2] - limit, sample.replicates[:, 2:]
    known = errors > 1e-9 * error
    reach = np.divide(moved, errors, out=np.full(moved.shape, np.nan), where=known)
    if known.mean() < FEWEST_DEFINED:
        lower, upper = (_bare(middle + float(value), bias, "the differences hardly vary") for value in limit)
        return lower, upper
    tail = (1 - settings.level) / 2
    far, near = np.nanquantile(reach, (1 - tail, tail), axis=0)
    ends = middle + np.stack([limit, limit - far * error, limit - near * error], axis=1)
    lower, upper = (Interval(at, low, high, bias.n, bias.n_subjects) for at, low, high in ends.tolist())
    return lower, upper


def _limits(weights: NDArray, apart: NDArray) -> tuple[NDArray, NDArray]:
    """Of (samples, cases) weights: the lower and upper limit, (samples, 2), and their standard errors, (samples, 2).

    The error of mean ± z·sd by the delta method, from skewness and kurtosis; NaN where a sample has no two cases.
    """
    z = float(ndtri((1 + WITHIN) / 2)) * np.array([-1.0, 1.0])
    total = np.asarray(weights, float).sum(axis=1)
    number = np.where(total > 1, total, np.nan)
    one, two, three, four = (weights @ apart**power / number for power in (1, 2, 3, 4))
    variance = np.maximum(two - one**2, 0)
    spread = np.sqrt(variance * number / (number - 1))
    some = np.where(variance > 0, variance, 1.0)
    skew = (three - 3 * one * two + 2 * one**3) / some**1.5
    tails = (four - 4 * one * three + 6 * one**2 * two - 3 * one**4) / some**2
    part = np.maximum(1 + z * skew[:, None] + z**2 * (tails[:, None] - 1) / 4, 1e-3)
    error = (spread / np.sqrt(number))[:, None] * np.sqrt(part)
    return one[:, None] + z * spread[:, None], error
