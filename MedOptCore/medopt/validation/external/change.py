"""Internal against external figures: how much they differ, with an interval, and what that says."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.settings import Settings
from medopt.validation.box_summary import BoxTable, box_numbers
from medopt.validation.class_results import ClassResults
from medopt.validation.class_summary import class_numbers
from medopt.validation.class_table import ClassTable
from medopt.validation.measures import MEASURES
from medopt.validation.resampling import Resampled, intervals, resample
from medopt.validation.result_files import AnyResults
from medopt.validation.results import Results
from medopt.validation.settings import BootstrapSettings
from medopt.validation.table import MEAN

Change = Literal["worse", "better", "no difference shown", "too few cases to tell"]

Key = tuple[str, str]
"""Structure (or ``MEAN``) and metric."""

TOLD = {
    "segmentation": ("dice", "nsd", "hd95_mm"),
    "classification": ("auroc", "average_precision", "accuracy", "sensitivity", "specificity"),
    "detection": ("ap50", "froc", "sensitivity_fp1"),
}
"""What is compared by default."""


class Figure(Settings):
    """A figure with its interval (None where it is refused) and n."""

    estimate: float | None
    low: float | None
    high: float | None
    n: int
    n_subjects: int


class ChangeRow(Settings):
    """One figure on internal and on external cases.

    ``difference`` is external minus internal, ``low`` to ``high`` its bootstrap interval over the subjects of both,
    each resampled on its own; None where it is refused, with the reason in ``note``.
    """

    structure: str
    metric: str
    internal: Figure
    external: Figure
    difference: float | None
    low: float | None
    high: float | None
    change: Change
    note: str = ""


def compare_external(
    internal: AnyResults,
    external: AnyResults,
    *,
    metrics: tuple[str, ...] | None = None,
    settings: BootstrapSettings | None = None,
) -> tuple[ChangeRow, ...]:
    """Rows of each structure and then of ``MEAN``, by metric; see ``ChangeRow``.

    The two groups of subjects are independent. A figure is worse or better when the interval of the difference leaves
    out 0; where it holds 0 no difference was shown, which is no proof that there is none. Intervals are not adjusted
    for their number. Raises MedOptError when tasks, structures or ways of measuring differ, and for a metric that is
    best at 0 in the middle, of which no direction is worse.
    """
    _check(internal, external)
    settings = settings or external.settings.bootstrap
    wanted = TOLD[external.task] if metrics is None else metrics
    if aimless := [metric for metric in wanted if metric not in MEASURES or MEASURES[metric].better == "zero"]:
        raise MedOptError("no direction of this metric is worse", found=", ".join(aimless))
    keys = [
        (name, metric)
        for metric in wanted
        for name in (*(s.name for s in external.structures), MEAN)
        if _has(internal, name, metric) and _has(external, name, metric)
    ]
    defined = [key for key in keys if all(r.row(*key).estimate is not None for r in (internal, external))]
    gaps = {}
    if defined:
        one = resample_figures(external, defined, settings)
        other = resample_figures(internal, defined, settings.model_copy(update={"seed": settings.seed + 1}))
        rows = [(internal.row(*key), external.row(*key)) for key in defined]
        n, people = [min(a.n, b.n) for a, b in rows], [min(a.n_subjects, b.n_subjects) for a, b in rows]
        gaps = dict(zip(defined, intervals(one.minus(other), n, people, settings), strict=True))
    found = []
    for key in keys:
        gap = gaps.get(key)
        found.append(
            ChangeRow(
                structure=key[0],
                metric=key[1],
                internal=_figure(internal, key),
                external=_figure(external, key),
                difference=gap.estimate if gap else None,
                low=gap.low if gap else None,
                high=gap.high if gap else None,
                change=_change(key[1], gap.low if gap else None, gap.high if gap else None),
                note=gap.refused if gap else "not defined on one side",
            )
        )
    return tuple(found)


def resample_figures(results: AnyResults, keys: list[Key], settings: BootstrapSettings) -> Resampled:
    """Several figures of the summary over the same resamples of subjects; a column each."""
    names = [s.name for s in results.structures]
    if isinstance(results, Results):
        columns = [results.case_values(*key) for key in keys]
        order = list(dict.fromkeys(v.case for column in columns for v in column))
        places = {case: n for n, case in enumerate(order)}
        subject_of = {v.case: v.subject for column in columns for v in column}
        table = np.full((len(order), len(keys)), np.nan)
        for number, column in enumerate(columns):
            for value in column:
                table[places[value.case], number] = np.nan if value.value is None else value.value
        known = np.isfinite(table)

        def means(weights: NDArray) -> NDArray:
            total, sums = weights @ known, weights @ np.where(known, table, 0.0)
            return np.asarray(np.divide(sums, total, out=np.full(sums.shape, np.nan), where=total > 0))

        return resample(means, [subject_of[case] for case in order], settings)
    subjects = [case.subject for case in results.cases]
    if isinstance(results, ClassResults):
        numbers = class_numbers(ClassTable.of(results.cases, names), results.exclusive)
        return resample(lambda weights: _columns(numbers(weights), keys), subjects, settings)
    tables = {name: BoxTable.of(results.cases, name) for name in names}
    of_boxes = box_numbers(tables, tuple(dict.fromkeys(metric for _, metric in keys)))
    width = max(len(table.scores) for table in tables.values())
    return resample(lambda weights: _columns(of_boxes(weights), keys), subjects, settings, width=width)


def _columns(numbers: dict[Key, NDArray], keys: list[Key]) -> NDArray:
    return np.stack([numbers[key] for key in keys], axis=1)


def _has(results: AnyResults, structure: str, metric: str) -> bool:
    return any((row.structure, row.metric) == (structure, metric) for row in results.summary)


def _figure(results: AnyResults, key: Key) -> Figure:
    row = results.row(*key)
    return Figure(estimate=row.estimate, low=row.low, high=row.high, n=row.n, n_subjects=row.n_subjects)


def _change(metric: str, low: float | None, high: float | None) -> Change:
    if low is None or high is None:
        return "too few cases to tell"
    if low <= 0 <= high:
        return "no difference shown"
    return "better" if (low > 0) == MEASURES[metric].higher_is_better else "worse"


def _check(internal: AnyResults, external: AnyResults) -> None:
    if internal.task != external.task:
        raise MedOptError("the two results are of different tasks", expected=internal.task, found=external.task)
    if internal.structures != external.structures:
        raise MedOptError(
            "the two results scored different structures",
            expected=", ".join(s.name for s in internal.structures),
            found=", ".join(s.name for s in external.structures),
        )
    if internal.settings.model_copy(update={"bootstrap": external.settings.bootstrap}) != external.settings:
        raise MedOptError("the two results were measured in different ways", remedy="Validate the run again")
