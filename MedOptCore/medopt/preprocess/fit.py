"""Take from the training cases what a recipe asks of them: one scale for all images."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.image import Image, LabelMap
from medopt.preprocess.cohort import CohortStatistics, CohortStep
from medopt.preprocess.labels import resample_label
from medopt.preprocess.pipeline import Pipeline
from medopt.preprocess.registry import PreprocessSettings

VOXELS_A_CASE = 20_000
"""Voxels of a channel that each case contributes, evenly through those that count: every case weighs the same."""

ReadCase = Callable[[], tuple[Image, LabelMap | None]]
"""Reads one case; cases are read one after the other and let go."""


def needs_cohort(settings: PreprocessSettings) -> bool:
    """Whether some step still lacks statistics of the training cases."""
    return _place(settings) is not None


def fit_cohort(settings: PreprocessSettings, cases: Sequence[ReadCase]) -> PreprocessSettings:
    """The settings with the statistics that their steps take from ``cases``, which must be training cases only.

    The labelled voxels of a case count, or all of them where it has no label; each as it is before the step. Cases
    that cannot be read are passed over; MedOptError when none can.
    """
    while (place := _place(settings)) is not None:
        step = settings.steps[place]
        if isinstance(step, CohortStep):
            pools = _pools(Pipeline(settings.steps[:place]), cases)
            fitted = step.with_cohort(tuple(_statistics(pool, step.cohort_percentiles) for pool in pools))
            settings = _replaced(settings, place, fitted)
    return settings


def adopt_cohort(settings: PreprocessSettings, fitted: PreprocessSettings) -> PreprocessSettings:
    """``settings`` with the statistics that ``fitted`` has for the same steps; unchanged where the steps differ."""
    if len(settings.steps) != len(fitted.steps):
        return settings
    for place, (mine, other) in enumerate(zip(settings.steps, fitted.steps, strict=True)):
        if isinstance(mine, CohortStep) and isinstance(other, CohortStep) and mine.lacks_cohort and other.cohort:
            settings = _replaced(settings, place, mine.with_cohort(other.cohort))
    return settings


def _place(settings: PreprocessSettings) -> int | None:
    """The first step that lacks statistics of the training cases."""
    return next((n for n, s in enumerate(settings.steps) if isinstance(s, CohortStep) and s.lacks_cohort), None)


def _replaced(settings: PreprocessSettings, place: int, step: CohortStep) -> PreprocessSettings:
    steps = [*settings.steps[:place], step, *settings.steps[place + 1 :]]
    return PreprocessSettings.parse({"steps": [s.model_dump() for s in steps]}, "preprocess")


def _pools(before: Pipeline, cases: Sequence[ReadCase]) -> list[list[NDArray[np.float32]]]:
    """For each channel the values that each case contributes."""
    pools: list[list[NDArray[np.float32]]] = []
    first: MedOptError | None = None
    for read in cases:
        try:
            image, label = read()
            source = before.source(image)
            mask = None if label is None else resample_label(label, source.geometry).array > 0
            found = [_evenly(_kept(source.channel(c), mask)) for c in range(source.channels)]
        except MedOptError as error:
            first = first or error
            continue
        if not pools:
            pools = [[] for _ in found]
        for pool, values in zip(pools, found, strict=True):
            pool.append(values)
    if not pools:
        raise MedOptError(
            "no training case can be read to find the scale of the images",
            expected="at least one case",
            found=str(first) if first else "none",
        )
    return pools


def _kept(values: NDArray[np.float32], mask: NDArray[np.bool_] | None) -> NDArray[np.float32]:
    return values[mask] if mask is not None and mask.any() else values.ravel()


def _evenly(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """VOXELS_A_CASE values by even steps through the sorted ones, so that percentiles are kept."""
    ranks = (np.arange(VOXELS_A_CASE) + 0.5) * len(values) / VOXELS_A_CASE
    return np.sort(values)[np.minimum(ranks.astype(np.int64), len(values) - 1)]


def _statistics(pool: Sequence[NDArray[np.float32]], percentiles: tuple[float, float]) -> CohortStatistics:
    values = np.concatenate(pool)
    low, high = (float(v) for v in np.percentile(values, percentiles))
    held = np.clip(values, low, high).astype(np.float64)
    return CohortStatistics(low=low, high=high, mean=float(held.mean()), deviation=float(held.std()))
