"""Whether probabilities mean what they say: how often is true what is given so and so much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medopt.errors import MedOptError

Binning = Literal["width", "mass"]
"""Bins of equal width, or bins that hold equally many cases."""

BINS = 10
"""Bins from 0 to 1, unless the caller says otherwise."""


@dataclass(frozen=True, eq=False)
class Reliability:
    """Probabilities in bins, and how often what they are given to is true.

    Parameters
    ----------
    edges : (bins + 1,) ascending from 0 to 1; a probability at an inner edge belongs to the bin below
    number : (bins,) answers in each bin
    given : (bins,) sum of their probabilities
    true : (bins,) how many of them are true
    """

    edges: NDArray[np.float64]
    number: NDArray[np.float64]
    given: NDArray[np.float64]
    true: NDArray[np.float64]

    @property
    def mean_given(self) -> NDArray[np.float64]:
        """(bins,) mean probability of each bin, NaN where it is empty."""
        return np.divide(self.given, self.number, out=np.full(len(self.number), np.nan), where=self.number > 0)

    @property
    def share_true(self) -> NDArray[np.float64]:
        """(bins,) how often it was true, NaN where the bin is empty: the height of a reliability diagram."""
        return np.divide(self.true, self.number, out=np.full(len(self.number), np.nan), where=self.number > 0)


def reliability(
    truth: ArrayLike, probabilities: ArrayLike, *, bins: int = BINS, binning: Binning = "width"
) -> Reliability:
    """Sort probabilities into bins.

    Parameters
    ----------
    truth : any shape, bool or 0 and 1: whether it is so
    probabilities : of the same shape, 0 to 1, of its being so
    bins : number of bins
    binning : of equal width, or with equally many probabilities (edges at their quantiles; where many are equal some
        bins stay empty)

    Empty input gives empty bins. Raises MedOptError when shapes differ, a probability lies outside 0 to 1, or bins or
    binning are wrong.
    """
    p, true = _checked(truth, probabilities)
    edges = bin_edges(p, bins, binning)
    place = bin_of(p, edges)
    return Reliability(
        edges,
        np.bincount(place, minlength=bins).astype(float),
        np.bincount(place, weights=p, minlength=bins).astype(float),
        np.bincount(place, weights=true, minlength=bins).astype(float),
    )


def calibration_error(table: Reliability) -> float | None:
    """Expected calibration error: the distance of the mean probability from the share that is true, as a mean over
    answers (Naeini, Cooper & Hauskrecht, AAAI 2015:2901-2907). None without answers.

    It is 0 at best. With few cases it is above 0 even for perfect probabilities, the more so the more bins there
    are; see ``expected_by_chance``.
    """
    total = table.number.sum()
    return float(np.abs(table.given - table.true).sum() / total) if total else None


def expected_by_chance(
    truth: ArrayLike, probabilities: ArrayLike, *, bins: int = BINS, binning: Binning = "width", seed: int = 1
) -> tuple[float, float] | None:
    """The calibration error that chance alone gives these probabilities if they are right: mean and 95th percentile.

    From 2,000 draws of what is true according to the probabilities (consistency resampling: Bröcker & Smith, Weather
    Forecast 2007;22:651-661). An error above the percentile tells of probabilities that are not right. None without
    answers. Arguments and errors as in ``reliability``; cases are taken as independent.
    """
    p, _ = _checked(truth, probabilities)
    if not len(p):
        return None
    place, random = bin_of(p, bin_edges(p, bins, binning)), np.random.default_rng(seed)
    order = np.argsort(place, kind="stable")
    p, starts = p[order], np.searchsorted(place[order], np.arange(bins))
    filled = np.bincount(place, minlength=bins) > 0
    errors = []
    for _ in range(20):
        apart = np.add.reduceat((random.random((100, len(p))) < p) - p, starts[filled], axis=1)
        errors.append(np.abs(apart).sum(axis=1) / len(p))
    found = np.concatenate(errors)
    return float(found.mean()), float(np.quantile(found, 0.95))


def bin_edges(probabilities: NDArray, bins: int = BINS, binning: Binning = "width") -> NDArray[np.float64]:
    """(bins + 1,) edges from 0 to 1, as scikit-learn's ``calibration_curve`` has them."""
    if bins < 1 or binning not in get_args(Binning):
        expected = "at least one bin, of equal " + " or ".join(get_args(Binning))
        raise MedOptError("wrong bins of probabilities", expected=expected, found=f"{bins}, {binning}")
    edges = np.linspace(0, 1, bins + 1)
    if binning == "mass" and len(probabilities):
        edges[1:-1] = np.quantile(probabilities, edges[1:-1])
    return edges


def bin_of(probabilities: NDArray, edges: NDArray) -> NDArray[np.int64]:
    """The bin of each probability."""
    return np.searchsorted(edges[1:-1], probabilities, side="left")


def _checked(truth: ArrayLike, probabilities: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    p, true = np.asarray(probabilities, float), np.asarray(truth)
    if p.shape != true.shape:
        raise MedOptError("truths and probabilities do not fit", expected=str(true.shape), found=str(p.shape))
    p, true = p.ravel(), true.ravel().astype(bool).astype(float)
    if p.size and not (p.min() >= 0 and p.max() <= 1):
        raise MedOptError("a score is no probability", expected="0 to 1", found=f"{p.min():g} to {p.max():g}")
    return p, true
