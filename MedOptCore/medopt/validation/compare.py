"""Two models on the same cases: paired differences with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medopt.errors import MedOptError
from medopt.metrics import METRICS
from medopt.validation.results import Results
from medopt.validation.settings import BootstrapSettings
from medopt.validation.statistics import FEWEST_SUBJECTS, bootstrap_mean
from medopt.validation.table import MEAN


@dataclass(frozen=True)
class PairedRow:
    """A metric of one structure for two models on the same cases.

    Parameters
    ----------
    structure, metric : what is compared; the structure by name or ``MEAN``
    first, second : mean over the shared cases for each model, None when there are none
    difference : ``second`` minus ``first``
    low, high : bootstrap interval of the difference over subjects; None when it is refused
    p_value : Wilcoxon signed-rank test, two-sided, on the subjects' mean differences; None below five subjects
    n, n_subjects : cases that have a value for both models, and their subjects
    excluded : cases that lack one, or that only one of the models was given
    note : why there is no interval, "" when there is one
    """

    structure: str
    metric: str
    first: float | None
    second: float | None
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None
    n: int
    n_subjects: int
    excluded: int
    note: str = ""


def compare_results(
    first: Results, second: Results, settings: BootstrapSettings | None = None
) -> tuple[PairedRow, ...]:
    """Compare two validations case by case: every metric of every structure and of the mean over structures.

    Rows come in the order of the summary. The p-values are not corrected for the number of rows.

    Raises MedOptError when structures or ways of measuring differ, when no case is shared, or when a case belongs to
    different subjects.
    """
    if first.structures != second.structures:
        raise MedOptError(
            "the two validations scored different structures",
            expected=", ".join(s.name for s in first.structures),
            found=", ".join(s.name for s in second.structures),
        )
    ways = [(r.settings.nsd_tolerance_mm, r.settings.surface_points) for r in (first, second)]
    if ways[0] != ways[1]:
        raise MedOptError(
            "the two validations measured differently",
            expected=f"NSD at {ways[0][0]:g} mm on {ways[0][1]} points",
            found=f"NSD at {ways[1][0]:g} mm on {ways[1][1]} points",
            remedy="Validate both with the same settings",
        )
    subjects = [{score.case: score.subject for score in r.cases} for r in (first, second)]
    shared = subjects[0].keys() & subjects[1].keys()
    if not shared:
        raise MedOptError("the two validations share no case")
    moved = sorted(case for case in shared if subjects[0][case] != subjects[1][case])
    if moved:
        raise MedOptError("cases belong to different subjects in the two validations", found=", ".join(moved[:5]))
    names = [s.name for s in first.structures]
    return tuple(_row(first, second, name, metric, settings) for name in (*names, MEAN) for metric in METRICS)


def _row(first: Results, second: Results, structure: str, metric: str, settings: BootstrapSettings | None) -> PairedRow:
    one = {v.case: v for v in first.case_values(structure, metric)}
    other = {v.case: v.value for v in second.case_values(structure, metric)}
    pairs = []
    for case, found in sorted(one.items()):
        there = other.get(case)
        if found.value is not None and there is not None:
            pairs.append((found.subject, found.value, there))
    owners = [subject for subject, _, _ in pairs]
    before, after = np.array([p[1] for p in pairs]), np.array([p[2] for p in pairs])
    interval = bootstrap_mean(after - before, owners, settings)
    return PairedRow(
        structure=structure,
        metric=metric,
        first=float(before.mean()) if pairs else None,
        second=float(after.mean()) if pairs else None,
        difference=interval.estimate,
        low=interval.low,
        high=interval.high,
        p_value=signed_rank(after - before, owners),
        n=interval.n,
        n_subjects=interval.n_subjects,
        excluded=len(one.keys() | other.keys()) - len(pairs),
        note=interval.refused,
    )


def signed_rank(differences: Sequence[float] | np.ndarray, subjects: Sequence[str]) -> float | None:
    """Two-sided p-value of the Wilcoxon signed-rank test on the mean difference of each subject.

    1 when no subject differs; None below five subjects. Differences below 1e-12 count as none.
    """
    names, index = np.unique(np.asarray(subjects, str), return_inverse=True)
    if len(names) < FEWEST_SUBJECTS:
        return None
    means = np.round(np.bincount(index, weights=np.asarray(differences, float)) / np.bincount(index), 12)
    if not means.any():
        return 1.0
    from scipy.stats import wilcoxon  # loading scipy.stats takes half a second that only this line needs

    return float(wilcoxon(means).pvalue)
