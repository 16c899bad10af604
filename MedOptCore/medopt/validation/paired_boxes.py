"""Two detections in the same images, metric by metric."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medopt.validation.box_results import BoxResults
from medopt.validation.box_summary import BoxTable, box_numbers, holders_rule
from medopt.validation.paired_rows import PairedRow
from medopt.validation.resampling import resample
from medopt.validation.settings import BootstrapSettings
from medopt.validation.significance import bootstrap_test
from medopt.validation.table import MEAN

TESTS_OF_BOXES = ("bootstrap",)


def paired_boxes(
    first: BoxResults, second: BoxResults, metrics: Sequence[str], settings: BootstrapSettings | None
) -> list[PairedRow]:
    """A row for each metric of each class and of the mean over classes, over the images of both."""
    names = [structure.name for structure in first.structures]
    shared = sorted({case.case for case in first.cases} & {case.case for case in second.cases})
    cases = [[{case.case: case for case in r.cases}[name] for name in shared] for r in (first, second)]
    tables = [{name: BoxTable.of(some, name) for name in names} for some in cases]
    numbers = [box_numbers(table, metrics) for table in tables]
    ones = np.ones((1, len(shared)))
    values = [found(ones) for found in numbers]
    keys = list(values[0])

    def statistic(weights: NDArray) -> NDArray:
        drawn = [found(weights) for found in numbers]
        return np.stack([drawn[1][key] - drawn[0][key] for key in keys], 1)

    subjects = np.array([case.subject for case in cases[0]], str)
    judged = {name: table.judged for name, table in tables[0].items()}
    judged[MEAN] = np.any(list(judged.values()), axis=0)
    n = [int(judged[structure].sum()) for structure, _ in keys]
    people = [len(np.unique(subjects[judged[structure]])) for structure, _ in keys]
    width = max(len(table.scores) for both in tables for table in both.values())
    sample = resample(statistic, list(subjects), settings, width=max(width, len(keys)))
    everyone = len({case.case for case in first.cases} | {case.case for case in second.cases})
    few = holders_rule(tables[0], subjects)
    rows = []
    for key, (interval, said) in zip(keys, bootstrap_test(sample, n, people, settings), strict=True):
        why = interval.refused or few[key[0]]
        one, other = (float(value[key][0]) for value in values)
        rows.append(
            PairedRow(
                structure=key[0],
                metric=key[1],
                first=one if np.isfinite(one) else None,
                second=other if np.isfinite(other) else None,
                difference=interval.estimate,
                low=None if why else interval.low,
                high=None if why else interval.high,
                p_value=None if why else said.p_value,
                n=interval.n,
                n_subjects=interval.n_subjects,
                excluded=everyone - interval.n,
                note=why,
                test=said.test,
            )
        )
    return rows
