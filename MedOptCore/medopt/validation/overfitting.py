"""Does a model fit, overfit or underfit? Training against test subjects, in words, by a stated rule."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from medopt.errors import MedOptError
from medopt.validation.box_results import BoxResults
from medopt.validation.box_summary import BoxTable, box_numbers
from medopt.validation.class_results import ClassResults
from medopt.validation.class_summary import class_numbers
from medopt.validation.class_table import ClassTable
from medopt.validation.measures import BOX_MEASURES, CLASS_MEASURES, MASK_MEASURES
from medopt.validation.resampling import Resampled, intervals, resample
from medopt.validation.result_files import AnyResults
from medopt.validation.results import Results
from medopt.validation.settings import BootstrapSettings
from medopt.validation.statistics import Interval, bootstrap_difference, bootstrap_mean
from medopt.validation.table import MEAN

Verdict = Literal["fits", "overfits", "underfits", "too few cases to tell"]

LARGE_GAP = 0.05
"""A gap between training and test from which on we speak of overfitting, unless the caller says otherwise."""

GOOD = MappingProxyType({"dice": 0.7, "auroc": 0.8, "ap50": 0.5})
"""From which value on a model counts as good: Dice after Zijdenbos et al., IEEE Trans Med Imaging 1994;13:716-724;
AUROC ("excellent discrimination") after Hosmer, Lemeshow & Sturdivant, Applied Logistic Regression (2013), 5.2.4;
AP50 by a convention of this project, for which we know of no reference."""

GOOD_OTHERWISE = 0.7
"""The same for other metrics."""


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
    train: AnyResults,
    test: AnyResults,
    *,
    structure: str = MEAN,
    metric: str | None = None,
    large_gap: float = LARGE_GAP,
    good: float | None = None,
    settings: BootstrapSettings | None = None,
) -> SubsetGap:
    """Compare training and test scores of one model and say in words whether it fits.

    ``metric`` is by default the task's main one (Dice, AUROC, AP50) and ``good`` its value in ``GOOD``.

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
    metric = metric or test.main_metric
    good = GOOD.get(metric, GOOD_OTHERWISE) if good is None else good
    _check(train, test, metric)
    known, unseen, gap = _intervals(train, test, structure, metric, settings or test.settings.bootstrap)
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


def _intervals(
    train: AnyResults, test: AnyResults, structure: str, metric: str, settings: BootstrapSettings
) -> tuple[Interval, Interval, Interval]:
    """Of training, of test, and of their difference."""
    if isinstance(train, Results) and isinstance(test, Results):
        sides = []
        for results in (train, test):
            found = [v for v in results.case_values(structure, metric) if v.value is not None]
            sides.append(([v.value for v in found if v.value is not None], [v.subject for v in found]))
        known, unseen = bootstrap_mean(*sides[0], settings), bootstrap_mean(*sides[1], settings)
        return known, unseen, bootstrap_difference(sides[0], sides[1], settings)
    rows = train.row(structure, metric), test.row(structure, metric)
    n, people = [row.n for row in rows], [row.n_subjects for row in rows]
    if any(row.estimate is None for row in rows):
        known, unseen = (Interval(row.estimate, row.low, row.high, row.n, row.n_subjects, row.note) for row in rows)
        return (
            known,
            unseen,
            Interval(None, None, None, min(n), min(people), "the metric is not defined for these cases"),
        )
    if isinstance(train, Results) or isinstance(test, Results):
        raise TypeError("results of two tasks")
    one = resample_one(train, structure, metric, settings)
    other = resample_one(test, structure, metric, settings.model_copy(update={"seed": settings.seed + 1}))
    known = intervals(one, n[:1], people[:1], settings)[0]
    unseen = intervals(other, n[1:], people[1:], settings)[0]
    return known, unseen, intervals(one.minus(other), [min(n)], [min(people)], settings)[0]


def resample_one(
    results: ClassResults | BoxResults, structure: str, metric: str, settings: BootstrapSettings
) -> Resampled:
    """One number of the summary, resampled over the subjects of ``results``."""
    names = [s.name for s in results.structures]
    subjects = [case.subject for case in results.cases]
    if isinstance(results, ClassResults):
        numbers = class_numbers(ClassTable.of(results.cases, names), results.exclusive)
        return resample(lambda weights: numbers(weights)[structure, metric][:, None], subjects, settings)
    tables = {name: BoxTable.of(results.cases, name) for name in names}
    of_boxes, width = box_numbers(tables, (metric,)), max(len(table.scores) for table in tables.values())
    return resample(lambda weights: of_boxes(weights)[structure, metric][:, None], subjects, settings, width=width)


def _check(train: AnyResults, test: AnyResults, metric: str) -> None:
    measures = {"segmentation": MASK_MEASURES, "classification": CLASS_MEASURES, "detection": BOX_MEASURES}[test.task]
    allowed = [measure.name for measure in measures if measure.higher_is_better]
    if metric not in allowed:
        raise MedOptError("no verdict on this metric", where=metric, expected="one of " + ", ".join(allowed))
    if train.task != test.task or train.structures != test.structures or train.model != test.model:
        raise MedOptError(
            "training and test scores are not of one model and one set of structures",
            expected=f"{train.model}: {', '.join(s.name for s in train.structures)}",
            found=f"{test.model}: {', '.join(s.name for s in test.structures)}",
        )
    both = {s.subject for s in train.scored} & {s.subject for s in test.scored}
    if both:
        raise MedOptError(
            "subjects stand in both training and test",
            found=", ".join(sorted(both)[:5]),
            remedy="Make the split by subject and validate again",
        )
