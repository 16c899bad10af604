"""How much of its score a smaller model keeps: a ratio on the same cases, with its interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.validation.box_results import BoxResults
from medopt.validation.box_summary import BoxTable, box_numbers
from medopt.validation.class_results import ClassResults
from medopt.validation.class_summary import class_numbers
from medopt.validation.class_table import ClassTable
from medopt.validation.resampling import intervals, resample
from medopt.validation.result_files import AnyResults
from medopt.validation.results import Results
from medopt.validation.settings import OF_DIFFERENCES, BootstrapSettings
from medopt.validation.table import MEAN

Numbers = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""(samples, cases) weights → (samples, structures and then the mean over them); NaN where it is not defined."""


@dataclass(frozen=True)
class Ratio:
    """What a model keeps of another one's main metric.

    Parameters
    ----------
    estimate : of the mean over structures or classes; None when it is not defined
    low, high : its 95 % interval over resamples of subjects; None when it is refused, as below five subjects
    structures : each and its ratio, None where it is not defined
    n_subjects : that were resampled
    """

    estimate: float | None
    low: float | None
    high: float | None
    structures: tuple[tuple[str, float | None], ...]
    n_subjects: int


def kept_ratio(reference: AnyResults, smaller: AnyResults, settings: BootstrapSettings | None = None) -> Ratio:
    """The main metric of ``smaller`` over that of ``reference`` on the cases of both.

    Both scores are recomputed in each resample of subjects, on the same subjects, and divided; the interval is that of
    percentiles, as for differences of two models. Raises MedOptError when the tasks, structures or cases differ.
    """
    names = [structure.name for structure in reference.structures]
    cases = sorted({score.case for score in reference.scored})
    if (
        reference.task != smaller.task
        or names != [structure.name for structure in smaller.structures]
        or cases != sorted({score.case for score in smaller.scored})
    ):
        raise MedOptError("the two models were not measured on the same cases and structures")
    if not cases:
        raise MedOptError("no case to compare the models on")
    owner = {score.case: score.subject for score in reference.scored}
    before, after = (_numbers(results, cases, names) for results in (reference, smaller))

    def statistic(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return _divided(after(weights), before(weights))

    settings = settings or OF_DIFFERENCES
    subjects = [owner[case] for case in cases]
    people = len(set(subjects))
    sample = resample(statistic, subjects, settings, width=len(cases) * (len(names) + 1))
    width = len(names) + 1
    found = intervals(sample, [len(cases)] * width, [people] * width, settings)
    whole = found[-1]
    structures = tuple((name, one.estimate) for name, one in zip(names, found, strict=False))
    return Ratio(whole.estimate, whole.low, whole.high, structures, people)


def main_score(results: AnyResults) -> float | None:
    """The main metric's mean over structures or classes; None when it is not defined."""
    names = [structure.name for structure in results.structures]
    cases = sorted({score.case for score in results.scored})
    if not cases:
        return None
    value = float(_numbers(results, cases, names)(np.ones((1, len(cases))))[0, -1])
    return value if np.isfinite(value) else None


def _numbers(results: AnyResults, cases: Sequence[str], names: Sequence[str]) -> Numbers:
    metric = results.main_metric
    if isinstance(results, Results):
        return _mask_means(results, cases, names)
    if isinstance(results, ClassResults):
        of_case = {case.case: case for case in results.cases}
        classes = class_numbers(ClassTable.of([of_case[case] for case in cases], names), results.exclusive)
        return lambda weights: _stacked(classes(weights), names, metric)
    if isinstance(results, BoxResults):
        boxes_of = {case.case: case for case in results.cases}
        some = [boxes_of[case] for case in cases]
        boxes = box_numbers({name: BoxTable.of(some, name) for name in names}, [metric])
        return lambda weights: _stacked(boxes(weights), names, metric)
    raise TypeError("results of an unknown task")


def _stacked(
    found: dict[tuple[str, str], NDArray[np.float64]], names: Sequence[str], metric: str
) -> NDArray[np.float64]:
    return np.stack([found[name, metric] for name in (*names, MEAN)], 1)


def _mask_means(results: Results, cases: Sequence[str], names: Sequence[str]) -> Numbers:
    """Weighted means over the cases for which the metric is defined."""
    columns = []
    for name in (*names, MEAN):
        value = {one.case: one.value for one in results.case_values(name, results.main_metric)}
        columns.append([np.nan if (v := value.get(case)) is None else v for case in cases])
    values = np.array(columns, float).T
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)
    return lambda weights: _divided(weights @ filled, weights @ known)


def _divided(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    """NaN where there is nothing to divide by."""
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=np.asarray(below) > 0)
