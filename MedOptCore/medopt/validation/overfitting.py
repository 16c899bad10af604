"""Does a model fit, overfit or underfit? Training against test subjects, in words, by a stated rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from medopt.errors import MedOptError
from medopt.metrics import METRICS
from medopt.validation.results import MEAN, Results
from medopt.validation.settings import BootstrapSettings
from medopt.validation.statistics import bootstrap_difference, bootstrap_mean

Verdict = Literal["fits", "overfits", "underfits", "too few cases to tell"]

LARGE_GAP = 0.05
"""A gap between training and test from which on we speak of overfitting, unless the caller says otherwise."""

GOOD_AGREEMENT = 0.7
"""Dice from which on agreement counts as good: Zijdenbos et al., IEEE Trans Med Imaging 1994;13:716-724."""


@dataclass(frozen=True)
class SubsetGap:
    """The gap between training and test, and what it means.

    Parameters
    ----------
    structure, metric : what was compared; the structure by name or ``MEAN``
    train, test : means over cases; None when there is no case
    gap : training minus test: above 0 when unseen subjects fare worse
    low, high : bootstrap interval of the gap over subjects; None when it is refused
    n_train, n_test : cases that entered
    verdict, rule : the verdict, and the rule by which it was reached with the numbers filled in
    """

    structure: str
    metric: str
    train: float | None
    test: float | None
    gap: float | None
    low: float | None
    high: float | None
    n_train: int
    n_test: int
    verdict: Verdict
    rule: str


def compare_subsets(
    train: Results,
    test: Results,
    *,
    structure: str = MEAN,
    metric: str = "dice",
    large_gap: float = LARGE_GAP,
    good: float = GOOD_AGREEMENT,
    settings: BootstrapSettings | None = None,
) -> SubsetGap:
    """Compare training and test scores of one model and say in words whether it fits.

    The idea is that of Goodfellow, Bengio & Courville, Deep Learning (2016), section 5.2: a model underfits when it is
    not good enough even on its training data, and overfits when it is much better on them than on unseen data. The
    rule, with intervals over subjects in place of bare means:

    1. fewer than five subjects on either side: too few cases to tell;
    2. the interval of the training mean lies below ``good``: underfits;
    3. the interval of the gap lies above ``large_gap``: overfits;
    4. the interval of the gap lies at or below ``large_gap``, and that of the training mean is not wholly below
       ``good``: fits;
    5. the interval of the gap holds ``large_gap``: too few cases to tell.

    Training scores must come from whole training cases without augmentation, as ``validate_cases`` makes them.
    Raises MedOptError for a metric that is not between 0 and 1 with 1 best, for different structures, for different
    models, or when a subject stands on both sides.
    """
    _check(train, test, metric)
    sides = []
    for results in (train, test):
        found = [v for v in results.case_values(structure, metric) if v.value is not None]
        sides.append(([v.value for v in found if v.value is not None], [v.subject for v in found]))
    settings = settings or test.settings.bootstrap
    known, unseen = bootstrap_mean(*sides[0], settings), bootstrap_mean(*sides[1], settings)
    gap = bootstrap_difference(sides[0], sides[1], settings)
    verdict: Verdict
    if gap.low is None or gap.high is None or known.low is None or known.high is None:
        verdict, rule = "too few cases to tell", gap.refused
    elif known.high < good:
        verdict = "underfits"
        rule = f"even on training cases the mean is {known.low:.3f} to {known.high:.3f}, below {good:g}"
    elif gap.low > large_gap:
        verdict = "overfits"
        rule = f"training is better than test by {gap.low:.3f} to {gap.high:.3f}, more than {large_gap:g}"
    elif gap.high <= large_gap:
        verdict = "fits"
        rule = f"training is better than test by {gap.low:.3f} to {gap.high:.3f}, not more than {large_gap:g}"
    else:
        verdict = "too few cases to tell"
        rule = f"the gap is {gap.low:.3f} to {gap.high:.3f}, which may be above or below {large_gap:g}"
    return SubsetGap(
        structure=structure,
        metric=metric,
        train=known.estimate,
        test=unseen.estimate,
        gap=gap.estimate,
        low=gap.low,
        high=gap.high,
        n_train=known.n,
        n_test=unseen.n,
        verdict=verdict,
        rule=rule,
    )


def _check(train: Results, test: Results, metric: str) -> None:
    if metric not in METRICS or not METRICS[metric].higher_is_better:
        raise MedOptError(
            "no verdict on this metric",
            where=metric,
            expected="one of " + ", ".join(name for name, m in METRICS.items() if m.higher_is_better),
        )
    if train.structures != test.structures or train.model != test.model:
        raise MedOptError(
            "training and test scores are not of one model and one set of structures",
            expected=f"{train.model}: {', '.join(s.name for s in train.structures)}",
            found=f"{test.model}: {', '.join(s.name for s in test.structures)}",
        )
    both = {s.subject for s in train.cases} & {s.subject for s in test.cases}
    if both:
        raise MedOptError(
            "subjects stand in both training and test",
            found=", ".join(sorted(both)[:5]),
            remedy="Make the split by subject and validate again",
        )
