"""Figures by subgroup: site, scanner, sex, age group and whatever else the project knows of its cases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from medopt.files import read_json, write_json
from medopt.project import Project
from medopt.settings import Settings
from medopt.validation.result_files import AnyResults
from medopt.validation.selection import of_cases
from medopt.validation.table import MEAN

FORMAT = 1

MOST_VALUES = 12
"""An attribute with more values than this is no division into groups: names, dates, serial numbers."""

PARTS = 3
"""Into how many groups of equal size an attribute of numbers, such as the age, is divided."""


class SubgroupRow(Settings):
    """The task's main figure (mean over structures or classes) of the cases that share a value of an attribute.

    ``low`` and ``high`` are the ends of the interval over subjects; None where it is refused, with ``note`` as reason.
    """

    attribute: str
    value: str
    metric: str
    estimate: float | None
    low: float | None
    high: float | None
    n: int
    n_subjects: int
    note: str = ""


def make_subgroups(results: AnyResults, attributes: Mapping[str, Mapping[str, str]]) -> tuple[SubgroupRow, ...]:
    """A row for each value of each attribute, cases without it last; attributes that divide nothing have none.

    Parameters
    ----------
    attributes : of each case, as ``Case.attributes``

    An attribute of many numbers is divided into three groups of about the same size. Groups overlap between
    attributes, and no test is made: with many groups some differ by chance.
    """
    cases = list(dict.fromkeys(item.case for item in results.scored))
    names = sorted({name for case in cases for name in attributes.get(case, {})})
    rows = []
    for name in names:
        told = {case: str(attributes.get(case, {}).get(name, "")).strip() for case in cases}
        groups = _groups(told)
        if len(groups) < 2 or len(groups) > MOST_VALUES:
            continue
        rows += [_row(results, name, value, members) for value, members in groups.items()]
    return tuple(rows)


def project_subgroups(project: Project, results: AnyResults) -> tuple[SubgroupRow, ...]:
    """The subgroups of results by what the project knows of the cases."""
    return make_subgroups(results, {case.id: case.attributes for case in project.cases()})


def save_subgroups(folder: Path, results: AnyResults, rows: Sequence[SubgroupRow]) -> None:
    """Write ``subgroups-<subset>.json`` beside the results."""
    values = {"format": FORMAT, "rows": [row.model_dump(mode="json") for row in rows]}
    write_json(folder / f"subgroups-{results.subset}.json", values)


def load_subgroups(folder: Path, subset: str) -> tuple[SubgroupRow, ...]:
    """The subgroups that stand beside the results; none where they were not measured (by an older MedOpt)."""
    path = folder / f"subgroups-{subset}.json"
    if not path.is_file():
        return ()
    values = read_json(path)
    rows = values.get("rows", ()) if isinstance(values, dict) else ()
    return tuple(SubgroupRow.parse(row, path) for row in rows)


def _groups(told: Mapping[str, str]) -> dict[str, list[str]]:
    """Value → cases, in the order of the values; what is not told comes last as "not told"."""
    values = sorted({value for value in told.values() if value}, key=lambda v: (len(v) if v.isdigit() else 0, v))
    numbers = _numbers(values)
    found: dict[str, list[str]] = defaultdict(list)
    if numbers is not None and len(values) > MOST_VALUES // 2:
        known = [numbers[value] for value in told.values() if value]
        ends = np.unique(np.quantile(known, np.linspace(0, 1, PARTS + 1)))
        labels = [f"{low:g} to {high:g}" for low, high in pairwise(ends.tolist())]
        for case, value in told.items():
            if value:
                place = min(int(np.searchsorted(ends[1:], numbers[value], "left")), len(labels) - 1)
                found[labels[place]].append(case)
        found = defaultdict(list, {label: found[label] for label in labels if found[label]})
    else:
        for value in values:
            found[value] = [case for case, own in told.items() if own == value]
    without = [case for case, value in told.items() if not value]
    if without:
        found["not told"] = without
    return dict(found)


def _numbers(values: Sequence[str]) -> dict[str, float] | None:
    try:
        found = {value: float(value) for value in values}
    except ValueError:
        return None
    return found if found and np.isfinite(list(found.values())).all() else None


def _row(results: AnyResults, attribute: str, value: str, cases: Sequence[str]) -> SubgroupRow:
    row = of_cases(results, set(cases)).row(MEAN, results.main_metric)
    return SubgroupRow(
        attribute=attribute,
        value=value,
        metric=row.metric,
        estimate=row.estimate,
        low=row.low,
        high=row.high,
        n=row.n,
        n_subjects=row.n_subjects,
        note=row.note,
    )
