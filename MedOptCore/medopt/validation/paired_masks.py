"""Two segmentations of the same cases, metric by metric."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medopt.errors import MedOptError
from medopt.validation.paired_rows import PairedRow
from medopt.validation.results import Results
from medopt.validation.settings import BootstrapSettings
from medopt.validation.significance import paired_bootstrap, wilcoxon
from medopt.validation.statistics import bootstrap_mean
from medopt.validation.table import MEAN

TESTS_OF_MASKS = ("wilcoxon", "bootstrap")
"""The first is taken unless another one is asked for."""


def paired_masks(
    first: Results, second: Results, metrics: Sequence[str], test: str, settings: BootstrapSettings | None
) -> list[PairedRow]:
    """A row for each metric of each structure and of the mean over them; differences are those of each case.

    Raises MedOptError when the two were measured differently.
    """
    ways = [
        f"NSD at {s.nsd_tolerance_mm:g} mm on {s.surface_points} points, lesions at {100 * s.lesion_overlap:g} %"
        for s in (first.settings, second.settings)
    ]
    if ways[0] != ways[1]:
        raise MedOptError(
            "the two validations measured differently",
            expected=ways[0],
            found=ways[1],
            remedy="Validate both with the same settings",
        )
    names = [structure.name for structure in first.structures]
    return [_row(first, second, name, metric, test, settings) for name in (*names, MEAN) for metric in metrics]


def _row(
    first: Results, second: Results, structure: str, metric: str, test: str, settings: BootstrapSettings | None
) -> PairedRow:
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
    said = wilcoxon(before, after, owners) if test != "bootstrap" else paired_bootstrap(before, after, owners, settings)
    return PairedRow(
        structure=structure,
        metric=metric,
        first=float(before.mean()) if pairs else None,
        second=float(after.mean()) if pairs else None,
        difference=interval.estimate,
        low=interval.low,
        high=interval.high,
        p_value=said.p_value,
        n=interval.n,
        n_subjects=interval.n_subjects,
        excluded=len(one.keys() | other.keys()) - len(pairs),
        note=interval.refused or said.refused,
        test=said.test,
    )
