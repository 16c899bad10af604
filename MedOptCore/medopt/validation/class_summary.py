"""From classified cases to areas and rates with intervals over subjects."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from medopt.metrics.probability_scores import SMALLEST
from medopt.validation.class_intervals import better_interval, calibration_rule, curve_rule, spread_rule
from medopt.validation.class_results import ClassCase
from medopt.validation.class_table import ClassTable, Key, denominator
from medopt.validation.measures import CLASS_MEASURES
from medopt.validation.resampling import intervals, resample
from medopt.validation.settings import BootstrapSettings
from medopt.validation.statistics import Interval
from medopt.validation.table import MEAN, SummaryRow
from medopt.validation.weighted import (
    mean_of_defined,
    weighted_auroc,
    weighted_average_precision,
    weighted_kappa,
    weighted_rates,
)
from medopt.validation.weighted_calibration import weighted_calibration_error


def summarize_classes(
    cases: Sequence[ClassCase],
    names: Sequence[str],
    *,
    exclusive: bool = True,
    settings: BootstrapSettings | None = None,
) -> tuple[SummaryRow, ...]:
    """Every metric of every class, and of all classes together (``MEAN``).

    Of all together, areas, F1 and (several classes at once) all else are means over the classes for which they are
    defined; with exclusive classes accuracy, balanced accuracy, kappa, Brier score and log loss are those of the
    whole choice. ``n`` is the number of cases in the denominator: those with the class for sensitivity, those without
    for specificity, those so predicted for PPV and NPV.

    Intervals: Wilson for rates, with the number of independent cases that several of one subject are worth; DeLong for
    the areas under ROC curves where every subject has one case; for everything else the bootstrap over subjects. An
    interval is refused below five subjects, that of a curve below five subjects with or without the class, and that of
    the bootstrap where no resample gives another value (as for an F1 of 0 or 1). The
    calibration error has none, but the error that chance gives beside it. No cases give no rows.
    """
    settings = settings or BootstrapSettings()
    if not cases:
        return ()
    table = ClassTable.of(cases, names)
    numbers = class_numbers(table, exclusive)
    sample = resample(lambda weights: _stacked(numbers(weights)), list(table.subjects), settings)
    keys = list(numbers(np.ones((1, len(cases)))))
    who = {key: denominator(table, key) for key in keys}
    counts = [int(members.sum()) for members in who.values()]
    people = [len(np.unique(table.subjects[members])) for members in who.values()]
    found = dict(zip(keys, intervals(sample, counts, people, settings), strict=True))
    rows = []
    for structure, metric in keys:
        interval, method = better_interval(table, structure, metric, found[structure, metric], settings, exclusive)
        interval, chance = spread_rule(curve_rule(table, structure, metric, interval), method), None
        if metric == "ece":
            interval, chance = calibration_rule(table, structure, interval, settings)
        without = _without(found, names, metric) if structure == MEAN and (names[0], metric) in found else ()
        excluded = 0 if structure == MEAN else int((~table.judged[:, list(names).index(structure)]).sum())
        more = {"method": method, "without": without, "by_chance": chance}
        rows.append(SummaryRow.of(structure, metric, interval, excluded, **more))
    return tuple(rows)


def class_numbers(table: ClassTable, exclusive: bool) -> Callable[[NDArray], dict[Key, NDArray]]:
    """A function of weights (samples, cases) that gives (samples,) of every metric of each class and of ``MEAN``."""

    def numbers(weights: NDArray) -> dict[Key, NDArray]:
        classes = {name: _of_class(table, weights, c, exclusive) for c, name in enumerate(table.names)}
        whole = _of_choice(table, weights) if exclusive else {}
        shared = next(iter(classes.values()))
        for metric in shared:
            if metric not in whole and metric not in _ONLY_BY_CLASS:
                whole[metric] = mean_of_defined(np.stack([found[metric] for found in classes.values()], 1))
        tables = {**classes, MEAN: whole}
        return {
            (name, m.name): found[m.name] for name, found in tables.items() for m in CLASS_MEASURES if m.name in found
        }

    return numbers


_ONLY_BY_CLASS = ("sensitivity", "specificity", "ppv", "npv")


def _of_class(table: ClassTable, weights: NDArray, c: int, exclusive: bool) -> dict[str, NDArray]:
    here = table.judged[:, c]
    drawn, truth = weights[:, here], table.truth[here, c]
    said, sure = table.predicted[here, c], table.sure[here, c]
    tp, fn = drawn @ (truth & said), drawn @ (truth & ~said)
    fp, tn = drawn @ (~truth & said), drawn @ (~truth & ~said)
    found = {
        "auroc": weighted_auroc(drawn, truth, sure),
        "average_precision": weighted_average_precision(drawn, truth, sure),
        "sensitivity": weighted_rates(tp, fn),
        "specificity": weighted_rates(tn, fp),
        "ppv": weighted_rates(tp, fp),
        "npv": weighted_rates(tn, fn),
        "f1": weighted_rates(2 * tp, fp + fn),
        "brier": _mean_over_cases(drawn, (sure - truth) ** 2),
        "ece": weighted_calibration_error(drawn, truth, sure),
    }
    if not exclusive:
        confusion = np.stack([np.stack([tn, fp], 1), np.stack([fn, tp], 1)], 1)
        right = np.clip(np.where(truth, sure, 1 - sure), SMALLEST, 1)
        found["accuracy"] = weighted_rates(tp + tn, fp + fn)
        found["kappa"] = weighted_kappa(confusion)
        found["log_loss"] = _mean_over_cases(drawn, -np.log(right))
    return found


def _of_choice(table: ClassTable, weights: NDArray) -> dict[str, NDArray]:
    """Metrics of the one class that is chosen among exclusive ones."""
    size = len(table.names)
    truth, said = table.truth.argmax(axis=1), table.predicted.argmax(axis=1)
    cells = np.zeros((len(truth), size * size))
    cells[np.arange(len(truth)), truth * size + said] = 1
    confusion = (weights @ cells).reshape(-1, size, size)
    right = np.clip(np.take_along_axis(table.sure, truth[:, None], 1)[:, 0], SMALLEST, 1)
    there = np.diagonal(confusion, axis1=1, axis2=2)
    return {
        "accuracy": weighted_rates(there.sum(axis=1), confusion.sum(axis=(1, 2)) - there.sum(axis=1)),
        "balanced_accuracy": mean_of_defined(weighted_rates(there, confusion.sum(axis=2) - there)),
        "kappa": weighted_kappa(confusion),
        "brier": _mean_over_cases(weights, ((table.sure - table.truth) ** 2).sum(axis=1)),
        "log_loss": _mean_over_cases(weights, -np.log(right)),
    }


def _mean_over_cases(weights: NDArray, values: NDArray) -> NDArray:
    total = weights @ values
    return np.divide(total, weights.sum(axis=1), out=np.full(len(total), np.nan), where=weights.sum(axis=1) > 0)


def _stacked(numbers: dict[Key, NDArray]) -> NDArray:
    return np.stack(list(numbers.values()), axis=1)


def _without(found: dict[Key, Interval], names: Sequence[str], metric: str) -> tuple[str, ...]:
    return tuple(name for name in names if found[name, metric].estimate is None)
