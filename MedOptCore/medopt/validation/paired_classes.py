"""Two classifications of the same cases, metric by metric."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.validation.class_intervals import curve_rule
from medopt.validation.class_results import ClassResults
from medopt.validation.class_summary import class_numbers
from medopt.validation.class_table import ClassTable, Key, denominator, is_right
from medopt.validation.paired_rows import PairedRow
from medopt.validation.resampling import resample
from medopt.validation.settings import BootstrapSettings
from medopt.validation.significance import Significance, bootstrap_test, delong, mcnemar
from medopt.validation.significance.outcome import one_case_each
from medopt.validation.table import MEAN

TESTS_OF_CLASSES = ("auto", "bootstrap", "delong", "mcnemar")
"""``auto``: DeLong for areas under ROC curves and McNemar for accuracy, sensitivity and specificity where every subject
has one case, the bootstrap for all else."""

_OF_ANSWERS = ("accuracy", "sensitivity", "specificity")


def paired_classes(
    first: ClassResults, second: ClassResults, metrics: Sequence[str], test: str, settings: BootstrapSettings | None
) -> list[PairedRow]:
    """A row for each metric of each class and of all classes together, over the cases of both.

    Raises MedOptError when one takes the classes as exclusive and the other does not.
    """
    if first.exclusive != second.exclusive:
        words = {True: "one class a case", False: "several classes a case"}
        raise MedOptError(
            "the two validations take the classes differently",
            expected=words[first.exclusive],
            found=words[second.exclusive],
        )
    names = [structure.name for structure in first.structures]
    shared = sorted({case.case for case in first.cases} & {case.case for case in second.cases})
    tables = [
        ClassTable.of([{case.case: case for case in results.cases}[name] for name in shared], names)
        for results in (first, second)
    ]
    numbers = [class_numbers(table, first.exclusive) for table in tables]
    ones = np.ones((1, len(shared)))
    values = [found(ones) for found in numbers]
    keys = [key for key in values[0] if key[1] in metrics]

    def statistic(weights: NDArray) -> NDArray:
        drawn = [found(weights) for found in numbers]
        return np.stack([drawn[1][key] - drawn[0][key] for key in keys], 1)

    # calls differ between the models, and with them the denominators of PPV and NPV: of these all cases count
    members = [denominator(tables[0], (s, "f1" if m in ("ppv", "npv") else m)) for s, m in keys]
    subjects = tables[0].subjects
    n, people = [int(m.sum()) for m in members], [len(np.unique(subjects[m])) for m in members]
    tested = bootstrap_test(resample(statistic, list(subjects), settings), n, people, settings)
    everyone = len({case.case for case in first.cases} | {case.case for case in second.cases})
    rows = []
    for key, (interval, by_bootstrap) in zip(keys, tested, strict=True):
        ruled = curve_rule(tables[0], *key, interval)
        said = _test(tables, key, test, first.exclusive) or by_bootstrap
        if ruled.refused:
            said = Significance(said.test, None, said.n, ruled.refused)
        rows.append(
            PairedRow(
                structure=key[0],
                metric=key[1],
                first=_defined(values[0][key]),
                second=_defined(values[1][key]),
                difference=ruled.estimate,
                low=ruled.low,
                high=ruled.high,
                p_value=said.p_value,
                n=ruled.n,
                n_subjects=ruled.n_subjects,
                excluded=everyone - len(shared),
                note=ruled.refused or said.refused,
                test=said.test,
            )
        )
    return rows


def _test(tables: Sequence[ClassTable], key: Key, test: str, exclusive: bool) -> Significance | None:
    """The closed form that was asked for, or that holds; None for the bootstrap."""
    structure, metric = key
    single = one_case_each(tables[0].subjects.tolist())
    if structure != MEAN and metric == "auroc" and (test == "delong" or (test == "auto" and single)):
        c = tables[0].names.index(structure)
        here = tables[0].judged[:, c]
        one, other = (table.sure[here, c] for table in tables)
        return delong(tables[0].truth[here, c], one, other, tables[0].subjects[here].tolist())
    if metric in _OF_ANSWERS and (test == "mcnemar" or (test == "auto" and single)):
        if structure == MEAN and not (exclusive and metric == "accuracy"):
            return None  # a mean over classes is no share of cases
        here = denominator(tables[0], key)
        first, second = (is_right(table, structure)[here] for table in tables)
        return mcnemar(first, second, tables[0].subjects[here].tolist())
    return None


def _defined(value: NDArray) -> float | None:
    return float(value[0]) if np.isfinite(value[0]) else None
